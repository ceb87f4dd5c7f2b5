#include "rules/receivers/notification_templates.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "codec/json.hpp"

namespace pharos::rules::receivers {
namespace {

using std::chrono::minutes;

std::string suite(const std::string& name) {
  std::ifstream in(std::string(PHAROS_SOURCE_FOLDER) + "/tests/notification_templates/" + name,
                   std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every line of the suite: what amtool answered to the same template and data.
TEST(NotificationTemplates, ExpandAsAmtoolDoes) {
  const auto templates = NotificationTemplates::create();
  ASSERT_TRUE(templates) << templates.error().message;
  std::istringstream lines(suite("amtool.jsonl"));
  std::map<std::string, TemplateValue> dots;
  std::size_t cases = 0;
  for (std::string line; std::getline(lines, line); ++cases) {
    const auto json = codec::Json::parse(line);
    ASSERT_TRUE(json) << line;
    const auto& c = *json;
    const auto& name = c["data"].string();
    if (!dots.contains(name)) {
      const auto dot = notification_value_from_json(suite(name + ".json"));
      ASSERT_TRUE(dot) << name << ": " << dot.error().message;
      dots.emplace(name, *dot);
    }
    const TemplateData data{.dot = dots.at(name), .context = {}};
    const auto& text = c["template"].string();
    const auto out = c["type"].string() == "html" ? (*templates)->html(text, data)
                                                  : (*templates)->text(text, data);
    if (c.find("error") != nullptr) {
      EXPECT_FALSE(out) << text << "\ngave " << *out << "\nbut amtool: " << c["error"].string();
    } else if (!out) {
      ADD_FAILURE() << text << ": " << out.error().message;
    } else {
      EXPECT_EQ(*out, c["output"].string()) << text << " [" << c["type"].string() << "]";
    }
  }
  EXPECT_GE(cases, 300u);
}

notify::Notification two_alerts() {
  notify::Notification n;
  n.receiver = "team.x";
  n.group_key = "{}:{alertname=\"Disk\"}";
  n.group_labels = Labels{{"alertname", "Disk"}};
  n.route_labels = Labels{{"reason", "{{ .GroupLabels.alertname }}"},
                          {"what", "{{ routeLabels \"reason\" }} is full"},
                          {"loop", "{{ routeLabels \"loop\" }}"}};
  n.now = *parse_time("2026-01-02T05:00:00Z");
  n.external_url = "http://am:9093";
  n.alerts.resize(2);
  n.alerts[0].labels = Labels{{"alertname", "Disk"}, {"instance", "a:1"}, {"severity", "critical"}};
  n.alerts[0].annotations = Labels{{"summary", "common & one"}, {"zz", "Z"}};
  n.alerts[0].starts_at = *parse_time("2026-01-02T03:04:05.678Z");
  n.alerts[0].generator_url = "http://prom/graph?g0.expr=up&g0.tab=1";
  n.alerts[1].labels = Labels{{"alertname", "Disk"}, {"instance", "b:1"}, {"severity", "critical"}};
  n.alerts[1].annotations = Labels{{"summary", "common & one"}};
  n.alerts[1].starts_at = n.alerts[0].starts_at;
  n.alerts[1].ends_at = n.now - minutes(1);
  return n;
}

std::string expand(const std::string& text, const notify::Notification& n, bool html = false) {
  const auto templates = NotificationTemplates::create();
  const auto data = (*templates)->data(n);
  const auto out = html ? (*templates)->html(text, data) : (*templates)->text(text, data);
  return out ? *out : "error: " + out.error().message;
}

TEST(NotificationTemplates, BuiltInTextsAreAlertmanagers) {
  const auto n = two_alerts();
  const auto built_in = [&](const std::string& name) {
    return expand("{{ template \"" + name + "\" . }}", n);
  };
  EXPECT_EQ(built_in("__subject"), "[FIRING:1] Disk (critical)");
  EXPECT_EQ(built_in("__alertmanagerURL"), "http://am:9093/#/alerts?receiver=team%5C.x");
  EXPECT_EQ(built_in("slack.default.fallback"),
            "[FIRING:1] Disk (critical) | http://am:9093/#/alerts?receiver=team%5C.x");
  const std::string firing =
      "Labels:\n - alertname = Disk\n - instance = a:1\n - severity = critical\n"
      "Annotations:\n - summary = common & one\n - zz = Z\n"
      "Source: http://prom/graph?g0.expr=up&g0.tab=1\n";
  const std::string resolved =
      "Labels:\n - alertname = Disk\n - instance = b:1\n - severity = critical\n"
      "Annotations:\n - summary = common & one\nSource: \n";
  EXPECT_EQ(built_in("opsgenie.default.description"),
            "common & one\nAlerts Firing:\n" + firing + "\nAlerts Resolved:\n" + resolved);
  EXPECT_EQ(built_in("telegram.default.message"),
            "\n\nAlerts Firing:\n" + firing + "\n\n\nAlerts Resolved:\n" + resolved + "\n\n");
  EXPECT_EQ(built_in("webex.default.message"), "common & one\n\nAlerts Firing:\n" + firing +
                                                   "\n\n\nAlerts Resolved:\n" + resolved + "\n\n");
  EXPECT_EQ(built_in("jira.default.priority"), "High");
  auto over = n;
  over.alerts[0].ends_at = over.now;
  EXPECT_EQ(expand("{{ template \"__subject\" . }}", over), "[RESOLVED] Disk (critical)");
  EXPECT_EQ(expand("{{ template \"wechat.default.message\" . }}", over).substr(0, 65),
            "[RESOLVED] Disk (critical)\ncommon & one\n\nAlerts Resolved:\nLabels:");
}

TEST(NotificationTemplates, HtmlOfEmailsIsEscaped) {
  auto n = two_alerts();
  n.alerts[0].annotations = Labels{{"summary", "<script>alert(1)</script>"}};
  n.alerts[0].generator_url = "javascript:alert(1)";
  const auto html = expand("{{ template \"email.default.html\" . }}", n, true);
  EXPECT_EQ(html.find("error:"), html.npos) << html;
  EXPECT_EQ(html.find("<script"), html.npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(1)"), html.npos);
  EXPECT_NE(html.find("href=\"#ZgotmplZ\""), html.npos);
  EXPECT_NE(html.find("<title>[FIRING:1] Disk (critical)</title>"), html.npos);
  EXPECT_NE(html.find("until 2026-01-02 04:59:00 UTC"), html.npos);
}

TEST(NotificationTemplates, FilesOverrideWhatIsBuiltIn) {
  const std::vector<TemplateFile> files{
      {"a.tmpl", "{{ define \"__subject\" }}mine {{ .Status }}{{ end }}"},
      {"b.tmpl", "{{ define \"__subject\" }} {{ end }}whole {{ .Receiver }}"}};
  const auto templates = NotificationTemplates::create(files);
  ASSERT_TRUE(templates);
  const auto data = (*templates)->data(two_alerts());
  EXPECT_EQ(*(*templates)->text("{{ template \"slack.default.title\" . }}", data), "mine firing");
  EXPECT_EQ(*(*templates)->text("{{ template \"b.tmpl\" . }}", data), "whole team\\.x");
  const auto broken =
      NotificationTemplates::create(std::vector<TemplateFile>{{"x.tmpl", "{{ if }}"}});
  ASSERT_FALSE(broken);
  EXPECT_TRUE(broken.error().message.starts_with("x.tmpl:1:6: template: x.tmpl:1: "))
      << broken.error().message;
  const auto unknown = NotificationTemplates::create(
      std::vector<TemplateFile>{{"x.tmpl", "a\n{{ define \"b\" }}\n  {{ nope }}", "/etc/x.tmpl"}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message,
            "/etc/x.tmpl:3:6: template: x.tmpl:3: function \"nope\" not defined");
}

TEST(NotificationTemplates, RouteLabelsMaySpeakOfEachOther) {
  const auto n = two_alerts();
  EXPECT_EQ(expand("{{ routeLabels \"what\" }}", n), "Disk is full");
  EXPECT_EQ(expand("{{ routeLabels \"none\" }}", n), "");
  EXPECT_NE(expand("{{ routeLabels \"loop\" }}", n).find("refers to itself"), std::string::npos);
}

TEST(NotificationTemplates, MakesJson) {
  const auto n = two_alerts();
  EXPECT_EQ(expand("{{ dict \"a\" (list 1 true .CommonLabels) | toJson }}", n),
            R"({"a":[1,true,{"alertname":"Disk","severity":"critical"}]})");
  EXPECT_EQ(expand("{{ (index .Alerts 1).EndsAt | toJson }}", n), "\"2026-01-02T04:59:00Z\"");
  EXPECT_EQ(expand("{{ toJson .CommonAnnotations }}", n), R"({"summary":"common \u0026 one"})");
}

}  // namespace
}  // namespace pharos::rules::receivers

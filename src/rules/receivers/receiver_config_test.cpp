#include "rules/receivers/receiver_config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "codec/json.hpp"

namespace pharos::rules::receivers {
namespace {

using codec::Yaml;
using Read = Result<std::shared_ptr<const ReceiverConfig>>;

Read read(const std::string& global_text, const std::string& receiver_text) {
  const auto root =
      TRY(Yaml::parse("global:\n" + global_text + "receiver:\n" + receiver_text, "am.yml"));
  const Yaml none;
  const Yaml* global_node = root.find("global");
  auto section = TRY(codec::YamlSection::open(global_node ? *global_node : none, "global"));
  const auto global = TRY(parse_global(section));
  TRY(section.done());
  return parse_receiver(*root.find("receiver"), global);
}
std::string why(const Read& read) {
  return read ? "accepted" : read.error().message;
}

TEST(ReceiverConfig, TakesDefaultsFromTheGlobalSection) {
  const auto r = read(
      "  smtp_smarthost: 'mail.example.org:587'\n  smtp_from: a@example.org\n"
      "  slack_api_url: 'https://hooks.slack.com/x'\n  http_config: {proxy_url: 'http://p:1'}\n",
      "  name: team\n  email_configs: [{to: b@example.org}]\n"
      "  slack_configs: [{channel: '#a', http_config: {follow_redirects: false}}]\n");
  ASSERT_TRUE(r) << why(r);
  EXPECT_EQ((*r)->email[0].host, "mail.example.org");
  EXPECT_EQ((*r)->email[0].port, 587);
  EXPECT_FALSE((*r)->email[0].send_resolved);
  EXPECT_EQ((*r)->slack[0].url.value, "https://hooks.slack.com/x");
  EXPECT_EQ((*r)->slack[0].http->proxy_url, "http://p:1");
  EXPECT_FALSE((*r)->slack[0].http->follow_redirects);
  EXPECT_EQ((*r)->integration_names(), (std::vector<std::string>{"email[0]", "slack[0]"}));
}

TEST(ReceiverConfig, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(why(read("", "  name: a\n  webhook_configs:\n  - send_resolved: true\n")),
            "am.yml:5:5: one of url or url_file must be configured");
  EXPECT_NE(why(read("", "  name: a\n  webhook_configs:\n  - url: 'http://x/'\n    max_alert: 1\n"))
                .find("max_alerts"),
            std::string::npos);
  EXPECT_NE(why(read("", "  name: a\n  webhook_configs: [{url: 'ftp://x/'}]\n"))
                .find("unsupported scheme \"ftp\" for URL"),
            std::string::npos);
  EXPECT_NE(why(read("", "  name: a\n  webhook_configs: [{url: 'http://x', url_file: b}]\n"))
                .find("at most one of url & url_file must be configured"),
            std::string::npos);
  EXPECT_NE(
      why(read("", "  name: a\n  telegram_configs: [{bot_token: a, chat_id: 1, parse_mode: x}]\n"))
          .find("unknown parse_mode"),
      std::string::npos);
  EXPECT_NE(why(read("", "  name: a\n  pagerduty_configs: [{url: 'http://x'}]\n"))
                .find("missing service or routing key in PagerDuty config"),
            std::string::npos);
  EXPECT_NE(why(read("", "  name: ''\n")).find("missing name in receiver"), std::string::npos);
  EXPECT_NE(why(read("  smtp_smarthost: 'h:1'\n  smtp_from: f\n",
                     "  name: a\n  email_configs: [{to: t, headers: {x-a: '1', X-A: '2'}}]\n"))
                .find("duplicate header \"X-A\" in email config"),
            std::string::npos);
}

TEST(ReceiverConfig, PagerdutyAlwaysTellsTheDefaultDetails) {
  const auto r =
      read("", "  name: a\n  pagerduty_configs: [{routing_key: k, details: {firing: mine}}]\n");
  ASSERT_TRUE(r) << why(r);
  const auto& details = (*r)->pagerduty[0].details;
  EXPECT_EQ(details.at("firing"), "mine");
  EXPECT_EQ(details.at("num_firing"), "{{ .Alerts.Firing | len }}");
  EXPECT_EQ((*r)->pagerduty[0].source, "{{ template \"pagerduty.default.client\" . }}");
}

TEST(ReceiverConfig, ShownTextHidesEverySecretAndReadsBack) {
  const std::string text =
      "global:\n  slack_api_url: https://hooks.slack.com/TOPSECRET\n"
      "  smtp_auth_password: \"TOPSECRET\\n2\"\n"
      "  http_config:\n    basic_auth: {username: u, password: TOPSECRET}\n"
      "receivers:\n- name: 'a: b'\n  webhook_configs:\n  - url: http://u:TOPSECRET@h/\n"
      "    max_alerts: 3\n"
      "    http_config: {authorization: {credentials: TOPSECRET}}\n"
      "  pagerduty_configs: [{routing_key: TOPSECRET, url: 'http://pd/'}]\n"
      "  victorops_configs: [{routing_key: shown, api_key: TOPSECRET}]\n"
      "  opsgenie_configs:\n  - api_key: |\n      TOPSECRET\n    tags: '1'\n";
  const auto root = Yaml::parse(text, "am.yml");
  ASSERT_TRUE(root);
  const auto shown = masked_text(*root);
  EXPECT_EQ(shown.find("TOPSECRET"), std::string::npos) << shown;
  const auto again = Yaml::parse(shown, "shown");
  ASSERT_TRUE(again) << again.error().message << shown;
  EXPECT_EQ(masked_text(*again), shown);
  const auto& receiver = again->find("receivers")->items()[0];
  EXPECT_EQ(receiver.find("name")->scalar(), "a: b");
  EXPECT_EQ(receiver.find("webhook_configs")->items()[0].find("url")->scalar(), "<secret>");
  EXPECT_EQ(receiver.find("pagerduty_configs")->items()[0].find("url")->scalar(), "http://pd/");
  EXPECT_EQ(receiver.find("victorops_configs")->items()[0].find("routing_key")->scalar(), "shown");
}

TEST(ReceiverConfig, ShownTextReadsBackWhateverTheKeys) {
  const std::string key(2'000, 'k');
  const auto root =
      Yaml::parse("receivers:\n- ? " + key + "\n  : {a: [1, {}]}\n  'b: c': ''\n", "am.yml");
  ASSERT_TRUE(root) << root.error().message;
  const auto again = Yaml::parse(masked_text(*root), "shown");
  ASSERT_TRUE(again) << again.error().message << masked_text(*root);
  EXPECT_EQ(again->find("receivers")->items()[0].find(key)->find("a")->items()[0].scalar(), "1");
  EXPECT_NE(again->find("receivers")->items()[0].find("b: c"), nullptr);
}

TEST(ReceiverConfig, ShownTextReadsBackWhatOnlyBeginsLikeANumber) {
  const auto root = Yaml::parse("-7\xfb\x02n: -7\x01\nlimit: -7.5e+3\n", "am.yml");
  ASSERT_TRUE(root) << root.error().message;
  const auto shown = masked_text(*root);
  const auto again = Yaml::parse(shown, "shown");
  ASSERT_TRUE(again) << again.error().message << shown;
  EXPECT_EQ(masked_text(*again), shown);
  EXPECT_NE(shown.find("limit: -7.5e+3\n"), shown.npos) << shown;
}

TEST(ReceiverConfig, ShownBytesThatAreNoTextReadBackAsTheyWere) {
  const auto root = Yaml::parse("\xff\xe2: a\n\xff\xac\xe2: \xb9\nb: c\n", "am.yml");
  ASSERT_TRUE(root) << root.error().message;
  const auto shown = masked_text(*root);
  const auto again = Yaml::parse(shown, "shown");
  ASSERT_TRUE(again) << again.error().message << shown;
  EXPECT_EQ(masked_text(*again), shown);
  EXPECT_NE(again->find("\xff\xac\xe2"), nullptr) << shown;
}

// The receivers and the global section of every shared configuration case.
TEST(ReceiverConfig, AgreesWithAlertmanagersConfigurationCases) {
  const char* folder = std::getenv("PHAROS_CONFORMANCE");
  if (folder == nullptr) GTEST_SKIP() << "PHAROS_CONFORMANCE is not set";
  std::ifstream in(std::string(folder) + "/alertmanager/config.jsonl");
  if (!in) GTEST_SKIP() << "no configuration cases";
  std::size_t cases = 0;
  for (std::string line; std::getline(in, line);) {
    const auto json = codec::Json::parse(line);
    ASSERT_TRUE(json);
    const auto name = (*json)["test"].string();
    const bool valid = (*json)["valid"].boolean();
    // Faults elsewhere than in receivers are the routing parser's.
    if (!valid && name.find("Receiver") == name.npos && name.find("file conf.") == name.npos)
      continue;
    if (name.starts_with("TestReceiverExists")) continue;
    ++cases;
    const auto root = Yaml::parse((*json)["config_yaml"].string(), "am.yml");
    ASSERT_TRUE(root) << name;
    const Yaml none;
    const auto verdict = [&]() -> Status {
      const Yaml* node = root->find("global");
      auto section = TRY(codec::YamlSection::open(node ? *node : none, "global"));
      (void)section.take("resolve_timeout");
      const auto global = TRY(parse_global(section));
      TRY(section.done());
      for (const auto& receiver : root->find("receivers")->items()) {
        const auto parsed = TRY(parse_receiver(receiver, global));
        EXPECT_FALSE(parsed->name.empty());
      }
      return {};
    }();
    EXPECT_EQ(verdict.has_value(), valid)
        << name << ": " << (verdict ? "" : verdict.error().message);
  }
  EXPECT_GT(cases, 30u);
}

}  // namespace
}  // namespace pharos::rules::receivers

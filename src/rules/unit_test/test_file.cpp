#include "rules/unit_test/test_file.hpp"

#include <algorithm>
#include <set>

#include "codec/yaml_section.hpp"

namespace pharos::rules::unit_test {
namespace {

using codec::Yaml;
using codec::YamlSection;

class Reader {
 public:
  explicit Reader(bool ignore_unknown_fields) : ignore_unknown_fields_(ignore_unknown_fields) {}

  Status read(const Yaml& root, TestFile& file) {
    auto section = TRY(YamlSection::open(root, "a unit-test file"));
    TRY(section.read("rule_files", file.rule_files));
    TRY(section.read("evaluation_interval", file.evaluation_interval));
    TRY(section.read("group_eval_order", file.group_eval_order));
    TRY(section.read("fuzzy_compare", file.fuzzy_compare));
    const auto* tests = section.take("tests");
    TRY(finish(section));
    if (file.evaluation_interval.count() == 0) file.evaluation_interval = std::chrono::minutes(1);
    std::set<std::string_view> names;
    for (const auto& name : file.group_eval_order)
      if (!names.insert(name).second)
        return fail(root.find("group_eval_order")
                        ->error("group name repeated in evaluation order: " + name));
    return each(tests, "tests", [&](const Yaml& node) -> Status {
      TestGroup group;
      group.interval = file.evaluation_interval;
      TRY(read_group(node, group));
      file.tests.push_back(std::move(group));
      return {};
    });
  }

 private:
  Status finish(const YamlSection& section) const {
    return ignore_unknown_fields_ ? Status{} : section.done();
  }

  // Calls `body` for every item of a list that may be absent.
  template <class Body>
  Status each(const Yaml* list, std::string_view what, Body body) {
    if (list == nullptr) return {};
    if (list->kind() != Yaml::Kind::sequence)
      return fail(list->error(std::string(what) + " must be a list"));
    for (const auto& item : list->items()) TRY(body(item));
    return {};
  }

  Status read_group(const Yaml& node, TestGroup& group) {
    group.line = node.line();
    auto section = TRY(YamlSection::open(node, "a test group"));
    TRY(section.read("name", group.name));
    Millis interval{0};
    TRY(section.read("interval", interval));
    if (interval.count() > 0) group.interval = interval;
    TRY(read_start(section.take("start_timestamp"), group));
    TRY(read_labels(section.take("external_labels"), "external_labels", group.external_labels));
    TRY(section.read("external_url", group.external_url));
    const auto* series = section.take("input_series");
    const auto* alerts = section.take("alert_rule_test");
    const auto* exprs = section.take("promql_expr_test");
    TRY(finish(section));
    TRY(each(series, "input_series", [&](const Yaml& item) { return read_series(item, group); }));
    TRY(each(alerts, "alert_rule_test", [&](const Yaml& item) { return read_alert(item, group); }));
    return each(exprs, "promql_expr_test",
                [&](const Yaml& item) { return read_expr(item, group); });
  }

  static Status read_start(const Yaml* node, TestGroup& group) {
    if (node == nullptr) return {};
    const auto text = TRY(node->text());
    const auto time = parse_time(text);
    if (!time)
      return fail(
          node->error("start_timestamp '" + text + "' is neither RFC 3339 nor Unix seconds"));
    group.start_timestamp = *time;
    return {};
  }

  static Status read_labels(const Yaml* node, std::string_view what, Labels& out) {
    if (node == nullptr) return {};
    if (node->kind() != Yaml::Kind::map)
      return fail(node->error(std::string(what) + " must be a map of names to values"));
    LabelsBuilder builder;
    for (const auto& member : node->members()) {
      if (member.value.is_null()) continue;
      const auto value = TRY(member.value.text());
      builder.set(member.key.scalar(), value);
    }
    out = builder.build();
    return {};
  }

  Status read_series(const Yaml& node, TestGroup& group) {
    InputSeries series{.line = node.line()};
    auto section = TRY(YamlSection::open(node, "an input series"));
    TRY(section.read("series", series.series));
    TRY(section.read("values", series.values));
    TRY(finish(section));
    group.series.push_back(std::move(series));
    return {};
  }

  Status read_alert(const Yaml& node, TestGroup& group) {
    AlertCase test{.line = node.line()};
    auto section = TRY(YamlSection::open(node, "an item of alert_rule_test"));
    TRY(section.read("eval_time", test.eval_time));
    TRY(section.read("alertname", test.alertname));
    const auto* alerts = section.take("exp_alerts");
    TRY(finish(section));
    if (test.alertname.empty())
      return fail(node.error(
          "an item under alert_rule_test misses required attribute alertname at eval_time " +
          format_duration(test.eval_time) +
          (group.name.empty() ? "" : " (in TestGroup " + group.name + ")")));
    TRY(each(alerts, "exp_alerts", [&](const Yaml& item) -> Status {
      ExpectedAlert alert;
      auto fields = TRY(YamlSection::open(item, "an expected alert"));
      TRY(read_labels(fields.take("exp_labels"), "exp_labels", alert.labels));
      TRY(read_labels(fields.take("exp_annotations"), "exp_annotations", alert.annotations));
      TRY(finish(fields));
      test.alerts.push_back(std::move(alert));
      return {};
    }));
    group.alerts.push_back(std::move(test));
    return {};
  }

  Status read_expr(const Yaml& node, TestGroup& group) {
    ExprCase test{.line = node.line()};
    auto section = TRY(YamlSection::open(node, "an item of promql_expr_test"));
    TRY(section.read("expr", test.expr));
    TRY(section.read("eval_time", test.eval_time));
    const auto* samples = section.take("exp_samples");
    TRY(finish(section));
    TRY(each(samples, "exp_samples", [&](const Yaml& item) -> Status {
      ExpectedSample sample;
      auto fields = TRY(YamlSection::open(item, "an expected sample"));
      TRY(fields.read("labels", sample.labels));
      TRY(fields.read("value", sample.value));
      TRY(fields.read("histogram", sample.histogram));
      TRY(finish(fields));
      test.samples.push_back(std::move(sample));
      return {};
    }));
    group.exprs.push_back(std::move(test));
    return {};
  }

  bool ignore_unknown_fields_;
};

}  // namespace

Millis TestGroup::last_eval_time() const {
  Millis last{0};
  for (const auto& test : alerts) last = std::max(last, test.eval_time);
  for (const auto& test : exprs) last = std::max(last, test.eval_time);
  return last;
}

Result<TestFile> parse_test_file(std::string_view text, const std::string& file,
                                 bool ignore_unknown_fields) {
  const auto root = TRY(Yaml::parse(text, file));
  TestFile out;
  TRY(Reader(ignore_unknown_fields).read(root, out));
  return out;
}

}  // namespace pharos::rules::unit_test

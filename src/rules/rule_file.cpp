#include "rules/rule_file.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "codec/yaml_section.hpp"
#include "query/promql/ast.hpp"
#include "rules/template.hpp"

namespace pharos::rules {
namespace {

// The place before a message of the PromQL parser, `1:5: parse error: …`.
codec::SourcePlace place_of(std::string_view message) {
  codec::SourcePlace at;
  const auto* const end = message.data() + message.size();
  const auto [colon, code] = std::from_chars(message.data(), end, at.line);
  if (code != std::errc{} || colon == end || *colon != ':') return {};
  if (std::from_chars(colon + 1, end, at.column).ec != std::errc{}) return {};
  return at;
}

using codec::Yaml;
using codec::YamlSection;
using Texts = std::vector<std::pair<std::string, std::string>>;

class Reader {
 public:
  Reader(std::string file, const RuleFileOptions& options, RuleFile& out)
      : file_(std::move(file)), options_(options), out_(out) {}

  void read(const Yaml& root) { note(read_root(root)); }

  void read_alone(const Yaml& root) {
    RuleGroupSpec group;
    group.file = file_;
    note(read_group(root, group));
    if (group.name.empty() && out_.errors.empty()) note(root.error("Groupname must not be empty"));
    out_.groups.push_back(std::move(group));
  }

 private:
  void note(Status status) {
    if (!status) out_.errors.push_back(std::move(status).error());
  }
  void note(Error error) { out_.errors.push_back(std::move(error)); }
  Status finish(const YamlSection& section) const {
    return options_.ignore_unknown_fields ? Status{} : section.done();
  }

  Status read_root(const Yaml& root) {
    auto section = TRY(YamlSection::open(root, "a rule file"));
    const auto* groups = section.take("groups");
    note(finish(section));
    if (groups == nullptr) return {};
    if (groups->kind() != Yaml::Kind::sequence) return fail(groups->error("groups must be a list"));
    std::map<std::string, std::uint32_t> lines;
    for (const auto& item : groups->items()) {
      RuleGroupSpec group;
      group.file = file_;
      note(read_group(item, group));
      if (group.name.empty()) {
        note(item.error("Groupname must not be empty"));
      } else if (const auto [at, fresh] = lines.emplace(group.name, item.line()); !fresh) {
        note(item.error("groupname: " + go_quote(group.name) +
                        " is repeated in the same file, first on line " +
                        std::to_string(at->second)));
      }
      out_.groups.push_back(std::move(group));
    }
    return {};
  }

  Status read_group(const Yaml& node, RuleGroupSpec& group) {
    auto section = TRY(YamlSection::open(node, "a rule group"));
    note(section.read("name", group.name));
    note(section.read("interval", group.interval));
    if (const auto* offset = section.take("query_offset")) {
      auto duration = offset->duration();
      if (duration)
        group.query_offset = *duration;
      else
        note(std::move(duration).error());
    }
    std::int64_t limit = 0;
    note(section.read_integer("limit", limit));
    group.limit = limit > 0 ? static_cast<std::uint64_t>(limit) : 0;
    if (const auto* labels = section.take("labels")) group.labels = read_labels(*labels);
    note(read_no_data(section, group.no_data));
    note(read_flap_damping(section, group.flap_damping));
    const auto* rules = section.take("rules");
    note(finish(section));
    if (rules == nullptr) return {};
    if (rules->kind() != Yaml::Kind::sequence) return fail(rules->error("rules must be a list"));
    for (const auto& item : rules->items()) {
      RuleSpec rule;
      rule.line = item.line();
      note(read_rule(item, group.name, rule));
      group.rules.push_back(std::move(rule));
    }
    return {};
  }

  Status read_rule(const Yaml& node, const std::string& group, RuleSpec& rule) {
    auto section = TRY(YamlSection::open(node, "a rule"));
    std::string record, alert;
    note(section.read("record", record));
    note(section.read("alert", alert));
    const auto* expr = section.take("expr");
    if (expr != nullptr) note(section.read("expr", rule.expr));
    note(section.read("for", rule.hold));
    note(section.read("keep_firing_for", rule.keep_firing));
    const auto* labels = section.take("labels");
    const auto* annotations = section.take("annotations");
    note(read_no_data(section, rule.no_data));
    note(read_flap_damping(section, rule.flap_damping));
    const auto* clear = section.take("clear");
    if (clear != nullptr) note(section.read("clear", rule.clear));
    note(finish(section));

    rule.alerting = record.empty();
    rule.name = rule.alerting ? alert : record;
    const auto whose = "group " + go_quote(group) + ", rule " + go_quote(rule.name) + ": ";
    const auto wrong = [&](const Yaml& at, const std::string& what) {
      note(at.error(whose + what));
    };
    const auto wrong_expression = [&](const Yaml& at, std::string_view which,
                                      const std::string& message) {
      const auto [line, column] = place_of(message);
      note(at.error_at(line, column,
                       whose + "could not parse " + std::string(which) + ": " + message));
    };
    if (!record.empty() && !alert.empty())
      wrong(node, "only one of 'record' and 'alert' must be set");
    if (record.empty() && alert.empty()) wrong(node, "one of 'record' or 'alert' must be set");
    if (rule.expr.empty()) {
      wrong(node, "field 'expr' must be set in rule");
    } else if (auto parsed = query::promql::parse(rule.expr, {.compat = options_.compat});
               !parsed) {
      wrong_expression(*expr, "expression", parsed.error().message);
    }
    if (clear != nullptr) {
      if (auto parsed = query::promql::parse(rule.clear); !parsed)
        wrong_expression(*clear, "clear expression", parsed.error().message);
      else if ((*parsed)->type != query::promql::ValueType::vector)
        wrong(*clear, "clear must be an instant vector: the elements whose alerts may resolve");
    }
    if (labels != nullptr) rule.labels = read_labels(*labels);
    if (annotations != nullptr) rule.annotations = read_annotations(*annotations);
    if (!record.empty()) check_recording(node, record, rule, wrong);
    if (rule.alerting) check_templates(rule, labels, annotations);
    return {};
  }

  template <class Wrong>
  void check_recording(const Yaml& node, const std::string& record, const RuleSpec& rule,
                       Wrong wrong) {
    const auto at = [&](std::string_view key) -> const Yaml& {
      const auto* value = node.find(key);
      return value != nullptr ? *value : node;
    };
    if (!rule.annotations.empty())
      wrong(at("annotations"), "invalid field 'annotations' in recording rule");
    if (rule.hold.count() != 0) wrong(at("for"), "invalid field 'for' in recording rule");
    if (rule.keep_firing.count() != 0)
      wrong(at("keep_firing_for"), "invalid field 'keep_firing_for' in recording rule");
    if (rule.no_data) wrong(at("no_data"), "invalid field 'no_data' in recording rule");
    if (!rule.clear.empty()) wrong(at("clear"), "invalid field 'clear' in recording rule");
    if (rule.flap_damping)
      wrong(at("flap_damping"), "invalid field 'flap_damping' in recording rule");
    const bool valid =
        options_.names == NameValidation::legacy ? is_legacy_metric_name(record) : is_utf8(record);
    if (!valid)
      wrong(at("record"), "invalid recording rule name: " + record);
    else if (record.find_first_of("{}") != record.npos)
      wrong(at("record"),
            "braces present in the recording rule name; should it be in expr?: " + record);
  }

  // A template that does not parse would fail at every evaluation: say so now.
  void check_templates(const RuleSpec& rule, const Yaml* labels, const Yaml* annotations) {
    const auto check = [&](const Texts& texts, const Yaml* owner, std::string_view what) {
      for (const auto& [name, text] : texts) {
        codec::SourcePlace at;
        auto parsed = Template::parse_alert("__alert_" + rule.name, text, &at);
        if (!parsed)
          note(owner->find(name)->error_at(at.line, at.column,
                                           std::string(what) + " " + go_quote(name) +
                                               ": error parsing template __alert_" + rule.name +
                                               ": " + parsed.error().message));
      }
    };
    check(rule.labels, labels, "label");
    check(rule.annotations, annotations, "annotation");
  }

  Texts read_labels(const Yaml& node) { return read_texts(node, "label"); }
  Texts read_annotations(const Yaml& node) { return read_texts(node, "annotation"); }

  Texts read_texts(const Yaml& node, std::string_view what) {
    Texts out;
    if (node.kind() != Yaml::Kind::map) {
      note(node.error(std::string(what) + "s must be a map of names to values"));
      return out;
    }
    for (const auto& member : node.members()) {
      const std::string& name = member.key.scalar();
      const bool valid = options_.names == NameValidation::legacy ? is_legacy_label_name(name)
                                                                  : !name.empty() && is_utf8(name);
      if (!valid || (what == "label" && name == kMetricName)) {
        note(member.key.error("invalid " + std::string(what) + " name: " + name));
        continue;
      }
      auto value = member.value.text();
      if (!value) {
        note(std::move(value).error());
      } else if (!is_utf8(*value)) {
        note(member.value.error("invalid " + std::string(what) + " value: " + go_quote(*value)));
      } else {
        out.emplace_back(name, std::move(*value));
      }
    }
    return out;
  }

  static Status read_no_data(YamlSection& section, std::optional<NoData>& into) {
    const auto* node = section.take("no_data");
    if (node == nullptr) return {};
    const auto text = TRY(node->text());
    if (text == "resolve")
      into = NoData::resolve;
    else if (text == "hold")
      into = NoData::hold;
    else if (text == "alert")
      into = NoData::alert;
    else
      return fail(node->error("no_data must be resolve, hold or alert, got " + go_quote(text)));
    return {};
  }

  static Status read_flap_damping(YamlSection& section, std::optional<bool>& into) {
    const auto* node = section.take("flap_damping");
    if (node == nullptr) return {};
    into = TRY(node->boolean());
    return {};
  }

  const std::string file_;
  const RuleFileOptions& options_;
  RuleFile& out_;
};

}  // namespace

RuleFile parse_rule_file(std::string_view text, const std::string& file,
                         const RuleFileOptions& options) {
  RuleFile out;
  auto root = Yaml::parse(text, file);
  if (!root) {
    out.errors.push_back(std::move(root).error());
    return out;
  }
  Reader(file, options, out).read(*root);
  return out;
}

RuleFile parse_rule_group(std::string_view text, const std::string& file,
                          const RuleFileOptions& options) {
  RuleFile out;
  auto root = Yaml::parse(text, file);
  if (!root) {
    out.errors.push_back(std::move(root).error());
    return out;
  }
  Reader(file, options, out).read_alone(*root);
  return out;
}

std::vector<DuplicateRule> duplicate_rules(const std::vector<RuleGroupSpec>& groups) {
  std::vector<DuplicateRule> rules;
  for (const auto& group : groups)
    for (const auto& rule : group.rules) {
      auto labels = rule.labels;
      std::sort(labels.begin(), labels.end());
      rules.push_back({rule.name, std::move(labels)});
    }
  const auto key = [](const DuplicateRule& rule) { return std::tie(rule.name, rule.labels); };
  std::sort(rules.begin(), rules.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  std::vector<DuplicateRule> out;
  for (std::size_t i = 1; i < rules.size(); ++i)
    if (key(rules[i]) == key(rules[i - 1]) && (out.empty() || key(out.back()) != key(rules[i])))
      out.push_back(rules[i]);
  return out;
}

}  // namespace pharos::rules

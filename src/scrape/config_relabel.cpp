#include <array>

#include "codec/yaml_section.hpp"
#include "scrape/config.hpp"

namespace pharos::scrape {
namespace {

struct ActionText {
  std::string_view text;
  RelabelAction action;
};
constexpr std::array<ActionText, 11> kActions{{
    {"replace", RelabelAction::replace},
    {"keep", RelabelAction::keep},
    {"drop", RelabelAction::drop},
    {"keepequal", RelabelAction::keep_equal},
    {"dropequal", RelabelAction::drop_equal},
    {"hashmod", RelabelAction::hash_mod},
    {"labelmap", RelabelAction::label_map},
    {"labeldrop", RelabelAction::label_drop},
    {"labelkeep", RelabelAction::label_keep},
    {"lowercase", RelabelAction::lowercase},
    {"uppercase", RelabelAction::uppercase},
}};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

Result<RelabelAction> parse_action(const codec::Yaml& node) {
  const std::string text = node.is_null() ? std::string() : TRY(node.text());
  if (text.empty()) return fail(node.error("relabel action cannot be empty"));
  const std::string wanted = lower(text);
  std::vector<std::string_view> known;
  for (const auto& a : kActions) {
    if (a.text == wanted) return a.action;
    known.push_back(a.text);
  }
  std::string what = "unknown relabel action " + go_quote(text);
  if (const auto near = codec::nearest(wanted, known); !near.empty())
    what += ", did you mean '" + std::string(near) + "'?";
  return fail(node.error(std::move(what)));
}

Result<RelabelRule> parse_rule(const codec::Yaml& node, NameValidation scheme) {
  RelabelRule rule;
  auto section = TRY(codec::YamlSection::open(node, "a relabeling rule"));
  if (const auto* labels = section.take("source_labels")) {
    rule.source_labels = TRY(labels->texts());
    for (std::size_t i = 0; i < rule.source_labels.size(); ++i)
      if (rule.source_labels[i].empty() || !is_utf8(rule.source_labels[i]))
        return fail(labels->items()[i].error(go_quote(rule.source_labels[i]) +
                                             " is not a valid label name"));
  }
  TRY(section.read("separator", rule.separator));
  rule.has_separator = rule.separator != ";";
  if (const auto* regex = section.take("regex")) {
    const std::string pattern = TRY(regex->text());
    auto compiled = Regex::compile(pattern);
    if (!compiled) return fail(regex->error("regex: " + compiled.error().message));
    rule.regex = std::move(*compiled);
    rule.has_regex = pattern != "(.*)";
  }
  TRY(section.read("modulus", rule.modulus));
  TRY(section.read("target_label", rule.target_label));
  TRY(section.read("replacement", rule.replacement));
  rule.has_replacement = rule.replacement != "$1";
  section.take("action");
  if (const auto* action = node.find("action")) rule.action = TRY(parse_action(*action));
  TRY(section.done());
  if (auto valid = validate(rule, scheme); !valid) return fail(node.error(valid.error().message));
  return rule;
}

}  // namespace

Result<std::vector<RelabelRule>> parse_relabel_rules(const codec::Yaml& node, std::string_view what,
                                                     NameValidation scheme) {
  std::vector<RelabelRule> rules;
  if (node.is_null()) return rules;
  if (node.kind() != codec::Yaml::Kind::sequence)
    return fail(node.error("expected a list of relabeling rules"));
  for (const auto& item : node.items()) {
    if (item.is_null()) return fail(item.error("empty or null " + std::string(what)));
    auto parsed_item = TRY(parse_rule(item, scheme));
    rules.push_back(std::move(parsed_item));
  }
  return rules;
}

}  // namespace pharos::scrape

// Prometheus' relabel_config: rules that rewrite, keep or drop label sets. Shared by scrape targets,
// samples, remote write and alerts.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"
#include "model/matcher.hpp"

namespace pharos {

enum class RelabelAction {
  replace, keep, drop, keep_equal, drop_equal, hash_mod, label_map, label_drop, label_keep, lowercase, uppercase,
};

enum class NameValidation { utf8, legacy };

struct RelabelRule {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  Regex regex;                       // default (.*)
  std::uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::replace;
  // What was written and what the defaults gave, which validate() must tell apart.
  bool has_regex = false, has_separator = false, has_replacement = false;
  NameValidation names = NameValidation::utf8;  // what relabel() takes as a label name
};

std::string_view name(RelabelAction action);  // "replace", "keepequal", …
std::optional<RelabelAction> parse_relabel_action(std::string_view text);  // any case

// Errc::invalid with Prometheus' text.
Status validate(const RelabelRule& rule, NameValidation scheme);
// Rewrites `labels` in place; false: dropped.
bool relabel(std::span<const RelabelRule> rules, LabelsBuilder& labels);

}  // namespace pharos

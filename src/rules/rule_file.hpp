// Prometheus rule files: groups of recording and alerting rules, read and validated.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"
#include "model/relabel.hpp"

namespace pharos::rules {

// What an alerting rule does when its query gives nothing any more (Pharos' own key `no_data`).
enum class NoData : std::uint8_t { resolve, hold, alert };

struct RuleSpec {
  bool alerting = false;
  std::string name;  // of the series, or of the alert
  std::string expr;
  Millis hold{0}, keep_firing{0};  // `for`, `keep_firing_for`
  std::vector<std::pair<std::string, std::string>> labels,
      annotations;  // templates in alerting rules
  // Pharos' own keys, of alerting rules: all also on a group, but for `clear`.
  std::optional<NoData> no_data;
  std::string clear;  // what must hold before a firing alert resolves; "": not firing
  std::optional<bool> flap_damping;  // an alert that comes and goes stays firing until it is quiet
  std::uint32_t line = 0;

  bool has_own_keys() const { return no_data || !clear.empty() || flap_damping; }
};

struct RuleGroupSpec {
  std::string name, file;
  Millis interval{0};                  // 0: the global evaluation interval
  std::optional<Millis> query_offset;  // none: the global one
  std::uint64_t limit = 0;             // series or alerts a rule may give; 0: no limit
  std::vector<std::pair<std::string, std::string>> labels;
  std::optional<NoData> no_data;
  std::optional<bool> flap_damping;
  std::vector<RuleSpec> rules;
};

struct RuleFile {
  std::vector<RuleGroupSpec> groups;
  // Everything that is wrong, in the order of the file, each `file:line:column: what`. When not
  // empty the file must not be loaded.
  std::vector<Error> errors;
};

struct RuleFileOptions {
  NameValidation names = NameValidation::utf8;
  bool ignore_unknown_fields = false;
  int compat = 3;  // of the query language
};

RuleFile parse_rule_file(std::string_view text, const std::string& file,
                         const RuleFileOptions& options = {});

// One group without a file around it, `{name, rules, …}`, as rule editors post it.
RuleFile parse_rule_group(std::string_view text, const std::string& file,
                          const RuleFileOptions& options = {});

// Rules that would write one series twice: same name and labels. promtool's lint `duplicate-rules`.
struct DuplicateRule {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
};
std::vector<DuplicateRule> duplicate_rules(const std::vector<RuleGroupSpec>& groups);

}  // namespace pharos::rules

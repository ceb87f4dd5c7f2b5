// The state of alerts in the state database: what a restart must not forget.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/database.hpp"
#include "rules/evaluation/active_alert.hpp"

namespace pharos::rules {

// What became different in one rule. `rule` is RuleGroup::Rule::key.
struct AlertStateChange {
  std::string rule;
  std::vector<ActiveAlert> changed;
  std::vector<Labels> removed;
};

// Thread-safe. The database outlives it.
class AlertStateStore {
 public:
  static Result<AlertStateStore> open(Database& database);
  // Alerts of a group, by rule.
  Result<std::map<std::string, std::vector<ActiveAlert>>> load(const std::string& group) const;
  // All or nothing, durable on return.
  Status save(const std::string& group, std::span<const AlertStateChange> changes);
  // Forgets all groups but these, and all rules of them but theirs.
  Status keep_only(const std::map<std::string, std::vector<std::string>>& rules_by_group);

 private:
  explicit AlertStateStore(Database& database) : database_(&database) {}
  Database* database_;
};

// A label set as the database has it: per label name and value, each after its length as a
// little-endian u32. Errc::corrupt for bytes that are not one.
std::string encode_labels(const Labels& labels);
Result<Labels> decode_labels(std::string_view bytes);

}  // namespace pharos::rules

#include "rules/evaluation/alert_state_store.hpp"

#include <algorithm>
#include <array>

namespace pharos::rules {
namespace {

// Times are Unix milliseconds, null when there is none.
constexpr std::array<std::string_view, 1> kSteps = {R"(
CREATE TABLE rule_alerts(
  rule_group TEXT NOT NULL, rule TEXT NOT NULL, labels BLOB NOT NULL,
  annotations BLOB NOT NULL, element BLOB NOT NULL, state INTEGER NOT NULL, value REAL,
  active_at INTEGER NOT NULL, fired_at INTEGER, keep_firing_since INTEGER, resolved_at INTEGER,
  last_sent INTEGER, early_fired INTEGER, early_resolved INTEGER, told INTEGER NOT NULL,
  flags INTEGER NOT NULL, flap_bits INTEGER NOT NULL,
  PRIMARY KEY(rule_group, rule, labels)) WITHOUT ROWID)"};

constexpr std::int64_t kFlapping = 1, kUnknown = 2;

void put_text(std::string& out, std::string_view text) {
  const auto n = static_cast<std::uint32_t>(text.size());
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(n >> shift);
  out += text;
}

Result<std::string_view> take_text(std::string_view& bytes) {
  if (bytes.size() < 4) return fail(Errc::corrupt, "a label set ends within a length");
  std::uint32_t n = 0;
  for (int i = 3; i >= 0; --i)
    n = n << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  if (n > bytes.size() - 4) return fail(Errc::corrupt, "a label set ends within a text");
  const auto text = bytes.substr(4, n);
  bytes.remove_prefix(4 + n);
  return text;
}

void bind_time(DatabaseStatement& statement, int parameter, const std::optional<Time>& time) {
  if (time)
    statement.bind(parameter, to_unix_millis(*time));
  else
    statement.bind_null(parameter);
}
std::optional<Time> time_of(const DatabaseStatement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_unix_millis(row.integer(column));
}

constexpr std::string_view kSelect =
    "SELECT rule, labels, annotations, element, state, value, active_at, fired_at, "
    "keep_firing_since, resolved_at, last_sent, early_fired, early_resolved, told, flags, "
    "flap_bits "
    "FROM rule_alerts WHERE rule_group = ?1 ORDER BY rule, labels";
constexpr std::string_view kInsert =
    "INSERT OR REPLACE INTO rule_alerts(rule_group, rule, labels, annotations, element, state, "
    "value, "
    "active_at, fired_at, keep_firing_since, resolved_at, last_sent, early_fired, early_resolved, "
    "told, flags, flap_bits) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)";

Result<ActiveAlert> read_row(const DatabaseStatement& row) {
  ActiveAlert alert;
  alert.labels = TRY(decode_labels(row.text(1)));
  alert.annotations = TRY(decode_labels(row.text(2)));
  alert.element = TRY(decode_labels(row.text(3)));
  const auto state = row.integer(4), told = row.integer(13);
  if (state < 0 || state > static_cast<int>(AlertState::firing) || told < 0 || told > 2)
    return fail(Errc::corrupt, "an alert has no state that exists");
  alert.state = static_cast<AlertState>(state);
  alert.value = row.real(5);
  alert.active_at = from_unix_millis(row.integer(6));
  alert.fired_at = time_of(row, 7);
  alert.keep_firing_since = time_of(row, 8);
  alert.resolved_at = time_of(row, 9);
  alert.last_sent = time_of(row, 10);
  alert.early_fired = time_of(row, 11);
  alert.early_resolved = time_of(row, 12);
  alert.told = static_cast<ActiveAlert::Told>(told);
  alert.flapping = (row.integer(14) & kFlapping) != 0;
  alert.unknown = (row.integer(14) & kUnknown) != 0;
  alert.flap_bits = static_cast<std::uint32_t>(row.integer(15));
  return alert;
}

Status write_row(Database& database, const std::string& group, const std::string& rule,
                 const ActiveAlert& alert) {
  auto statement = TRY(database.prepare(kInsert));
  statement.bind(1, group).bind(2, rule);
  statement.bind_blob(3, encode_labels(alert.labels));
  statement.bind_blob(4, encode_labels(alert.annotations));
  statement.bind_blob(5, encode_labels(alert.element));
  statement.bind(6, static_cast<std::int64_t>(alert.state)).bind(7, alert.value);
  statement.bind(8, to_unix_millis(alert.active_at));
  bind_time(statement, 9, alert.fired_at);
  bind_time(statement, 10, alert.keep_firing_since);
  bind_time(statement, 11, alert.resolved_at);
  bind_time(statement, 12, alert.last_sent);
  bind_time(statement, 13, alert.early_fired);
  bind_time(statement, 14, alert.early_resolved);
  statement.bind(15, static_cast<std::int64_t>(alert.told));
  statement.bind(16, (alert.flapping ? kFlapping : 0) | (alert.unknown ? kUnknown : 0));
  statement.bind(17, static_cast<std::int64_t>(alert.flap_bits));
  return statement.run();
}

}  // namespace

std::string encode_labels(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) put_text(out, name), put_text(out, value);
  return out;
}

Result<Labels> decode_labels(std::string_view bytes) {
  LabelsBuilder labels;
  while (!bytes.empty()) {
    const auto name = TRY(take_text(bytes));
    const auto value = TRY(take_text(bytes));
    if (name.empty()) return fail(Errc::corrupt, "a label set has a label without a name");
    labels.set(name, value);
  }
  return labels.build();
}

Result<AlertStateStore> AlertStateStore::open(Database& database) {
  TRY(database.migrate("rules", kSteps));
  return AlertStateStore(database);
}

Result<std::map<std::string, std::vector<ActiveAlert>>> AlertStateStore::load(
    const std::string& group) const {
  std::map<std::string, std::vector<ActiveAlert>> out;
  TRY(database_->read([&](Database& database) -> Status {
    auto rows = TRY(database.prepare(kSelect));
    rows.bind(1, group);
    while (TRY(rows.step())) {
      auto alert = TRY(read_row(rows));
      out[std::string(rows.text(0))].push_back(std::move(alert));
    }
    return {};
  }));
  return out;
}

Status AlertStateStore::save(const std::string& group, std::span<const AlertStateChange> changes) {
  return database_->transaction([&](Database& database) -> Status {
    for (const auto& change : changes) {
      for (const auto& labels : change.removed) {
        auto statement = TRY(database.prepare(
            "DELETE FROM rule_alerts WHERE rule_group = ?1 AND rule = ?2 AND labels = ?3"));
        statement.bind(1, group).bind(2, change.rule).bind_blob(3, encode_labels(labels));
        TRY(statement.run());
      }
      for (const auto& alert : change.changed) TRY(write_row(database, group, change.rule, alert));
    }
    return {};
  });
}

Status AlertStateStore::keep_only(
    const std::map<std::string, std::vector<std::string>>& rules_by_group) {
  std::vector<std::pair<std::string, std::string>> gone;
  TRY(database_->read([&](Database& database) -> Status {
    auto rows = TRY(database.prepare("SELECT DISTINCT rule_group, rule FROM rule_alerts"));
    while (TRY(rows.step())) {
      std::string group(rows.text(0)), rule(rows.text(1));
      const auto found = rules_by_group.find(group);
      if (found == rules_by_group.end() ||
          std::ranges::find(found->second, rule) == found->second.end())
        gone.emplace_back(std::move(group), std::move(rule));
    }
    return {};
  }));
  if (gone.empty()) return {};
  return database_->transaction([&](Database& database) -> Status {
    for (const auto& [group, rule] : gone)
      TRY(database.run("DELETE FROM rule_alerts WHERE rule_group = ?1 AND rule = ?2", group, rule));
    return {};
  });
}

}  // namespace pharos::rules

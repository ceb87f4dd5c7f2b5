#include "rules/oncall/escalation_book.hpp"

#include <algorithm>
#include <cstdio>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "codec/checksum.hpp"
#include "rules/stored_alert.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE oncall_escalations(id TEXT PRIMARY KEY, policy TEXT NOT NULL, started_ms INTEGER "
    "NOT NULL,"
    " state INTEGER NOT NULL, step INTEGER NOT NULL, round INTEGER NOT NULL, due_ms INTEGER NOT "
    "NULL,"
    " severity INTEGER NOT NULL, owner TEXT NOT NULL, note TEXT NOT NULL, until_ms INTEGER,"
    " told TEXT NOT NULL, notification BLOB NOT NULL);"
    "CREATE TABLE oncall_turns(key TEXT PRIMARY KEY, turn INTEGER NOT NULL)"};
constexpr std::size_t kEntriesMax = 100'000;
constexpr Millis kRetry = std::chrono::seconds(5);
constexpr Millis kOrphan = std::chrono::minutes(1);

struct Stats {
  Counter started{"pharos_oncall_escalations_started_total", "Escalations begun."};
  Counter steps{"pharos_oncall_escalation_steps_total", "Steps that told somebody."};
  Counter nobody{"pharos_oncall_escalation_nobody_total",
                 "Steps that reached nobody: no one on call, or a user without a receiver."};
  Counter failures{"pharos_oncall_escalation_failures_total",
                   "Steps put off because their notifications could not be made durable."};
  Gauge running{"pharos_oncall_escalations", "Escalations that have not ended."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

std::string id_of(const std::string& policy, const std::string& group_key) {
  const auto hash = codec::hash128(policy + '\n' + group_key);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text;
}

bool is_firing(const Alert& alert) {
  return alert.ends_at == Time{};
}

// What an escalation reads of a notification: counts, the worst severity, the labels in common.
void describe(Escalation& escalation, const notify::Notification& notification) {
  escalation.group_key = notification.group_key;
  escalation.group_labels = notification.group_labels;
  escalation.firing = 0;
  std::optional<Labels> common;
  for (const auto& alert : notification.alerts) {
    if (!is_firing(alert)) continue;
    ++escalation.firing;
    if (!common) {
      common = alert.labels;
      continue;
    }
    LabelsBuilder builder(*common);
    for (const auto [name, value] : *common)
      if (alert.labels.get(name) != value) builder.remove(name);
    common = builder.build();
  }
  escalation.common_labels = common.value_or(Labels{});
}

int worst_severity(const notify::Notification& notification) {
  int worst = 0;
  for (const auto& alert : notification.alerts)
    if (is_firing(alert)) worst = std::max(worst, severity_rank(alert.labels.get("severity")));
  return worst;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : "\n") + name;
  return out;
}

}  // namespace

Result<std::unique_ptr<EscalationBook>> EscalationBook::open(Database& database) {
  TRY(database.migrate("oncall_escalations", kTables));
  auto book = std::unique_ptr<EscalationBook>(new EscalationBook(database));
  TRY(book->load());
  return book;
}

Status EscalationBook::load() {
  return database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare(
        "SELECT id, policy, started_ms, state, step, round, due_ms, severity, owner, note,"
        " until_ms, told, notification FROM oncall_escalations"));
    while (TRY(rows.step())) {
      auto notification = decode_notification(rows.text(12));
      if (!notification) {
        log::error("stored escalation not readable, dropped", {{"id", rows.text(0)}});
        continue;
      }
      Entry entry;
      auto& e = entry.escalation;
      e.id = rows.text(0);
      e.policy = rows.text(1);
      e.started_at = from_unix_millis(rows.integer(2));
      e.state = static_cast<Escalation::State>(rows.integer(3));
      e.step = static_cast<std::uint32_t>(rows.integer(4));
      e.round = static_cast<std::uint32_t>(rows.integer(5));
      e.due = from_unix_millis(rows.integer(6));
      e.severity = static_cast<int>(rows.integer(7));
      e.owner = rows.text(8);
      e.note = rows.text(9);
      if (!rows.is_null(10)) e.acknowledged_until = from_unix_millis(rows.integer(10));
      for (std::string_view told = rows.text(11); !told.empty();) {
        const auto end = told.find('\n');
        entry.told.emplace_back(told.substr(0, end));
        told = end == told.npos ? std::string_view() : told.substr(end + 1);
      }
      entry.notification = std::move(*notification);
      describe(e, entry.notification);
      entries_[e.id] = std::move(entry);
    }
    auto turns = TRY(db.prepare("SELECT key, turn FROM oncall_turns"));
    while (TRY(turns.step()))
      turns_[std::string(turns.text(0))] = static_cast<std::uint64_t>(turns.integer(1));
    stats().running.set(static_cast<double>(entries_.size()));
    return {};
  });
}

Status EscalationBook::store(const Entry& entry) {
  return database_.transaction([&](Database& db) -> Status {
    const auto& e = entry.escalation;
    auto insert =
        TRY(db.prepare("INSERT OR REPLACE INTO oncall_escalations "
                       "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"));
    insert.bind(1, e.id).bind(2, e.policy).bind(3, to_unix_millis(e.started_at));
    insert.bind(4, static_cast<std::int64_t>(e.state))
        .bind(5, std::int64_t{e.step})
        .bind(6, std::int64_t{e.round});
    insert.bind(7, to_unix_millis(e.due))
        .bind(8, std::int64_t{e.severity})
        .bind(9, e.owner)
        .bind(10, e.note);
    if (e.acknowledged_until) insert.bind(11, to_unix_millis(*e.acknowledged_until));
    insert.bind(12, joined(entry.told)).bind_blob(13, encode_notification(entry.notification));
    TRY(insert.run());
    for (const auto& [key, turn] : turns_)
      TRY(db.run("INSERT OR REPLACE INTO oncall_turns VALUES(?1, ?2)", key, turn));
    return {};
  });
}

Status EscalationBook::erase(const std::string& id) {
  return database_.transaction(
      [&](Database& db) { return db.run("DELETE FROM oncall_escalations WHERE id = ?1", id); });
}

void EscalationBook::set_world(World world) {
  const std::lock_guard lock(mutex_);
  world_ = std::move(world);
}
void EscalationBook::set_config(std::shared_ptr<const OnCallConfig> config) {
  const std::lock_guard lock(mutex_);
  config_ = std::move(config);
}
const EscalationPolicy* EscalationBook::policy(const std::string& name) const {
  if (!config_) return nullptr;
  const auto found = std::ranges::find(config_->policies, name, &EscalationPolicy::name);
  return found == config_->policies.end() ? nullptr : &*found;
}
std::vector<std::string> EscalationBook::receivers_of(const std::string& user) const {
  const auto found = std::ranges::find(config_->users, user, &User::name);
  return found == config_->users.end() ? std::vector<std::string>() : found->receivers;
}

// Under mutex_. Sends first, stores then: after a crash in between the step runs again and its keys
// make the receivers' outbox leave out what it has already.
Status EscalationBook::step(Entry& entry, Time now) {
  const auto* rules = policy(entry.escalation.policy);
  if (rules == nullptr) {
    log::error("an escalation's policy is no longer configured, it ends",
               {{"policy", entry.escalation.policy}});
    entry.escalation.state = Escalation::State::exhausted;
    return store(entry);
  }
  Entry next = entry;
  auto turns = turns_;
  const auto actions =
      advance(next.escalation, *rules, now,
              {.on_call = world_.on_call,
               .next_turn = [&](const std::string& key) { return turns_[key]++; }});
  for (const auto& action : actions) {
    std::vector<std::string> receivers;
    if (!action.receiver.empty()) receivers.push_back(action.receiver);
    for (const auto& user : action.users) {
      const auto theirs = receivers_of(user);
      receivers.insert(receivers.end(), theirs.begin(), theirs.end());
    }
    if (receivers.empty()) {
      stats().nobody.add();
      log::warn("an escalation step reached nobody",
                {{"step", action.reason}, {"group", next.escalation.group_key}});
      continue;
    }
    for (const auto& receiver : receivers) {
      auto notification = entry.notification;
      notification.receiver = receiver;
      notification.now = now;
      notification.reason = action.reason;
      notification.idempotency_key =
          next.escalation.id + "-" + std::to_string(to_unix_millis(next.escalation.started_at)) +
          "-" + std::to_string(action.round) + "-" + std::to_string(action.step) + "-" + receiver;
      if (auto sent = world_.send(receiver, std::move(notification)); !sent) {
        turns_ = std::move(turns);
        return sent;
      }
      if (std::ranges::find(next.told, receiver) == next.told.end()) next.told.push_back(receiver);
    }
    stats().steps.add();
  }
  if (auto stored = store(next); !stored) {
    turns_ = std::move(turns);
    return stored;
  }
  entry = std::move(next);
  return {};
}

// Who was told that it burns is told that it is over.
Status EscalationBook::tell_end(const Entry& entry, const notify::Notification& notification) {
  for (const auto& receiver : entry.told) {
    auto message = notification;
    message.receiver = receiver;
    message.reason = "resolved";
    message.idempotency_key = entry.escalation.id + "-" +
                              std::to_string(to_unix_millis(entry.escalation.started_at)) +
                              "-end-" + receiver;
    TRY(world_.send(receiver, std::move(message)));
  }
  return {};
}

Status EscalationBook::notify(const std::string& policy_name,
                              const notify::Notification& notification, Time now) {
  const std::lock_guard lock(mutex_);
  if (policy(policy_name) == nullptr)
    return fail(Errc::not_found, "there is no escalation policy " + policy_name);
  const auto id = id_of(policy_name, notification.group_key);
  const auto found = entries_.find(id);
  const bool burns = std::ranges::any_of(notification.alerts, is_firing);
  if (found == entries_.end()) {
    if (!burns) return {};
    if (entries_.size() >= kEntriesMax)
      return fail(Errc::limit, std::to_string(kEntriesMax) + " escalations are running, the limit");
    Entry entry{.escalation = {.id = id, .policy = policy_name, .started_at = now, .due = now},
                .notification = notification};
    describe(entry.escalation, notification);
    entry.escalation.severity = worst_severity(notification);
    TRY(store(entry));
    stats().started.add();
    auto& placed = entries_[id] = std::move(entry);
    stats().running.set(static_cast<double>(entries_.size()));
    if (!step(placed, now)) placed.retry_at = now + kRetry;
    return {};
  }
  Entry next = found->second;
  next.notification = notification;
  if (!burns) {
    TRY(tell_end(next, notification));
    TRY(erase(id));
    entries_.erase(found);
    stats().running.set(static_cast<double>(entries_.size()));
    return {};
  }
  describe(next.escalation, notification);
  const int severity = worst_severity(notification);
  const bool worse = severity > next.escalation.severity;
  next.escalation.severity = severity;
  if (worse && next.escalation.state != Escalation::State::running) {
    // A new start is a new escalation for the keys of what it sends.
    next.escalation.started_at = now;
    restart(next.escalation, now);
  }
  TRY(store(next));
  found->second = std::move(next);
  if (found->second.escalation.state == Escalation::State::running &&
      found->second.escalation.due <= now && !step(found->second, now))
    found->second.retry_at = now + kRetry;
  return {};
}

std::optional<Time> EscalationBook::run(Time now) {
  const std::lock_guard lock(mutex_);
  std::optional<Time> next;
  const auto wake = [&](Time t) { next = next ? std::min(*next, t) : t; };
  for (auto& [id, entry] : entries_) {
    auto& e = entry.escalation;
    if (e.state == Escalation::State::acknowledged && e.acknowledged_until) {
      if (*e.acknowledged_until <= now) {
        Entry back = entry;
        oncall::unacknowledge(back.escalation, now);
        if (store(back))
          entry = std::move(back);
        else
          wake(now + kRetry);
      } else {
        wake(*e.acknowledged_until);
      }
    }
    if (e.state != Escalation::State::running) continue;
    if (e.due <= now && entry.retry_at <= now) {
      if (const auto done = step(entry, now); !done) {
        stats().failures.add();
        log::error("escalation step put off",
                   {{"group", e.group_key}, {"error", done.error().message}});
        entry.retry_at = now + kRetry;
      }
    }
    if (entry.escalation.state == Escalation::State::running)
      wake(std::max(entry.escalation.due, entry.retry_at));
  }
  return next;
}

std::size_t EscalationBook::end_orphans(Time now,
                                        const std::function<bool(std::uint64_t)>& active) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (auto item = entries_.begin(); item != entries_.end();) {
    auto& [id, entry] = *item++;
    const bool lives = std::ranges::any_of(entry.notification.alerts, [&](const Alert& alert) {
      return is_firing(alert) && active(fingerprint(alert.labels));
    });
    if (lives || !entry.orphan_since) {
      if (lives)
        entry.orphan_since.reset();
      else
        entry.orphan_since = now;
      continue;
    }
    if (now - *entry.orphan_since < kOrphan) continue;
    auto notification = entry.notification;
    notification.now = now;
    for (auto& alert : notification.alerts)
      if (is_firing(alert)) alert.ends_at = now;
    auto ended = tell_end(entry, notification);
    if (ended) ended = erase(id);
    if (!ended) {
      log::error("an escalation without alerts not ended, tried again",
                 {{"error", ended.error().message}});
      continue;
    }
    entries_.erase(std::string(id));
    ++count;
  }
  if (count > 0) stats().running.set(static_cast<double>(entries_.size()));
  return count;
}

bool EscalationBook::empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

std::vector<EscalationView> EscalationBook::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<EscalationView> out;
  for (const auto& [id, entry] : entries_) {
    EscalationView view{.escalation = entry.escalation, .told = entry.told};
    for (const auto& alert : entry.notification.alerts)
      if (is_firing(alert)) view.alerts.push_back(fingerprint(alert.labels));
    out.push_back(std::move(view));
  }
  return out;
}

Result<std::vector<Alert>> EscalationBook::firing(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Errc::not_found, "there is no escalation " + id);
  std::vector<Alert> out;
  for (const auto& alert : found->second.notification.alerts)
    if (is_firing(alert)) out.push_back(alert);
  return out;
}

Status EscalationBook::acknowledge(const std::string& id, const std::string& owner,
                                   const std::string& note, std::optional<Time> until) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Errc::not_found, "there is no escalation " + id);
  Entry next = found->second;
  oncall::acknowledge(next.escalation, owner, note, until);
  TRY(store(next));
  found->second = std::move(next);
  return {};
}

Status EscalationBook::unacknowledge(const std::string& id, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return fail(Errc::not_found, "there is no escalation " + id);
  if (found->second.escalation.state != Escalation::State::acknowledged)
    return fail(Errc::conflict, "escalation " + id + " is not acknowledged");
  Entry next = found->second;
  oncall::unacknowledge(next.escalation, now);
  TRY(store(next));
  found->second = std::move(next);
  return {};
}

std::size_t EscalationBook::acknowledge_taken(const std::function<bool(const Alert&)>& taken,
                                              const std::string& owner, const std::string& note,
                                              std::optional<Time> until) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (auto& [id, entry] : entries_) {
    if (entry.escalation.state != Escalation::State::running &&
        entry.escalation.state != Escalation::State::exhausted)
      continue;
    const bool all = std::ranges::all_of(entry.notification.alerts, [&](const Alert& alert) {
      return !is_firing(alert) || taken(alert);
    });
    if (!all) continue;
    Entry next = entry;
    oncall::acknowledge(next.escalation, owner, note, until);
    if (!store(next)) continue;  // it escalates on: better once too often
    entry = std::move(next);
    ++count;
  }
  return count;
}

}  // namespace pharos::rules::oncall

#include <algorithm>

#include "base/log.hpp"
#include "rules/notify/core.hpp"
#include "rules/notify/delivery_log.hpp"
#include "rules/notify/metrics.hpp"
#include "rules/notify/notify_tables.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

constexpr Nanos kUpkeepEvery = std::chrono::seconds(1);
constexpr Nanos kSweepEvery = std::chrono::seconds(30);  // Alertmanager's, of empty groups
constexpr Nanos kTrimEvery = std::chrono::minutes(10);
constexpr std::size_t kSweepSlice = 5'000;
constexpr std::uint64_t kCompactAfterBytes = 16u << 20;
constexpr std::size_t kChunkAlerts = 5'000;
// Up to so many are counted by state at every upkeep, more in the sweep.
constexpr std::size_t kCountMax = 2'000;

// As Alertmanager writes it in notifications: without a slash at its end.
AlertmanagerOptions cleaned(AlertmanagerOptions options) {
  while (options.external_url.ends_with('/')) options.external_url.pop_back();
  return options;
}

}  // namespace

NotifyMetrics& metrics() {
  static NotifyMetrics instance;
  return instance;
}

Result<std::unique_ptr<Alertmanager>> Alertmanager::open(Database& database, const Clock& clock,
                                                         AlertmanagerOptions options,
                                                         MakeIntegrations make_integrations) {
  TRY(database.migrate("notify", kNotifyTables));
  auto core =
      std::make_unique<Core>(database, clock, std::move(options), std::move(make_integrations));
  TRY(core->load());
  return std::unique_ptr<Alertmanager>(std::move(core));
}

Core::Core(Database& database, const Clock& clock, AlertmanagerOptions options,
           MakeIntegrations make_integrations)
    : database_(database),
      clock_(clock),
      options_(cleaned(std::move(options))),
      make_integrations_(std::move(make_integrations)),
      journal_(database),
      silences_(database, clock,
                {.silences_max = options_.silences_max,
                 .bytes_max = options_.silence_bytes_max,
                 .retention = options_.retention}),
      outbox_(options_.send_threads),
      random_(Random::system_seed()) {}

Core::~Core() {
  stop();
}

Status Core::load() {
  TRY(silences_.load());
  const std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  TRY(journal_.restore([&](bool snapshot, BatchRecord&& record) {
    alive_ = std::max(alive_, record.batch_at);
    auto* known = store_.find(record.fingerprint);
    if (record.kind == RecordKind::touch) {
      if (known == nullptr) return;
      auto times = known->alert();
      times.starts_at = record.alert.starts_at;
      times.ends_at = record.alert.ends_at;
      times.updated_at = record.alert.updated_at;
      times.timeout = record.alert.timeout;
      record.alert = std::move(times);
    }
    auto& alert = snapshot ? store_.restore(record.alert, record.fingerprint)
                           : store_.put(record.alert, record.fingerprint, record.alert.updated_at);
    alert.announced = !alert.resolved_at(record.batch_at);
    alert.stored = true;
  }));
  std::uint64_t damaged = 0;
  TRY(database_.read([&](Database& db) -> Status {
    auto entries = TRY(db.prepare("SELECT key, bytes FROM notify_log"));
    while (TRY(entries.step())) {
      auto entry = decode_log_entry(entries.text(1));
      if (!entry) {
        ++damaged;
        continue;
      }
      alive_ = std::max(alive_, entry->at);
      slots_[std::string(entries.text(0))].log = std::move(*entry);
    }
    auto items = TRY(db.prepare("SELECT id, attempts, bytes FROM notify_outbox ORDER BY id"));
    while (TRY(items.step())) {
      auto item = decode_outbox_item(items.text(2));
      if (!item) {
        ++damaged;
        continue;
      }
      item->id = static_cast<std::uint64_t>(items.integer(0));
      item->attempts = static_cast<int>(items.integer(1));
      slots_[item->slot].item = item->id;
      outbox_.add(std::move(*item));
    }
    auto last = TRY(db.prepare("SELECT coalesce(max(sequence), 0) FROM notify_deliveries"));
    if (TRY(last.step())) next_record_ = static_cast<std::uint64_t>(last.integer(0)) + 1;
    return {};
  }));
  if (damaged != 0)
    log::error("rows of the notification state are damaged and left out", {{"rows", damaged}});

  // Silence is not an end: what was firing when we stopped fires on until its source has had time
  // to come back.
  Millis grace = std::chrono::minutes(5);
  if (config_) grace = config_->resolve_timeout;
  store_.for_each([&](const StoredAlert& alert) {
    auto& mine = const_cast<StoredAlert&>(alert);
    if (alert.ends_at > alive_ && alert.ends_at < now + grace) mine.ends_at = now + grace;
    mine.announced = !alert.resolved_at(alive_);
  });
  return {};
}

std::shared_ptr<const AlertmanagerConfig> Core::config() const {
  const std::lock_guard lock(mutex_);
  return config_;
}

Result<Commit> Core::prepare(std::shared_ptr<const AlertmanagerConfig> config) {
  std::unique_lock configuring(configuring_);
  std::vector<OutboxIntegration> integrations;
  for (const auto& receiver : config->receivers) {
    auto made = TRY(make_integrations_(*receiver, *config));
    for (auto& integration : made) {
      OutboxIntegration out;
      out.receiver = receiver->name;
      out.name =
          std::string(integration->kind()) + "[" + std::to_string(integration->index()) + "]";
      out.key = out.receiver + '\x1e' + out.name;
      out.integration = std::move(integration);
      integrations.push_back(std::move(out));
    }
  }
  return Commit([this, lock = std::move(configuring), config = std::move(config),
                 integrations = std::move(integrations)]() mutable {
    configure(std::move(config), std::move(integrations));
  });
}

void Core::configure(std::shared_ptr<const AlertmanagerConfig> config,
                     std::vector<OutboxIntegration> integrations) {
  {
    const std::lock_guard lock(mutex_);
    const bool first = !config_;
    // Timers of groups that stay the same go on.
    struct Kept {
      Nanos next;
      bool has_flushed;
      std::uint64_t id;
      std::string last_suppressed;
    };
    std::unordered_map<std::string, Kept> kept;
    for (auto& [id, group] : groups_) {
      kept.emplace(group->route->id + '\x1f' + group->key,
                   Kept{group->next, group->has_flushed, id, std::move(group->last_suppressed)});
      for (auto* alert : group->alerts) alert->groups = 0;
    }
    groups_.clear();
    timers_ = {};
    routes_.clear();
    route_index_.clear();
    config_ = std::move(config);
    const auto index = [&](const auto& self, const Route& route) -> void {
      route_index_.emplace(&route, routes_.size());
      routes_.push_back({.route = &route, .open = {}, .all = {}});
      for (const auto& child : route.routes) self(self, child);
    };
    index(index, config_->route);
    inhibitor_ = std::make_unique<Inhibitor>(config_->inhibit_rules);
    store_.for_each([&](const StoredAlert& alert) { inhibitor_->add(alert); });
    store_.for_each([&](const StoredAlert& alert) {
      auto& mine = const_cast<StoredAlert&>(alert);
      // Inhibition and silences are all there, so a restart waits and does not tell twice.
      route_alert(mine, first);
    });
    const auto now = clock_.monotonic();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> renamed;
    for (auto& [id, group] : groups_) {
      const auto old = kept.find(group->route->id + '\x1f' + group->key);
      if (old == kept.end()) continue;
      group->has_flushed = old->second.has_flushed;
      group->last_suppressed = old->second.last_suppressed;
      schedule(*group, std::min(old->second.next, now + group->route->group_interval));
      renamed.emplace_back(id, old->second.id);
    }
    // They keep their numbers, by which notifications on their way know them.
    std::vector<std::unique_ptr<Group>> moving;
    for (const auto& [id, old] : renamed) {
      auto node = groups_.extract(id);
      node.mapped()->id = old;
      moving.push_back(std::move(node.mapped()));
    }
    for (auto& group : moving) {
      const auto id = group->id;
      timers_.push({group->next, id});
      groups_.emplace(id, std::move(group));
    }
    for (const auto& [gone, integration] : outbox_.integrations())
      metrics().failing.remove({integration.receiver, integration.name});
    const auto orphans = outbox_.set_integrations(std::move(integrations));
    for (const auto& [key, integration] : outbox_.integrations())
      metrics()
          .failing.with({integration.receiver, integration.name})
          .set(static_cast<double>(integration.failures));
    for (const auto id : orphans) {
      auto* item = outbox_.find(id);
      auto& slot = slots_[item->slot];
      for (const auto& waiting : std::exchange(slot.also, {})) finish(waiting, false);
      if (const auto next = std::exchange(slot.next, nullptr)) finish(next->ticket, false);
      fail_item(*item, "failed", "the receiver is no longer in the configuration");
    }
    if (first) {
      // What was on its way when we stopped.
      std::vector<std::uint64_t> stored;
      for (const auto& [key, slot] : slots_)
        if (slot.item != 0) stored.push_back(slot.item);
      std::ranges::sort(stored);
      for (const auto id : stored) {
        auto* item = outbox_.find(id);
        if (item == nullptr || item->released) continue;
        item->next_attempt = now;
        outbox_.release(*item, now);
      }
      signal_senders();
    }
    wake();
  }
  (void)save();
}

Status Core::save() {
  const std::lock_guard saving(saving_);
  struct Row {
    std::uint64_t id = 0;
    std::int64_t attempts = 0;
    std::string bytes;
  };
  struct LogRow {
    std::string key, bytes;
    std::int64_t expires = 0;
    bool gone = false;
  };
  std::vector<Row> items;
  std::vector<LogRow> logs;
  std::set<std::uint64_t> dirty_items, removed_items;
  std::set<std::string> dirty_logs;
  std::vector<DeliveryRecord> records;
  {
    const std::lock_guard lock(mutex_);
    // New notifications always wait for a save; the rest of a failed one is tried by upkeep.
    if (dirty_items_.empty() && removed_items_.empty() && dirty_logs_.empty() &&
        dirty_records_.empty())
      return {};
    dirty_items.swap(dirty_items_);
    removed_items.swap(removed_items_);
    dirty_logs.swap(dirty_logs_);
    records.swap(dirty_records_);
    for (const auto id : dirty_items) {
      const auto* item = outbox_.find(id);
      if (item != nullptr) items.push_back({id, item->attempts, encode(*item)});
    }
    for (const auto& key : dirty_logs) {
      const auto slot = slots_.find(key);
      if (slot == slots_.end() || !slot->second.log)
        logs.push_back({.key = key, .bytes = {}, .gone = true});
      else
        logs.push_back({key, encode(*slot->second.log), to_unix_millis(slot->second.log->expires)});
    }
  }
  const auto status = database_.transaction([&](Database& db) -> Status {
    for (const auto& row : items) {
      auto put = TRY(db.prepare(
          "INSERT OR REPLACE INTO notify_outbox(id, attempts, bytes) VALUES(?1, ?2, ?3)"));
      put.bind(1, static_cast<std::int64_t>(row.id)).bind(2, row.attempts).bind_blob(3, row.bytes);
      TRY(put.run());
    }
    for (const auto id : removed_items) TRY(db.run("DELETE FROM notify_outbox WHERE id = ?1", id));
    for (const auto& row : logs) {
      if (row.gone) {
        TRY(db.run("DELETE FROM notify_log WHERE key = ?1", row.key));
        continue;
      }
      auto put = TRY(
          db.prepare("INSERT OR REPLACE INTO notify_log(key, expires, bytes) VALUES(?1, ?2, ?3)"));
      put.bind(1, std::string_view(row.key)).bind(2, row.expires).bind_blob(3, row.bytes);
      TRY(put.run());
    }
    for (const auto& record : records) {
      auto put = TRY(db.prepare(
          "INSERT OR REPLACE INTO notify_deliveries(sequence, at, bytes) VALUES(?1,?2,?3)"));
      put.bind(1, static_cast<std::int64_t>(record.sequence)).bind(2, to_unix_millis(record.at));
      put.bind_blob(3, encode(record));
      TRY(put.run());
    }
    return {};
  });
  const std::lock_guard lock(mutex_);
  if (!status) {
    metrics().save_failures.add();
    if (!std::exchange(save_failed_, true))
      log::error("state of notifications cannot be stored; alerting goes on from memory",
                 {{"error", status.error().message}});
    // What changed again meanwhile stays as it is now.
    for (const auto id : dirty_items)
      if (outbox_.find(id) != nullptr) dirty_items_.insert(id);
    removed_items_.merge(removed_items);
    dirty_logs_.merge(dirty_logs);
    records.insert(records.end(), std::make_move_iterator(dirty_records_.begin()),
                   std::make_move_iterator(dirty_records_.end()));
    if (records.size() > options_.records_max)
      records.erase(records.begin(),
                    records.end() - static_cast<std::ptrdiff_t>(options_.records_max));
    dirty_records_ = std::move(records);
  } else if (std::exchange(save_failed_, false)) {
    log::info("state of notifications is stored again");
  }
  metrics().unsaved.set(static_cast<double>(dirty_items_.size() + removed_items_.size() +
                                            dirty_logs_.size() + dirty_records_.size()));
  const auto now = clock_.monotonic();
  bool any = false;
  for (const auto id : dirty_items) {
    auto* item = outbox_.find(id);
    if (item == nullptr) {
      // It ended while its row was written.
      if (status) removed_items_.insert(id);
      continue;
    }
    if (item->released) continue;
    outbox_.release(*item, now);
    any = true;
  }
  if (any) {
    signal_senders();
    wake();
  }
  return status;
}

std::optional<Nanos> Core::next_due() const {
  std::optional<Nanos> out = next_upkeep_;
  if (!timers_.empty()) out = std::min(*out, timers_.top().when);
  if (const auto later = outbox_.next_due()) out = std::min(*out, *later);
  return out;
}

// Removes what nobody needs any more, and says of alerts that they have ended unsaid.
void Core::sweep_alerts() {
  std::vector<AlertTransition> ended;
  const Time now = clock_.now();
  BatchWriter batch(now);
  bool more = true;
  {
    const std::lock_guard lock(mutex_);
    more = store_.walk(sweep_at_, kSweepSlice, [&](StoredAlert& alert) {
      if (!alert.resolved_at(now)) {
        count(alert, now, counts_);
        return;
      }
      if (alert.announced) {
        alert.announced = false;
        const auto copy = alert.alert();
        batch.add(RecordKind::expired, copy, alert.fingerprint);
        ended.push_back({AlertTransition::Kind::expired, alert.ends_at, copy});
      }
      if (alert.groups == 0 && alert.pins == 0) {
        if (inhibitor_) inhibitor_->remove(alert);
        store_.remove(alert);
      }
    });
    if (!more) {
      sweep_at_ = 0;
      show(std::exchange(counts_, {}));
      sweeping_ = false;
      std::vector<Group*> empty;
      for (auto& [id, group] : groups_)
        if (group->alerts.empty()) empty.push_back(group.get());
      for (auto* group : empty) destroy(*group);
      std::erase_if(slots_, [&](auto& entry) {
        auto& slot = entry.second;
        if (slot.item != 0) return false;
        if (slot.log && slot.log->expires > now) return false;
        if (slot.log) dirty_logs_.insert(entry.first);
        return true;
      });
    }
  }
  if (batch.count() != 0) {
    const std::shared_lock gate(gate_);
    // Only for the history: when it cannot be kept, the alerts have ended all the same.
    (void)journal_.append(now, batch.finish());
  }
  if (!ended.empty() && options_.observe) options_.observe(ended);
}

void Core::maintain() {
  bool sweep = false, trim = false;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.monotonic();
    if (now < next_upkeep_) return;
    next_upkeep_ = now + kUpkeepEvery;
    if (next_sweep_ == Nanos{0}) next_sweep_ = now + kSweepEvery;
    if (now >= next_sweep_) {
      next_sweep_ = now + kSweepEvery;
      sweeping_ = true;
    }
    sweep = sweeping_;
    if (now >= next_trim_) {
      trim = next_trim_ != Nanos{0};
      next_trim_ = now + kTrimEvery;
    }
    update_gauges();
  }
  while (sweep) {
    sweep_alerts();
    const std::lock_guard lock(mutex_);
    sweep = sweeping_;
  }
  // Rewriting all costs as much as it is worth: when as much again has come, or at leisure.
  const auto sizes = journal_.sizes();
  if (sizes.since_snapshot > std::max(kCompactAfterBytes, sizes.snapshot) ||
      (trim && sizes.since_snapshot > sizes.snapshot / 4)) {
    if (const auto status = compact(); !status)
      log::warn("alerts cannot be compacted", {{"error", status.error().message}});
  }
  if (trim) {
    (void)silences_.remove_old(clock_.now());
    const auto history = journal_.trim_history(
        clock_.now(),
        {.bytes_max = options_.history_bytes_max, .retention = options_.history_retention});
    const auto records = database_.transaction([&](Database& db) -> Status {
      return db.run(
          "DELETE FROM notify_deliveries WHERE sequence <= (SELECT max(sequence) FROM "
          "notify_deliveries) - ?1",
          options_.records_max);
    });
    if (!history || !records)
      log::warn("old notification state cannot be trimmed",
                {{"error", (!history ? history : records).error().message}});
  }
  (void)save();
}

Status Core::compact() {
  std::uint64_t cut = 0;
  {
    // Nobody is between the disk and the memory now.
    const std::unique_lock gate(gate_);
    cut = journal_.cut();
  }
  std::size_t at = 0;
  bool more = true;
  return journal_.write_snapshot(cut, [&]() -> std::string {
    while (more) {
      BatchWriter chunk(clock_.now());
      {
        const std::lock_guard lock(mutex_);
        more = store_.walk(at, kChunkAlerts, [&](StoredAlert& alert) {
          chunk.add(RecordKind::update, alert.alert(), alert.fingerprint);
        });
      }
      if (chunk.count() != 0) return chunk.finish();
    }
    return {};
  });
}

void Core::count(const StoredAlert& alert, Time now, AlertCounts& counts) const {
  if (alert.resolved_at(now)) return;
  if (!config_ || !alert.processed)
    ++counts.unprocessed;
  else if ((silences_.any() && !silences_.silencing(alert.labels, now).empty()) ||
           !inhibitor_->inhibiting(alert.labels, now, true).empty())
    ++counts.suppressed;
  else
    ++counts.active;
}

void Core::show(const AlertCounts& counts) {
  static auto active = metrics().alerts.with({"active"});
  static auto suppressed = metrics().alerts.with({"suppressed"});
  static auto unprocessed = metrics().alerts.with({"unprocessed"});
  active.set(static_cast<double>(counts.active));
  suppressed.set(static_cast<double>(counts.suppressed));
  unprocessed.set(static_cast<double>(counts.unprocessed));
}

void Core::update_gauges() const {
  static auto pending = metrics().silences.with({"pending"});
  static auto silent = metrics().silences.with({"active"});
  static auto expired = metrics().silences.with({"expired"});
  metrics().alert_bytes.set(static_cast<double>(store_.bytes()));
  if (store_.size() <= kCountMax) {
    AlertCounts counts;
    store_.for_each([&](const StoredAlert& alert) { count(alert, clock_.now(), counts); });
    show(counts);
  }
  const auto counts = silences_.counts(clock_.now());
  pending.set(static_cast<double>(counts.pending));
  silent.set(static_cast<double>(counts.active));
  expired.set(static_cast<double>(counts.expired));
  metrics().groups.set(static_cast<double>(groups_.size()));
  metrics().outbox.set(static_cast<double>(outbox_.size()));
  const auto oldest = outbox_.oldest();
  metrics().outbox_oldest.set(
      oldest ? std::max(0.0, std::chrono::duration<double>(clock_.now() - *oldest).count()) : 0.0);
  metrics().log_entries.set(static_cast<double>(slots_.size()));
}

}  // namespace pharos::rules::notify

#include <algorithm>

#include "rules/notify/core.hpp"
#include "rules/notify/delivery_log.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kExamplesMax = 100;
constexpr std::int64_t kRowsPerRead = 512;

bool match(std::span<const Matcher> matchers, const Labels& labels) {
  return std::ranges::all_of(matchers,
                             [&](const Matcher& m) { return m.matches(labels.get(m.name())); });
}

}  // namespace

Result<std::string> Core::set_silence(Silence silence) {
  return silences_.set(std::move(silence));
}
Status Core::expire_silence(const std::string& id) {
  return silences_.expire(id);
}
Result<Silence> Core::silence(const std::string& id) const {
  return silences_.get(id);
}
std::vector<Silence> Core::silences(std::span<const Matcher> matchers) const {
  return silences_.list(matchers);
}

AlertMarks Core::marks_of(const StoredAlert& alert, const std::vector<const Route*>& routes,
                          Time now) const {
  AlertMarks out;
  out.processed = true;
  if (silences_.any()) out.silenced_by = silences_.silencing(alert.labels, now);
  for (const auto fingerprint : inhibitor_->inhibiting(alert.labels, now)) {
    if (const auto* source = store_.find(fingerprint))
      out.inhibited_by.push_back(fingerprint_text(source->labels));
  }
  for (const auto* route : routes) {
    if (!route->active_intervals.empty() && interval_holding(route->active_intervals, now).empty())
      out.muted_by.insert(out.muted_by.end(), route->active_intervals.begin(),
                          route->active_intervals.end());
    else if (auto name = interval_holding(route->mute_intervals, now); !name.empty())
      out.muted_by.push_back(std::move(name));
  }
  std::ranges::sort(out.muted_by);
  out.muted_by.erase(std::unique(out.muted_by.begin(), out.muted_by.end()), out.muted_by.end());
  return out;
}

bool Core::wanted(const AlertQuery& query, const StoredAlert& alert, Time now) const {
  return !alert.resolved_at(now) && match(query.matchers, alert.labels);
}

bool Core::wanted(const AlertQuery& query, const AlertMarks& marks) {
  const bool suppressed = !marks.silenced_by.empty() || !marks.inhibited_by.empty();
  return (query.active || suppressed || !marks.processed) &&
         (query.unprocessed || marks.processed) && (query.silenced || marks.silenced_by.empty()) &&
         (query.inhibited || marks.inhibited_by.empty()) && (query.muted || marks.muted_by.empty());
}

std::vector<AlertView> Core::alerts(const AlertQuery& query) const {
  const std::lock_guard lock(mutex_);
  std::vector<AlertView> out;
  if (!config_) return out;
  const Time now = clock_.now();
  std::vector<std::pair<std::uint64_t, const StoredAlert*>> found;
  found.reserve(store_.size());
  store_.for_each([&](const StoredAlert& alert) {
    if (wanted(query, alert, now)) found.emplace_back(alert.fingerprint, &alert);
  });
  // Alertmanager lists them by fingerprint. Sorted first: a view is large, it is made in its place.
  std::ranges::sort(found);
  out.reserve(found.size());
  for (const auto& [fingerprint, alert] : found) {
    const auto routes = match_routes(config_->route, alert->labels);
    if (query.wants_receiver && std::ranges::none_of(routes, [&](const Route* route) {
          return query.wants_receiver(route->receiver);
        }))
      continue;
    auto marks = marks_of(*alert, routes, now);
    if (!wanted(query, marks)) continue;
    auto& view = out.emplace_back();
    view.alert = alert->alert();
    view.marks = std::move(marks);
    view.receivers.reserve(routes.size());
    for (const auto* route : routes) view.receivers.push_back(route->receiver);
  }
  return out;
}

std::vector<GroupView> Core::groups(const AlertQuery& query) const {
  const std::lock_guard lock(mutex_);
  std::vector<GroupView> out;
  if (!config_) return out;
  const Time now = clock_.now();
  std::unordered_map<const StoredAlert*, std::vector<std::string>> receivers;
  std::vector<std::pair<const Group*, std::vector<const StoredAlert*>>> found;
  for (const auto& [id, group] : groups_) {
    if (query.wants_receiver && !query.wants_receiver(group->route->receiver)) continue;
    std::vector<const StoredAlert*> members;
    for (const auto* alert : group->alerts) {
      if (!wanted(query, *alert, now)) continue;
      if (!wanted(query, marks_of(*alert, {group->route}, now))) continue;
      members.push_back(alert);
      receivers[alert].push_back(group->route->receiver);
    }
    if (members.empty()) continue;
    std::ranges::sort(members, [](const StoredAlert* a, const StoredAlert* b) {
      return alert_before(a->labels, b->labels);
    });
    found.emplace_back(group.get(), std::move(members));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    const auto& x = *a.first;
    const auto& y = *b.first;
    if (!(x.labels == y.labels)) return labels_before(x.labels, y.labels);
    if (x.route->receiver != y.route->receiver) return x.route->receiver < y.route->receiver;
    return x.key < y.key;
  });
  for (auto& [alert, names] : receivers) std::ranges::sort(names);
  for (const auto& [group, members] : found) {
    auto& view = out.emplace_back();
    view.labels = group->labels;
    view.receiver = group->route->receiver;
    view.group_key = group->key;
    view.route_id = group->route->id;
    view.route_labels = group->route->labels;
    for (const auto* alert : members) {
      auto& item = view.alerts.emplace_back();
      item.alert = alert->alert();
      item.marks = marks_of(*alert, {group->route}, now);
      item.receivers = receivers[alert];
    }
  }
  return out;
}

std::vector<RoutePreview> Core::preview(const Labels& labels, Time at) const {
  const std::lock_guard lock(mutex_);
  std::vector<RoutePreview> out;
  if (!config_) return out;
  const auto silenced = silences_.silencing(labels, at);
  std::vector<std::string> inhibited;
  for (const auto fingerprint : inhibitor_->inhibiting(labels, at)) {
    if (const auto* source = store_.find(fingerprint))
      inhibited.push_back(fingerprint_text(source->labels));
  }
  for (const auto* route : match_routes(config_->route, labels)) {
    auto& view = out.emplace_back();
    view.receiver = route->receiver;
    view.route_key = route->key;
    view.route_id = route->id;
    view.group_key = group_key(*route, group_labels(*route, labels));
    view.group_wait = route->group_wait;
    view.group_interval = route->group_interval;
    view.repeat_interval = route->repeat_interval;
    view.silenced_by = silenced;
    view.inhibited_by = inhibited;
    for (const auto& name : route->mute_intervals)
      if (!interval_holding({name}, at).empty()) view.muted_by.push_back(name);
    view.inactive =
        !route->active_intervals.empty() && interval_holding(route->active_intervals, at).empty();
    const auto prefix = route->receiver + '\x1e';
    for (auto next = outbox_.integrations().lower_bound(prefix);
         next != outbox_.integrations().end() && next->first.starts_with(prefix); ++next)
      view.integrations.push_back(next->second.name);
  }
  return out;
}

std::vector<DeliveryRecord> Core::deliveries(std::size_t limit,
                                             std::optional<std::uint64_t> alert) const {
  std::vector<DeliveryRecord> out;
  const auto keep = [&](DeliveryRecord&& record) {
    if (alert && std::ranges::find(record.alerts, *alert) == record.alerts.end()) return;
    out.push_back(std::move(record));
  };
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  {
    // What is not stored yet is the newest.
    const std::lock_guard lock(mutex_);
    for (auto at = dirty_records_.rbegin(); at != dirty_records_.rend() && out.size() < limit;
         ++at) {
      before = static_cast<std::int64_t>(at->sequence);
      keep(DeliveryRecord(*at));
    }
  }
  for (bool more = true; more && out.size() < limit;) {
    more = false;
    const auto status = database_.read([&](Database& db) -> Status {
      auto query =
          TRY(db.prepare("SELECT sequence, bytes FROM notify_deliveries WHERE sequence < ?1 "
                         "ORDER BY sequence DESC LIMIT ?2"));
      query.bind_all(before, kRowsPerRead);
      while (out.size() < limit && TRY(query.step())) {
        more = true;
        before = query.integer(0);
        auto record = decode_delivery(query.text(1));
        if (record) keep(std::move(*record));
      }
      return {};
    });
    if (!status) break;
  }
  return out;
}

Result<std::vector<AlertTransition>> Core::history(std::span<const Matcher> matchers,
                                                   Interval interval, std::size_t limit) const {
  std::vector<AlertTransition> out;
  if (limit == 0) return out;
  // What is asked for is what happened last: from the newest back, then turned around.
  TRY(journal_.read_history(interval, AlertJournal::Order::newest_first, [&](BatchRecord&& record) {
    AlertTransition::Kind kind{};
    switch (record.kind) {
      case RecordKind::firing: kind = AlertTransition::Kind::firing; break;
      case RecordKind::resolved: kind = AlertTransition::Kind::resolved; break;
      case RecordKind::expired: kind = AlertTransition::Kind::expired; break;
      case RecordKind::update:
      case RecordKind::touch: return true;
    }
    if (match(matchers, record.alert.labels))
      out.push_back({kind, record.batch_at, std::move(record.alert)});
    return out.size() < limit;
  }));
  std::ranges::reverse(out);
  return out;
}

Result<SilencePreview> Core::preview_silence(std::span<const Matcher> matchers,
                                             Interval interval) const {
  SilencePreview out;
  std::unordered_map<std::uint64_t, bool> seen;  // fingerprint → hidden
  const auto look = [&](std::uint64_t fingerprint, const Labels& labels) {
    const auto [at, fresh] = seen.emplace(fingerprint, false);
    if (!fresh) return;
    at->second = match(matchers, labels);
    if (!at->second) return;
    ++out.alerts;
    if (out.examples.size() < kExamplesMax) out.examples.push_back(labels);
  };
  // An alert of that time has begun or ended in it, or was there all along and still is.
  TRY(journal_.read_history({interval.begin, std::max(interval.end, clock_.now())},
                            AlertJournal::Order::oldest_first, [&](BatchRecord&& record) {
                              if (record.kind != RecordKind::touch &&
                                  record.alert.starts_at < interval.end)
                                look(record.fingerprint, record.alert.labels);
                              return true;
                            }));
  {
    const std::lock_guard lock(mutex_);
    store_.for_each([&](const StoredAlert& alert) {
      if (alert.starts_at < interval.end && alert.ends_at > interval.begin)
        look(alert.fingerprint, alert.labels);
    });
  }
  for (const auto& record : deliveries(options_.records_max, {})) {
    if (record.at < interval.begin) break;
    if (record.at >= interval.end || record.outcome != "sent" || record.alerts.empty()) continue;
    const auto hidden = [&](std::uint64_t fingerprint) {
      const auto known = seen.find(fingerprint);
      return known != seen.end() && known->second;
    };
    if (std::ranges::any_of(record.alerts, hidden)) ++out.notifications;
    if (record.alerts.size() == record.firing + record.resolved &&
        std::ranges::all_of(record.alerts, hidden))
      ++out.whole;
  }
  return out;
}

}  // namespace pharos::rules::notify

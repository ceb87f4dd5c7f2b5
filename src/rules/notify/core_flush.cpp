#include <algorithm>

#include "rules/notify/core.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kGroupsPerLock = 128;
constexpr std::size_t kAlertsPerRecord = 100;
constexpr Millis kTimeoutMin = std::chrono::seconds(10), kTimeoutMax = std::chrono::minutes(1);

}  // namespace

bool labels_before(const Labels& a, const Labels& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if ((*x).name != (*y).name) return (*x).name > (*y).name;  // the one without the name is less
    if ((*x).value != (*y).value) return (*x).value < (*y).value;
  }
  return false;
}

bool alert_before(const Labels& a, const Labels& b) {
  for (const std::string_view name : {"job", "instance"}) {
    const auto x = a.get(name), y = b.get(name);
    if (x.empty() && y.empty()) continue;
    if (x.empty() || y.empty()) return y.empty();
    if (x != y) return x < y;
  }
  return labels_before(a, b);
}

bool Core::flush_due() {
  const std::lock_guard lock(mutex_);
  for (std::size_t n = 0; n < kGroupsPerLock; ++n) {
    const auto now = clock_.monotonic();
    if (timers_.empty() || timers_.top().when > now) return false;
    const auto timer = timers_.top();
    timers_.pop();
    const auto found = groups_.find(timer.group);
    // A timer that was moved since has another entry.
    if (found == groups_.end() || found->second->next != timer.when) continue;
    flush(*found->second, now);
  }
  return true;
}

std::string Core::interval_holding(const std::vector<std::string>& names, Time at) const {
  for (const auto& name : names) {
    const auto found = config_->intervals.find(name);
    if (found == config_->intervals.end()) continue;
    for (const auto& interval : found->second)
      if (interval.contains(at)) return name;
  }
  return {};
}

void Core::suppress(Group& group, const Suppression& what, Time now) {
  static auto silenced = metrics().suppressed.with({"silence"});
  static auto inhibited = metrics().suppressed.with({"inhibition"});
  static auto muted = metrics().suppressed.with({"mute_time_interval"});
  static auto inactive = metrics().suppressed.with({"active_time_interval"});
  const auto count = static_cast<double>(what.alerts.size());
  if (what.outcome == "silenced") silenced.add(count);
  if (what.outcome == "inhibited") inhibited.add(count);
  if (what.outcome == "muted") muted.add(count);
  if (what.outcome == "inactive") inactive.add(count);
  DeliveryRecord out;
  out.at = now;
  out.receiver = group.route->receiver;
  out.group_key = group.key;
  out.group_labels = group.labels;
  out.outcome = what.outcome;
  out.cause = what.cause;
  out.firing = what.firing;
  out.resolved = what.resolved;
  out.alerts.assign(what.alerts.begin(),
                    what.alerts.begin() + static_cast<std::ptrdiff_t>(
                                              std::min(what.alerts.size(), kAlertsPerRecord)));
  record(std::move(out));
}

void Core::flush(Group& group, Nanos due) {
  const Time now = clock_.now();
  const Route& route = *group.route;
  schedule(group, due + route.group_interval);
  group.has_flushed = true;
  if (group.alerts.empty()) return;

  auto ticket = std::make_shared<FlushTicket>();
  ticket->group = group.id;
  ticket->open = 1;  // this function's own
  for (const auto* alert : group.alerts)
    if (alert->resolved_at(now))
      ticket->resolved.emplace_back(alert->fingerprint, alert->updated_at);

  std::map<std::pair<std::string, std::string>, Suppression> suppressed;
  const auto hold_back = [&](const StoredAlert& alert, std::string outcome, std::string cause) {
    auto& entry = suppressed[{outcome, cause}];
    entry.outcome = std::move(outcome);
    entry.cause = std::move(cause);
    entry.alerts.push_back(alert.fingerprint);
    ++(alert.resolved_at(now) ? entry.resolved : entry.firing);
  };

  std::vector<StoredAlert*> passing;
  passing.reserve(group.alerts.size());
  for (auto* alert : group.alerts) {
    alert->processed = true;
    const auto inhibitors = inhibitor_->inhibiting(alert->labels, now, true);
    if (inhibitors.empty()) {
      passing.push_back(alert);
      continue;
    }
    const auto* source = store_.find(inhibitors.front());
    hold_back(*alert, "inhibited",
              source != nullptr ? fingerprint_text(source->labels) : std::string("unknown"));
  }
  if (!passing.empty()) {
    std::string muted_by, outcome;
    if (!route.active_intervals.empty() && interval_holding(route.active_intervals, now).empty()) {
      outcome = "inactive";
      for (const auto& name : route.active_intervals)
        muted_by += (muted_by.empty() ? "" : ",") + name;
    } else if (muted_by = interval_holding(route.mute_intervals, now); !muted_by.empty()) {
      outcome = "muted";
    }
    if (!outcome.empty()) {
      for (const auto* alert : passing) hold_back(*alert, outcome, muted_by);
      passing.clear();
    }
  }
  if (!passing.empty() && silences_.any()) {
    std::erase_if(passing, [&](const StoredAlert* alert) {
      const auto ids = silences_.silencing(alert->labels, now);
      if (!ids.empty()) hold_back(*alert, "silenced", ids.front());
      return !ids.empty();
    });
  }

  std::string news;
  for (const auto& [key, what] : suppressed) {
    news += key.first + key.second;
    for (const auto fingerprint : what.alerts)
      news.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint);
  }
  if (news != group.last_suppressed) {
    for (const auto& [key, what] : suppressed) suppress(group, what, now);
    group.last_suppressed = std::move(news);
  }
  if (passing.empty()) {
    close_ticket(ticket);
    return;
  }

  auto content = std::make_shared<FlushContent>();
  content->group = group.id;
  content->route = &route;
  content->config = config_;
  content->now = now;
  content->ticket = ticket;
  bool all_acknowledged = static_cast<bool>(options_.acknowledged);
  for (const auto* alert : passing) {
    const bool over = alert->resolved_at(now);
    (over ? content->resolved : content->firing).push_back(alert->fingerprint);
    if (over || !all_acknowledged) continue;
    auto by = options_.acknowledged(alert->alert());
    all_acknowledged = by.has_value();
    if (by) content->acknowledged = std::move(by);
  }
  if (!all_acknowledged) content->acknowledged.reset();
  std::ranges::sort(content->firing);
  std::ranges::sort(content->resolved);
  // The alerts themselves are copied only if somebody is to be told.
  const auto prefix = route.receiver + '\x1e';
  for (auto at = outbox_.integrations().lower_bound(prefix);
       at != outbox_.integrations().end() && at->first.starts_with(prefix); ++at)
    tell(at->second, content);
  close_ticket(ticket);
}

std::shared_ptr<Notification> Core::materialise(FlushContent& content) {
  if (content.notification) return content.notification;
  const auto& group = *groups_.at(content.group);
  auto out = std::make_shared<Notification>();
  out->receiver = content.route->receiver;
  out->group_key = group.key;
  out->group_labels = group.labels;
  out->route_labels = content.route->labels;
  out->now = content.now;
  out->repeat_interval = content.route->repeat_interval;
  out->external_url = options_.external_url;
  for (const auto* set : {&content.firing, &content.resolved}) {
    for (const auto fingerprint : *set) {
      auto alert = store_.find(fingerprint)->alert();
      if (set == &content.firing) alert.ends_at = Time{};
      out->alerts.push_back(std::move(alert));
    }
  }
  std::ranges::sort(
      out->alerts, [](const Alert& a, const Alert& b) { return alert_before(a.labels, b.labels); });
  return content.notification = std::move(out);
}

// Decides for one integration, and puts what is to be said into the outbox.
void Core::tell(const OutboxIntegration& integration,
                const std::shared_ptr<FlushContent>& content) {
  auto& group = *groups_.at(content->group);
  const Route& route = *content->route;
  const auto key = slot_key(integration.key, group.key);
  auto& slot = slots_[key];
  const DecisionInput input{.firing = content->firing,
                            .resolved = content->resolved,
                            .now = content->now,
                            .repeat_interval = route.repeat_interval,
                            .deduplicate = route.deduplicate,
                            .send_resolved = integration.integration->send_resolved()};
  auto* waiting = slot.item == 0 ? nullptr : outbox_.find(slot.item);
  const LogEntry* log = slot.log ? &*slot.log : nullptr;
  // What is being sent right now will most likely arrive: judge as if it had.
  std::optional<LogEntry> expected;
  if (waiting != nullptr && waiting->in_flight) {
    const DecisionInput sent{.firing = waiting->firing,
                             .resolved = waiting->resolved,
                             .now = waiting->notification->now,
                             .repeat_interval = route.repeat_interval,
                             .deduplicate = route.deduplicate,
                             .send_resolved = input.send_resolved};
    expected = after(log, sent, options_.retention);
    log = &*expected;
  }
  auto decision = decide(log, input);
  if (decision.repeat_only && content->acknowledged) {
    decision.notify = false;
    decision.cause = *content->acknowledged;
  }
  const auto told = [&](const std::string& outcome) {
    DeliveryRecord out;
    out.at = content->now;
    out.receiver = integration.receiver;
    out.integration = integration.name;
    out.group_key = group.key;
    out.group_labels = group.labels;
    out.outcome = outcome;
    out.cause = decision.cause;
    out.firing = content->firing.size();
    out.resolved = content->resolved.size();
    for (const auto* set : {&content->firing, &content->resolved})
      for (const auto fingerprint : *set)
        if (out.alerts.size() < kAlertsPerRecord) out.alerts.push_back(fingerprint);
    return out;
  };
  if (!decision.notify) {
    if (waiting != nullptr && !waiting->in_flight) {
      // What it wanted to say is over before it could be said.
      fail_item(*waiting, "superseded", decision.cause);
      waiting = nullptr;
    }
    // Recorded once for the same alerts.
    std::string news = integration.name + decision.cause;
    for (const auto* set : {&content->firing, &content->resolved}) {
      for (const auto fingerprint : *set)
        news.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint);
      news += '/';
    }
    if (slot.last_news != news) {
      slot.last_news = std::move(news);
      record(told(decision.repeat_only ? "acknowledged" : "deduplicated"));
    }
    if (waiting != nullptr && waiting->in_flight) {
      // The alerts that have ended leave only when it has arrived.
      ++content->ticket->open;
      slot.also.push_back(content->ticket);
    }
    return;
  }
  slot.last_news.clear();

  if (!input.send_resolved && content->firing.empty()) {
    // The end is not told, but noted, so that the next beginning is news.
    if (waiting != nullptr) {
      if (waiting->in_flight) {
        if (slot.next) finish(slot.next->ticket, false);
        materialise(*content);
        ++content->ticket->open;
        slot.next = content;
        return;
      }
      fail_item(*waiting, "superseded", "all alerts resolved");
    }
    slot.log = after(slot.log ? &*slot.log : nullptr, input, options_.retention);
    dirty_logs_.insert(key);
    return;
  }
  ++content->ticket->open;
  if (waiting != nullptr) {
    if (waiting->in_flight) {
      if (slot.next) finish(slot.next->ticket, false);
      materialise(*content);
      slot.next = content;
      return;
    }
    if (waiting->firing == content->firing && waiting->resolved == content->resolved) {
      if (waiting->ticket) finish(waiting->ticket, false);
      waiting->ticket = content->ticket;
      return;
    }
    fail_item(*waiting, "superseded", decision.reason);
  }

  auto all = materialise(*content);
  auto notification = std::make_shared<Notification>(*all);
  if (!input.send_resolved)
    std::erase_if(notification->alerts, [](const Alert& alert) { return alert.ends_at != Time{}; });
  notification->reason = decision.reason;
  OutboxItem item;
  item.slot = key;
  item.integration = integration.key;
  item.firing = content->firing;
  item.resolved = content->resolved;
  item.timeout = std::clamp(route.group_interval, kTimeoutMin, kTimeoutMax);
  item.deduplicate = route.deduplicate;
  item.rate_limit = route.rate_limit;
  item.send_resolved = input.send_resolved;
  item.ticket = content->ticket;
  item.next_attempt = clock_.monotonic();
  char unique[40];
  std::snprintf(unique, sizeof unique, "%016llx%016llx",
                static_cast<unsigned long long>(random_.next()),
                static_cast<unsigned long long>(random_.next()));
  notification->idempotency_key = unique;
  item.notification = std::move(notification);
  if (outbox_.size() >= options_.outbox_max) {
    if (auto* oldest = outbox_.oldest_waiting()) {
      metrics().dropped.add();
      fail_item(*oldest, "failed",
                "the outbox is at its limit of " + std::to_string(options_.outbox_max));
    }
  }
  slot.item = outbox_.add(std::move(item)).id;
  dirty_items_.insert(slot.item);
  metrics().notifications.with({integration.integration->kind()}).add();
  if (route.one_shot && group.open) {
    // What comes from now on makes a group of its own.
    group.open = false;
    auto& open = routes_[group.route_index].open;
    if (const auto found = open.find(group.labels); found != open.end() && found->second == &group)
      open.erase(found);
  }
}

void Core::finish(const std::shared_ptr<FlushTicket>& ticket, bool ok) {
  if (!ticket) return;
  ticket->failed |= !ok;
  close_ticket(ticket);
}

void Core::close_ticket(const std::shared_ptr<FlushTicket>& ticket) {
  if (--ticket->open != 0 || ticket->failed || ticket->resolved.empty()) return;
  const auto found = groups_.find(ticket->group);
  if (found == groups_.end()) return;
  std::unordered_map<std::uint64_t, Time> gone(ticket->resolved.begin(), ticket->resolved.end());
  // An alert that was heard of meanwhile stays: it may fire again.
  found->second->erase_if([&](const StoredAlert& alert) {
    const auto known = gone.find(alert.fingerprint);
    return known != gone.end() && known->second == alert.updated_at;
  });
}

}  // namespace pharos::rules::notify

#include <algorithm>

#include "rules/notify/core.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kMembersFrom = 64;  // a set beside the list from this size on

// Alertmanager's texts.
Status check(const Alert& alert) {
  if (alert.labels.empty()) return fail(Errc::invalid, "at least one label pair required");
  if (alert.ends_at != Time{} && alert.ends_at < alert.starts_at)
    return fail(Errc::invalid, "start time must be before end time");
  for (const auto* set : {&alert.labels, &alert.annotations}) {
    const std::string_view what =
        set == &alert.labels ? "invalid label set: " : "invalid annotations: ";
    for (const auto [name, value] : *set) {
      if (name.empty() || !is_utf8(name))
        return fail(Errc::invalid, std::string(what) + "invalid name " + go_quote(name));
      if (!is_utf8(value))
        return fail(Errc::invalid, std::string(what) + "invalid value " + go_quote(value));
    }
  }
  return {};
}

}  // namespace

bool Group::contains(const StoredAlert* alert) const {
  if (members) return members->contains(alert);
  return std::ranges::find(alerts, alert) != alerts.end();
}

void Group::insert(StoredAlert* alert) {
  if (contains(alert)) return;
  alerts.push_back(alert);
  ++alert->groups;
  if (members)
    members->insert(alert);
  else if (alerts.size() >= kMembersFrom)
    members = std::make_unique<boost::unordered_flat_set<const StoredAlert*>>(alerts.begin(),
                                                                              alerts.end());
}

Status Core::deliver(std::span<const Alert> alerts) {
  std::vector<Alert> copy(alerts.begin(), alerts.end());
  const auto refused = TRY(take(copy, true));
  // What is refused once is refused for ever; it must not be sent again.
  (void)refused;
  return {};
}

Result<std::vector<Alertmanager::Refused>> Core::post(std::vector<Alert> alerts) {
  return take(alerts, false);
}

Result<std::vector<Alertmanager::Refused>> Core::take(std::vector<Alert>& alerts, bool rules) {
  const Time now = clock_.now();
  std::vector<Refused> refused;
  struct Incoming {
    std::size_t index;
    std::uint64_t fingerprint;
    StoredAlert* known = nullptr;  // pinned
    RecordKind kind = RecordKind::update;
    std::uint64_t bytes = 0;
  };
  std::vector<Incoming> incoming;
  incoming.reserve(alerts.size());
  std::uint64_t firing = 0, resolved = 0;
  Millis resolve_timeout = std::chrono::minutes(5);
  if (const auto config = this->config()) resolve_timeout = config->resolve_timeout;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    auto& alert = alerts[i];
    alert.updated_at = now;
    if (alert.starts_at == Time{}) alert.starts_at = alert.ends_at == Time{} ? now : alert.ends_at;
    if (alert.ends_at == Time{}) {
      alert.timeout = true;
      alert.ends_at = now + resolve_timeout;
    }
    ++(alert.ends_at > now ? firing : resolved);
    if (auto status = check(alert); !status) {
      refused.push_back({i, std::move(status).error()});
      continue;
    }
    const auto bytes = text_bytes(alert);
    // What rules say is the operator's own.
    if (!rules && bytes > options_.alert_bytes_max) {
      refused.push_back(
          {i, Error{Errc::limit, "labels and annotations of " +
                                     std::string(alert.labels.get("alertname")) + " have " +
                                     std::to_string(bytes) + " bytes, the limit is " +
                                     std::to_string(options_.alert_bytes_max)}});
      metrics().limit_alert_bytes.add();
      continue;
    }
    incoming.push_back({.index = i, .fingerprint = fingerprint(alert.labels), .bytes = bytes});
  }
  if (!rules) {
    static auto received_firing = metrics().received.with({"firing", "v2"});
    static auto received_resolved = metrics().received.with({"resolved", "v2"});
    static auto invalid = metrics().invalid.with({"v2"});
    received_firing.add(static_cast<double>(firing));
    received_resolved.add(static_cast<double>(resolved));
    invalid.add(static_cast<double>(refused.size()));
  }

  // What is known already? Those records are pinned, so that a short form of them may be stored.
  {
    const std::lock_guard lock(mutex_);
    std::size_t room =
        options_.alerts_max - std::min<std::uint64_t>(options_.alerts_max, store_.size());
    std::uint64_t byte_room =
        options_.alerts_bytes_max - std::min(options_.alerts_bytes_max, store_.bytes());
    std::erase_if(incoming, [&](Incoming& item) {
      const auto& alert = alerts[item.index];
      auto* known = store_.find(item.fingerprint);
      if (known == nullptr && room == 0) {
        refused.push_back(
            {item.index, Error{Errc::limit, "the limit of " + std::to_string(options_.alerts_max) +
                                                " alerts is reached"}});
        metrics().limit_alerts.add();
        return true;
      }
      const bool ends = alert.resolved_at(now);
      const auto before = known == nullptr ? 0 : text_bytes(*known);
      const auto grows = item.bytes > before ? item.bytes - before : 0;
      // The end of what is known is always heard.
      if (grows > byte_room && !(known != nullptr && ends)) {
        refused.push_back(
            {item.index,
             Error{Errc::limit, "the limit of " + std::to_string(options_.alerts_bytes_max) +
                                    " bytes of alerts is reached"}});
        metrics().limit_bytes.add();
        return true;
      }
      byte_room -= std::min(byte_room, grows);
      if (known == nullptr) {
        --room;
        item.kind = ends ? RecordKind::update : RecordKind::firing;
        return false;
      }
      const bool begins = !ends && !known->announced;
      const bool same = known->stored && known->pins < 255 && known->labels == alert.labels &&
                        known->annotations == alert.annotations &&
                        (known->generator_url ? *known->generator_url == alert.generator_url
                                              : alert.generator_url.empty());
      if (known->pins < 255) {
        ++known->pins;
        item.known = known;
      }
      item.kind = begins                     ? RecordKind::firing
                  : ends && known->announced ? RecordKind::resolved
                  : same                     ? RecordKind::touch
                                             : RecordKind::update;
      return false;
    });
  }
  if (incoming.empty()) return refused;

  BatchWriter batch(now);
  for (const auto& item : incoming) batch.add(item.kind, alerts[item.index], item.fingerprint);
  Status stored;
  bool owed = false;
  std::vector<AlertTransition> transitions;
  {
    const std::shared_lock gate(gate_);
    stored = journal_.append(now, batch.finish());
    // In memory even when the disk refuses: alerting goes on, the sender is told and comes again.
    const std::lock_guard lock(mutex_);
    for (const auto& item : incoming) {
      const auto& alert = alerts[item.index];
      const auto* before = store_.find(item.fingerprint);
      const bool fresh = before == nullptr;
      const Time started = fresh ? Time{} : before->starts_at;
      auto& known = store_.put(alert, item.fingerprint, now);
      if (item.known != nullptr) --item.known->pins;
      // After a refusal the whole has to be written once more.
      known.stored = stored.has_value() && (item.kind != RecordKind::touch || known.stored);
      const bool over = known.resolved_at(now);
      if (!over && !known.announced) {
        known.announced = true;
        if (options_.observe)
          transitions.push_back({AlertTransition::Kind::firing, now, known.alert()});
      } else if (over && known.announced) {
        known.announced = false;
        if (options_.observe)
          transitions.push_back({AlertTransition::Kind::resolved, now, known.alert()});
      }
      if (fresh && inhibitor_) inhibitor_->add(known);
      if (fresh || known.groups != known.routes || known.starts_at < started)
        route_alert(known, false);
    }
    wake();
    owed = stored && save_failed_;
  }
  // The disk takes again: what it owes comes before the acknowledgement.
  if (owed) (void)save();
  if (!transitions.empty()) options_.observe(transitions);
  if (!stored) return fail(std::move(stored).error());
  return refused;
}

void Core::route_alert(StoredAlert& alert, bool restored) {
  if (!config_) return;
  const auto routes = match_routes(config_->route, alert.labels);
  alert.routes = static_cast<std::uint16_t>(std::min<std::size_t>(routes.size(), 65'535));
  const Time now = clock_.now();
  for (const auto* route : routes) {
    auto& group =
        group_for(route_index_.at(route), group_labels(*route, alert.labels), alert, restored);
    group.insert(&alert);
    // An alert that is older than the wait has waited enough.
    if (!group.has_flushed && !restored && options_.flush_old_alerts_at_once &&
        alert.starts_at + route->group_wait < now)
      schedule(group, clock_.monotonic());
  }
}

Group& Core::group_for(std::size_t route_index, const Labels& labels, const StoredAlert& alert,
                       bool restored) {
  auto& route_groups = routes_[route_index];
  const Route& route = *route_groups.route;
  std::uint64_t sequence = 1;
  if (route.one_shot) {
    // An alert that was told about stays with the group it was told in.
    const auto base = group_key(route, labels);
    if (restored) sequence = sequence_of(route, base, alert);
    for (auto* group : route_groups.all[labels]) {
      if (group->contains(&alert)) return *group;
      if (restored && sequence != 0 && group->sequence == sequence) return *group;
      if (!restored) sequence = std::max(sequence, group->sequence + 1);
    }
    if (sequence == 0) sequence = 1;
  }
  if (const auto open = route_groups.open.find(labels);
      open != route_groups.open.end() && (!restored || !route.one_shot))
    return *open->second;
  auto made = std::make_unique<Group>();
  auto& group = *made;
  group.id = next_group_++;
  group.route = &route;
  group.route_index = route_index;
  group.labels = labels;
  group.sequence = sequence;
  group.key = group_key(route, labels);
  if (route.one_shot) {
    if (sequence > 1) group.key += "#" + std::to_string(sequence);
    route_groups.all[labels].push_back(&group);
  }
  groups_.emplace(group.id, std::move(made));
  route_groups.open[labels] = &group;
  schedule(group, clock_.monotonic() + route.group_wait);
  return group;
}

// The one_shot group whose receivers were told about this alert, after a restart; 0: none.
std::uint64_t Core::sequence_of(const Route& route, const std::string& key,
                                const StoredAlert& alert) const {
  std::uint64_t highest = 0;
  for (const auto& [slot, state] : slots_) {
    const auto separator = slot.find('\x1f');
    if (!state.log || separator == slot.npos) continue;
    std::string_view name = slot;
    name = name.substr(separator + 1);
    if (!name.starts_with(key)) continue;
    std::uint64_t sequence = 1;
    if (name.size() > key.size()) {
      if (name[key.size()] != '#') continue;
      sequence = std::strtoull(name.data() + key.size() + 1, nullptr, 10);
    }
    highest = std::max(highest, sequence);
    if (std::ranges::binary_search(state.log->firing, alert.fingerprint) ||
        std::ranges::binary_search(state.log->resolved, alert.fingerprint))
      return sequence;
  }
  (void)route;
  return highest == 0 ? 0 : highest + 1;
}

void Core::schedule(Group& group, Nanos when) {
  group.next = when;
  timers_.push({when, group.id});
}

void Core::destroy(Group& group) {
  for (auto* alert : group.alerts) --alert->groups;
  auto& open = routes_[group.route_index].open;
  if (const auto found = open.find(group.labels); found != open.end() && found->second == &group)
    open.erase(found);
  auto& all = routes_[group.route_index].all;
  if (const auto found = all.find(group.labels); found != all.end()) {
    std::erase(found->second, &group);
    if (found->second.empty()) all.erase(found);
  }
  groups_.erase(group.id);
}

}  // namespace pharos::rules::notify

#include <algorithm>

#include "base/log.hpp"
#include "rules/notify/core.hpp"
#include "rules/notify/metrics.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::size_t kAlertsPerRecord = 100;
constexpr Millis kDirectTimeout = std::chrono::seconds(30);
constexpr Millis kTimerSleepMax = std::chrono::seconds(1);
constexpr Millis kRetryAfterMax = std::chrono::hours(1);
// A receiver that says 2xx and never says more may have taken each of them: so often, no more.
constexpr int kUnconfirmedMax = 3;

// Of the metric of failures.
std::string_view reason_of(const SendOutcome& outcome) {
  if (outcome.status / 100 == 4) return "clientError";
  if (outcome.status / 100 == 5) return "serverError";
  return "other";
}

}  // namespace

DeliveryRecord Core::record_of(const OutboxItem& item, std::string outcome,
                               std::string cause) const {
  DeliveryRecord out;
  out.at = clock_.now();
  out.receiver = item.notification->receiver;
  if (const auto at = item.integration.find('\x1e'); at != item.integration.npos)
    out.integration = item.integration.substr(at + 1);
  out.group_key = item.notification->group_key;
  out.group_labels = item.notification->group_labels;
  out.outcome = std::move(outcome);
  out.cause = std::move(cause);
  out.reason = item.notification->reason;
  out.attempts = item.attempts;
  for (const auto& alert : item.notification->alerts) {
    ++(alert.resolved_at(item.notification->now) ? out.resolved : out.firing);
    if (out.alerts.size() < kAlertsPerRecord) out.alerts.push_back(fingerprint(alert.labels));
  }
  return out;
}

void Core::record(DeliveryRecord record) {
  record.sequence = next_record_++;
  // While nothing can be stored, the newest are kept.
  if (dirty_records_.size() >= options_.records_max) dirty_records_.erase(dirty_records_.begin());
  dirty_records_.push_back(std::move(record));
}

void Core::drop_item(std::uint64_t id) {
  outbox_.remove(id);
  if (dirty_items_.erase(id) == 0) removed_items_.insert(id);
}

// It will not be sent: recorded, forgotten, and its alerts stay in their group.
void Core::fail_item(OutboxItem& item, const std::string& outcome, const std::string& cause) {
  record(record_of(item, outcome, cause));
  const auto ticket = item.ticket;
  if (const auto slot = slots_.find(item.slot);
      slot != slots_.end() && slot->second.item == item.id)
    slot->second.item = 0;
  drop_item(item.id);
  finish(ticket, false);
}

Status Core::send_to(const std::string& receiver, Notification notification) {
  {
    const std::lock_guard lock(mutex_);
    const auto prefix = receiver + '\x1e';
    bool found = false;
    if (notification.receiver.empty()) notification.receiver = receiver;
    if (notification.now == Time{}) notification.now = clock_.now();
    if (notification.external_url.empty()) notification.external_url = options_.external_url;
    if (notification.idempotency_key.empty())
      notification.idempotency_key = std::to_string(random_.next());
    const auto shared = std::make_shared<const Notification>(std::move(notification));
    for (auto at = outbox_.integrations().lower_bound(prefix);
         at != outbox_.integrations().end() && at->first.starts_with(prefix); ++at) {
      found = true;
      const auto key = slot_key(at->first, "!" + shared->idempotency_key);
      auto& slot = slots_[key];
      if (slot.item != 0 || slot.log) continue;
      OutboxItem item;
      item.slot = key;
      item.integration = at->first;
      item.notification = shared;
      item.timeout = kDirectTimeout;
      item.send_resolved = at->second.integration->send_resolved();
      item.next_attempt = clock_.monotonic();
      slot.item = outbox_.add(std::move(item)).id;
      dirty_items_.insert(slot.item);
      metrics().notifications.with({at->second.integration->kind()}).add();
    }
    if (!found && (!config_ || std::ranges::none_of(config_->receivers, [&](const auto& known) {
          return known->name == receiver;
        })))
      return fail(Errc::not_found,
                  "receiver " + go_quote(receiver) + " is not in the configuration");
  }
  return save();
}

bool Core::send_one() {
  std::shared_ptr<Integration> integration;
  std::shared_ptr<const Notification> notification;
  std::uint64_t id = 0;
  Millis timeout{0};
  {
    const std::lock_guard lock(mutex_);
    const auto taken = outbox_.take(clock_.monotonic());
    if (!taken) return false;
    auto& item = *taken->item;
    if (taken->limited) {
      if (!std::exchange(item.limit_recorded, true))
        record(record_of(item, "rate limited",
                         std::to_string(item.rate_limit.notifications) + " per " +
                             format_duration(item.rate_limit.per)));
      return true;
    }
    auto* owner = outbox_.integration(item.integration);
    integration = owner->integration;
    notification = item.notification;
    id = item.id;
    timeout = item.timeout;
    ++item.attempts;
    // This thread may be gone for long: another one for what is left.
    if (outbox_.any_ready()) signal_senders();
  }
  const auto kind = integration->kind();
  const auto begin = clock_.monotonic();
  SendOutcome outcome = integration->send(*notification, timeout, stop_.get_token());
  const auto took = clock_.monotonic() - begin;
  metrics().latency.with({kind}).observe(std::chrono::duration<double>(took).count());
  metrics().requests.with({kind}).add();
  if (outcome.kind != SendOutcome::Kind::sent) metrics().requests_failed.with({kind}).add();
  complete(id, std::move(outcome), std::chrono::duration_cast<Millis>(took));
  (void)save();
  return true;
}

void Core::complete(std::uint64_t id, SendOutcome outcome, Millis took) {
  const std::lock_guard lock(mutex_);
  auto* item = outbox_.find(id);
  if (item == nullptr) return;  // its receiver went away meanwhile
  outbox_.put_back(*item);
  auto& slot = slots_[item->slot];
  const auto key = item->slot;
  auto* owner = outbox_.integration(item->integration);
  const std::string integration_key = item->integration;
  const bool stopping = stop_.stop_requested();
  std::string doubt;
  if (outcome.unconfirmed && !stopping && ++item->unconfirmed >= kUnconfirmedMax) {
    outcome.kind = SendOutcome::Kind::sent;
    doubt = "not confirmed: " + outcome.error;
    log::warn("notification was answered but never confirmed, it is not sent again",
              {{"receiver", item->notification->receiver},
               {"attempts", item->attempts},
               {"error", outcome.error}});
  }
  const bool sent = outcome.kind == SendOutcome::Kind::sent;
  if (owner != nullptr && (sent ? owner->failures != 0 : !stopping)) {
    owner->failures = sent ? 0 : owner->failures + 1;
    metrics()
        .failing.with({owner->receiver, owner->name})
        .set(static_cast<double>(owner->failures));
  }
  auto entry = record_of(*item, "sent", doubt.empty() ? outcome.template_error : doubt);
  entry.status = outcome.status;
  entry.took = took;
  const auto ticket = item->ticket;
  auto also = std::exchange(slot.also, {});
  bool ended = true, arrived = false;
  switch (outcome.kind) {
    case SendOutcome::Kind::sent: {
      arrived = true;
      if (item->attempts > 1 && doubt.empty())
        log::info("notification sent after retries", {{"receiver", entry.receiver},
                                                      {"integration", entry.integration},
                                                      {"attempts", item->attempts}});
      const DecisionInput input{.firing = item->firing,
                                .resolved = item->resolved,
                                .now = clock_.now(),
                                .repeat_interval = item->notification->repeat_interval,
                                .deduplicate = item->deduplicate,
                                .send_resolved = item->send_resolved};
      slot.log = after(slot.log ? &*slot.log : nullptr, input, options_.retention);
      dirty_logs_.insert(key);
      break;
    }
    case SendOutcome::Kind::failed:
      entry.outcome = "failed";
      entry.cause = outcome.error;
      log::error("notification failed", {{"receiver", entry.receiver},
                                         {"integration", entry.integration},
                                         {"error", outcome.error}});
      if (owner != nullptr)
        metrics().failed.with({owner->integration->kind(), reason_of(outcome)}).add();
      break;
    case SendOutcome::Kind::retry:
      ended = false;
      entry.outcome = "retrying";
      entry.cause = outcome.error;
      if (stopping) break;  // cut short by ourselves
      if (item->attempts == 1 || item->last_error != outcome.error) {
        log::warn("notification attempt failed, will retry later",
                  {{"receiver", entry.receiver},
                   {"integration", entry.integration},
                   {"attempts", item->attempts},
                   {"error", outcome.error}});
        item->last_error = outcome.error;
        record(entry);
      }
      if (item->attempts == 1 && owner != nullptr)
        metrics().failed.with({owner->integration->kind(), reason_of(outcome)}).add();
      break;
  }
  if (ended) {
    record(std::move(entry));
    slot.item = 0;
    drop_item(id);
    finish(ticket, arrived);
    for (const auto& waiting : also) finish(waiting, arrived);
  } else {
    for (const auto& waiting : also) finish(waiting, false);
    if (stopping) return;
    const auto now = clock_.monotonic();
    Nanos pause = backoff(item->attempts, random_);
    if (outcome.retry_after)
      pause = std::max(pause, Nanos{std::min(*outcome.retry_after, kRetryAfterMax)});
    item->next_attempt = now + pause;
    dirty_items_.insert(id);
    outbox_.release(*item, now);
  }
  if (auto next = std::exchange(slot.next, nullptr)) {
    // tell() opens the ticket anew for what it sends.
    if (const auto* again = outbox_.integration(integration_key);
        again != nullptr && groups_.contains(next->group) && next->config == config_)
      tell(*again, next);
    else
      next->ticket->failed = true;
    close_ticket(next->ticket);
  }
  signal_senders();
  wake();
}

// Something may have become fit to be sent.
void Core::signal_senders() {
  ++send_events_;
  wake_workers_.notify_all();
  if (!running_ || idle_workers_ > 0 || !outbox_.any_ready()) return;
  // Beyond send_threads there is one for each integration, should all the others hang.
  if (workers_ >= options_.send_threads + outbox_.integrations().size()) return;
  ++workers_;
  threads_.push_back(start_thread("notify-send", [this](std::stop_token stop) { work(stop); }));
}

void Core::wake() {
  const auto due = next_due();
  if (!due || *due >= sleeping_until_) return;
  timer_poked_ = true;
  wake_timer_.notify_one();
}

void Core::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = send_events_;
    }
    if (send_one()) continue;
    std::unique_lock lock(mutex_);
    ++idle_workers_;
    wake_workers_.wait(lock, stop, [&] { return send_events_ != seen; });
    --idle_workers_;
  }
}

void Core::keep_time(std::stop_token stop) {
  while (!stop.stop_requested()) {
    while (flush_due() && !stop.stop_requested()) {
    }
    (void)save();
    maintain();
    std::unique_lock lock(mutex_);
    const auto now = clock_.monotonic();
    if (outbox_.promote(now)) signal_senders();
    sleeping_until_ = std::min(next_due().value_or(now + kTimerSleepMax), now + kTimerSleepMax);
    timer_poked_ = false;
    if (sleeping_until_ > now)
      wake_timer_.wait_for(lock, stop, sleeping_until_ - now, [&] { return timer_poked_; });
    sleeping_until_ = Nanos{0};
  }
}

void Core::start() {
  const std::lock_guard lock(mutex_);
  if (running_) return;
  running_ = true;
  stop_ = std::stop_source();
  threads_.push_back(
      start_thread("notify-timer", [this](std::stop_token stop) { keep_time(stop); }));
}

void Core::stop() {
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    stop_.request_stop();
    threads.swap(threads_);
    workers_ = 0;
  }
  for (auto& thread : threads) thread.request_stop();
  threads.clear();
  (void)save();
}

Time Core::tick() {
  for (bool more = true; more;) {
    while (flush_due()) {
    }
    (void)save();
    more = false;
    while (send_one()) more = true;
  }
  maintain();
  (void)save();
  const std::lock_guard lock(mutex_);
  const auto now = clock_.monotonic();
  const auto due = next_due().value_or(now + kTimerSleepMax);
  return clock_.now() + std::chrono::ceil<Millis>(std::max(due - now, Nanos{0}));
}

}  // namespace pharos::rules::notify

#include "rules/oncall/oncall.hpp"

#include <algorithm>
#include <condition_variable>
#include <set>

#include "base/log.hpp"
#include "base/threads.hpp"
#include "base/uuid.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::oncall {
namespace {

constexpr Millis kIdle = std::chrono::seconds(30);  // looks at the clock at least so often
constexpr Millis kSweep = std::chrono::minutes(1);  // of what belongs to alerts that are gone
constexpr Millis kTestPage = std::chrono::minutes(5);

std::string until_text(const std::optional<Time>& until) {
  return until ? " until " + format_time(*until) : std::string();
}

}  // namespace

struct OnCall::Impl {
  Impl(Database& d, const Clock& c) : database(d), clock(c) {}
  Database& database;
  const Clock& clock;
  std::unique_ptr<Rota> rota;
  std::unique_ptr<Acknowledgements> acknowledgements;
  std::unique_ptr<EscalationBook> escalations;
  std::unique_ptr<Heartbeats> heartbeats;
  std::unique_ptr<MaintenanceWindows> maintenance;
  notify::Alertmanager* alertmanager = nullptr;

  mutable std::mutex mutex;
  std::condition_variable_any changed;
  bool kicked = false;                         // guarded by mutex
  std::shared_ptr<const OnCallConfig> config;  // guarded by mutex
  std::jthread timer;

  void kick() {
    const std::lock_guard lock(mutex);
    kicked = true;
    changed.notify_all();
  }
  void run(std::stop_token stop);
  Time round(Time now);
  void sweep(Time now);
  Result<std::vector<Alert>> chosen(const Take& request) const;
};

// The integration behind `oncall_configs`: a flush of its group begins, feeds or ends an
// escalation.
class PolicyIntegration final : public notify::Integration {
 public:
  PolicyIntegration(EscalationBook& book, const Clock& clock, std::string policy,
                    bool send_resolved, std::size_t index, std::function<void()> kick)
      : book_(book),
        clock_(clock),
        policy_(std::move(policy)),
        send_resolved_(send_resolved),
        index_(index),
        kick_(std::move(kick)) {}
  std::string_view kind() const override { return "oncall"; }
  std::size_t index() const override { return index_; }
  bool send_resolved() const override { return send_resolved_; }
  notify::SendOutcome send(const notify::Notification& notification, Millis,
                           std::stop_token) override {
    const auto done = book_.notify(policy_, notification, clock_.now());
    kick_();
    if (done) return {};
    const bool mistake = done.error().code == Errc::not_found;
    return {.kind = mistake ? notify::SendOutcome::Kind::failed : notify::SendOutcome::Kind::retry,
            .error = done.error().message};
  }

 private:
  EscalationBook& book_;
  const Clock& clock_;
  std::string policy_;
  bool send_resolved_;
  std::size_t index_;
  std::function<void()> kick_;
};

OnCall::OnCall(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OnCall::~OnCall() {
  stop();
}

Result<std::unique_ptr<OnCall>> OnCall::open(Database& database, const Clock& clock) {
  auto impl = std::make_unique<Impl>(database, clock);
  impl->rota = TRY(Rota::open(database));
  impl->acknowledgements = TRY(Acknowledgements::open(database));
  impl->escalations = TRY(EscalationBook::open(database));
  impl->heartbeats = TRY(Heartbeats::open(database));
  impl->maintenance = TRY(MaintenanceWindows::open(database));
  return std::unique_ptr<OnCall>(new OnCall(std::move(impl)));
}

void OnCall::set_config(std::shared_ptr<const OnCallConfig> config) {
  impl_->heartbeats->set_config(config, impl_->clock.now());
  impl_->rota->set_config(config);
  impl_->escalations->set_config(config);
  impl_->maintenance->set_config(config);
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->config = std::move(config);
  }
  impl_->kick();
}
std::shared_ptr<const OnCallConfig> OnCall::config() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->config;
}

Status OnCall::check_receivers(const OnCallConfig& config,
                               const notify::AlertmanagerConfig& alertmanager) {
  std::set<std::string> known;
  for (const auto& receiver : alertmanager.receivers) known.insert(receiver->name);
  const auto check = [&](const std::string& receiver, const std::string& place,
                         const std::string& where) -> Status {
    if (known.contains(receiver)) return {};
    return fail(Errc::invalid, place + where + ": there is no receiver " + receiver +
                                   " in the Alertmanager configuration");
  };
  for (const auto& user : config.users)
    for (const auto& receiver : user.receivers)
      TRY(check(receiver, user.place, "user " + user.name));
  for (const auto& policy : config.policies)
    for (const auto& step : policy.steps)
      if (step.kind == EscalationStep::Kind::receiver && !is_webhook(step))
        TRY(check(step.names[0], policy.place, "policy " + policy.name));
  for (const auto& receiver : alertmanager.receivers)
    for (const auto& entry : receiver->oncall)
      if (std::ranges::find(config.policies, entry.policy, &EscalationPolicy::name) ==
          config.policies.end())
        return fail(Errc::invalid, entry.place + "receiver " + receiver->name +
                                       ": there is no escalation policy " + entry.policy +
                                       " in the oncall section");
  return {};
}

void OnCall::start(notify::Alertmanager& alertmanager) {
  impl_->alertmanager = &alertmanager;
  impl_->escalations->set_world(
      {.send =
           [&alertmanager](const std::string& receiver, notify::Notification notification) {
             return alertmanager.send_to(receiver, std::move(notification));
           },
       .on_call = [this](const std::string& schedule,
                         Time at) { return impl_->rota->on_call(schedule, at); }});
  impl_->timer = start_thread("oncall", [this](std::stop_token stop) { impl_->run(stop); });
}
void OnCall::stop() {
  if (!impl_->timer.joinable()) return;
  impl_->timer.request_stop();
  impl_->timer.join();
}

// One look at everything that has a timer; when to look again.
Time OnCall::Impl::round(Time now) {
  Time next = now + kIdle;
  if (const auto due = escalations->run(now)) next = std::min(next, *due);
  const auto missed = heartbeats->due(now, next);
  if (!missed.empty()) {
    if (const auto sent = alertmanager->deliver(missed); !sent) {
      log::error("heartbeat alerts not delivered, tried again", {{"error", sent.error().message}});
      next = std::min(next, now + Millis(5'000));
    }
  }
  maintenance->run(
      now, {.set =
                [this](notify::Silence silence) {
                  return alertmanager->set_silence(std::move(silence));
                },
            .expire = [this](const std::string& id) { return alertmanager->expire_silence(id); },
            .get = [this](const std::string& id) { return alertmanager->silence(id); }});
  return next;
}

// What belongs to alerts that are gone.
void OnCall::Impl::sweep(Time now) {
  if (acknowledgements->empty() && escalations->empty()) return;
  std::set<std::uint64_t> active;
  for (const auto& view : alertmanager->alerts({}))
    if (!view.alert.resolved_at(now)) active.insert(fingerprint(view.alert.labels));
  const auto is_active = [&](std::uint64_t alert) { return active.contains(alert); };
  escalations->end_orphans(now, is_active);
  if (auto done = acknowledgements->sweep(now, is_active); !done)
    log::warn("ended acknowledgements not removed", {{"error", done.error().message}});
}

void OnCall::Impl::run(std::stop_token stop) {
  Time swept = clock.now();
  while (!stop.stop_requested()) {
    const Time now = clock.now();
    const Time next = round(now);
    if (now - swept >= kSweep) {
      swept = now;
      sweep(now);
    }
    std::unique_lock lock(mutex);
    const auto wait = std::clamp<Millis>(next - now, Millis(1), kIdle);
    changed.wait_for(lock, stop, wait, [&] { return kicked; });
    kicked = false;
  }
}

std::unique_ptr<notify::Integration> OnCall::integration(std::string policy, bool send_resolved,
                                                         std::size_t index) {
  return std::make_unique<PolicyIntegration>(*impl_->escalations, impl_->clock, std::move(policy),
                                             send_resolved, index, [this] { impl_->kick(); });
}

std::optional<std::string> OnCall::acknowledged(const Alert& alert) const {
  const auto entry = impl_->acknowledgements->find(alert, impl_->clock.now());
  if (!entry) return std::nullopt;
  return "acknowledged by " + entry->owner + until_text(entry->until);
}

// The firing alerts that a request means.
Result<std::vector<Alert>> OnCall::Impl::chosen(const Take& request) const {
  if (!request.escalation.empty()) return escalations->firing(request.escalation);
  if (request.alerts.empty() && request.matchers.empty())
    return fail(Errc::invalid, "name an escalation, alerts by fingerprint, or matchers");
  if (alertmanager == nullptr) return fail(Errc::unavailable, "on-call has not started yet");
  const Time now = clock.now();
  std::vector<Alert> out;
  for (auto& view : alertmanager->alerts({.matchers = request.matchers})) {
    if (view.alert.resolved_at(now)) continue;
    if (!request.alerts.empty() &&
        std::ranges::find(request.alerts, fingerprint(view.alert.labels)) == request.alerts.end())
      continue;
    out.push_back(std::move(view.alert));
  }
  if (out.empty()) return fail(Errc::not_found, "no firing alert is meant by this");
  return out;
}

Result<std::vector<Acknowledgement>> OnCall::take(const Take& request) {
  if (request.owner.empty()) return fail(Errc::invalid, "owner is missing: who takes it?");
  const Time now = impl_->clock.now();
  if (request.until && *request.until <= now)
    return fail(Errc::invalid, "the expiry is in the past");
  const auto alerts = TRY(impl_->chosen(request));
  std::vector<Acknowledgement> out;
  for (const auto& alert : alerts)
    out.push_back({.alert = fingerprint(alert.labels),
                   .labels = alert.labels,
                   .owner = request.owner,
                   .note = request.note,
                   .at = now,
                   .until = request.until});
  TRY(impl_->acknowledgements->add(out));
  if (!request.escalation.empty())
    TRY(impl_->escalations->acknowledge(request.escalation, request.owner, request.note,
                                        request.until));
  impl_->escalations->acknowledge_taken(
      [&](const Alert& alert) { return impl_->acknowledgements->find(alert, now).has_value(); },
      request.owner, request.note, request.until);
  log::info("alerts acknowledged",
            {{"owner", request.owner}, {"alerts", std::to_string(out.size())}});
  impl_->kick();
  return out;
}

Result<std::size_t> OnCall::give_back(const Take& request) {
  const auto alerts = TRY(impl_->chosen(request));
  std::vector<std::uint64_t> ids;
  for (const auto& alert : alerts) ids.push_back(fingerprint(alert.labels));
  const auto count = TRY(impl_->acknowledgements->remove(ids));
  std::size_t escalations = 0;
  for (const auto& view : impl_->escalations->list()) {
    if (view.escalation.state != Escalation::State::acknowledged) continue;
    const bool meant = view.escalation.id == request.escalation ||
                       std::ranges::any_of(view.alerts, [&](std::uint64_t alert) {
                         return std::ranges::find(ids, alert) != ids.end();
                       });
    if (!meant) continue;
    TRY(impl_->escalations->unacknowledge(view.escalation.id, impl_->clock.now()));
    ++escalations;
  }
  if (count + escalations == 0) return fail(Errc::not_found, "nothing of this is acknowledged");
  impl_->kick();
  return count;
}

Result<std::vector<Taken>> OnCall::taken(Interval interval) const {
  return impl_->acknowledgements->history(interval);
}
std::vector<Acknowledgement> OnCall::acknowledgements() const {
  return impl_->acknowledgements->all();
}
std::vector<EscalationView> OnCall::escalations() const {
  return impl_->escalations->list();
}
Rota& OnCall::rota() {
  return *impl_->rota;
}
std::vector<HeartbeatView> OnCall::heartbeats() const {
  return impl_->heartbeats->list(impl_->clock.now());
}
Status OnCall::heartbeat(const std::string& name) {
  TRY(impl_->heartbeats->call_in(name, impl_->clock.now()));
  impl_->kick();
  return {};
}
std::vector<MaintenanceView> OnCall::maintenance() const {
  return impl_->maintenance->list(impl_->clock.now());
}

Result<std::vector<notify::RoutePreview>> OnCall::test_page(const Labels& labels,
                                                            const std::string& by) {
  if (impl_->alertmanager == nullptr) return fail(Errc::unavailable, "on-call has not started yet");
  const Time now = impl_->clock.now();
  LabelsBuilder builder(labels);
  if (builder.get("alertname").empty()) builder.set("alertname", "TestPage");
  // Each test is an alert of its own, or deduplication would rightly keep it quiet.
  builder.set("test", new_uuid());
  Alert alert{
      .labels = builder.build(),
      .annotations = Labels{{"summary", "Test page asked for by " +
                                            (by.empty() ? std::string("an operator") : by)},
                            {"description", "This is a test of the route. Nothing is wrong."}},
      .starts_at = now,
      .ends_at = now + kTestPage,
      .updated_at = now};
  const auto preview = impl_->alertmanager->preview(alert.labels, now);
  std::vector<Alert> alerts{std::move(alert)};
  const auto refused = TRY(impl_->alertmanager->post(std::move(alerts)));
  if (!refused.empty()) return fail(refused.front().error);
  return preview;
}

}  // namespace pharos::rules::oncall

#include "server/alert_service.hpp"

#include "base/log.hpp"
#include "rules/receivers/integrations.hpp"

namespace pharos::server {
namespace {

constexpr Millis kSendGrace = std::chrono::seconds(5);

}  // namespace

AlertService::AlertService(World world, const ServeFlags& flags, std::string external_url)
    : world_(std::move(world)),
      external_url_(std::move(external_url)),
      drain_queue_(flags.drain_notifications),
      series_(world_.appender, world_.clock) {}

Result<std::unique_ptr<AlertService>> AlertService::open(World world, const ServeFlags& flags,
                                                         std::string external_url) {
  std::unique_ptr<AlertService> out(
      new AlertService(std::move(world), flags, std::move(external_url)));
  auto& database = out->world_.database;
  const auto& clock = out->world_.clock;
  out->oncall_ = TRY(rules::oncall::OnCall::open(database, clock));
  auto* const oncall = out->oncall_.get();
  rules::notify::AlertmanagerOptions options;
  options.external_url = out->external_url_;
  options.acknowledged = [oncall](const rules::Alert& alert) {
    return oncall->acknowledged(alert);
  };
  options.observe = [series = &out->series_, tell = out->world_.observe](auto transitions) {
    series->observe(transitions);
    if (tell) tell(transitions);
  };
  rules::receivers::IntegrationOptions integrations;
  integrations.http = out->world_.client;
  integrations.memory = TRY(rules::receivers::ReceiverMemory::open(database, clock));
  integrations.oncall = [oncall](const rules::receivers::OnCallSettings& settings,
                                 std::size_t index) {
    return oncall->integration(settings.policy, settings.send_resolved, index);
  };
  auto make = rules::receivers::integration_maker(std::move(integrations));
  out->alertmanager_ =
      TRY(rules::notify::Alertmanager::open(database, clock, std::move(options), std::move(make)));
  out->sender_ = std::make_unique<rules::sender::AlertSender>(
      out->world_.client, clock,
      rules::sender::SenderOptions{.queue_max = flags.notification_queue,
                                   .batch_max = flags.notification_batch});
  auto* const sender = out->sender_.get();
  out->targets_ = std::make_unique<AlertmanagerTargets>(
      out->world_.client, clock, [sender](std::vector<rules::sender::Endpoint> endpoints) {
        sender->set_endpoints(std::move(endpoints));
      });
  out->delivery_ = std::make_unique<AlertDelivery>(*out->alertmanager_, *sender);
  return out;
}

AlertService::~AlertService() {
  stop();
}

Result<Commit> AlertService::prepare(std::shared_ptr<const LoadedConfig> loaded) {
  auto routing = TRY(alertmanager_->prepare(loaded->alertmanager));
  auto watch = TRY(next_watch(loaded->config.rules));
  return Commit([this, routing = std::move(routing), watch = std::move(watch),
                 loaded = std::move(loaded)]() mutable {
    routing();
    config_hash_.set(static_cast<double>(loaded->alertmanager_hash));
    apply(loaded->config, std::move(watch));
  });
}

void AlertService::apply(const Config& config, std::unique_ptr<SelfWatch> watch) {
  oncall_->set_config(config.oncall);
  delivery_->set_config(config.global.external_labels, config.alert_relabel);
  targets_->set_config(config.alertmanagers);
  if (!started_) {
    alertmanager_->start();
    oncall_->start(*alertmanager_);
    series_.start(*alertmanager_);
    started_ = true;
  }
  if (watch) self_watch_ = std::move(watch);
}

Result<std::unique_ptr<SelfWatch>> AlertService::next_watch(const RulesSection& section) {
  SelfWatchOptions options{
      .enabled = section.self_alerts, .watchdog = section.watchdog, .external_url = external_url_};
  if (self_watch_ && self_watch_->options() == options) return std::unique_ptr<SelfWatch>();
  return SelfWatch::start(world_.querier, *delivery_, world_.clock, std::move(options));
}

void AlertService::stop() {
  if (self_watch_) self_watch_->stop();
  if (targets_) targets_->stop();
  if (sender_) sender_->stop(drain_queue_ ? kSendGrace : Millis{0});
  if (oncall_ && started_) oncall_->stop();
  if (alertmanager_ && started_) alertmanager_->stop();
  series_.stop();
  started_ = false;
}

}  // namespace pharos::server

#include "server/rule_service.hpp"

#include "rules/edited/group_file.hpp"
#include "rules/edited/group_text.hpp"
#include "server/config.hpp"

namespace pharos::server {
namespace {

Labels label_set(const std::vector<std::pair<std::string, std::string>>& texts) {
  LabelsBuilder builder;
  for (const auto& [name, value] : texts) builder.set(name, value);
  return builder.build();
}

api::Rule listed(rules::RuleStatus&& rule) {
  api::Rule out{.alerting = rule.spec.alerting,
                .name = std::move(rule.spec.name),
                .query = std::move(rule.spec.expr),
                .labels = label_set(rule.spec.labels),
                .annotations = label_set(rule.spec.annotations),
                .hold = rule.spec.hold,
                .keep_firing = rule.spec.keep_firing,
                .health = std::move(rule.health),
                .last_error = std::move(rule.last_error),
                .evaluation_seconds = rule.evaluation_seconds,
                .last_evaluation = rule.last_evaluation};
  if (out.alerting) out.state = name(rule.state);
  for (auto& alert : rule.alerts)
    out.alerts.push_back({.labels = std::move(alert.labels),
                          .annotations = std::move(alert.annotations),
                          .state = std::string(name(alert.state)),
                          .active_at = alert.active_at,
                          .keep_firing_since = alert.keep_firing_since,
                          .value = alert.value});
  return out;
}

}  // namespace

Result<std::unique_ptr<RuleService>> RuleService::open(rules::RuleManager::World world,
                                                       const ServeFlags& flags) {
  rules::RuleManagerOptions options;
  options.resend_delay = TRY(parse_duration(flags.rules_resend_delay));
  options.outage_tolerance = TRY(parse_duration(flags.rules_outage_tolerance));
  options.for_grace_period = TRY(parse_duration(flags.rules_grace_period));
  options.concurrent_max = flags.rules_concurrency_max;
  if (flags.query_compat == 2) options.grid_hash = rules::GridHash::separated;
  auto manager = TRY(rules::RuleManager::open(std::move(world), options));
  return std::unique_ptr<RuleService>(new RuleService(std::move(manager), std::move(options)));
}

Result<Commit> RuleService::prepare(const LoadedConfig& loaded, const std::string& external_url) {
  using Restore = rules::RuleManagerOptions::Restore;
  auto options = options_;
  const auto& config = loaded.config;
  options.interval_default = config.global.evaluation_interval;
  options.query_offset_default = config.global.rule_query_offset;
  options.restore = config.rules.durable ? Restore::durable : Restore::prometheus;
  options.evaluate_on_ingest = config.rules.evaluate_on_ingest;
  options.external_url = external_url;
  options.external_labels = config.global.external_labels;
  return manager_->prepare(loaded.all_rule_groups(), options);
}

std::optional<std::string> RuleService::text(const std::string& file, const std::string& group,
                                             Millis interval_default,
                                             const rules::RuleFileOptions& options) const {
  for (const auto& one : manager_->groups()) {
    if (one.spec.file != file || one.spec.name != group) continue;
    // As it was written, with its comments; not where the file says something else by now.
    if (const auto contents = read_text_file(file))
      if (auto own = rules::edited::GroupFile::text_of(*contents, one.spec, interval_default, options))
        return std::move(*own);
    return rules::edited::group_text(one.spec);
  }
  return std::nullopt;
}

std::vector<api::RuleGroup> RuleService::listing() const {
  std::vector<api::RuleGroup> out;
  for (auto& group : manager_->groups()) {
    api::RuleGroup listing{.name = std::move(group.spec.name),
                           .file = std::move(group.spec.file),
                           .interval = group.interval,
                           .limit = group.spec.limit,
                           .evaluation_seconds = group.evaluation_seconds,
                           .last_evaluation = group.last_evaluation};
    for (auto& rule : group.rules) listing.rules.push_back(listed(std::move(rule)));
    out.push_back(std::move(listing));
  }
  return out;
}

}  // namespace pharos::server

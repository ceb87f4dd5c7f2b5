#include "rules/evaluation/alerting_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "rules/template_functions.hpp"

namespace pharos::rules {
namespace {

constexpr std::string_view kAlertName = "alertname", kAlertState = "alertstate", kAlerts = "ALERTS",
                           kAlertsForState = "ALERTS_FOR_STATE";
// How long a resolved alert is kept and told again.
constexpr Millis kResolvedRetention = std::chrono::minutes(15);
// After a start data may not be there yet: so long, or for two intervals, its absence means
// nothing.
constexpr Millis kSettling = std::chrono::minutes(1);
// Elements remembered by a rule with `no_data: alert`.
constexpr std::size_t kKnownMax = 10'000;

double seconds_of(Time t) {
  return static_cast<double>(
      std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
}

// Whether every label of `general` is also one of `special`.
bool covers(const Labels& general, const Labels& special) {
  return std::ranges::all_of(
      general, [&](const LabelView& label) { return special.get(label.name) == label.value; });
}

}  // namespace

RuleSpec merged_rule(const RuleGroupSpec& group, const RuleSpec& rule) {
  RuleSpec out = rule;
  for (const auto& [name, value] : group.labels)
    if (std::ranges::none_of(rule.labels, [&](const auto& own) { return own.first == name; }))
      out.labels.emplace_back(name, value);
  std::ranges::sort(out.labels);
  if (!rule.alerting) return out;
  if (!out.flap_damping) out.flap_damping = group.flap_damping;
  if (!out.no_data) out.no_data = group.no_data;
  // A rule that says more than Prometheus' files can is meant for Pharos.
  if (!out.no_data && (!out.clear.empty() || out.flap_damping)) out.no_data = NoData::hold;
  return out;
}

// ---- what is known beside the expression itself ------------------------------------------------

class AlertingRule::Facts {
 public:
  Facts(const AlertingRule& rule, Time at, const RuleEnvironment& world)
      : rule_(rule), at_(at), world_(world) {}

  Result<const std::unordered_set<Labels>*> known() {
    if (!known_) {
      auto samples = TRY(world_.query(rule_.condition_.known, at_));
      known_.emplace();
      for (const auto& sample : samples) known_->insert(sample.labels.without_metric_name());
    }
    return &*known_;
  }
  Result<bool> cleared(const Labels& element) {
    if (!cleared_) {
      auto samples = TRY(world_.query(rule_.spec_.clear, at_));
      cleared_.emplace();
      for (const auto& sample : samples) cleared_->insert(sample.labels.without_metric_name());
    }
    return cleared_->contains(element) ||
           std::ranges::any_of(*cleared_, [&](const Labels& c) { return covers(c, element); });
  }

 private:
  const AlertingRule& rule_;
  const Time at_;
  const RuleEnvironment& world_;
  std::optional<std::unordered_set<Labels>> known_, cleared_;
};

// Whether an alert that the expression gives no longer stays as it is: its data is missing, or it
// is not clear yet.
Result<AlertingRule::Keep> AlertingRule::keep(const ActiveAlert& alert, Time at,
                                              Facts& facts) const {
  if (holds_missing(at)) {
    const auto* const known = TRY(facts.known());
    if (!known->contains(alert.element)) return Keep::unknown;
  }
  if (!spec_.clear.empty() && alert.state != AlertState::pending) {
    const bool cleared = TRY(facts.cleared(alert.element));
    if (!cleared) return Keep::uncleared;
  }
  return Keep::no;
}

Result<std::unordered_map<Labels, AlertingRule::Keep>> AlertingRule::keepers(const Alerts& found,
                                                                             Time at,
                                                                             Facts& facts) const {
  std::unordered_map<Labels, Keep> out;
  if (!holds_missing(at) && spec_.clear.empty()) return out;
  for (const auto& [labels, alert] : alerts_) {
    if ((alert.state == AlertState::inactive && !alert.early_fired) || found.contains(labels))
      continue;
    const auto verdict = TRY(keep(alert, at, facts));
    if (verdict != Keep::no) out.emplace(labels, verdict);
  }
  return out;
}

bool AlertingRule::holds_missing(Time at) const {
  return (spec_.no_data && *spec_.no_data != NoData::resolve) ||
         (settles_at_ && at <= *settles_at_);
}

// ---- evaluation --------------------------------------------------------------------------------

Result<AlertingRule> AlertingRule::make(RuleSpec spec, bool restored) {
  auto condition = TRY(make_condition(spec.expr));
  AlertingRule rule(std::move(spec), std::move(condition));
  rule.restored_ = restored;
  const auto read = [&](const auto& texts, std::vector<Text>& into) -> Status {
    for (const auto& [name, text] : texts) {
      Text entry{name, text, std::nullopt};
      if (text.find("{{") != text.npos) {
        auto pattern = TRY(Template::parse_alert("__alert_" + rule.spec_.name, text));
        entry.pattern = std::move(pattern);
      }
      into.push_back(std::move(entry));
    }
    return {};
  };
  TRY(read(rule.spec_.labels, rule.labels_));
  TRY(read(rule.spec_.annotations, rule.annotations_));
  return rule;
}

std::string AlertingRule::expand(const Text& text, const AlertTemplateData& data,
                                 const TemplateContext& context) const {
  if (!text.pattern) return text.constant;
  auto out = text.pattern->expand_alert(data, context);
  if (out) return std::move(*out);
  return "<error expanding template: error executing template __alert_" + spec_.name + ": " +
         out.error().message + ">";
}

ActiveAlert AlertingRule::make_alert(const RuleSample& sample, Time at,
                                     const RuleEnvironment& world) const {
  ActiveAlert alert;
  alert.element = sample.labels.without_metric_name();
  alert.value = sample.value;
  alert.active_at = at;
  AlertTemplateData data{sample.labels, world.external_labels, world.external_url, sample.value};
  TemplateContext context;
  context.external_url = world.external_url;
  context.now = at;
  context.query = [&](const std::string& expr) -> Result<std::vector<TemplateSample>> {
    const auto samples = TRY(world.query(expr, at));
    std::vector<TemplateSample> out;
    for (const auto& s : samples) out.push_back({s.labels, s.value, ""});
    return out;
  };
  LabelsBuilder labels(alert.element);
  for (const auto& text : labels_) labels.set(text.name, expand(text, data, context));
  labels.set(kAlertName, spec_.name);
  alert.labels = labels.build();
  labels.clear();
  for (const auto& text : annotations_) labels.set(text.name, expand(text, data, context));
  alert.annotations = labels.build();
  return alert;
}

Result<AlertingRule::Alerts> AlertingRule::candidates(Time at, Millis query_offset,
                                                      const RuleEnvironment& world) const {
  const auto samples = TRY(world.query(spec_.expr, at - query_offset));
  Alerts found;
  found.reserve(samples.size());
  for (const auto& sample : samples) {
    auto alert = make_alert(sample, at, world);
    auto labels = alert.labels;
    if (!found.try_emplace(std::move(labels), std::move(alert)).second)
      return fail(Errc::conflict,
                  "vector contains metrics with the same labelset after applying alert labels");
  }
  return found;
}

// `no_data: alert`: elements that had data before and have none now are alerts; so is a rule that
// has no data at all.
Status AlertingRule::add_missing(Alerts& found, Time at, Facts& facts,
                                 const RuleEnvironment& world) {
  const auto* const known = TRY(facts.known());
  for (const auto& [labels, alert] : alerts_)
    if (alert.is_active() && !alert.element.empty()) known_.try_emplace(alert.element, at);
  for (const auto& element : *known)
    if (known_.size() < kKnownMax || known_.contains(element)) known_[element] = at;
  const auto add = [&](const Labels& element) {
    auto alert =
        make_alert({element, std::numeric_limits<double>::quiet_NaN(), nullptr}, at, world);
    alert.unknown = true;
    auto labels = alert.labels;
    found.try_emplace(std::move(labels), std::move(alert));
  };
  for (const auto& [element, seen] : known_)
    if (!known->contains(element)) add(element);
  const bool settled = began_at_ && at - *began_at_ >= kSettling;
  if (settled && known->empty() && known_.empty() && found.empty()) add({});
  return {};
}

Result<std::vector<RuleSample>> AlertingRule::evaluate(Time at, Millis query_offset,
                                                       std::uint64_t limit,
                                                       const RuleEnvironment& world) {
  // All that can fail comes before what changes the state.
  auto found = TRY(candidates(at, query_offset, world));
  Facts facts(*this, at - query_offset, world);
  if (!began_at_) began_at_ = at;
  if (spec_.no_data == NoData::alert) TRY(add_missing(found, at, facts, world));
  const auto kept = TRY(keepers(found, at, facts));

  for (auto& [labels, fresh] : found) {
    const auto at_old = alerts_.find(labels);
    if (at_old != alerts_.end() && at_old->second.state != AlertState::inactive) {
      auto& alert = at_old->second;
      if (!fresh.unknown) alert.value = fresh.value;
      alert.annotations = std::move(fresh.annotations);
      if (alert.unknown != fresh.unknown) alert.unknown = fresh.unknown, alert.unsaved = true;
      continue;
    }
    if (at_old != alerts_.end()) {
      const auto& old = at_old->second;
      if (old.early_fired) {  // told already: it is the same occurrence
        fresh.fired_at = old.early_fired;
        fresh.told = old.told;
        fresh.last_sent = old.last_sent;
      }
      fresh.flap_bits = old.flap_bits;
      fresh.stored = old.stored;
    }
    alerts_.insert_or_assign(labels, std::move(fresh));
  }

  std::vector<RuleSample> samples;
  std::uint64_t active = 0;
  for (auto next = alerts_.begin(); next != alerts_.end();) {
    const auto here = next++;
    if (!advance(here->second, found.contains(here->first), kept, at)) {
      if (here->second.state == AlertState::pending || expired(here->second, at)) forget(here);
      continue;
    }
    ++active;
    const auto& alert = here->second;
    if (!restored_) continue;
    samples.push_back(sample(alert, kAlerts, 1));
    samples.push_back(sample(alert, kAlertsForState, seconds_of(alert.active_at)));
  }
  evaluated_at_ = at;
  if (limit > 0 && active > limit) {
    while (!alerts_.empty()) forget(alerts_.begin());
    return fail(Errc::limit, "exceeded limit of " + std::to_string(limit) + " with " +
                                 std::to_string(active) + " alerts");
  }
  return samples;
}

bool AlertingRule::expired(const ActiveAlert& alert, Time at) const {
  return alert.state == AlertState::inactive && alert.resolved_at &&
         at - *alert.resolved_at > kResolvedRetention;
}

// One step of one alert at a grid time; whether it is pending or firing afterwards.
bool AlertingRule::advance(ActiveAlert& alert, bool holds,
                           const std::unordered_map<Labels, Keep>& kept, Time at) {
  const auto keeper = kept.find(alert.labels);
  const auto keep = keeper == kept.end() ? Keep::no : keeper->second;
  const auto set = [&](auto& member, auto value) {
    if (member == value) return;
    member = value;
    alert.unsaved = true;
  };
  if (spec_.flap_damping.value_or(false)) {
    auto history = FlapHistory::from_bits(alert.flap_bits);
    history.add(holds);
    alert.flap_bits = history.bits();
    set(alert.flapping, history.flapping());
  }
  if (!holds) {
    // Seen between two grid times, the last of them not yet passed.
    if (alert.early_fired && *alert.early_fired > at) return false;
    if (alert.state == AlertState::pending && keep == Keep::unknown) {
      // Time without data does not count.
      if (evaluated_at_) set(alert.active_at, alert.active_at + (at - *evaluated_at_));
      set(alert.unknown, true);
      return true;
    }
    if (alert.state == AlertState::pending) return false;
    if (alert.state == AlertState::inactive) {
      if (alert.early_fired) {
        set(alert.resolved_at, std::optional(at));
        alert.early_fired.reset();
      }
      return false;
    }
    set(alert.unknown, keep == Keep::unknown);
    bool firing = keep != Keep::no || alert.flapping;
    if (!firing && spec_.keep_firing.count() > 0) {
      if (!alert.keep_firing_since) set(alert.keep_firing_since, std::optional(at));
      firing = at - *alert.keep_firing_since < spec_.keep_firing;
    }
    if (!firing) {
      set(alert.state, AlertState::inactive);
      alert.resolved_at = alert.early_resolved.value_or(at);
      alert.early_resolved.reset();
      return false;
    }
  } else {
    set(alert.keep_firing_since, std::optional<Time>());
  }
  if (holds && alert.early_resolved && *alert.early_resolved <= at) {
    alert.early_resolved.reset();  // it holds again, without a sample having said so
    set(alert.fired_at, std::optional(at));
  }
  const auto age = at - alert.active_at;
  if (alert.state == AlertState::pending && age >= spec_.hold) {
    set(alert.state, AlertState::firing);
    if (!alert.fired_at) alert.fired_at = at;
  }
  if (alert.state == AlertState::firing && age < spec_.hold) {  // `for` was made longer
    set(alert.state, AlertState::pending);
    alert.fired_at.reset();
    alert.last_sent.reset();
    alert.keep_firing_since.reset();
    alert.told = ActiveAlert::Told::nothing;
  }
  return true;
}

void AlertingRule::forget(Alerts::iterator alert) {
  if (alert->second.stored) removed_.push_back(alert->first);
  alerts_.erase(alert);
}

RuleSample AlertingRule::sample(const ActiveAlert& alert, std::string_view metric,
                                double value) const {
  LabelsBuilder labels;
  for (const auto& text : labels_) labels.set(text.name, text.constant);
  for (const auto& [name, label] : alert.labels) labels.set(name, label);
  labels.set(kMetricName, metric);
  labels.set(kAlertName, spec_.name);
  if (metric == kAlerts) labels.set(kAlertState, name(alert.state));
  return {labels.build(), value, nullptr};
}

// ---- between grid times ------------------------------------------------------------------------

bool AlertingRule::fires_at_once() const {
  return spec_.hold.count() == 0 && spec_.keep_firing.count() == 0 &&
         !spec_.flap_damping.value_or(false);
}

Status AlertingRule::evaluate_early(Time now, std::uint64_t limit, const RuleEnvironment& world) {
  auto found = TRY(candidates(now, Millis(0), world));
  if (limit > 0 && found.size() > limit) return {};  // the grid says so
  Facts facts(*this, now, world);
  const auto kept = TRY(keepers(found, now, facts));
  for (auto& [labels, fresh] : found) {
    const auto old = alerts_.find(labels);
    if (old != alerts_.end() && old->second.is_active()) continue;
    if (old != alerts_.end() &&
        old->second.state == AlertState::firing) {  // resolved early, is back
      old->second.early_resolved.reset();
      old->second.fired_at = now;
      old->second.annotations = std::move(fresh.annotations);
      old->second.value = fresh.value;
      old->second.unsaved = true;
      continue;
    }
    fresh.state = AlertState::inactive;  // to the grid, until its next time
    fresh.early_fired = now;
    fresh.fired_at = now;
    fresh.stored = old != alerts_.end() && old->second.stored;
    alerts_.insert_or_assign(labels, std::move(fresh));
  }
  for (auto& [labels, alert] : alerts_) {
    if (!alert.is_active() || found.contains(labels) || kept.contains(labels)) continue;
    if (alert.state == AlertState::firing) {
      alert.early_resolved = now;
    } else if (alert.early_fired) {
      alert.early_fired.reset();
      alert.resolved_at = now;
    }
    alert.unsaved = true;
  }
  return {};
}

// ---- telling -----------------------------------------------------------------------------------

Alert AlertingRule::message(const ActiveAlert& alert, Time at, Millis interval,
                            const RuleEnvironment& world) const {
  Alert out;
  out.labels = alert.labels;
  out.annotations = alert.annotations;
  out.starts_at = alert.fired_at.value_or(alert.active_at);
  out.updated_at = at;
  // Two evaluations or deliveries may fail.
  out.ends_at = at + 4 * std::max(interval, world.resend_delay);
  if (!alert.is_active())
    out.ends_at = alert.early_resolved ? *alert.early_resolved : alert.resolved_at.value_or(at);
  out.generator_url =
      world.external_url + "/graph?g0.expr=" + detail::query_escape(expr_text()) + "&g0.tab=1";
  return out;
}

Status AlertingRule::send(Time at, Millis interval, const RuleEnvironment& world) {
  std::vector<Alert> messages;
  std::vector<ActiveAlert*> due;
  for (auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::pending) continue;
    const auto told = alert.is_active() ? ActiveAlert::Told::firing : ActiveAlert::Told::resolved;
    if (alert.told == told && alert.last_sent && *alert.last_sent + world.resend_delay >= at)
      continue;
    due.push_back(&alert);
    messages.push_back(message(alert, at, interval, world));
  }
  if (due.empty()) return {};
  if (world.deliver) TRY(world.deliver(messages));
  for (auto* const alert : due) {
    alert->told = alert->is_active() ? ActiveAlert::Told::firing : ActiveAlert::Told::resolved;
    alert->last_sent = at;
    alert->unsaved = true;
  }
  return {};
}

// ---- coming back -------------------------------------------------------------------------------

std::vector<Matcher> AlertingRule::for_state_matchers() const {
  std::vector<Matcher> out{Matcher::equal(std::string(kMetricName), std::string(kAlertsForState)),
                           Matcher::equal(std::string(kAlertName), spec_.name)};
  // A templated label is in the series with its value.
  for (const auto& text : labels_)
    if (!text.pattern && text.name != kAlertName)
      out.push_back(Matcher::equal(text.name, text.constant));
  return out;
}

void AlertingRule::restore(std::span<const ForStateSample> samples, Time at, Millis grace) {
  restored_ = true;
  if (spec_.hold < grace) return;
  std::unordered_map<Labels, const ForStateSample*> by_labels;
  for (const auto& sample : samples) by_labels[sample.labels] = &sample;
  for (auto& [labels, alert] : alerts_) {
    const auto found = by_labels.find(labels);
    if (found == by_labels.end()) continue;
    const auto& seen = *found->second;
    const auto remaining = spec_.hold - (seen.seen_at - seen.active_at);
    if (remaining.count() <= 0)
      alert.active_at = seen.active_at;  // it was firing: so it will at the next evaluation
    else if (remaining < grace)
      alert.active_at = at + grace - spec_.hold;
    else
      alert.active_at = seen.active_at + (at - seen.seen_at);
    alert.unsaved = true;
  }
}

void AlertingRule::adopt(std::vector<ActiveAlert> alerts, std::span<const ForStateSample> samples,
                         Time at, Millis interval) {
  restored_ = true;
  settles_at_ = at + std::max<Millis>(kSettling, 2 * interval);
  std::unordered_map<Labels, Time> seen;
  for (const auto& sample : samples) seen[sample.labels] = sample.seen_at;
  for (auto& alert : alerts) {
    alert.unsaved = false;
    alert.stored = true;
    if (alert.state == AlertState::pending) {
      const auto found = seen.find(alert.labels);
      const auto observed = found == seen.end() ? alert.active_at : found->second;
      const auto blind = at - observed - interval;
      if (blind.count() > 0) alert.active_at += blind, alert.unsaved = true;
    }
    auto labels = alert.labels;
    alerts_.insert_or_assign(std::move(labels), std::move(alert));
  }
}

void AlertingRule::adopt(const AlertingRule& before) {
  alerts_ = before.alerts_;
  known_ = before.known_;
  removed_ = before.removed_;
  began_at_ = before.began_at_;
  evaluated_at_ = before.evaluated_at_;
  settles_at_ = before.settles_at_;
  restored_ = restored_ || before.restored_;
}

// ---- looking -----------------------------------------------------------------------------------

std::vector<ActiveAlert> AlertingRule::active() const {
  std::vector<ActiveAlert> out;
  for (const auto& [labels, alert] : alerts_)
    if (alert.is_active()) {
      out.push_back(alert);
      if (!alert.early_fired) continue;
      out.back().state = AlertState::firing;
      out.back().active_at = *alert.early_fired;
    }
  std::ranges::sort(out, [](const auto& a, const auto& b) { return (a.labels <=> b.labels) < 0; });
  return out;
}

std::vector<Labels> AlertingRule::series() const {
  std::vector<Labels> out;
  for (const auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::inactive) continue;
    out.push_back(sample(alert, kAlerts, 1).labels);
    out.push_back(sample(alert, kAlertsForState, 1).labels);
  }
  return out;
}

AlertState AlertingRule::state() const {
  auto out = AlertState::inactive;
  for (const auto& [labels, alert] : alerts_)
    if (alert.is_active())
      out = std::max(out, alert.early_fired ? AlertState::firing : alert.state);
  return out;
}

std::vector<const ActiveAlert*> AlertingRule::unsaved() const {
  std::vector<const ActiveAlert*> out;
  for (const auto& [labels, alert] : alerts_)
    if (alert.unsaved) out.push_back(&alert);
  return out;
}

void AlertingRule::set_saved() {
  removed_.clear();
  for (auto& [labels, alert] : alerts_) alert.unsaved = false, alert.stored = true;
}

void AlertingRule::set_unsaved(const std::vector<Labels>& removed) {
  for (auto& [labels, alert] : alerts_) alert.unsaved = true;
  for (const auto& labels : removed)
    if (!alerts_.contains(labels)) removed_.push_back(labels);
}

}  // namespace pharos::rules

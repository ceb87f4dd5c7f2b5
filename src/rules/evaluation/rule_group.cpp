#include "rules/evaluation/rule_group.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "codec/checksum.hpp"

namespace pharos::rules {
namespace {

void put_length(std::string& out, std::size_t n) {
  for (; n >= 0x80; n >>= 7) out += static_cast<char>((n & 0x7f) | 0x80);
  out += static_cast<char>(n);
}

std::string key_of(const RuleSpec& rule) {
  std::string key = rule.alerting ? "alert " : "record ";
  key += go_quote(rule.name);
  auto labels = rule.labels;
  std::ranges::sort(labels);
  for (const auto& [name, value] : labels) key += " " + go_quote(name) + "=" + go_quote(value);
  return key;
}

std::string plural(std::size_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

}  // namespace

Nanos grid_offset(const std::string& file, const std::string& name, Millis interval,
                  GridHash hash) {
  std::string text;
  const std::array<std::string_view, 4> parts = {"file", file, "name", name};
  for (const auto part : parts) {
    if (hash == GridHash::length_prefixed) put_length(text, part.size());
    text += part;
    if (hash == GridHash::separated) text += '\xff';
  }
  const auto period = static_cast<std::uint64_t>(Nanos(interval).count());
  return Nanos(
      static_cast<std::int64_t>(codec::xxhash64(text) % std::max<std::uint64_t>(1, period)));
}

Time grid_time(Nanos now_unix, Nanos offset, Millis interval) {
  const Nanos period = interval;
  const auto adjusted = now_unix - offset;
  return Time(std::chrono::floor<Millis>(adjusted - adjusted % period + offset));
}

const RuleSpec& RuleGroup::Rule::spec() const {
  return std::visit([](const auto& r) -> const RuleSpec& { return r.spec(); }, rule);
}
const std::string& RuleGroup::Rule::expr_text() const {
  return std::visit([](const auto& r) -> const std::string& { return r.expr_text(); }, rule);
}

Result<RuleGroup> RuleGroup::make(RuleGroupSpec spec, Millis interval, bool restored) {
  RuleGroup group(std::move(spec), interval);
  if (group.spec_.interval.count() > 0) group.interval_ = group.spec_.interval;
  std::map<std::string, int> alike;
  for (const auto& rule_spec : group.spec_.rules) {
    auto merged = merged_rule(group.spec_, rule_spec);
    auto key = key_of(merged);
    if (const int n = alike[key]++; n > 0) key += " #" + std::to_string(n);
    if (merged.alerting) {
      auto rule = TRY(AlertingRule::make(std::move(merged), restored));
      group.rules_.push_back({std::move(rule), std::move(key)});
    } else {
      auto rule = TRY(RecordingRule::make(std::move(merged)));
      group.rules_.push_back({std::move(rule), std::move(key)});
    }
  }
  return group;
}

void RuleGroup::evaluate(Time at, const RuleEnvironment& world) {
  const auto began = world.clock != nullptr ? world.clock->monotonic() : Nanos{};
  begin();
  for (std::size_t i = 0; i < rules_.size(); ++i) evaluate_rule(i, at, world);
  finish(at, world.clock != nullptr ? world.clock->monotonic() - began : Nanos{}, world);
}

void RuleGroup::begin() {
  counts_.samples_last = 0;
}

void RuleGroup::finish(Time at, Nanos took, const RuleEnvironment& world) {
  write_stale(at, world);
  last_evaluation_ = world.clock != nullptr ? world.clock->now() : at;
  evaluation_seconds_ = std::chrono::duration<double>(took).count();
}

void RuleGroup::evaluate_rule(std::size_t index, Time at, const RuleEnvironment& world) {
  auto& rule = rules_[index];
  const auto began = world.clock != nullptr ? world.clock->monotonic() : Nanos{};
  const auto offset = query_offset(world);
  ++counts_.evaluations;
  auto* const alerting = rule.alerting();
  auto samples = alerting != nullptr
                     ? alerting->evaluate(at, offset, spec_.limit, world)
                     : std::get<RecordingRule>(rule.rule).evaluate(at, offset, spec_.limit, world);
  if (samples) {
    rule.health = "ok";
    rule.last_error.clear();
    counts_.samples_last += samples->size();
    // What could not be delivered is due again next time; the one who delivers counts it.
    if (alerting != nullptr) (void)alerting->send(at, interval_, world);
    write(rule, at - offset, std::move(*samples), world);
  } else {
    rule.health = "err";
    rule.last_error = samples.error().message;
    ++counts_.failures;
  }
  rule.last_evaluation = world.clock != nullptr ? world.clock->now() : at;
  if (world.clock != nullptr)
    rule.evaluation_seconds =
        std::chrono::duration<double>(world.clock->monotonic() - began).count();
}

void RuleGroup::write(Rule& rule, Time at, std::vector<RuleSample> samples,
                      const RuleEnvironment& world) {
  if (!world.write) return;
  std::unordered_set<Labels> series;
  series.reserve(samples.size());
  for (const auto& sample : samples) series.insert(sample.labels);
  const auto given = samples.size();
  for (const auto& before : rule.series)
    if (!series.contains(before))
      samples.push_back({before, std::bit_cast<double>(kStaleNaNBits), nullptr});
  if (samples.empty()) return;
  const auto outcome = world.write(at, samples);
  if (!outcome) {
    rule.health = "err";
    rule.last_error = outcome.error().message;
    ++counts_.failures;
    return;
  }
  std::size_t refused = 0;
  for (const auto i : outcome->refused) {
    if (i >= given) continue;  // a stale marker: another rule may give the series
    series.erase(samples[i].labels);
    ++refused;
  }
  if (refused > 0) {
    rule.health = "err";
    rule.last_error = plural(refused, "sample") + " not stored: " + outcome->reason;
  }
  rule.series = std::move(series);
}

Status RuleGroup::evaluate_early(std::size_t index, Time now, const RuleEnvironment& world) {
  auto* const alerting = rules_[index].alerting();
  if (alerting == nullptr || !alerting->judges_early()) return {};
  TRY(alerting->evaluate_early(now, spec_.limit, world));
  return alerting->send(now, interval_, world);
}

void RuleGroup::adopt_saved(std::size_t index, std::vector<ActiveAlert> alerts,
                            std::span<const ForStateSample> samples, Time at) {
  auto* const alerting = rules_[index].alerting();
  if (alerting == nullptr) return;
  alerting->adopt(std::move(alerts), samples, at, interval_);
  for (auto& labels : alerting->series()) rules_[index].series.insert(std::move(labels));
}

void RuleGroup::adopt(RuleGroup& before) {
  std::map<std::string, Rule*> known;
  for (auto& rule : before.rules_) known.emplace(rule.key, &rule);
  for (auto& rule : rules_) {
    const auto found = known.find(rule.key);
    if (found == known.end()) continue;
    rule.series = std::move(found->second->series);
    if (auto* const alerting = rule.alerting()) {
      if (const auto* const old = found->second->alerting()) alerting->adopt(*old);
    }
    known.erase(found);
  }
  stale_ = std::move(before.stale_);
  for (const auto& [key, rule] : known)
    stale_.insert(stale_.end(), rule->series.begin(), rule->series.end());
  evaluation_seconds_ = before.evaluation_seconds_;
  last_evaluation_ = before.last_evaluation_;
}

void RuleGroup::write_stale(Time at, const RuleEnvironment& world) {
  if (stale_.empty() || !world.write) return;
  std::unordered_set<Labels> alive;
  for (const auto& rule : rules_) alive.insert(rule.series.begin(), rule.series.end());
  std::vector<RuleSample> samples;
  for (auto& series : stale_)
    if (!alive.contains(series))
      samples.push_back({series, std::bit_cast<double>(kStaleNaNBits), nullptr});
  if (!samples.empty() && !world.write(at - query_offset(world), samples))
    return;  // again next time
  stale_.clear();
}

void RuleGroup::end(Time at, const RuleEnvironment& world) {
  for (auto& rule : rules_) stale_.insert(stale_.end(), rule.series.begin(), rule.series.end());
  rules_.clear();
  write_stale(at, world);
}

bool same_group(const RuleGroupSpec& a, const RuleGroupSpec& b) {
  const auto same_rule = [](const RuleSpec& x, const RuleSpec& y) {
    return x.alerting == y.alerting && x.name == y.name && x.expr == y.expr && x.hold == y.hold &&
           x.keep_firing == y.keep_firing && x.labels == y.labels &&
           x.annotations == y.annotations && x.no_data == y.no_data && x.clear == y.clear &&
           x.flap_damping == y.flap_damping;
  };
  return a.name == b.name && a.file == b.file && a.interval == b.interval && a.limit == b.limit &&
         a.query_offset == b.query_offset && a.labels == b.labels && a.no_data == b.no_data &&
         a.flap_damping == b.flap_damping && std::ranges::equal(a.rules, b.rules, same_rule);
}

}  // namespace pharos::rules

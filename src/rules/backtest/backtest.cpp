#include "rules/backtest/backtest.hpp"

#include <algorithm>
#include <list>
#include <set>
#include <unordered_map>

#include "query/overlay_querier.hpp"
#include "query/promql/reach.hpp"
#include "rules/evaluation/rule_group.hpp"

namespace pharos::rules::backtest {
namespace {

constexpr Millis kRangeMax = std::chrono::hours(24 * 366 * 10);

// A rule asks for one instant after the other; this answers from range queries over many steps.
class SteppedQueries {
 public:
  SteppedQueries(Querier& querier, const RunQuery& run, Millis step, std::size_t steps, Time end,
                 std::stop_token stop)
      : querier_(querier),
        run_(run),
        step_(step),
        steps_(steps),
        end_(end),
        stop_(std::move(stop)) {}

  Result<std::vector<RuleSample>> at(const std::string& expr, Time at) {
    auto* window = find(expr, at);
    if (window == nullptr) {
      auto made = TRY(make(expr, at));
      window = &keep(std::move(made));
    }
    return window->samples[static_cast<std::size_t>((at - window->begin) / step_)];
  }

 private:
  static constexpr std::size_t kWindows = 8;  // expr, and what `clear` and templates ask

  struct Window {
    std::string expr;
    Time begin{};
    std::vector<std::vector<RuleSample>> samples;  // by step
  };

  Window* find(const std::string& expr, Time at) {
    for (auto& window : windows_)
      if (window.expr == expr && at >= window.begin && (at - window.begin) % step_ == Millis{0} &&
          static_cast<std::size_t>((at - window.begin) / step_) < window.samples.size())
        return &window;
    return nullptr;
  }

  Window& keep(Window window) {
    std::erase_if(windows_, [&](const Window& w) { return w.expr == window.expr; });
    if (windows_.size() == kWindows) windows_.pop_back();
    windows_.push_front(std::move(window));
    return windows_.front();
  }

  Result<Window> make(const std::string& expr, Time begin) {
    Window window{expr, begin, {}};
    const auto left = begin < end_ ? static_cast<std::size_t>((end_ - begin) / step_) + 1 : 1;
    window.samples.resize(std::min(steps_, left));
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = to_unix_millis(begin);
    request.step_ms = step_.count();
    request.end_ms =
        request.start_ms + request.step_ms * static_cast<std::int64_t>(window.samples.size() - 1);
    request.source = "backtest";
    request.cancelled = stop_;
    auto output = TRY(run_(querier_, request));
    auto* matrix = std::get_if<query::Matrix>(&output.value);
    if (matrix == nullptr) return fail(Errc::invalid, "rule result is not a vector or scalar");
    for (auto& series : matrix->series)
      for (auto& point : series.points) {
        const auto place =
            static_cast<std::size_t>((point.t_ms - request.start_ms) / step_.count());
        window.samples[place].push_back({series.labels, point.value, std::move(point.histogram)});
      }
    return window;
  }

  Querier& querier_;
  const RunQuery& run_;
  Millis step_;
  std::size_t steps_;
  Time end_;
  std::stop_token stop_;
  std::list<Window> windows_;  // newest first
};

// Follows the alerts of one rule from step to step.
class Watcher {
 public:
  Watcher(RuleReport report, std::size_t episodes_max)
      : report_(std::move(report)), episodes_max_(episodes_max) {}

  RuleReport& report() { return report_; }
  void look(const AlertingRule& rule, Time at) {
    for (const auto& [labels, alert] : rule.alerts()) {
      if (alert.state == AlertState::pending) pending_[labels] = at;
      if (alert.state != AlertState::firing && alert.state != AlertState::unknown) continue;
      pending_.erase(labels);
      auto [open, fresh] = open_.try_emplace(labels);
      open->second.seen = at;
      if (!fresh) continue;
      ++report_.fired;
      open->second.episode = {.labels = labels,
                              .annotations = alert.annotations,
                              .active_at = alert.active_at,
                              .fired_at = at,
                              .resolved_at = {},
                              .value = alert.value};
    }
    for (auto entry = open_.begin(); entry != open_.end();) {
      if (entry->second.seen == at) {
        ++entry;
        continue;
      }
      entry->second.episode.resolved_at = at;
      close(std::move(entry->second.episode), at);
      entry = open_.erase(entry);
    }
    report_.pending_only +=
        std::erase_if(pending_, [&](const auto& entry) { return entry.second != at; });
  }
  RuleReport end(Time at) {
    for (auto& [labels, open] : open_) close(std::move(open.episode), at);
    std::ranges::sort(report_.episodes, [](const Episode& a, const Episode& b) {
      return a.fired_at != b.fired_at ? a.fired_at < b.fired_at : a.labels < b.labels;
    });
    return std::move(report_);
  }

 private:
  struct Open {
    Episode episode;
    Time seen{};
  };
  void close(Episode episode, Time at) {
    report_.firing_time += at - episode.fired_at;
    if (report_.episodes.size() < episodes_max_) report_.episodes.push_back(std::move(episode));
  }
  RuleReport report_;
  std::size_t episodes_max_;
  std::unordered_map<Labels, Open> open_;
  std::unordered_map<Labels, Time> pending_;
};

// Rules on their way through the range, and what they remember from slice to slice.
struct Followed {
  const RuleGroupSpec* group = nullptr;
  Millis interval{0}, offset{0};
};
struct FollowedRecording : Followed {
  RecordingRule rule;
  std::unordered_map<Labels, Time> given;  // series of the last step
};
struct FollowedAlerting : Followed {
  AlertingRule rule;
  Watcher watcher;
  Time last{};
};

class Run {
 public:
  Run(Querier& querier, query::MemoryStore& memory, const RunQuery& run, const Options& options,
      std::stop_token stop)
      : querier_(querier), memory_(memory), run_(run), options_(options), stop_(std::move(stop)) {}

  Status add(const RuleGroupSpec& group) {
    const auto interval = group.interval.count() > 0 ? group.interval : options_.interval_default;
    const auto offset = group.query_offset.value_or(options_.query_offset);
    for (const auto& rule : group.rules) {
      auto merged = merged_rule(group, rule);
      if (merged.alerting) {
        RuleReport report{.group = group.name, .name = rule.name, .expr = rule.expr};
        report.hold = rule.hold;
        auto alerting = TRY(AlertingRule::make(std::move(merged)));
        alerting_.push_back({{&group, interval, offset},
                             std::move(alerting),
                             Watcher(std::move(report), options_.episodes_max),
                             options_.range.begin});
      } else {
        auto recording = TRY(RecordingRule::make(std::move(merged)));
        recording_.push_back({{&group, interval, offset}, std::move(recording), {}});
      }
    }
    return {};
  }

  // All rules over one part of the range, in the order they came; what records goes before what
  // alerts. Parts follow one another.
  Status slice(Interval part) {
    for (auto& recording : recording_) TRY(record(recording, part));
    for (auto& alerting : alerting_) TRY(follow(alerting, part));
    return {};
  }

  bool stopped() const { return stop_.stop_requested(); }

  std::vector<RuleReport> finish() {
    std::vector<RuleReport> out;
    for (auto& alerting : alerting_) out.push_back(alerting.watcher.end(alerting.last));
    return out;
  }

 private:
  // Calls body(at) at every multiple of the interval in the part.
  template <class Body>
  Status steps(Millis interval, Interval part, Body body) {
    auto first = to_unix_millis(part.begin);
    first += (interval.count() - first % interval.count()) % interval.count();
    for (Time at = from_unix_millis(first); at < part.end; at += interval) {
      if (stop_.stop_requested()) return fail(Errc::cancelled, "the backtest was cancelled");
      if (++evaluations_ > options_.evaluations_max)
        return fail(Errc::limit, "the backtest takes more than " +
                                     std::to_string(options_.evaluations_max) +
                                     " evaluations: shorten the range or lengthen the interval");
      TRY(body(at));
    }
    return {};
  }

  RuleEnvironment world(SteppedQueries& queries) const {
    RuleEnvironment out;
    out.query = [&queries](const std::string& expr, Time at) { return queries.at(expr, at); };
    out.external_url = options_.external_url;
    out.external_labels = options_.external_labels;
    return out;
  }

  SteppedQueries queries(Millis interval, Interval part) {
    return {querier_, run_, interval, options_.steps_per_query, part.end, stop_};
  }

  Status follow(FollowedAlerting& alerting, Interval part) {
    auto stepped = queries(alerting.interval, part);
    const auto environment = world(stepped);
    auto& report = alerting.watcher.report();
    return steps(alerting.interval, part, [&](Time at) -> Status {
      ++report.evaluations;
      alerting.last = at;
      const auto samples =
          alerting.rule.evaluate(at, alerting.offset, alerting.group->limit, environment);
      if (!samples) {
        if (samples.error().code == Errc::cancelled) return fail(samples.error());
        if (report.failures++ == 0) report.error = samples.error().message;
        // A rule that cannot be evaluated at all is not tried for every step of a month.
        return report.failures == kFailuresMax && report.failures == report.evaluations
                   ? Status(fail(Errc::invalid, report.error))
                   : Status();
      }
      alerting.watcher.look(alerting.rule, at);
      return {};
    });
  }

  Status record(FollowedRecording& recording, Interval part) {
    auto stepped = queries(recording.interval, part);
    const auto environment = world(stepped);
    return steps(recording.interval, part, [&](Time at) -> Status {
      auto samples =
          recording.rule.evaluate(at, recording.offset, recording.group->limit, environment);
      if (!samples) return {};  // nothing recorded then, as in the server
      const auto t_ms = to_unix_millis(at - recording.offset);
      for (auto& sample : *samples) {
        if (sample.histogram)
          memory_.put(sample.labels, t_ms, sample.histogram);
        else
          put(sample.labels, t_ms, sample.value);
        recording.given[sample.labels] = at;
      }
      std::erase_if(recording.given, [&](const auto& entry) {
        if (entry.second == at) return false;
        put(entry.first, t_ms, stale_nan());
        return true;
      });
      return {};
    });
  }

  void put(const Labels& labels, UnixMillis t_ms, double value) {
    memory_.put(labels, t_ms, value);
    if (options_.recorded) options_.recorded(labels, t_ms, value);
  }

  static constexpr std::uint64_t kFailuresMax = 20;

  Querier& querier_;
  query::MemoryStore& memory_;
  const RunQuery& run_;
  const Options& options_;
  std::stop_token stop_;
  std::uint64_t evaluations_ = 0;
  std::vector<FollowedRecording> recording_;
  std::vector<FollowedAlerting> alerting_;
};

// How far back any rule reads what rules record; none: nobody can say.
std::optional<Millis> reach_of(const std::vector<RuleGroupSpec>& groups,
                               const std::set<std::string>& recorded) {
  // An instant selector takes what is five minutes old, or what the server's look-back says; what
  // templates ask is not looked at.
  constexpr Millis kLookback = std::chrono::hours(1);
  Millis longest{0};
  for (const auto& group : groups)
    for (const auto& rule : group.rules)
      for (const auto* text : {&rule.expr, &rule.clear}) {
        if (text->empty()) continue;
        const auto expr = query::promql::parse(*text);
        if (!expr) return {};
        const auto reach = query::promql::reach(**expr, [&](const query::promql::Node& selector) {
          return std::ranges::any_of(selector.matchers, [&](const Matcher& m) {
            return m.name() == kMetricName &&
                   (m.op() != MatchOp::equal || recorded.contains(m.value()));
          });
        });
        if (!reach) return {};
        longest = std::max(longest, *reach);
      }
  return longest + kLookback;
}

}  // namespace

Interval evaluated(const Options& options) {
  auto out = options.range;
  if (options.stored_from) out.begin = std::clamp(*options.stored_from, out.begin, out.end);
  return out;
}

Result<std::vector<RuleReport>> run(const std::vector<RuleGroupSpec>& groups, Querier& history,
                                    const RunQuery& run_query, const Options& options,
                                    std::stop_token stop) {
  if (options.range.empty())
    return fail(Errc::invalid, "the backtest's end is not after its start");
  std::set<std::string> recorded;
  for (const auto& group : groups)
    for (const auto& rule : group.rules)
      if (!rule.alerting) recorded.insert(rule.name);
  const auto reach = reach_of(groups, recorded);
  query::MemoryStore memory;
  query::OverlayQuerier overlay(history, memory, std::move(recorded));
  Run work(overlay, memory, run_query, options, std::move(stop));
  // Groups know nothing of each other's order: those that only record come first, so that alerts
  // on recorded series find them.
  for (const bool with_alerts : {false, true})
    for (const auto& group : groups)
      if (std::ranges::any_of(group.rules, &RuleSpec::alerting) == with_alerts)
        TRY(work.add(group));
  const auto range = evaluated(options);
  // Whoever asks for a longer one has no history of it, and parts without a step would never end.
  if (range.end - range.begin > kRangeMax)
    return fail(Errc::limit, "the backtest's range is longer than ten years");
  for (auto begin = range.begin; begin < range.end; begin += options.slice) {
    const auto end = std::min(begin + options.slice, range.end);
    TRY(work.slice({begin, end}));
    if (work.stopped()) return fail(Errc::cancelled, "the backtest was cancelled");
    if (reach) memory.drop_before(to_unix_millis(end - *reach));
  }
  return work.finish();
}

}  // namespace pharos::rules::backtest

// Rules run over stored history before they are enabled: when would they have fired, for how long.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/json.hpp"
#include "model/labels.hpp"
#include "query/engine.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules::backtest {

// One stay of one alert in the state firing.
struct Episode {
  Labels labels, annotations;
  Time active_at{}, fired_at{};     // the condition began to hold; `for` had passed
  std::optional<Time> resolved_at;  // none: still firing at the end
  double value = 0;                 // when it fired
};

struct RuleReport {
  std::string group, name, expr;
  Millis hold{0};
  std::uint64_t evaluations = 0;
  std::vector<Episode> episodes;   // by time; the first `episodes_max`
  std::uint64_t fired = 0;         // all of them
  std::uint64_t pending_only = 0;  // stays that ended before `for` had passed
  Millis firing_time{0};           // of all episodes together
  std::string error;               // of the first evaluation that failed; those are left out
  std::uint64_t failures = 0;
};

struct Options {
  Interval range;  // evaluated at the multiples of the interval in it
  // Time of the oldest sample there is: before it nothing is evaluated, as what a rule says of
  // nothing (it would not have fired, or `absent` would) is no finding. None: not known.
  std::optional<Time> stored_from;
  Millis interval_default = std::chrono::minutes(1);
  Millis query_offset{0};
  Labels external_labels;
  std::string external_url;
  std::size_t episodes_max = 1'000;           // kept of each rule
  std::uint64_t evaluations_max = 500'000'000;  // in all; Errc::limit beyond
  std::size_t steps_per_query = 500;           // of one range query
  // All rules go through the range side by side, this far at a time: of what recording rules gave,
  // only what a later slice can read is kept.
  Millis slice = std::chrono::hours(12);
  // Told of what recording rules give and of the stale markers that end it, in the order of time for
  // each series. Histograms are left out.
  std::function<void(const Labels&, UnixMillis, double)> recorded;
};

// The part of the range that is evaluated; empty when nothing is stored of it.
Interval evaluated(const Options& options);

// Recording rules of the groups are computed too, and seen by the rules behind them in place of
// what is stored under their names. `run` is the engine's. Alerting rules only are reported.
using RunQuery = std::function<Result<query::Output>(Querier&, const query::QueryRequest&)>;
Result<std::vector<RuleReport>> run(const std::vector<RuleGroupSpec>& groups, Querier& history,
                                    const RunQuery& run_query, const Options& options,
                                    std::stop_token stop = {});

// {"evaluatedFrom", "evaluatedTo",
//  "rules": [{"name", "fired", "episodes": [{"labels", "firedAt", "resolvedAt"|null, …}], …}]}
void put_reports(codec::JsonWriter& writer, std::span<const RuleReport> reports,
                 Interval evaluated);

}  // namespace pharos::rules::backtest

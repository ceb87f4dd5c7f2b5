// The way out: matchers in, columns of samples out.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/matcher.hpp"
#include "model/sample.hpp"

namespace pharos {

// What the asker will do with the data: a store may use it to choose a resolution, never to give
// wrong samples.
struct SelectHints {
  UnixMillis start_ms = 0, end_ms = 0;  // of the evaluation, not of the read
  std::int64_t step_ms = 0;             // 0: instant
  std::int64_t range_ms = 0;            // window of a range selector, 0 for an instant selector
  std::string function;                 // innermost function or aggregation, "" if none
  std::size_t series_max = 0;           // stop with Errc::limit beyond so many, 0: no limit
  bool may_downsample = false;          // 5 min / 1 h roll-ups are good enough
};

// Exact facts about the samples of one series in a closed time range, for functions that need no
// more. `exact` is false when the range holds what the facts do not cover (histograms, for
// instance): then read the samples. Stale markers are left out of every field. NaNs: min and max as
// PromQL's min_over_time / max_over_time treat them (a NaN only when all are).
struct WindowFacts {
  bool exact = false;
  std::uint64_t count = 0;
  UnixMillis first_ms = 0, last_ms = 0;
  double first = 0, last = 0, min = 0, max = 0;
};

// The series that a select found, a snapshot: later appends do not show, and it stays readable.
// Thread-safe: any number of read() calls at a time, for the same or different series.
class Selection {
 public:
  virtual ~Selection() = default;
  virtual std::size_t size() const = 0;
  virtual const Labels& labels(std::size_t series) const = 0;  // made on first use
  // Replaces `out` by the samples with from_ms <= t <= to_ms.
  virtual Status read(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const = 0;
  virtual Status facts(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& out) const;

  // Group number of every series by the values of `names` (or of all labels but `names`, and but the
  // metric name, when `without`), and for each group its labels: what an aggregation needs, without
  // making every series' labels. Groups are numbered from 0 in order of first appearance.
  struct Grouping {
    std::vector<std::uint32_t> group_of;  // one per series
    std::vector<Labels> labels;           // one per group
  };
  virtual Grouping group(std::span<const std::string> names, bool without) const;
};

class Querier {
 public:
  virtual ~Querier() = default;
  // Series with at least one sample in [from_ms, to_ms] may come, and all of them do; some without
  // may come too. Order is unspecified (the engine sorts where it shows).
  virtual Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                          UnixMillis to_ms, const SelectHints& hints) = 0;
  // Sorted, unique. `limit` 0: all. Empty `matchers`: over everything in the range.
  virtual Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                       UnixMillis to_ms, std::size_t limit) = 0;
  virtual Result<std::vector<std::string>> label_values(std::string_view name, std::span<const Matcher> matchers,
                                                        UnixMillis from_ms, UnixMillis to_ms, std::size_t limit) = 0;
  // Label sets of the series with samples in the range.
  virtual Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                             std::size_t limit) = 0;

  struct ExemplarSeries { Labels labels; std::vector<Exemplar> exemplars; };
  virtual Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> matchers, UnixMillis from_ms,
                                                        UnixMillis to_ms) = 0;
  // Of one family, or of all when `family` is empty. A family may have several differing entries.
  virtual std::vector<Metadata> metadata(std::string_view family, std::size_t limit) const = 0;
};

}  // namespace pharos

#include "ingest/otlp_history.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/metric.hpp"

namespace pharos::ingest {
namespace {

constexpr std::int64_t kSideMax = 1 << 16;  // far above what the accumulator lets a side grow to
// Newest samples are looked for in growing steps back, so that a dense series is not read for a day.
constexpr std::array<std::int64_t, 3> kReachMs{5 * 60'000, 60 * 60'000, 24 * 60 * 60'000};
constexpr UnixMillis kForEver = std::numeric_limits<UnixMillis>::max() / 2;

struct Stats {
  Counter restored{"pharos_ingest_otlp_delta_restored_total", "Delta streams that went on from what the store holds of them."};
};
Stats& stats() {
  static Stats s;
  return s;
}

// The newest sample that is not a stale marker; false when there is none.
bool read_newest(const Selection& selection, std::size_t series, UnixMillis t_ms, SampleColumn& column, std::size_t& at) {
  for (const auto reach : kReachMs) {
    if (!selection.read(series, t_ms - reach, kForEver, column)) return false;
    for (auto i = column.size(); i-- > 0;) {
      const bool histogram = !column.histograms.empty() && column.histograms[i];
      if (histogram ? is_stale(*column.histograms[i]) : is_stale(column.value[i])) continue;
      at = i;
      return true;
    }
  }
  return false;
}

// Spans to dense counts from `first` on; false for what no accumulator has written.
bool to_dense(const std::vector<Span>& spans, const std::vector<double>& buckets, std::int64_t& first, std::vector<std::uint64_t>& counts) {
  std::int64_t index = 0;
  std::size_t bucket = 0;
  counts.clear();
  for (const auto& span : spans) {
    index += span.offset;
    if (counts.empty()) first = index;
    if (index - first + std::int64_t{span.length} > kSideMax || bucket + span.length > buckets.size()) return false;
    counts.resize(static_cast<std::size_t>(index - first), 0);
    for (std::uint32_t i = 0; i < span.length; ++i, ++index) counts.push_back(static_cast<std::uint64_t>(buckets[bucket++]));
  }
  return true;
}

}  // namespace

std::optional<DeltaHistory::Found> DeltaHistory::find(const Labels& labels, std::string_view extra, UnixMillis t_ms) const {
  std::vector<Matcher> matchers;
  for (const auto& [name, value] : labels) {
    matchers.push_back(Matcher::equal(std::string(name), std::string(value)));
  }
  const auto from_ms = t_ms - kReachMs.back();
  auto selection = querier_->select(matchers, from_ms, kForEver, {.start_ms = from_ms, .end_ms = kForEver});
  if (!selection) return std::nullopt;
  Found found{std::move(*selection), {}};
  for (std::size_t i = 0; i < found.selection->size(); ++i) {
    const auto& own = found.selection->labels(i);
    if (own.size() == labels.size() + (extra.empty() ? 0 : 1) && (extra.empty() || own.contains(extra))) found.series.push_back(i);
  }
  return found;
}

std::optional<DeltaHistory::Newest> DeltaHistory::newest(const Labels& series, UnixMillis t_ms) const {
  const auto found = find(series, {}, t_ms);
  if (!found || found->series.empty()) return std::nullopt;
  SampleColumn column;
  std::size_t at = 0;
  if (!read_newest(*found->selection, found->series[0], t_ms, column, at)) return std::nullopt;
  Newest out{column.t_ms[at], column.start_ms.empty() ? 0 : column.start_ms[at], column.value[at], nullptr};
  if (!column.histograms.empty()) out.histogram = column.histograms[at];
  stats().restored.add();
  return out;
}

std::optional<DeltaState> DeltaHistory::number(const Labels& series, UnixMillis t_ms) const {
  const auto last = newest(series, t_ms);
  if (!last || last->histogram) return std::nullopt;
  DeltaState state{last->start_ms, last->t_ms};
  state.value = last->value;
  return state;
}

std::optional<DeltaState> DeltaHistory::exponential(const Labels& series, UnixMillis t_ms) const {
  const auto last = newest(series, t_ms);
  if (!last || !last->histogram || !last->histogram->integer || last->histogram->custom()) return std::nullopt;
  const auto& h = *last->histogram;
  auto total = std::make_unique<ExponentialHistogram>();
  total->scale = h.schema;
  total->count = static_cast<std::uint64_t>(h.count);
  total->zero_count = static_cast<std::uint64_t>(h.zero_count);
  total->sum = h.sum;
  total->zero_threshold = h.zero_threshold;
  const auto side = [](const std::vector<Span>& spans, const std::vector<double>& buckets, ExponentialSide& out) {
    std::int64_t first = 1;
    if (!to_dense(spans, buckets, first, out.counts)) return false;
    out.offset = static_cast<std::int32_t>(first - 1);  // OTLP's bucket 0 is Prometheus' bucket 1
    return true;
  };
  if (!side(h.positive_spans, h.positive, total->positive) || !side(h.negative_spans, h.negative, total->negative)) return std::nullopt;
  DeltaState state{last->start_ms, last->t_ms};
  state.exponential = std::move(total);
  return state;
}

std::optional<DeltaState> DeltaHistory::custom_buckets(const Labels& series, UnixMillis t_ms) const {
  const auto last = newest(series, t_ms);
  if (!last || !last->histogram || !last->histogram->integer || !last->histogram->custom()) return std::nullopt;
  const auto& h = *last->histogram;
  auto total = std::make_unique<ExplicitHistogram>();
  total->bounds = h.custom_values;
  total->count = static_cast<std::uint64_t>(h.count);
  total->sum = h.sum;
  std::int64_t first = 0;
  std::vector<std::uint64_t> counts;
  if (!to_dense(h.positive_spans, h.positive, first, counts)) return std::nullopt;
  total->counts.assign(total->bounds.size() + 1, 0);
  for (std::size_t i = 0; i < counts.size() && static_cast<std::size_t>(first) + i < total->counts.size(); ++i)
    total->counts[static_cast<std::size_t>(first) + i] = counts[i];
  DeltaState state{last->start_ms, last->t_ms};
  state.explicit_histogram = std::move(total);
  return state;
}

std::optional<DeltaState> DeltaHistory::classic_buckets(const Labels& count, UnixMillis t_ms) const {
  const auto with_suffix = [&](std::string_view suffix) {
    LabelsBuilder builder(count);
    auto name = count.metric_name();
    if (name.ends_with("_count")) name.remove_suffix(6);
    builder.set(kMetricName, std::string(name) + std::string(suffix));
    return builder.build();
  };
  const auto buckets = find(with_suffix("_bucket"), "le", t_ms);
  if (!buckets) return std::nullopt;
  std::vector<std::pair<double, std::size_t>> bounds;
  for (const auto i : buckets->series) {
    const auto text = buckets->selection->labels(i).get("le");
    double bound = HUGE_VAL;
    if (text != "+Inf" && std::from_chars(text.data(), text.data() + text.size(), bound).ec != std::errc{}) continue;
    bounds.emplace_back(bound, i);
  }
  std::sort(bounds.begin(), bounds.end());
  if (bounds.empty() || !std::isinf(bounds.back().first)) return std::nullopt;
  SampleColumn column;
  std::size_t at = 0;
  if (!read_newest(*buckets->selection, bounds.back().second, t_ms, column, at)) return std::nullopt;
  DeltaState state{column.start_ms.empty() ? 0 : column.start_ms[at], column.t_ms[at]};
  auto total = std::make_unique<ExplicitHistogram>();
  total->count = static_cast<std::uint64_t>(column.value[at]);
  std::uint64_t below = 0;
  const auto value_then = [&](const Selection& selection, std::size_t series, double& value) {
    if (!selection.read(series, state.t_ms, state.t_ms, column) || column.empty()) return false;
    value = column.value[0];
    return true;
  };
  double value = 0;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (!value_then(*buckets->selection, bounds[i].second, value)) continue;  // of other bounds, earlier
    total->bounds.push_back(bounds[i].first);
    total->counts.push_back(static_cast<std::uint64_t>(value) - below);
    below = static_cast<std::uint64_t>(value);
  }
  total->counts.push_back(total->count - below);
  const auto sums = find(with_suffix("_sum"), {}, t_ms);
  if (sums && !sums->series.empty() && value_then(*sums->selection, sums->series[0], value)) total->sum = value;
  state.explicit_histogram = std::move(total);
  stats().restored.add();
  return state;
}

}  // namespace pharos::ingest

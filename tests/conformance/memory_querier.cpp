#include "tests/conformance/memory_querier.hpp"

#include <algorithm>
#include <set>

#include "query/histogram_math.hpp"

namespace pharos::conformance {
namespace {

struct Column {
  Labels labels;
  SampleColumn samples;
};

// Whether a counter histogram can follow another in one chunk of Prometheus' store.
bool continues(const Histogram& before, const Histogram& now) {
  if (before.reset_hint == ResetHint::gauge || now.reset_hint == ResetHint::reset) return false;
  if (is_stale(now)) return true;
  if (is_stale(before) || now.schema != before.schema ||
      now.zero_threshold != before.zero_threshold)
    return false;
  if (now.custom_values != before.custom_values) return false;
  Histogram unhinted = now;
  unhinted.reset_hint = ResetHint::unknown;
  return !query::detect_reset(unhinted, before);
}

// A store keeps no hints but these: a gauge stays one, the first counter of a chunk is "unknown",
// and those that go on from it are "not reset".
HistogramPtr with_stored_hint(const HistogramPtr& before, const HistogramPtr& now) {
  if (!now || now->reset_hint == ResetHint::gauge) return now;
  const auto hint = before && continues(*before, *now) ? ResetHint::not_reset : ResetHint::unknown;
  if (now->reset_hint == hint) return now;
  auto copy = std::make_shared<Histogram>(*now);
  copy->reset_hint = hint;
  return copy;
}

class MemorySelection : public Selection {
 public:
  explicit MemorySelection(std::vector<Column> columns) : columns_(std::move(columns)) {}
  std::size_t size() const override { return columns_.size(); }
  const Labels& labels(std::size_t series) const override { return columns_[series].labels; }
  Status read(std::size_t series, UnixMillis from_ms, UnixMillis to_ms,
              SampleColumn& out) const override {
    out.clear();
    const auto& all = columns_[series].samples;
    const auto first = std::ranges::lower_bound(all.t_ms, from_ms) - all.t_ms.begin();
    const auto last = std::max(std::ranges::upper_bound(all.t_ms, to_ms) - all.t_ms.begin(), first);
    const auto copy = [&](const auto& from, auto& to) {
      if (!from.empty()) to.assign(from.begin() + first, from.begin() + last);
    };
    copy(all.t_ms, out.t_ms);
    copy(all.value, out.value);
    copy(all.histograms, out.histograms);
    copy(all.start_ms, out.start_ms);
    if (std::ranges::none_of(out.histograms, [](const auto& h) { return h != nullptr; }))
      out.histograms.clear();
    if (std::ranges::none_of(out.start_ms, [](auto t) { return t != 0; })) out.start_ms.clear();
    return {};
  }

 private:
  std::vector<Column> columns_;
};

}  // namespace

void MemoryStore::put(const Labels& labels, UnixMillis t_ms, Sample sample) {
  series_[labels][t_ms] = std::move(sample);
}

void MemoryStore::put(const Labels& labels, UnixMillis t_ms, double value, UnixMillis start_ms) {
  put(labels, t_ms, Sample{value, nullptr, start_ms});
}

void MemoryStore::put(const Labels& labels, UnixMillis t_ms, HistogramPtr histogram,
                      UnixMillis start_ms) {
  const double value = is_stale(*histogram) ? stale_nan() : 0;
  put(labels, t_ms, Sample{value, std::move(histogram), start_ms});
}

std::vector<Labels> MemoryStore::matching(std::span<const Matcher> matchers, UnixMillis from_ms,
                                          UnixMillis to_ms) const {
  std::vector<Labels> out;
  for (const auto& [labels, samples] : series_) {
    const auto at = samples.lower_bound(from_ms);
    if (at == samples.end() || at->first > to_ms) continue;
    if (std::ranges::all_of(matchers,
                            [&](const Matcher& m) { return m.matches(labels.get(m.name())); }))
      out.push_back(labels);
  }
  return out;
}

Result<std::shared_ptr<const Selection>> MemoryStore::select(std::span<const Matcher> matchers,
                                                             UnixMillis from_ms, UnixMillis to_ms,
                                                             const SelectHints& hints) {
  std::vector<Column> columns;
  for (auto& labels : matching(matchers, from_ms, to_ms)) {
    if (hints.series_max != 0 && columns.size() == hints.series_max)
      return fail(Errc::limit, "too many series");
    Column column{labels, {}};
    auto& out = column.samples;
    const auto& samples = series_.at(labels);
    for (auto at = samples.lower_bound(from_ms); at != samples.end() && at->first <= to_ms; ++at) {
      out.t_ms.push_back(at->first);
      out.value.push_back(at->second.value);
      const auto before = at == samples.begin() ? HistogramPtr{} : std::prev(at)->second.histogram;
      out.histograms.push_back(with_stored_hint(before, at->second.histogram));
      out.start_ms.push_back(at->second.start_ms);
    }
    columns.push_back(std::move(column));
  }
  return std::shared_ptr<const Selection>(std::make_shared<MemorySelection>(std::move(columns)));
}

Result<std::vector<std::string>> MemoryStore::label_names(std::span<const Matcher> matchers,
                                                          UnixMillis from_ms, UnixMillis to_ms,
                                                          std::size_t limit) {
  std::set<std::string> names;
  for (const auto& labels : matching(matchers, from_ms, to_ms)) {
    for (const auto label : labels) names.emplace(label.name);
  }
  std::vector<std::string> out(names.begin(), names.end());
  if (limit != 0 && out.size() > limit) out.resize(limit);
  return out;
}

Result<std::vector<std::string>> MemoryStore::label_values(std::string_view name,
                                                           std::span<const Matcher> matchers,
                                                           UnixMillis from_ms, UnixMillis to_ms,
                                                           std::size_t limit) {
  std::set<std::string> values;
  for (const auto& labels : matching(matchers, from_ms, to_ms)) {
    if (labels.contains(name)) values.emplace(labels.get(name));
  }
  std::vector<std::string> out(values.begin(), values.end());
  if (limit != 0 && out.size() > limit) out.resize(limit);
  return out;
}

Result<std::vector<Labels>> MemoryStore::series(std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms,
                                                std::size_t limit) {
  auto out = matching(matchers, from_ms, to_ms);
  if (limit != 0 && out.size() > limit) out.resize(limit);
  return out;
}

Result<std::vector<Querier::ExemplarSeries>> MemoryStore::exemplars(std::span<const Matcher>,
                                                                    UnixMillis, UnixMillis) {
  return std::vector<ExemplarSeries>{};
}

std::vector<Metadata> MemoryStore::metadata(std::string_view, std::size_t) const {
  return {};
}

}  // namespace pharos::conformance

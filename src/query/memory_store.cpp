#include "query/memory_store.hpp"

#include <algorithm>
#include <set>

#include "query/histogram_math.hpp"

namespace pharos::query {
namespace {

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
  return !detect_reset(unhinted, before);
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

// The samples of [from_ms, to_ms].
void copy_range(const SampleColumn& all, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) {
  const auto first = std::ranges::lower_bound(all.t_ms, from_ms) - all.t_ms.begin();
  const auto last = std::max(std::ranges::upper_bound(all.t_ms, to_ms) - all.t_ms.begin(), first);
  const auto copy = [&](const auto& from, auto& to) {
    to.clear();
    if (!from.empty()) to.assign(from.begin() + first, from.begin() + last);
  };
  copy(all.t_ms, out.t_ms);
  copy(all.value, out.value);
  copy(all.histograms, out.histograms);
  copy(all.start_ms, out.start_ms);
}

struct Column {
  Labels labels;
  SampleColumn samples;
};

class MemorySelection : public Selection {
 public:
  explicit MemorySelection(std::vector<Column> columns) : columns_(std::move(columns)) {}
  std::size_t size() const override { return columns_.size(); }
  const Labels& labels(std::size_t series) const override { return columns_[series].labels; }
  Status read(std::size_t series, UnixMillis from_ms, UnixMillis to_ms,
              SampleColumn& out) const override {
    copy_range(columns_[series].samples, from_ms, to_ms, out);
    if (std::ranges::none_of(out.histograms, [](const auto& h) { return h != nullptr; }))
      out.histograms.clear();
    if (std::ranges::none_of(out.start_ms, [](auto t) { return t != 0; })) out.start_ms.clear();
    return {};
  }

 private:
  std::vector<Column> columns_;
};

struct Sample {
  double value = 0;
  HistogramPtr histogram;
  UnixMillis start_ms = 0;
};

// Every vector of the column is kept as long as its times, but empty while no sample needs it.
void put_sample(SampleColumn& column, UnixMillis t_ms, Sample sample) {
  if (sample.histogram && column.histograms.empty()) column.histograms.resize(column.size());
  if (sample.start_ms != 0 && column.start_ms.empty()) column.start_ms.resize(column.size());
  const auto at = std::ranges::lower_bound(column.t_ms, t_ms);
  const auto index = at - column.t_ms.begin();
  const bool with_histograms = !column.histograms.empty() || sample.histogram;
  const bool with_starts = !column.start_ms.empty() || sample.start_ms != 0;
  if (at == column.t_ms.end() || *at != t_ms) {
    column.t_ms.insert(at, t_ms);
    column.value.insert(column.value.begin() + index, 0);
    if (with_histograms) column.histograms.insert(column.histograms.begin() + index, nullptr);
    if (with_starts) column.start_ms.insert(column.start_ms.begin() + index, 0);
  }
  const auto place = static_cast<std::size_t>(index);
  column.value[place] = sample.value;
  if (with_starts) column.start_ms[place] = sample.start_ms;
  if (!with_histograms) return;
  const auto before = place == 0 ? HistogramPtr{} : column.histograms[place - 1];
  column.histograms[place] = with_stored_hint(before, sample.histogram);
  if (place + 1 < column.size())  // what follows may go on from this one now, or no more
    column.histograms[place + 1] =
        with_stored_hint(column.histograms[place], column.histograms[place + 1]);
}

void limit_to(std::size_t limit, auto& out) {
  if (limit != 0 && out.size() > limit) out.resize(limit);
}

}  // namespace

void MemoryStore::clear() {
  series_.clear();
  by_ref_.clear();
  refs_.clear();
}

void MemoryStore::drop_before(UnixMillis t_ms) {
  for (auto& [labels, column] : series_) {
    const auto n = std::ranges::lower_bound(column.t_ms, t_ms) - column.t_ms.begin();
    const auto cut = [n](auto& values) {
      if (!values.empty()) values.erase(values.begin(), values.begin() + n);
    };
    cut(column.t_ms);
    cut(column.value);
    cut(column.histograms);
    cut(column.start_ms);
  }
}

SampleColumn& MemoryStore::column(const Labels& labels) {
  return series_[labels];
}

void MemoryStore::put(const Labels& labels, UnixMillis t_ms, double value, UnixMillis start_ms) {
  put_sample(column(labels), t_ms, Sample{value, nullptr, start_ms});
}

void MemoryStore::put(const Labels& labels, UnixMillis t_ms, HistogramPtr histogram,
                      UnixMillis start_ms) {
  const double value = is_stale(*histogram) ? stale_nan() : 0;
  put_sample(column(labels), t_ms, Sample{value, std::move(histogram), start_ms});
}

std::vector<const MemoryStore::Columns::value_type*> MemoryStore::matching(
    std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms) const {
  std::vector<const Columns::value_type*> out;
  for (const auto& entry : series_) {
    const auto& times = entry.second.t_ms;
    const auto at = std::ranges::lower_bound(times, from_ms);
    if (at == times.end() || *at > to_ms) continue;
    if (std::ranges::all_of(matchers,
                            [&](const Matcher& m) { return m.matches(entry.first.get(m.name())); }))
      out.push_back(&entry);
  }
  return out;
}

Result<std::shared_ptr<const Selection>> MemoryStore::select(std::span<const Matcher> matchers,
                                                             UnixMillis from_ms, UnixMillis to_ms,
                                                             const SelectHints& hints) {
  std::vector<Column> columns;
  for (const auto* entry : matching(matchers, from_ms, to_ms)) {
    if (hints.series_max != 0 && columns.size() == hints.series_max)
      return fail(Errc::limit, "too many series");
    columns.push_back({entry->first, {}});
    copy_range(entry->second, from_ms, to_ms, columns.back().samples);
  }
  return std::shared_ptr<const Selection>(std::make_shared<MemorySelection>(std::move(columns)));
}

Result<std::vector<std::string>> MemoryStore::label_names(std::span<const Matcher> matchers,
                                                          UnixMillis from_ms, UnixMillis to_ms,
                                                          std::size_t limit) {
  std::set<std::string> names;
  for (const auto* entry : matching(matchers, from_ms, to_ms)) {
    for (const auto label : entry->first) names.emplace(label.name);
  }
  std::vector<std::string> out(names.begin(), names.end());
  limit_to(limit, out);
  return out;
}

Result<std::vector<std::string>> MemoryStore::label_values(std::string_view name,
                                                           std::span<const Matcher> matchers,
                                                           UnixMillis from_ms, UnixMillis to_ms,
                                                           std::size_t limit) {
  std::set<std::string> values;
  for (const auto* entry : matching(matchers, from_ms, to_ms)) {
    if (entry->first.contains(name)) values.emplace(entry->first.get(name));
  }
  std::vector<std::string> out(values.begin(), values.end());
  limit_to(limit, out);
  return out;
}

Result<std::vector<Labels>> MemoryStore::series(std::span<const Matcher> matchers,
                                                UnixMillis from_ms, UnixMillis to_ms,
                                                std::size_t limit) {
  std::vector<Labels> out;
  for (const auto* entry : matching(matchers, from_ms, to_ms)) out.push_back(entry->first);
  limit_to(limit, out);
  return out;
}

Result<std::vector<Querier::ExemplarSeries>> MemoryStore::exemplars(std::span<const Matcher>,
                                                                    UnixMillis, UnixMillis) {
  return std::vector<ExemplarSeries>{};
}

std::vector<Metadata> MemoryStore::metadata(std::string_view, std::size_t) const {
  return {};
}

Result<SeriesRef> MemoryStore::resolve(const Labels& labels) {
  const auto [at, fresh] = refs_.try_emplace(labels, SeriesRef::none);
  if (fresh) {
    by_ref_.push_back(&column(labels));
    at->second = static_cast<SeriesRef>(by_ref_.size());
  }
  return at->second;
}

void MemoryStore::resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets,
                          std::span<SeriesRef> refs, std::vector<ResolveError>& errors) {
  for (std::size_t i = 0; i < refs.size(); ++i) {
    const auto made =
        resolve(Labels::from_sorted(labels.subspan(offsets[i], offsets[i + 1] - offsets[i])));
    refs[i] = made ? *made : SeriesRef::none;
    if (!made) errors.push_back({static_cast<std::uint32_t>(i), made.error()});
  }
}

Result<AppendOutcome> MemoryStore::append(const AppendBatch& batch, const AppendOptions&) {
  AppendOutcome outcome;
  const auto place = [&](SeriesRef ref) -> SampleColumn* {
    const auto n = static_cast<std::uint64_t>(ref);
    return n == 0 || n > by_ref_.size() ? nullptr : by_ref_[n - 1];
  };
  const auto refuse = [&](Rejection::Kind kind, std::size_t index) {
    outcome.rejections.push_back(
        {kind, RejectReason::unknown_ref, static_cast<std::uint32_t>(index)});
    ++outcome.rejected;
  };
  for (std::size_t i = 0; i < batch.floats.size(); ++i) {
    const auto& sample = batch.floats[i];
    auto* const to = place(sample.ref);
    if (to == nullptr) {
      refuse(Rejection::Kind::floating, i);
      continue;
    }
    const auto start_ms = batch.float_start_ms.empty() ? 0 : batch.float_start_ms[i];
    put_sample(*to, sample.t_ms, Sample{sample.value, nullptr, start_ms});
    ++outcome.accepted;
  }
  for (std::size_t i = 0; i < batch.histograms.size(); ++i) {
    const auto& sample = batch.histograms[i];
    auto* const to = place(sample.ref);
    if (to == nullptr) {
      refuse(Rejection::Kind::histogram, i);
      continue;
    }
    const auto start_ms = batch.histogram_start_ms.empty() ? 0 : batch.histogram_start_ms[i];
    const double value = is_stale(*sample.histogram) ? stale_nan() : 0;
    put_sample(*to, sample.t_ms, Sample{value, sample.histogram, start_ms});
    ++outcome.accepted;
  }
  return outcome;
}

}  // namespace pharos::query

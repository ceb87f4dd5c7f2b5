#include "ingest/batch.hpp"

#include <algorithm>

#include "base/metric.hpp"

namespace pharos::ingest {
namespace {

constexpr std::size_t kKeepBytes = 4 << 20;  // a column larger than this is given back after its request

template <class T>
void reuse(std::vector<T>& column) {
  if (column.capacity() * sizeof(T) > kKeepBytes) std::vector<T>().swap(column);  // `= {}` would keep the memory
  else column.clear();
}

struct Stats {
  Counter samples{"pharos_ingest_samples_total", "Samples and histograms written by pushing senders."};
  Counter rejected{"pharos_ingest_rejected_total", "Samples, histograms and series of pushing senders refused."};
  Counter new_series{"pharos_ingest_series_resolved_total", "Label sets decoded and resolved because the cache did not know them."};
  Counter stale_refs{"pharos_ingest_stale_refs_total", "Series resolved again because the store had let them go."};
};
Stats& stats() {
  static Stats s;
  return s;
}

}  // namespace

Status finish_labels(std::vector<LabelView>& labels, std::size_t from) {
  const auto begin = labels.begin() + static_cast<std::ptrdiff_t>(from);
  const auto by_name = [](const LabelView& a, const LabelView& b) { return a.name < b.name; };
  if (!std::is_sorted(begin, labels.end(), by_name)) std::stable_sort(begin, labels.end(), by_name);
  const auto refuse = [&](std::string what) {
    auto text = to_text(std::span(labels).subspan(from));
    labels.resize(from);
    return fail(Errc::invalid, what.starts_with("invalid metric") ? what + text : "invalid labels for series, labels " + text + what);
  };
  bool named = false;
  for (auto at = begin; at != labels.end(); ++at) {
    if (at->name.empty() || !is_utf8(at->name) || !is_utf8(at->value)) return refuse("invalid metric name or labels, got ");
    if (at != begin && std::prev(at)->name == at->name) return refuse(", duplicated label " + std::string(at->name));
    named |= at->name == kMetricName && !at->value.empty();
  }
  if (!named) return refuse("invalid metric name or labels, got ");
  labels.erase(std::remove_if(begin, labels.end(), [](const LabelView& l) { return l.value.empty(); }), labels.end());
  return {};
}

std::string to_text(std::span<const LabelView> labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ", ";
    out += is_legacy_label_name(name) ? std::string(name) : go_quote(name);
    out += '=';
    out += go_quote(value);
    if (out.size() > 1000) return out + ", …}";
  }
  return out + '}';
}

void WriteOutcome::refuse(std::uint64_t count, std::string reason) {
  rejected += count;
  if (reasons.size() < kReasonsMax) reasons.push_back(std::move(reason));
}

std::string WriteOutcome::text() const {
  std::string out;
  for (const auto& reason : reasons) out += (out.empty() ? "" : "\n") + reason;
  if (rejected > reasons.size()) out += "\n… of " + std::to_string(rejected) + " refused in all";
  return out;
}

void Batch::clear() {
  reuse(series_);
  reuse(floats_);
  reuse(float_starts_);
  reuse(histogram_starts_);
  reuse(histograms_);
  reuse(exemplars_);
  reuse(metadata_);
  reuse(arena_.labels);
  arena_.texts.clear();
  unknown_ = 0;
}

void Batch::add(UnixMillis t_ms, HistogramPtr histogram, UnixMillis start_ms) {
  histograms_.push_back({series_.back().ref, t_ms, std::move(histogram)});
  if (start_ms || !histogram_starts_.empty()) {
    histogram_starts_.resize(histograms_.size(), 0);
    histogram_starts_.back() = start_ms;
  }
}

std::uint32_t Batch::end_of(std::size_t series, Rejection::Kind kind) const {
  const bool last = series + 1 == series_.size();
  switch (kind) {
    case Rejection::Kind::floating: return last ? static_cast<std::uint32_t>(floats_.size()) : series_[series + 1].floats;
    case Rejection::Kind::histogram: return last ? static_cast<std::uint32_t>(histograms_.size()) : series_[series + 1].histograms;
    default: return last ? static_cast<std::uint32_t>(exemplars_.size()) : series_[series + 1].exemplars;
  }
}

const Batch::Series& Batch::owner(Rejection::Kind kind, std::uint32_t index) const {
  // The last series that begins at or before the index: empty ones begin where their successor does.
  const auto begins = [&](const Series& s) {
    return kind == Rejection::Kind::floating ? s.floats : kind == Rejection::Kind::histogram ? s.histograms : s.exemplars;
  };
  const auto after = std::upper_bound(series_.begin(), series_.end(), index,
                                      [&](std::uint32_t i, const Series& s) { return i < begins(s); });
  return *std::prev(after);
}

// Decodes and resolves every series without a ref; what cannot be is refused by name.
void Batch::resolve(Appender& appender, SeriesCache& cache, const DecodeLabels& decode, WriteOutcome& outcome) {
  arena_.clear();
  offsets_.clear();
  resolved_.clear();
  for (std::uint32_t i = 0; i < series_.size(); ++i) {
    auto& s = series_[i];
    if (s.ref != SeriesRef::none || s.refused) continue;
    const auto from = arena_.labels.size();
    if (auto decoded = decode(s.raw, s.tag, arena_); !decoded) {
      arena_.labels.resize(from);
      s.refused = true;
      outcome.refuse(1, std::move(decoded).error().message);
      continue;
    }
    offsets_.push_back(static_cast<std::uint32_t>(from));
    resolved_.push_back(i);
  }
  if (resolved_.empty()) return;
  offsets_.push_back(static_cast<std::uint32_t>(arena_.labels.size()));
  refs_.assign(resolved_.size(), SeriesRef::none);
  std::vector<Appender::ResolveError> errors;
  appender.resolve(arena_.labels, offsets_, refs_, errors);
  stats().new_series.add(static_cast<double>(resolved_.size()));
  for (const auto& error : errors) {
    if (error.error.code == Errc::io || error.error.code == Errc::unavailable) outcome.failure = error.error;
    else outcome.refuse(1, error.error.message);
  }
  std::vector<SeriesCache::Known> known;
  known.reserve(resolved_.size());
  for (std::size_t i = 0; i < resolved_.size(); ++i) {
    auto& s = series_[resolved_[i]];
    s.ref = refs_[i];
    s.refused = refs_[i] == SeriesRef::none;
    if (!s.refused) known.push_back({s.key, s.ref});
  }
  cache.insert(known);
}

void Batch::assign_refs(bool remove_refused) {
  for (std::size_t i = 0; i < series_.size(); ++i) {
    const auto ref = series_[i].refused ? SeriesRef::none : series_[i].ref;
    for (auto k = series_[i].floats; k < end_of(i, Rejection::Kind::floating); ++k) floats_[k].ref = ref;
    for (auto k = series_[i].histograms; k < end_of(i, Rejection::Kind::histogram); ++k) histograms_[k].ref = ref;
    for (auto k = series_[i].exemplars; k < end_of(i, Rejection::Kind::exemplar); ++k) exemplars_[k].ref = ref;
  }
  if (!remove_refused) return;
  // Samples of refused series leave; the series' ranges follow.
  const auto compact = [&](auto& column, auto& starts, std::uint32_t Series::*begin) {
    std::size_t kept = 0, k = 0;
    for (auto& s : series_) {
      for (; k < s.*begin; ++k) {
        if (column[k].ref == SeriesRef::none) continue;
        if (!starts.empty()) starts[kept] = starts[k];
        if (kept != k) column[kept] = std::move(column[k]);
        ++kept;
      }
      s.*begin = static_cast<std::uint32_t>(kept);
    }
    for (; k < column.size(); ++k) {
      if (column[k].ref == SeriesRef::none) continue;
      if (!starts.empty()) starts[kept] = starts[k];
      if (kept != k) column[kept] = std::move(column[k]);
      ++kept;
    }
    column.resize(kept);
    if (!starts.empty()) starts.resize(kept);
  };
  std::vector<UnixMillis> none;
  compact(floats_, float_starts_, &Series::floats);
  compact(histograms_, histogram_starts_, &Series::histograms);
  compact(exemplars_, none, &Series::exemplars);
}

WriteOutcome Batch::commit(Appender& appender, SeriesCache& cache, const DecodeLabels& decode,
                           const AppendOptions& options) {
  WriteOutcome outcome;
  if (unknown_) {
    resolve(appender, cache, decode, outcome);
    if (outcome.failure) return outcome;
    assign_refs(outcome.rejected != 0);
  }
  // Once more at most: the store may have let series go since the cache learnt them.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!float_starts_.empty()) float_starts_.resize(floats_.size(), 0);
    if (!histogram_starts_.empty()) histogram_starts_.resize(histograms_.size(), 0);
    AppendBatch batch{floats_, float_starts_, histograms_, histogram_starts_, exemplars_, metadata_};
    auto appended = appender.append(batch, options);
    if (!appended) {
      outcome.failure = std::move(appended).error();
      return outcome;
    }
    const auto unlisted = appended->rejected > appended->rejections.size() ? appended->rejected - appended->rejections.size() : 0;
    const auto is_stale = [](const Rejection& r) { return r.reason == RejectReason::unknown_ref; };
    if (attempt == 0 && unlisted && std::any_of(appended->rejections.begin(), appended->rejections.end(), is_stale)) {
      // Too many to be told which: everything goes again. What was taken already is an equal duplicate.
      stats().stale_refs.add(static_cast<double>(series_.size()));
      for (auto& s : series_) s.ref = SeriesRef::none;
      resolve(appender, cache, decode, outcome);
      if (outcome.failure) return outcome;
      assign_refs(true);
      continue;
    }
    std::uint64_t refused_floats = 0, refused_histograms = 0, refused_exemplars = 0, stale = 0;
    std::vector<bool> again(attempt == 0 && !appended->rejections.empty() ? series_.size() : 0);
    for (const auto& rejection : appended->rejections) {
      (rejection.kind == Rejection::Kind::floating    ? refused_floats
       : rejection.kind == Rejection::Kind::histogram ? refused_histograms
                                                      : refused_exemplars)++;
      const auto& s = owner(rejection.kind, rejection.index);
      if (rejection.reason == RejectReason::unknown_ref && attempt == 0) {
        ++stale;
        again[static_cast<std::size_t>(&s - series_.data())] = true;
        continue;
      }
      if (outcome.reasons.size() >= WriteOutcome::kReasonsMax) {
        ++outcome.rejected;
        continue;
      }
      LabelArena arena;
      std::string labels;
      if (decode(s.raw, s.tag, arena)) labels = " for series " + to_text(arena.labels);
      outcome.refuse(1, std::string(name(rejection.reason)) + labels);
    }
    outcome.rejected += unlisted;
    refused_floats += std::min<std::uint64_t>(unlisted, floats_.size() - std::min<std::uint64_t>(floats_.size(), refused_floats));
    outcome.samples += floats_.size() - std::min<std::uint64_t>(refused_floats, floats_.size());
    outcome.histograms += histograms_.size() - std::min<std::uint64_t>(refused_histograms, histograms_.size());
    outcome.exemplars += appended->exemplars;
    if (!stale) break;
    // Only the series that were not known any more go a second time, whole: none of their samples was taken.
    stats().stale_refs.add(static_cast<double>(stale));
    metadata_.clear();
    for (std::size_t i = 0; i < series_.size(); ++i) {
      series_[i].refused = !again[i];
      if (again[i]) series_[i].ref = SeriesRef::none;
    }
    resolve(appender, cache, decode, outcome);
    if (outcome.failure) return outcome;
    assign_refs(true);
  }
  stats().samples.add(static_cast<double>(outcome.samples + outcome.histograms));
  if (outcome.rejected) stats().rejected.add(static_cast<double>(outcome.rejected));
  return outcome;
}

}  // namespace pharos::ingest

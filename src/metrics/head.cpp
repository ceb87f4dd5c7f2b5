#include "metrics/head.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

void Head::grow(Slot slots) {
  if (slots <= series_.size()) return;
  if (slots > series_.capacity()) series_.reserve(std::max<std::size_t>(slots, series_.capacity() + series_.capacity() / 4));
  series_.resize(slots);
}

void Head::forget(Slot slot) {
  if (slot >= series_.size()) return;
  clear_open(slot);
  auto& lane = this->lane(slot);
  if (const auto late = lane.late.find(slot); late != lane.late.end()) {
    lane.late_samples -= late->second.size();
    lane.late.erase(late);
  }
  lane.rich.erase(slot);
  series_[slot] = {};
}

// Finds the place of time t in a column: the series' own column as a rule; else the column of the series
// before it in the batch, which the same target exposes; else a column of its own.
void Head::place(Lane& lane, Slot slot, Series& series, UnixMillis t_ms) {
  if (series.count == 0) {
    if (lane.neighbour != kNoNeighbour) {
      const auto& other = series_[lane.neighbour];
      const std::size_t at = std::size_t{other.begin} + other.count - 1;
      if (other.count > 0 && lane.columns.time(other.column, at) == t_ms) {
        series.column = other.column;
        series.begin = static_cast<std::uint16_t>(at);
        lane.columns.share(series.column);
        lane.neighbour = slot;
        return;
      }
    }
    series.column = lane.columns.create({&t_ms, 1});
    series.begin = 0;
    lane.neighbour = slot;
    return;
  }
  lane.neighbour = slot;
  const std::size_t at = std::size_t{series.begin} + series.count;
  const auto size = lane.columns.size(series.column);
  if (at < size) {
    if (lane.columns.time(series.column, at) == t_ms) return;
  } else if (at < TimeColumns::kLengthMax) {
    lane.columns.push(series.column, t_ms);
    return;
  }
  // Its target's other series got a sample that this one did not: it goes on alone until it is sealed.
  std::vector<UnixMillis> own(lane.columns.times(series.column).begin() + series.begin,
                              lane.columns.times(series.column).begin() + series.begin + series.count);
  own.push_back(t_ms);
  lane.columns.drop(series.column);
  series.column = lane.columns.create(own);
  series.begin = 0;
}

void Head::push_value(Lane& lane, Series& series, double value) {
  const std::size_t count = series.count;
  if (series.kept == Kept::constant) {
    if (count == 0 || same_bits(value, series.last_value)) return;
    for (std::size_t i = 0; i < count; ++i) lane.runs.push(series.run, i, series.last_value);
    series.kept = Kept::run;
  }
  lane.runs.push(series.run, count, value);
}

Head::Stored Head::append(Slot slot, UnixMillis t_ms, double value) {
  auto& series = series_[slot];
  if (t_ms <= series.last_ms && series.last_ms != kNever) {
    if (t_ms < series.last_ms) return {Verdict::late, false};
    const bool same = !series.last_is_histogram && same_bits(value, series.last_value);
    return {same ? Verdict::same : Verdict::duplicate, false};
  }
  if (is_full(series)) return {Verdict::full, true};
  auto& lane = this->lane(slot);
  place(lane, slot, series, t_ms);
  if (series.kept == Kept::rich) {
    auto& rich = lane.rich[slot];
    rich.values.push_back(value);
    if (!rich.histograms.empty()) rich.histograms.push_back(nullptr);
    if (!rich.starts.empty()) rich.starts.push_back(0);
  } else {
    push_value(lane, series, value);
  }
  ++series.count;
  if (series.first_ms == kNever) series.first_ms = t_ms;
  series.last_ms = t_ms;
  series.last_value = value;
  series.last_is_histogram = false;
  return {Verdict::stored, is_full(series)};
}

std::size_t Head::append(Slot first, UnixMillis t_ms, std::span<const double> values) {
  auto& lane = this->lane(first);
  // Where the time stands for the series before: as a rule the same place serves the next one.
  auto column = TimeColumns::kNone;
  std::size_t at = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto slot = first + static_cast<Slot>(i);
    auto& series = series_[slot];
    if (is_full(series) && t_ms > series.last_ms) return i;
    const bool shared = series.count > 0 && series.column == column && std::size_t{series.begin} + series.count == at;
    if (!shared || series.kept == Kept::rich || t_ms <= series.last_ms) {
      if (append(slot, t_ms, values[i]).verdict != Verdict::stored) continue;
      column = series.column;
      at = std::size_t{series.begin} + series.count - 1;
      continue;
    }
    lane.neighbour = slot;
    push_value(lane, series, values[i]);
    ++series.count;
    series.last_ms = t_ms;
    series.last_value = values[i];
    series.last_is_histogram = false;
  }
  return values.size();
}

Head::Rich& Head::make_rich(Lane& lane, Slot slot, Series& series) {
  auto& rich = lane.rich[slot];
  if (series.kept == Kept::rich) return rich;
  rich.values.clear();
  rich.values.assign(series.count, series.last_value);
  if (series.kept == Kept::run) {
    lane.runs.read(series.run, series.count, rich.values.data());
    lane.runs.clear(series.run);
  }
  series.kept = Kept::rich;
  return rich;
}

Head::Stored Head::append(Slot slot, UnixMillis t_ms, const HistogramPtr& histogram) {
  auto& series = series_[slot];
  auto& lane = this->lane(slot);
  if (t_ms <= series.last_ms && series.last_ms != kNever) {
    if (t_ms < series.last_ms) return {Verdict::late, false};
    const auto rich = lane.rich.find(slot);
    const bool same = series.last_is_histogram && rich != lane.rich.end() && rich->second.last &&
                      rich->second.last->identical(*histogram);
    return {same ? Verdict::same : Verdict::duplicate, false};
  }
  if (is_full(series)) return {Verdict::full, true};
  place(lane, slot, series, t_ms);
  auto& rich = make_rich(lane, slot, series);
  rich.histograms.resize(series.count);
  rich.histograms.push_back(histogram);
  rich.values.push_back(is_stale(*histogram) ? stale_nan() : 0);
  if (!rich.starts.empty()) rich.starts.push_back(0);
  rich.last = histogram;
  ++series.count;
  if (series.first_ms == kNever) series.first_ms = t_ms;
  series.last_ms = t_ms;
  series.last_value = rich.values.back();
  series.last_is_histogram = true;
  return {Verdict::stored, is_full(series)};
}

void Head::set_start(Slot slot, UnixMillis start_ms) {
  auto& series = series_[slot];
  if (series.count == 0) return;
  auto& rich = make_rich(lane(slot), slot, series);
  rich.starts.resize(series.count);
  rich.starts.back() = start_ms;
}

Head::Late Head::append_late(Slot slot, UnixMillis t_ms, double value, const HistogramPtr& histogram, UnixMillis start_ms) {
  auto& series = series_[slot];
  auto& lane = this->lane(slot);
  const auto equals = [&](double v, const HistogramPtr& h) {
    return histogram ? h && h->identical(*histogram) : !h && same_bits(v, value);
  };
  // Against the open samples: an equal time is a repetition or a conflict.
  if (series.count > 0) {
    const auto times = lane.columns.times(series.column).subspan(series.begin, series.count);
    const auto found = std::lower_bound(times.begin(), times.end(), t_ms);
    if (found != times.end() && *found == t_ms) {
      SampleColumn open, late;
      read(slot, t_ms, t_ms, open, late);
      return equals(open.value.at(0), open.histograms.empty() ? nullptr : open.histograms[0]) ? Late::same : Late::duplicate;
    }
  }
  auto& column = lane.late[slot];
  const auto at = static_cast<std::size_t>(std::lower_bound(column.t_ms.begin(), column.t_ms.end(), t_ms) - column.t_ms.begin());
  if (at < column.size() && column.t_ms[at] == t_ms) {
    return equals(column.value[at], column.histograms.empty() ? nullptr : column.histograms[at]) ? Late::same : Late::duplicate;
  }
  if (histogram && column.histograms.empty()) column.histograms.resize(column.size());
  if (start_ms != 0 && column.start_ms.empty()) column.start_ms.resize(column.size());
  const auto offset = static_cast<std::ptrdiff_t>(at);
  if (histogram || !column.histograms.empty()) column.histograms.insert(column.histograms.begin() + offset, histogram);
  if (start_ms != 0 || !column.start_ms.empty()) column.start_ms.insert(column.start_ms.begin() + offset, start_ms);
  column.t_ms.insert(column.t_ms.begin() + offset, t_ms);
  column.value.insert(column.value.begin() + offset, histogram ? (is_stale(*histogram) ? stale_nan() : 0) : value);
  ++lane.late_samples;
  if (series.first_ms == kNever || t_ms < series.first_ms) series.first_ms = t_ms;
  return Late::stored;
}

void Head::remember(Slot slot, UnixMillis first_ms, UnixMillis last_ms) {
  auto& series = series_[slot];
  if (series.first_ms == kNever || first_ms < series.first_ms) series.first_ms = first_ms;
  if (series.last_ms == kNever || last_ms > series.last_ms) series.last_ms = last_ms;
}

void Head::remember_value(Slot slot, double value, const HistogramPtr& histogram) {
  auto& series = series_[slot];
  series.last_value = value;
  series.last_is_histogram = histogram != nullptr;
  if (histogram) lane(slot).rich[slot].last = histogram;
}

UnixMillis Head::open_from(Slot slot) const {
  const auto& series = series_[slot];
  return series.count == 0 ? kNever : lane(slot).columns.time(series.column, series.begin);
}

bool Head::open_granule(Slot slot, Open& scratch, Granule& out) const {
  const auto& series = series_[slot];
  if (series.count == 0) return false;
  const auto& lane = this->lane(slot);
  out = {};
  out.t_ms = lane.columns.times(series.column).subspan(series.begin, series.count);
  if (series.kept == Kept::rich) {
    const auto& rich = lane.rich.at(slot);
    out.value = rich.values;
    out.histograms = rich.histograms;
    out.start_ms = rich.starts;
  } else {
    scratch.values.assign(series.count, series.last_value);
    if (series.kept == Kept::run) lane.runs.read(series.run, series.count, scratch.values.data());
    out.value = scratch.values;
  }
  return true;
}

void Head::read(Slot slot, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& open, SampleColumn& late) const {
  if (slot >= series_.size()) return;
  const auto& series = series_[slot];
  const auto& lane = this->lane(slot);
  if (series.count > 0) {
    const auto times = lane.columns.times(series.column).subspan(series.begin, series.count);
    const auto from = static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), from_ms) - times.begin());
    const auto to = static_cast<std::size_t>(std::upper_bound(times.begin(), times.end(), to_ms) - times.begin());
    if (from < to) {
      const auto own = times.subspan(from, to - from);
      if (series.kept == Kept::constant && open.histograms.empty() && open.start_ms.empty()) {
        open.t_ms.insert(open.t_ms.end(), own.begin(), own.end());
        open.value.resize(open.t_ms.size(), series.last_value);
      } else {
        thread_local Open scratch;
        Granule granule;
        open_granule(slot, scratch, granule);
        metrics::append(open, SampleSpan(granule.t_ms, granule.value, granule.histograms, granule.start_ms).between(from_ms, to_ms));
      }
    }
  }
  if (!lane.late.empty()) {
    if (const auto found = lane.late.find(slot); found != lane.late.end()) {
      metrics::append(late, SampleSpan(found->second).between(from_ms, to_ms));
    }
  }
}

void Head::free_values(Lane& lane, Slot slot, Series& series) {
  if (series.kept == Kept::rich) {
    auto& rich = lane.rich[slot];
    if (series.last_is_histogram) {  // the newest stays known, for duplicates
      rich.values.clear(), rich.histograms.clear(), rich.starts.clear();
    } else {
      lane.rich.erase(slot);
    }
  } else if (series.kept == Kept::run) {
    lane.runs.clear(series.run);
  }
  series.kept = Kept::constant;
}

void Head::clear_open(Slot slot) {
  auto& series = series_[slot];
  if (series.count == 0) return;
  auto& lane = this->lane(slot);
  free_values(lane, slot, series);
  lane.columns.drop(series.column);
  series.column = TimeColumns::kNone;
  series.count = 0;
  if (lane.neighbour == slot) lane.neighbour = kNoNeighbour;
}

void Head::drop_open_until(Slot slot, UnixMillis to_ms) {
  if (slot >= series_.size() || series_[slot].count == 0 || open_from(slot) > to_ms) return;
  if (series_[slot].last_ms <= to_ms) return clear_open(slot);
  SampleColumn rest, late;
  read(slot, to_ms + 1, std::numeric_limits<UnixMillis>::max(), rest, late);
  replace_open(slot, rest);
}

void Head::replace_open(Slot slot, const SampleColumn& samples) {
  auto& series = series_[slot];
  const auto first = series.first_ms, last = series.last_ms;
  const auto last_value = series.last_value;
  const bool last_is_histogram = series.last_is_histogram;
  auto& lane = this->lane(slot);
  const auto rich = lane.rich.find(slot);
  const auto newest = rich == lane.rich.end() ? nullptr : rich->second.last;
  clear_open(slot);
  begin_batch(lane_of(slot));
  series.last_ms = kNever;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!samples.histograms.empty() && samples.histograms[i]) append(slot, samples.t_ms[i], samples.histograms[i]);
    else append(slot, samples.t_ms[i], samples.value[i]);
    if (!samples.start_ms.empty() && samples.start_ms[i] != 0) set_start(slot, samples.start_ms[i]);
  }
  begin_batch(lane_of(slot));
  series.first_ms = first;
  if (samples.empty()) {  // the newest sample is gone, but not the order it set
    series.last_value = last_value;
    series.last_is_histogram = last_is_histogram;
    if (newest) lane.rich[slot].last = newest;
  }
  series.last_ms = std::max(last, series.last_ms);
}

void Head::each_late(const std::function<void(Slot, const SampleColumn&)>& visit) const {
  for (const auto& lane : lanes_)
    for (const auto& [slot, column] : lane.late) visit(slot, column);
}

void Head::clear_late() {
  for (auto& lane : lanes_) {
    lane.late.clear();
    lane.late_samples = 0;
  }
}

void Head::replace_late(Slot slot, const SampleColumn& samples) {
  auto& lane = this->lane(slot);
  const auto found = lane.late.find(slot);
  if (found == lane.late.end()) return;
  lane.late_samples -= found->second.size();
  lane.late_samples += samples.size();
  if (samples.empty()) lane.late.erase(found);
  else found->second = samples;
}

std::uint64_t Head::bytes() const {
  std::uint64_t total = series_.capacity() * sizeof(Series);
  for (const auto& lane : lanes_) {
    total += lane.runs.bytes() + lane.columns.bytes() + lane.late_samples * 16 + lane.rich.size() * sizeof(Rich);
  }
  return total;
}

}  // namespace pharos::metrics

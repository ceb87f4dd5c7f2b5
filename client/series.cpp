#include "pharos/series.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <mutex>

#include "pharos/counter.hpp"
#include "pharos/gauge.hpp"
#include "pharos/histogram.hpp"
#include "pharos/problem.hpp"

namespace pharos::client {
namespace detail {

Bounds::Bounds(Range range) noexcept {
  count = range.size < 254 ? range.size : 254;
  for (std::uint32_t i = 0; i < count; ++i) bound[i] = range.data[i];
  bound[count] = std::numeric_limits<double>::infinity();
  // As fine a table as 512 entries allow; linear from the first bound where they do not, or where
  // it is not positive.
  key_low = 0, keys = 1, shift = 63, first[0] = 0;
  if (!count || !(bound[0] > 0)) return;
  for (std::uint32_t s = 49; s <= 52; ++s) {
    const auto low = as_bits(bound[0]) >> s, high = as_bits(bound[count - 1]) >> s;
    if (high - low + 2 > sizeof first) continue;
    shift = s, key_low = static_cast<std::uint32_t>(low),
    keys = static_cast<std::uint32_t>(high - low + 2);
    std::uint32_t i = 0;
    for (std::uint32_t k = 0; k < keys; ++k) {
      const double edge = as_double((low + k) << s);  // the least value with this key
      while (i < count && bound[i] < edge) ++i;
      first[k] = static_cast<std::uint8_t>(i);
    }
    return;
  }
}

Native::Native(std::int8_t s) noexcept
    : schema(s), per_octave(1U << s), side((kOctaveHigh - kOctaveLow) << s) {
  for (std::uint32_t j = 0; j < per_octave; ++j)
    bound[j] = std::exp2(static_cast<double>(j) / per_octave);
  std::uint32_t j = 0;
  for (std::uint32_t k = 0; k < 64; ++k) {
    while (j < per_octave && bound[j] < 1 + k / 64.0) ++j;
    first[k] = static_cast<std::uint8_t>(j);
  }
}

void ExemplarSlot::put(const TraceContext& context, double value) noexcept {
  std::uint32_t version = version_.load(std::memory_order_relaxed);
  if (version & 1 ||
      !version_.compare_exchange_strong(version, version + 1, std::memory_order_acq_rel))
    return;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  const std::uint64_t words[5] = {context.trace_high, context.trace_low, context.span,
                                  as_bits(value), static_cast<std::uint64_t>(now)};
  // Released word by word: a reader that sees a new word sees the odd version too.
  for (int i = 0; i < 5; ++i) words_[i].store(words[i], std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

bool ExemplarSlot::get(Exemplar& out) const noexcept {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const auto before = version_.load(std::memory_order_acquire);
    if (before == 0) return false;
    std::uint64_t words[5];
    for (int i = 0; i < 5; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    if (!(before & 1) && version_.load(std::memory_order_relaxed) == before) {
      out.context = {words[0], words[1], words[2], true};
      out.value = as_double(words[3]);
      out.unix_ms = static_cast<std::int64_t>(words[4]);
      return true;
    }
  }
  return false;
}

Series& inert_series(Type type) noexcept {
  static const Bounds bounds{Range{}};
  static Series& plain = *new Series;
  static Series& histogram = []() -> Series& {
    auto& series = *new Series;
    series.bounds = &bounds;
    return series;
  }();
  return type == Type::histogram || type == Type::summary ? histogram : plain;
}

namespace {
std::mutex gauge_mutex;  // of set on a gauge that is also added to
}

double gauge_value(const Series& series) noexcept {
  double value = as_double(series.base.load(std::memory_order_relaxed));
  if (series.added.load(std::memory_order_relaxed)) {
    Snapshot snapshot;
    value += snapshot.sum(series.slot);
  }
  return value;
}

void set_added_gauge(Series& series, double value) noexcept {
  if (series.slot == kTrash) return;
  std::lock_guard lock(gauge_mutex);
  Snapshot snapshot;
  series.base.store(as_bits(value - snapshot.sum(series.slot)), std::memory_order_relaxed);
}

void refuse(double value) noexcept {
  report(Problem::value, value < 0 ? "counter" : "sample",
         value < 0 ? "a counter cannot go down: not counted" : "not a finite number: not recorded");
}

}  // namespace detail

double Counter::value() const noexcept {
  if (slot_ == detail::kTrash) return 0;
  detail::Snapshot snapshot;
  return static_cast<double>(snapshot.count(slot_)) + snapshot.sum(slot_ + 1);
}

void Gauge::set_to_now() const noexcept {
  set(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::uint64_t Histogram::count() const noexcept {
  const bool classic = bounds_ != nullptr;
  std::uint32_t slot = classic ? slot_ + 1 : series_->native_slot + 1;
  std::uint32_t n = classic ? bounds_->count + 1 : series_->native->cells() - 1;
  if (slot_ == detail::kTrash && classic) return 0;
  detail::Snapshot snapshot;
  std::uint64_t total = 0, some[64];
  while (n) {
    const std::uint32_t take = n < 64 ? n : 64;
    snapshot.counts(slot, take, some);
    for (std::uint32_t i = 0; i < take; ++i) total += some[i];
    slot += take, n -= take;
  }
  return total;
}

double Histogram::sum() const noexcept {
  const auto slot = bounds_ ? slot_ : series_->native_slot;
  if (slot == detail::kTrash) return 0;
  detail::Snapshot snapshot;
  return snapshot.sum(slot);
}

void Histogram::put_exemplar(double value, const TraceContext& context) const noexcept {
  if (bounds_) {
    series_->exemplars[bounds_->bucket(value)].put(context, value);
  } else {  // native: eight, spread over the magnitudes
    series_->exemplars[detail::as_bits(value) >> 52 & 7].put(context, value);
  }
}

}  // namespace pharos::client

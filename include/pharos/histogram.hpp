#pragma once
#include <chrono>

#include "pharos/series.hpp"

namespace pharos::client {

// A distribution in buckets: classic bounds, native exponential ones, or both. 4 ns per record.
class Histogram {
 public:
  Histogram() noexcept : Histogram(detail::inert_series(Type::histogram)) {}
  explicit Histogram(detail::Series& series) noexcept
      : series_(&series), bounds_(series.bounds), slot_(series.slot) {}
  Histogram(const char* name, const char* help, Range bounds = kSeconds);
  explicit Histogram(const Metric<Type::histogram, 0>& metric);

  void record(double value) const noexcept { record_many(value, 1); }
  // As often as that: for what is counted in bulk, a simulation or a log that is read again.
  void record_many(double value, std::uint64_t times) const noexcept {
    if (!(value == value)) return detail::refuse(value);
    if (bounds_) {
      detail::Cell* const cells = &detail::cell(slot_);
      const std::uint32_t bucket = bounds_->bucket(value);
      detail::bump(cells[0], value * static_cast<double>(times));
      // A series that fits a page lies within one: no second look-up.
      detail::bump(__builtin_expect(bounds_->count + 2 <= detail::kPageCells, 1)
                       ? cells[1 + bucket]
                       : detail::cell(slot_ + 1 + bucket),
                   times);
      if (__builtin_expect(series_->native == nullptr, 1)) return;
    }
    record_native(value, times);
  }
  void record(std::chrono::nanoseconds time) const noexcept {
    record(static_cast<double>(time.count()) * 1e-9);
  }  // in seconds
  // Keeps the trace as the bucket's exemplar where the definition says with_exemplars().
  void record(double value, const TraceContext& context) const noexcept {
    record(value);
    if (context && series_->exemplars) put_exemplar(value, context);
  }
  std::uint64_t count() const noexcept;
  double sum() const noexcept;

 private:
  void record_native(double value, std::uint64_t times) const noexcept {
    const detail::Native& native = *series_->native;
    const std::uint32_t slot = series_->native_slot;
    detail::bump(detail::cell(slot), value * static_cast<double>(times));
    const double magnitude = value < 0 ? -value : value;
    std::uint32_t at = 1;
    if (magnitude > 0x1p-40) at = 2 + native.bucket(magnitude) + (value < 0 ? native.side : 0);
    detail::bump(detail::cell(slot + at), times);
  }
  void put_exemplar(double value, const TraceContext& context) const noexcept;

  detail::Series* series_;
  const detail::Bounds* bounds_;
  std::uint32_t slot_;
};

// A sliding window's quantiles, worked out at the scrape from exponential buckets of 2.2 % (so
// within 1.1 %). The window is cut at scrapes: with one every minute it is exact to the minute.
class Summary {
 public:
  Summary() noexcept : Summary(detail::inert_series(Type::summary)) {}
  explicit Summary(detail::Series& series) noexcept : histogram_(series) {}
  Summary(const char* name, const char* help, Range quantiles = kQuantiles);
  explicit Summary(const Metric<Type::summary, 0>& metric);

  void record(double value) const noexcept { histogram_.record(value); }
  void record_many(double value, std::uint64_t times) const noexcept {
    histogram_.record_many(value, times);
  }
  void record(std::chrono::nanoseconds time) const noexcept { histogram_.record(time); }
  std::uint64_t count() const noexcept { return histogram_.count(); }
  double sum() const noexcept { return histogram_.sum(); }

 private:
  Histogram histogram_;
};

// Records the time from its making to the end of the scope, in seconds.
template <class H = Histogram>
class Timer {
 public:
  explicit Timer(H into) noexcept : into_(into), begin_(std::chrono::steady_clock::now()) {}
  ~Timer() { into_.record(std::chrono::steady_clock::now() - begin_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  H into_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace pharos::client

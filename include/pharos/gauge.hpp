#pragma once
#include "pharos/series.hpp"

namespace pharos::client {

// A value that goes up and down. `set` is one store; `add` is as flat over threads as a counter's.
// Both on one gauge work, but then `set` takes a lock.
class Gauge {
 public:
  Gauge() noexcept : Gauge(detail::inert_series(Type::gauge)) {}
  explicit Gauge(detail::Series& series) noexcept : series_(&series), slot_(series.slot) {}
  Gauge(const char* name, const char* help);
  explicit Gauge(const Metric<Type::gauge, 0>& metric);

  void set(double value) const noexcept {
    if (__builtin_expect(series_->added.load(std::memory_order_relaxed), 0))
      return detail::set_added_gauge(*series_, value);
    series_->base.store(detail::as_bits(value), std::memory_order_relaxed);
  }
  void add(double by = 1) const noexcept {
    if (!(by - by == 0)) return detail::refuse(by);  // NaN or Inf would stay for ever
    if (__builtin_expect(!series_->added.load(std::memory_order_relaxed), 0))
      series_->added.store(true, std::memory_order_relaxed);
    detail::bump(detail::cell(slot_), by);
  }
  void subtract(double by = 1) const noexcept { add(-by); }
  void set_to_now() const noexcept;  // Unix seconds
  double value() const noexcept { return detail::gauge_value(*series_); }

 private:
  detail::Series* series_;
  std::uint32_t slot_;
};

// Counts what is under way: up when made, down at the end of the scope.
class InFlight {
 public:
  explicit InFlight(Gauge gauge) noexcept : gauge_(gauge) { gauge_.add(1); }
  ~InFlight() { gauge_.add(-1); }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  Gauge gauge_;
};

}  // namespace pharos::client

#pragma once
#include <type_traits>

#include "pharos/series.hpp"

namespace pharos::client {

// A count that only rises. A handle of 16 bytes: copy it, keep it where the event happens. 2 ns per
// add, any number of threads. Whole numbers are exact to 2^64; fractions add up in a cell of their
// own.
class Counter {
 public:
  Counter() noexcept : series_(&detail::inert_series(Type::counter)), slot_(detail::kTrash) {}
  explicit Counter(detail::Series& series) noexcept : series_(&series), slot_(series.slot) {}
  Counter(const char* name, const char* help);  // without labels, in Registry::standard()
  explicit Counter(const Metric<Type::counter, 0>& metric);

  void add() const noexcept { detail::bump(detail::cell(slot_), std::uint64_t{1}); }
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  void add(T n) const noexcept {
    if constexpr (std::is_floating_point_v<T>) {
      if (!(n >= 0)) return detail::refuse(static_cast<double>(n));
      detail::bump(detail::cell(slot_ + 1), static_cast<double>(n));
    } else {
      if constexpr (std::is_signed_v<T>) {
        if (n < 0) return detail::refuse(static_cast<double>(n));
      }
      detail::bump(detail::cell(slot_), static_cast<std::uint64_t>(n));
    }
  }
  // With the trace it belongs to, shown beside the count (OpenMetrics, protobuf).
  template <class T>
  void add(T n, const TraceContext& context) const noexcept {
    add(n);
    if (context && series_->exemplars) series_->exemplars[0].put(context, static_cast<double>(n));
  }
  double value() const noexcept;  // of all threads; not for hot paths

 private:
  detail::Series* series_;
  std::uint32_t slot_;
};

}  // namespace pharos::client

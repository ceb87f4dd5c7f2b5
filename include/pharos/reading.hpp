// A registry's values without a page between: for programs that put them somewhere else than
// /metrics.
//
//   Reading reading;
//   registry.each([&](const detail::Family& family) {
//     family.each([&](const detail::Series& series) {
//       reading.read(family, series, now_seconds);        // the threads added up
//       each_label(series, [&](std::string_view name, std::string_view value) { … });
//     });
//   });
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "pharos/registry.hpp"

namespace pharos::client {

struct Reading {
  std::uint64_t whole = 0;  // counter: its value is whole + value
  double value = 0;         // gauge, or a counter's fractions
  std::uint64_t count = 0;
  double sum = 0;
  std::vector<std::uint64_t> buckets;  // classic, not cumulative, +Inf last; empty for native only
  std::uint64_t zeros = 0;             // native
  // Native buckets by Prometheus' index, ascending, no empty ones.
  std::vector<std::pair<int, std::uint64_t>> positive, negative;
  std::vector<double> quantiles;  // summary, in the definition's order

  // Within Family::each. `now_seconds`: any steady clock, for the windows of summaries. The vectors
  // keep their memory from one series to the next.
  void read(const detail::Family& family, const detail::Series& series, std::int64_t now_seconds);

 private:
  std::vector<std::uint64_t> scratch_;
};

void each_label(const detail::Series& series,
                const std::function<void(std::string_view name, std::string_view value)>& use);

}  // namespace pharos::client

// A series' values, the threads added up, in the form the pages are written from.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "pharos/registry.hpp"

namespace pharos::client::detail {

struct Reading {
  std::uint64_t whole = 0;  // counter: value = whole + value
  double value = 0;         // gauge, or a counter's fractions
  std::uint64_t count = 0;
  double sum = 0;
  std::vector<std::uint64_t> buckets;  // classic, not cumulative, +Inf last; empty for native only
  std::uint64_t zeros = 0;             // native
  std::vector<std::pair<int, std::uint64_t>> positive,
      negative;                   // Prometheus' index, ascending; no empty ones
  std::vector<double> quantiles;  // summary

  // Vectors keep their memory from one series to the next.
  void read(const Family& family, const Series& series, std::int64_t now_seconds);

 private:
  std::vector<std::uint64_t> scratch_;
};

void put_number(std::string& out,
                double value);  // as Go's %g: what other exposition libraries write
void put_number(std::string& out, std::uint64_t value);

}  // namespace pharos::client::detail

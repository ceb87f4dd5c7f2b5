// How durations and sizes are spread over the buckets of a histogram, when many events stand for
// themselves by their number alone.
#pragma once
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "pharos/definition.hpp"

namespace pharos::sim {

// Log-normal: half of the values lie below `median`, two thirds within median/e^sigma …
// median*e^sigma.
struct Spread {
  double median = 1, sigma = 0.3;
};

struct Shape {
  std::vector<double> share;  // of each bucket, +Inf last
  std::vector<double> mean;   // value that stands for a bucket's events in the sum
};

// Shapes by bounds and spread. The spread is rounded to 2 %, so that there are few. One world's.
class ShapeTable {
 public:
  const Shape* find(client::Range bounds, Spread spread);

 private:
  std::unordered_map<std::uint64_t, std::unique_ptr<Shape>> shapes_;
};

// The rounded spread as one number: equal keys have equal shapes.
std::uint32_t shape_key(Spread spread);

}  // namespace pharos::sim

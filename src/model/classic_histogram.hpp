// Classic histogram series (…_bucket{le}, …_count, …_sum) turned into one histogram with custom buckets.
#pragma once
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "model/histogram.hpp"

namespace pharos {

// Collects the series of one classic histogram at one time; bucket counts are cumulative.
class ClassicHistogram {
 public:
  void clear() { *this = {}; }
  bool empty() const { return buckets_.empty() && !count_ && !sum_; }
  void add_bucket(double upper_bound, double cumulative_count) { buckets_.push_back({upper_bound, cumulative_count}); }
  void set_count(double count) { count_ = count; }
  void set_sum(double sum) { sum_ = sum; }

  // Errc::invalid where the counts fall, are negative or not numbers, or pass the total. Runs of more
  // than two empty buckets are left out. `integer` when every count is whole.
  Result<Histogram> convert() const;

 private:
  struct Bucket { double upper_bound, count; };
  std::vector<Bucket> buckets_;
  std::optional<double> count_, sum_;
};

// Drops empty buckets at both ends of every run and inside it where more than `empty_max` follow each other.
void set_dense_buckets(std::vector<Span>& spans, std::vector<double>& out, const std::vector<double>& dense, std::size_t empty_max);

}  // namespace pharos

// Warnings and infos that an evaluation collects, with the position of the expression they are
// about. Texts are Prometheus' (util/annotations): clients compare them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/engine.hpp"
#include "query/promql/ast.hpp"

namespace pharos::query {

struct Note {
  bool warning = false;
  std::string text;
  promql::Range pos;
  // Only for forced monotonicity: instances merge into one note that states the extent.
  bool extent = false;
  double bucket_min = 0, bucket_max = 0, difference_max = 0;
  UnixMillis t_min = 0, t_max = 0;
  std::uint64_t count = 1;
};

// Unique notes in order of first appearance. Not thread-safe: one per worker, merged in order.
class Notes {
 public:
  void add(Note note);
  // Positions of `other` move by `shift` bytes (the same expression elsewhere in the text).
  void merge(const Notes& other, std::int64_t shift = 0);
  bool empty() const { return notes_.empty(); }
  Annotations to_annotations(std::string_view query) const;

 private:
  std::vector<Note> notes_;
};

namespace note {

enum class HistogramOperation { addition, subtraction, aggregation };

Note invalid_quantile(double q, promql::Range pos);
Note invalid_ratio(double ratio, double capped, promql::Range pos);
Note bad_bucket_label(std::string_view metric, std::string_view label, promql::Range pos);
Note mixed_floats_histograms(std::string_view metric, promql::Range pos);
Note mixed_floats_histograms_aggregation(promql::Range pos);
Note mixed_classic_native(std::string_view metric, promql::Range pos);
Note not_counter(std::string_view metric, promql::Range pos);
Note not_gauge(std::string_view metric, promql::Range pos);
Note mixed_exponential_custom(std::string_view metric, promql::Range pos);
Note possible_non_counter(std::string_view metric, promql::Range pos);
Note possible_non_counter_label(std::string_view metric, std::string_view type, promql::Range pos);
Note forced_monotonicity(std::string_view metric, promql::Range pos, UnixMillis t,
                         double bucket_min, double bucket_max, double difference_max);
Note incompatible_types(std::string_view left, std::string_view op, std::string_view right,
                        promql::Range pos);
Note incompatible_bucket_layout(std::string_view op, promql::Range pos);
Note histogram_ignored_in_aggregation(std::string_view aggregation, promql::Range pos);
Note histogram_ignored_in_mixed_range(std::string_view metric, promql::Range pos);
Note quantile_nan_result(std::string_view metric, promql::Range pos);
Note quantile_nan_skew(std::string_view metric, promql::Range pos);
Note fraction_nan(std::string_view metric, promql::Range pos);
Note reset_collision(HistogramOperation operation, promql::Range pos);
Note bounds_reconciled(HistogramOperation operation, promql::Range pos);
Note sort_in_range_query(promql::Range pos);
Note start_time_overlap(std::string_view metric, promql::Range pos);

}  // namespace note

// Go's %g (shortest) of a double: "0.5", "1e+06", "+Inf", "NaN".
std::string go_float(double value);
// strconv.FormatFloat(v, 'f', -1, 64): shortest digits, no exponent.
std::string go_float_plain(double value);

}  // namespace pharos::query

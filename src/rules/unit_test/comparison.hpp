// What a test expects and what it got, compared and shown as promtool does.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/histogram.hpp"
#include "model/labels.hpp"
#include "rules/unit_test/test_file.hpp"

namespace pharos::rules::unit_test {

struct SeenAlert {
  Labels labels, annotations;
  auto operator<=>(const SeenAlert&) const = default;
};
struct SeenSample {
  Labels labels;
  double value = 0;
  std::string histogram;  // as histogram_text writes it; "" for a float
};

// "" when the alerts are the expected ones, whatever their order.
std::string compare_alerts(const AlertCase& test, std::string_view group_name,
                           std::vector<SeenAlert> got);
// The same for the elements of an expression. `fuzzy`: neighbouring floats are equal.
std::string compare_samples(const ExprCase& test, std::vector<SeenSample> got, bool fuzzy);

std::string expr_error(const ExprCase& test, std::string_view error);
// `{{schema:1 count:2 buckets:[1 1]}}`, the notation of test files.
std::string histogram_text(const Histogram& histogram);
std::string go_duration(Millis duration);  // "1m0s", as Go prints durations

}  // namespace pharos::rules::unit_test

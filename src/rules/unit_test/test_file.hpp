// promtool's rule unit-test files, as values: series that are fed in, and what rules and
// expressions must make of them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"

namespace pharos::rules::unit_test {

struct InputSeries {
  std::string series, values;  // `up{job="a"}`, `1+1x10 _ stale`
  std::uint32_t line = 0;
};

struct ExpectedAlert {
  Labels labels, annotations;  // labels without alertname
};

struct AlertCase {
  Millis eval_time{0};
  std::string alertname;
  std::vector<ExpectedAlert> alerts;  // the firing ones, in any order
  std::uint32_t line = 0;
};

struct ExpectedSample {
  std::string labels;     // `up{job="a"}`, ""
  double value = 0;       // when `histogram` is empty
  std::string histogram;  // `{{sum:1 count:2}}`
};

struct ExprCase {
  std::string expr;
  Millis eval_time{0};
  std::vector<ExpectedSample> samples;
  std::uint32_t line = 0;
};

struct TestGroup {
  std::string name;
  Millis interval{0};      // between the values of a series
  Time start_timestamp{};  // of the first value; eval times count from it
  std::vector<InputSeries> series;
  std::vector<AlertCase> alerts;
  std::vector<ExprCase> exprs;
  Labels external_labels;
  std::string external_url;
  std::uint32_t line = 0;

  Millis last_eval_time() const;
};

struct TestFile {
  std::vector<std::string> rule_files;  // patterns, relative to the test file
  Millis evaluation_interval = std::chrono::minutes(1);
  std::vector<std::string> group_eval_order;
  bool fuzzy_compare = false;  // floats that differ in the last bit are equal
  std::vector<TestGroup> tests;
};

// Errc::invalid: `file:line:column: what`.
Result<TestFile> parse_test_file(std::string_view text, const std::string& file,
                                 bool ignore_unknown_fields = false);

}  // namespace pharos::rules::unit_test

// The language of the PromQL test scripts: commands and what they expect. Format:
// tests/promql/README.md.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "query/promql/series_description.hpp"

namespace pharos::conformance {

struct LoadCommand {
  Millis step{};
  bool with_custom_histograms = false;  // load_with_nhcb
  struct Series {
    Labels labels;
    std::vector<query::promql::SeriesValue> values;
    std::vector<std::optional<std::int64_t>> start_offsets_ms;  // empty, or one per value
  };
  std::vector<Series> series;
};

// One text that an error or annotation must have: whole, as a pattern, or any when both are empty.
struct ExpectedText {
  std::string message, pattern;
};

struct EvalCommand {
  std::string expr;
  bool is_range = false;
  UnixMillis start_ms = 0, end_ms = 0;
  std::int64_t step_ms = 0;
  std::uint32_t line = 0;  // from 1

  bool fails = false, ordered = false, no_warnings = false, no_infos = false;
  std::vector<ExpectedText> failures, warnings, infos;
  std::optional<double> scalar;
  std::optional<std::string> text;
  struct RangeVector {
    UnixMillis start_ms, end_ms;
    std::int64_t step_ms;
  };
  std::optional<RangeVector> range_vector;
  std::vector<query::promql::SeriesDescription> series;  // in the order written
};

struct ClearCommand {};
using Command = std::variant<ClearCommand, LoadCommand, EvalCommand>;

// Errc::invalid, `line N: …`.
Result<std::vector<Command>> parse_script(std::string_view text);

}  // namespace pharos::conformance

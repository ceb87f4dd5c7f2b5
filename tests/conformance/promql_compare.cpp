#include "tests/conformance/promql_compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "model/matcher.hpp"
#include "query/histogram_math.hpp"

namespace pharos::conformance {
namespace {

using query::Matrix;
using query::Point;
using query::Scalar;
using query::Series;
using query::Text;
using query::Vector;
using query::promql::SeriesDescription;
using query::promql::SeriesValue;

std::string show(const SeriesValue& value) {
  if (value.omitted) return "_";
  return value.histogram ? value.histogram->to_string() : fmt::format("{:.17g}", value.value);
}

std::string show(const Point& point) {
  return point.histogram ? point.histogram->to_string() : fmt::format("{:.17g}", point.value);
}

std::string_view hint_name(ResetHint hint) {
  static constexpr std::string_view kNames[] = {"unknown", "reset", "not_reset", "gauge"};
  return kNames[static_cast<std::size_t>(hint)];
}

std::string compare_point(const SeriesValue& expected, const Point& got) {
  const bool same_kind = (expected.histogram != nullptr) == (got.histogram != nullptr);
  if (!same_kind) return fmt::format("expected {}, got {}", show(expected), show(got));
  if (!expected.histogram) {
    return query::nearly_equal(expected.value, got.value)
               ? ""
               : fmt::format("expected {}, got {}", show(expected), show(got));
  }
  if (!query::nearly_equal(*expected.histogram, *got.histogram)) {
    return fmt::format("expected {}, got {}", show(expected), show(got));
  }
  if (expected.reset_hint_given && expected.histogram->reset_hint != got.histogram->reset_hint) {
    return fmt::format("expected counter reset hint {}, got {}",
                       hint_name(expected.histogram->reset_hint),
                       hint_name(got.histogram->reset_hint));
  }
  return {};
}

// Expected points by time against those of one series.
std::string compare_points(const SeriesDescription& expected, const Series& got,
                           UnixMillis start_ms, std::int64_t step_ms) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    if (expected.values[i].omitted) continue;
    const auto t_ms = start_ms + static_cast<std::int64_t>(i) * step_ms;
    if (at >= got.points.size())
      return fmt::format("no point at {} ms, expected {}", t_ms, show(expected.values[i]));
    if (got.points[at].t_ms != t_ms) {
      return fmt::format("expected {} at {} ms, next point is {} at {} ms",
                         show(expected.values[i]), t_ms, show(got.points[at]), got.points[at].t_ms);
    }
    if (auto difference = compare_point(expected.values[i], got.points[at]); !difference.empty()) {
      return fmt::format("at {} ms: {}", t_ms, difference);
    }
    ++at;
  }
  if (at < got.points.size())
    return fmt::format("unexpected point {} at {} ms", show(got.points[at]), got.points[at].t_ms);
  return {};
}

std::string compare_series(const EvalCommand& eval, const std::vector<Series>& series, bool instant,
                           UnixMillis start_ms, std::int64_t step_ms) {
  std::map<Labels, const SeriesDescription*> expected;
  std::map<Labels, std::size_t> order;
  for (const auto& description : eval.series) {
    order.emplace(description.labels, order.size());
    expected[description.labels] = &description;
  }
  std::map<Labels, bool> seen;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto& got = series[i];
    const auto at = expected.find(got.labels);
    if (at == expected.end()) {
      const auto value = got.points.empty() ? std::string("no points") : show(got.points[0]);
      return fmt::format("unexpected series {} {}", got.labels.to_metric_string(), value);
    }
    if (!seen.emplace(got.labels, true).second)
      return "series twice in the result: " + got.labels.to_metric_string();
    if (eval.ordered && order[got.labels] != i) {
      return fmt::format("{} is at place {}, expected {}", got.labels.to_metric_string(), i + 1,
                         order[got.labels] + 1);
    }
    std::string difference;
    if (instant) {
      if (at->second->values.size() != 1)
        return "an instant eval expects one point for each series";
      if (got.points.size() != 1)
        return fmt::format("{} has {} points", got.labels.to_metric_string(), got.points.size());
      difference = compare_point(at->second->values[0], got.points[0]);
    } else {
      difference = compare_points(*at->second, got, start_ms, step_ms);
    }
    if (!difference.empty()) return got.labels.to_metric_string() + ": " + difference;
  }
  for (const auto& [labels, description] : expected) {
    if (!seen.contains(labels)) return "missing series " + labels.to_metric_string();
  }
  return {};
}

bool matches(const ExpectedText& expected, const std::string& text, bool exact) {
  if (!exact || (expected.message.empty() && expected.pattern.empty())) return true;
  if (!expected.message.empty()) return expected.message == text;
  const auto pattern = Regex::compile("(?s:.*)(?:" + expected.pattern + ")(?s:.*)");
  return pattern && pattern->full_match(text);
}

std::string compare_level(std::string_view level, const std::vector<ExpectedText>& expected,
                          bool none_wanted, const std::vector<std::string>& got, bool exact) {
  if (none_wanted && !got.empty()) return fmt::format("unexpected {}: {}", level, got[0]);
  if (expected.empty()) return {};
  if (got.empty()) return fmt::format("no {}", level);
  for (const auto& text : got) {
    if (std::ranges::none_of(expected, [&](const auto& e) { return matches(e, text, exact); })) {
      return fmt::format("unexpected {}: {}", level, text);
    }
  }
  for (const auto& e : expected) {
    if (std::ranges::none_of(got, [&](const auto& text) { return matches(e, text, exact); })) {
      return fmt::format("{} is missing: {}; got: {}", level,
                         e.message.empty() ? e.pattern : e.message, got[0]);
    }
  }
  return {};
}

}  // namespace

std::string compare_value(const EvalCommand& eval, const query::Value& value) {
  if (const auto* text = std::get_if<Text>(&value)) {
    if (!eval.text) return "unexpected string result " + go_quote(text->value);
    return *eval.text == text->value
               ? ""
               : fmt::format("expected {}, got {}", go_quote(*eval.text), go_quote(text->value));
  }
  if (eval.text) return "expected a string result";
  if (const auto* scalar = std::get_if<Scalar>(&value)) {
    if (!eval.scalar) return fmt::format("unexpected scalar result {:.17g}", scalar->value);
    return query::nearly_equal(*eval.scalar, scalar->value)
               ? ""
               : fmt::format("expected {:.17g}, got {:.17g}", *eval.scalar, scalar->value);
  }
  if (const auto* vector = std::get_if<Vector>(&value)) {
    if (eval.range_vector) return "expected a range vector";
    if (eval.scalar) return "expected a scalar";
    return compare_series(eval, vector->series, true, eval.start_ms, 0);
  }
  const auto& matrix = std::get<Matrix>(value);
  if (eval.range_vector)
    return compare_series(eval, matrix.series, false, eval.range_vector->start_ms,
                          eval.range_vector->step_ms);
  if (!eval.is_range) return "unexpected range vector";
  if (eval.ordered) return "ordered makes no sense for a range";
  if (eval.scalar) {  // upstream allows a number for a scalar over a range of one step
    EvalCommand numbers = eval;
    numbers.scalar.reset();
    SeriesDescription description;
    description.values.push_back({.value = *eval.scalar});
    numbers.series.push_back(std::move(description));
    return compare_series(numbers, matrix.series, false, eval.start_ms, eval.step_ms);
  }
  return compare_series(eval, matrix.series, false, eval.start_ms, eval.step_ms);
}

std::string compare_annotations(const EvalCommand& eval, const query::Annotations& annotations,
                                bool exact) {
  auto out = compare_level("warning", eval.warnings, eval.no_warnings, annotations.warnings, exact);
  if (out.empty()) out = compare_level("info", eval.infos, eval.no_infos, annotations.infos, exact);
  return out;
}

std::string compare_failure(const EvalCommand& eval, const Error& error, bool exact) {
  for (const auto& expected : eval.failures) {
    if (!matches(expected, error.message, exact)) {
      return fmt::format("failed with '{}', expected '{}'", error.message,
                         expected.message.empty() ? expected.pattern : expected.message);
    }
  }
  return {};
}

query::Value middle_step(const query::Value& range, const query::Value& like, UnixMillis t_ms) {
  const auto* matrix = std::get_if<Matrix>(&range);
  Vector vector;
  if (matrix != nullptr) {
    for (const auto& series : matrix->series) {
      for (const auto& point : series.points) {
        if (point.t_ms == t_ms) vector.series.push_back({series.labels, {point}});
      }
    }
  }
  if (std::holds_alternative<Scalar>(like) && vector.series.size() == 1)
    return Scalar{t_ms, vector.series[0].points[0].value};
  return vector;
}

std::string check_sorted(const query::Value& value) {
  const auto* matrix = std::get_if<Matrix>(&value);
  if (matrix == nullptr) return {};
  for (std::size_t i = 1; i < matrix->series.size(); ++i) {
    if (!(matrix->series[i - 1].labels < matrix->series[i].labels)) {
      return "the series of a range result are not in order: " +
             matrix->series[i].labels.to_metric_string();
    }
  }
  return {};
}

}  // namespace pharos::conformance

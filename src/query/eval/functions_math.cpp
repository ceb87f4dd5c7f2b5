// Functions of one float at a time, scalars, and conversions between scalars and vectors.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "query/eval/evaluator.hpp"

namespace pharos::query {
namespace {

using Map = double (*)(double);

double sign(double v) {
  return v < 0 ? -1 : v > 0 ? 1 : v;
}

Map find_map(std::string_view name) {
  static constexpr std::array kMaps = std::to_array<std::pair<std::string_view, Map>>({
      {"abs", [](double v) { return std::fabs(v); }},
      {"acos", [](double v) { return std::acos(v); }},
      {"acosh", [](double v) { return std::acosh(v); }},
      {"asin", [](double v) { return std::asin(v); }},
      {"asinh", [](double v) { return std::asinh(v); }},
      {"atan", [](double v) { return std::atan(v); }},
      {"atanh", [](double v) { return std::atanh(v); }},
      {"ceil", [](double v) { return std::ceil(v); }},
      {"cos", [](double v) { return std::cos(v); }},
      {"cosh", [](double v) { return std::cosh(v); }},
      {"deg", [](double v) { return v * 180 / std::numbers::pi; }},
      {"exp", [](double v) { return std::exp(v); }},
      {"floor", [](double v) { return std::floor(v); }},
      {"ln", [](double v) { return std::log(v); }},
      {"log10", [](double v) { return std::log10(v); }},
      {"log2", [](double v) { return std::log2(v); }},
      {"rad", [](double v) { return v * std::numbers::pi / 180; }},
      {"sgn", sign},
      {"sin", [](double v) { return std::sin(v); }},
      {"sinh", [](double v) { return std::sinh(v); }},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"tan", [](double v) { return std::tan(v); }},
      {"tanh", [](double v) { return std::tanh(v); }},
  });
  for (const auto& [known, map] : kMaps)
    if (known == name) return map;
  return nullptr;
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Go's math.Min and math.Max: NaN wins over everything (but -Inf for Min, +Inf for Max).
double go_min(double a, double b) {
  if (std::isinf(a) && a < 0) return a;
  if (std::isinf(b) && b < 0) return b;
  if (std::isnan(a) || std::isnan(b)) return kNaN;
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}
double go_max(double a, double b) {
  if (std::isinf(a) && a > 0) return a;
  if (std::isinf(b) && b > 0) return b;
  if (std::isnan(a) || std::isnan(b)) return kNaN;
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

// Takes histograms out; true when there were any.
bool keep_floats(Frame& frame) {
  if (frame.histograms.empty()) return false;
  for (auto& cell : frame.cells)
    if (cell == Cell::histogram) cell = Cell::absent;
  frame.histograms.clear();
  frame.drop_empty_rows();
  return true;
}

}  // namespace

Result<FramePtr> Evaluator::call_elementwise(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  const auto map = find_map(name);
  const bool clamp = name == "clamp" || name == "clamp_min" || name == "clamp_max";
  const bool round = name == "round";
  if (!map && !clamp && !round) {
    known = false;
    return FramePtr{};
  }
  auto input = TRY(eval(*call.children[0], grid));
  auto frame = own(std::move(input));
  std::vector<double> first, second;
  if (call.children.size() > 1) first = TRY(scalar_argument(*call.children[1], grid));
  if (call.children.size() > 2) second = TRY(scalar_argument(*call.children[2], grid));
  keep_floats(*frame);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (std::size_t row = 0; row < frame->rows(); ++row) {
    const auto values = frame->row_values(row);
    const auto cells = frame->row_cells(row);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (map) {
        values[i] = map(values[i]);
      } else if (round) {
        const double inverse = 1.0 / (first.empty() ? 1.0 : first[i]);
        values[i] = std::floor(values[i] * inverse + 0.5) / inverse;
      } else {
        const double low = name == "clamp_max" ? -kInfinity : first[i];
        const double high = name == "clamp_min"   ? kInfinity
                            : name == "clamp_max" ? first[i]
                                                  : second[i];
        if (high < low) cells[i] = Cell::absent;
        values[i] = go_max(low, go_min(high, values[i]));
      }
    }
  }
  if (clamp) frame->drop_empty_rows();
  return drop_names(std::move(frame), true);
}

Result<FramePtr> Evaluator::call_scalar(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  if (name == "pi") return scalar_frame(grid, std::numbers::pi);
  if (name == "start") return scalar_frame(grid, static_cast<double>(settings_.start_ms) / 1000);
  if (name == "end") return scalar_frame(grid, static_cast<double>(settings_.end_ms) / 1000);
  if (name == "step") return scalar_frame(grid, static_cast<double>(settings_.step_ms) / 1000);
  if (name == "range")
    return scalar_frame(grid, static_cast<double>(settings_.end_ms - settings_.start_ms) / 1000);
  if (name == "min_of" || name == "max_of") {
    const auto a = TRY(scalar_argument(*call.children[0], grid));
    const auto b = TRY(scalar_argument(*call.children[1], grid));
    auto frame = scalar_frame(grid, 0);
    for (std::size_t i = 0; i < grid.count; ++i)
      frame->values[i] = name == "min_of" ? go_min(a[i], b[i]) : go_max(a[i], b[i]);
    return frame;
  }
  if (name == "vector") {
    const auto values = TRY(scalar_argument(*call.children[0], grid));
    auto frame = scalar_frame(grid, 0);
    std::ranges::copy(values, frame->values.begin());
    return frame;
  }
  if (name == "scalar") {
    const auto input = TRY(eval(*call.children[0], grid));
    auto frame = scalar_frame(grid, kNaN);
    std::vector<std::uint32_t> found(grid.count);
    for (std::size_t row = 0; row < input->rows(); ++row) {
      const auto cells = input->row_cells(row);
      const auto values = input->row_values(row);
      for (std::size_t i = 0; i < grid.count; ++i)
        if (cells[i] == Cell::number) frame->values[i] = found[i]++ == 0 ? values[i] : kNaN;
    }
    return frame;
  }
  known = false;
  return FramePtr{};
}

}  // namespace pharos::query

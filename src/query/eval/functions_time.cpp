// time(), timestamp() and the calendar, in UTC.
#include <chrono>
#include <cmath>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

using promql::NodeKind;

namespace {

using DatePart = double (*)(std::chrono::sys_seconds);

struct Date {
  std::chrono::sys_days day;
  std::chrono::year_month_day ymd;
  explicit Date(std::chrono::sys_seconds t)
      : day(std::chrono::floor<std::chrono::days>(t)), ymd(day) {}
};

double days_in_month(std::chrono::sys_seconds t) {
  const Date date(t);
  return static_cast<double>(
      static_cast<unsigned>((date.ymd.year() / date.ymd.month() / std::chrono::last).day()));
}
double day_of_month(std::chrono::sys_seconds t) {
  return static_cast<double>(static_cast<unsigned>(Date(t).ymd.day()));
}
double day_of_week(std::chrono::sys_seconds t) {
  return static_cast<double>(std::chrono::weekday(Date(t).day).c_encoding());
}
double day_of_year(std::chrono::sys_seconds t) {
  const Date date(t);
  const std::chrono::sys_days first{date.ymd.year() / std::chrono::January / 1};
  return static_cast<double>((date.day - first).count() + 1);
}
double hour(std::chrono::sys_seconds t) {
  return static_cast<double>(std::chrono::floor<std::chrono::hours>(t - Date(t).day).count());
}
double minute(std::chrono::sys_seconds t) {
  return static_cast<double>(std::chrono::floor<std::chrono::minutes>(t - Date(t).day).count() %
                             60);
}
double month(std::chrono::sys_seconds t) {
  return static_cast<double>(static_cast<unsigned>(Date(t).ymd.month()));
}
double year(std::chrono::sys_seconds t) {
  return static_cast<double>(static_cast<int>(Date(t).ymd.year()));
}

DatePart find_part(std::string_view name) {
  if (name == "days_in_month") return days_in_month;
  if (name == "day_of_month") return day_of_month;
  if (name == "day_of_week") return day_of_week;
  if (name == "day_of_year") return day_of_year;
  if (name == "hour") return hour;
  if (name == "minute") return minute;
  if (name == "month") return month;
  if (name == "year") return year;
  return nullptr;
}

// std::chrono's calendar holds years of 16 bits: what lies beyond is folded onto the 400-year
// cycle.
double part_of(DatePart part, double seconds, bool is_year) {
  constexpr double kCycle = 146'097.0 * 86'400;
  if (!std::isfinite(seconds)) seconds = -9223372036854775808.0;  // Go's conversion on amd64
  const double cycles = std::floor(std::trunc(seconds) / kCycle);
  const auto rest = static_cast<std::int64_t>(std::trunc(seconds) - cycles * kCycle);
  const double value = part(std::chrono::sys_seconds(std::chrono::seconds(rest)));
  return is_year ? value + cycles * 400 : value;
}

}  // namespace

Result<FramePtr> Evaluator::call_time(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  if (name == "time") {
    auto frame = scalar_frame(grid, 0);
    for (std::size_t i = 0; i < grid.count; ++i)
      frame->values[i] = static_cast<double>(grid.at(i)) / 1000;
    return frame;
  }
  if (name == "timestamp" || name == "start_timestamp") {
    const bool start = name == "start_timestamp";
    // Of a selector: the samples' own times; of an expression: the evaluation's.
    if (const Node& inner = bare(*call.children[0]);
        inner.kind == NodeKind::selector && !inner.smoothed) {
      auto rows = TRY(instant_source(inner, grid, start ? Sample::start_time : Sample::time, name));
      return materialise(*rows);
    }
    auto input = TRY(eval(*call.children[0], grid));
    auto frame = own(std::move(input));
    for (std::size_t row = 0; row < frame->rows(); ++row) {
      const auto values = frame->row_values(row);
      const auto cells = frame->row_cells(row);
      for (std::size_t i = 0; i < grid.count; ++i) {
        if (cells[i] == Cell::absent) continue;
        cells[i] = start ? Cell::absent : Cell::number;
        values[i] = static_cast<double>(grid.at(i)) / 1000;
      }
    }
    frame->histograms.clear();
    frame->drop_empty_rows();
    return drop_names(std::move(frame), true);
  }
  const auto part = find_part(name);
  if (!part) {
    known = false;
    return FramePtr{};
  }
  const bool is_year = name == "year";
  if (call.children.empty()) {
    auto frame = scalar_frame(grid, 0);
    for (std::size_t i = 0; i < grid.count; ++i)
      frame->values[i] = part_of(part, static_cast<double>(grid.at(i) / 1000), is_year);
    return frame;
  }
  auto input = TRY(eval(*call.children[0], grid));
  auto frame = own(std::move(input));
  for (std::size_t row = 0; row < frame->rows(); ++row) {
    const auto values = frame->row_values(row);
    const auto cells = frame->row_cells(row);
    for (std::size_t i = 0; i < grid.count; ++i) {
      if (cells[i] == Cell::histogram) cells[i] = Cell::absent;
      if (cells[i] == Cell::number) values[i] = part_of(part, values[i], is_year);
    }
  }
  frame->histograms.clear();
  frame->drop_empty_rows();
  return drop_names(std::move(frame), true);
}

}  // namespace pharos::query

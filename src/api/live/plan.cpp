#include "api/live/plan.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/answer.hpp"
#include "api/result_json.hpp"
#include "codec/json.hpp"

namespace pharos::api::live {
namespace {

// Series that came and went keep their numbers until there are so many; then numbering begins anew.
constexpr std::size_t kNumbersMax = 3 * kSeriesMax;

void put_number(std::string& out, std::uint32_t number) {
  char text[12];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void put_point(std::string& out, const query::Point& point) {
  if (point.histogram)
    put_histogram(out, *point.histogram);
  else
    put_live_value(out, point.value);
}

Status too_many(std::size_t count) {
  if (count <= kSeriesMax) return {};
  return fail(Errc::limit, "the answer has " + std::to_string(count) +
                               " series, a live query may have " + std::to_string(kSeriesMax));
}

// The series of any kind of answer; a scalar is one without labels.
Result<std::vector<query::Series>> series_of(const query::Value& value) {
  if (const auto* scalar = std::get_if<query::Scalar>(&value))
    return std::vector<query::Series>{{.points = {{.t_ms = scalar->t_ms, .value = scalar->value}}}};
  if (const auto* vector = std::get_if<query::Vector>(&value)) return vector->series;
  if (const auto* matrix = std::get_if<query::Matrix>(&value)) return matrix->series;
  return fail(Errc::invalid, "the expression is a text, not numbers over time");
}

}  // namespace

void put_live_value(std::string& out, double value) {
  const bool finite = std::isfinite(value);
  char text[codec::kSampleTextMax];
  char* const end = codec::write_sample_value(text, value);
  if (!finite) out += '"';
  out.append(text, end);
  if (!finite) out += '"';
}

std::uint32_t Plan::number_of(const Labels& labels) {
  const auto [at, fresh] = numbers_.try_emplace(labels, static_cast<std::uint32_t>(series_.size()));
  if (fresh) {
    series_.push_back(labels);
    seen_.push_back(0);
  }
  return at->second;
}

Result<Tick> Plan::tick(const query::Value& value, UnixMillis t_ms) {
  const auto series = TRY(series_of(value));
  TRY(too_many(series.size()));
  std::lock_guard lock(mutex_);
  Tick out{.t_ms = t_ms};
  if (series_.size() > kNumbersMax) {
    series_.clear();
    numbers_.clear();
    seen_.clear();
    out.renumbered = true;
  }
  out.values += '[';
  for (const auto& one : series) {
    if (one.points.empty()) continue;
    out.values += out.values.size() > 1 ? ",[" : "[";
    const auto number = number_of(one.labels);
    auto& seen = seen_[number];
    if (seen != 0 && t_ms - seen > step_ms_) out.returned.emplace_back(number, t_ms - seen);
    seen = t_ms;
    put_number(out.values, number);
    out.values += ',';
    put_point(out.values, one.points.back());
    out.values += ']';
  }
  out.values += ']';
  out.known = static_cast<std::uint32_t>(series_.size());
  return out;
}

Result<HistoryText> Plan::history(const query::Value& value, UnixMillis start_ms,
                                  UnixMillis end_ms) {
  const auto series = TRY(series_of(value));
  TRY(too_many(series.size()));
  HistoryText out{.start_ms = start_ms, .end_ms = end_ms};
  std::lock_guard lock(mutex_);
  std::vector<const query::Series*> by_number;
  for (const auto& one : series) {
    const auto number = number_of(one.labels);
    if (by_number.size() <= number) by_number.resize(number + 1);
    by_number[number] = &one;
    seen_[number] = std::max(seen_[number], end_ms);
  }
  // All that have a number: one that is not in this range may come back in a tick.
  by_number.resize(series_.size());
  out.series += '[';
  for (std::uint32_t number = 0; number < by_number.size(); ++number) {
    out.series += number > 0 ? ",[" : "[";
    put_number(out.series, number);
    out.series += ',';
    std::string labels;
    codec::JsonWriter label_writer(labels);
    put_labels(label_writer, series_[number]);
    out.series += labels;
    out.series += ",[";
    if (const auto* one = by_number[number]) {
      auto expected = start_ms;
      for (const auto& point : one->points) {
        for (; expected < point.t_ms; expected += step_ms_) out.series += "null,";
        put_point(out.series, point);
        out.series += ',';
        expected += step_ms_;
      }
      for (; expected <= end_ms; expected += step_ms_) out.series += "null,";
      if (out.series.back() == ',') out.series.pop_back();
    }
    out.series += "]]";
  }
  out.series += ']';
  out.known = static_cast<std::uint32_t>(series_.size());
  return out;
}

std::string Plan::new_labels(const Tick& tick, std::uint32_t known, std::int64_t range_ms) const {
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, absent_ms] : tick.returned)
    if (number < known && absent_ms > range_ms) numbers.push_back(number);
  for (auto number = known; number < tick.known; ++number) numbers.push_back(number);
  std::string out;
  if (numbers.empty()) return out;
  codec::JsonWriter writer(out);
  writer.begin_array();
  std::lock_guard lock(mutex_);
  for (const auto number : numbers) {
    if (number >= series_.size()) continue;  // numbered anew since
    writer.begin_array().value(static_cast<std::uint64_t>(number));
    put_labels(writer, series_[number]);
    writer.end_array();
  }
  writer.end_array();
  return out;
}

}  // namespace pharos::api::live

#include "query/eval/notes.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace pharos::query {
namespace {

std::string rfc3339_seconds(UnixMillis t_ms) {
  const std::time_t seconds = t_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char buffer[32];
  return {buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

Note warning(std::string text, promql::Range pos) {
  Note out;
  out.warning = true;
  out.text = "PromQL warning: " + std::move(text);
  out.pos = pos;
  return out;
}

Note info(std::string text, promql::Range pos) {
  Note out;
  out.text = "PromQL info: " + std::move(text);
  out.pos = pos;
  return out;
}

std::string with_metric(std::string text, std::string_view metric) {
  if (!metric.empty()) text += " for metric name " + go_quote(metric);
  return text;
}

std::string_view name(note::HistogramOperation operation) {
  switch (operation) {
    case note::HistogramOperation::addition: return "addition";
    case note::HistogramOperation::subtraction: return "subtraction";
    case note::HistogramOperation::aggregation: break;
  }
  return "aggregation";
}

}  // namespace

void Notes::add(Note note) {
  for (auto& known : notes_) {
    if (known.pos.begin != note.pos.begin || known.text != note.text) continue;
    if (note.extent) {
      known.bucket_min = std::min(known.bucket_min, note.bucket_min);
      known.bucket_max = std::max(known.bucket_max, note.bucket_max);
      known.difference_max = std::max(known.difference_max, note.difference_max);
      known.t_min = std::min(known.t_min, note.t_min);
      known.t_max = std::max(known.t_max, note.t_max);
      known.count += note.count;
    }
    return;
  }
  notes_.push_back(std::move(note));
}

void Notes::merge(const Notes& other, std::int64_t shift) {
  for (auto note : other.notes_) {
    note.pos.begin = static_cast<std::uint32_t>(note.pos.begin + shift);
    note.pos.end = static_cast<std::uint32_t>(note.pos.end + shift);
    add(std::move(note));
  }
}

Annotations Notes::to_annotations(std::string_view query) const {
  Annotations out;
  for (const auto& note : notes_) {
    auto text = note.text;
    if (note.extent) {
      char difference[32];
      std::snprintf(difference, sizeof difference, "%.2g", note.difference_max);
      text += ", from buckets " + go_float(note.bucket_min) + " to " + go_float(note.bucket_max) +
              ", with a max diff of " + difference + ", over " + std::to_string(note.count) +
              " samples from " + rfc3339_seconds(note.t_min) + " to " + rfc3339_seconds(note.t_max);
    }
    text += " (" + promql::position(query, note.pos.begin) + ")";
    auto& list = note.warning ? out.warnings : out.infos;
    if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
  }
  return out;
}

namespace note {

Note invalid_quantile(double q, promql::Range pos) {
  return warning("quantile value should be between 0 and 1, got " + go_float(q), pos);
}
Note invalid_ratio(double ratio, double capped, promql::Range pos) {
  return warning("ratio value should be between -1 and 1, got " + go_float(ratio) +
                     ", capping to " + go_float(capped),
                 pos);
}
Note bad_bucket_label(std::string_view metric, std::string_view label, promql::Range pos) {
  return warning(
      with_metric("bucket label \"le\" is missing or has a malformed value of " + go_quote(label),
                  metric),
      pos);
}
Note mixed_floats_histograms(std::string_view metric, promql::Range pos) {
  return warning("encountered a mix of histograms and floats for metric name " + go_quote(metric),
                 pos);
}
Note mixed_floats_histograms_aggregation(promql::Range pos) {
  return warning("encountered a mix of histograms and floats for aggregation", pos);
}
Note mixed_classic_native(std::string_view metric, promql::Range pos) {
  return warning(with_metric("vector contains a mix of classic and native histograms", metric),
                 pos);
}
Note not_counter(std::string_view metric, promql::Range pos) {
  return warning("this native histogram metric is not a counter: " + go_quote(metric), pos);
}
Note not_gauge(std::string_view metric, promql::Range pos) {
  return warning("this native histogram metric is not a gauge: " + go_quote(metric), pos);
}
Note mixed_exponential_custom(std::string_view metric, promql::Range pos) {
  return warning(
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric "
      "name " +
          go_quote(metric),
      pos);
}
Note possible_non_counter(std::string_view metric, promql::Range pos) {
  return info("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: " +
                  go_quote(metric),
              pos);
}
Note possible_non_counter_label(std::string_view metric, std::string_view type, promql::Range pos) {
  return info(
      "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", "
      "got " +
          go_quote(type) + ": " + go_quote(metric),
      pos);
}
Note forced_monotonicity(std::string_view metric, promql::Range pos, UnixMillis t,
                         double bucket_min, double bucket_max, double difference_max) {
  auto out = info(
      with_metric(
          "input to histogram_quantile needed to be fixed for monotonicity (see "
          "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
          metric),
      pos);
  out.extent = true;
  out.bucket_min = bucket_min;
  out.bucket_max = bucket_max;
  out.difference_max = difference_max;
  out.t_min = out.t_max = t;
  return out;
}
Note incompatible_types(std::string_view left, std::string_view op, std::string_view right,
                        promql::Range pos) {
  return info("incompatible sample types encountered for binary operator " + go_quote(op) + ": " +
                  std::string(left) + " " + std::string(op) + " " + std::string(right),
              pos);
}
Note incompatible_bucket_layout(std::string_view op, promql::Range pos) {
  return warning("incompatible bucket layout encountered for binary operator " + std::string(op),
                 pos);
}
Note histogram_ignored_in_aggregation(std::string_view aggregation, promql::Range pos) {
  return info("ignored histogram in " + std::string(aggregation) + " aggregation", pos);
}
Note histogram_ignored_in_mixed_range(std::string_view metric, promql::Range pos) {
  return info(
      "ignored histograms in a range containing both floats and histograms for metric name " +
          go_quote(metric),
      pos);
}
Note quantile_nan_result(std::string_view metric, promql::Range pos) {
  return info(
      with_metric("input to histogram_quantile has NaN observations, result is NaN", metric), pos);
}
Note quantile_nan_skew(std::string_view metric, promql::Range pos) {
  return info(
      with_metric("input to histogram_quantile has NaN observations, result is skewed higher",
                  metric),
      pos);
}
Note fraction_nan(std::string_view metric, promql::Range pos) {
  return info(
      with_metric(
          "input to histogram_fraction has NaN observations, which are excluded from all fractions",
          metric),
      pos);
}
Note reset_collision(HistogramOperation operation, promql::Range pos) {
  return warning("conflicting counter resets during histogram " + std::string(name(operation)),
                 pos);
}
Note bounds_reconciled(HistogramOperation operation, promql::Range pos) {
  return info("mismatched custom buckets were reconciled during " + std::string(name(operation)),
              pos);
}
Note sort_in_range_query(promql::Range pos) {
  return warning("sort is ineffective for range queries since results are always ordered by labels",
                 pos);
}
Note start_time_overlap(std::string_view metric, promql::Range pos) {
  return warning("sample has start time that overlaps with previous sample timestamp for metric " +
                     go_quote(metric),
                 pos);
}

}  // namespace note

std::string go_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value == 0) return std::signbit(value) ? "-0" : "0";
  // Go's %g: the shortest digits that round-trip; exponent form below 1e-4 and from 1e6 on.
  char buffer[64];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string scientific(buffer, end);
  const auto exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= 6) return scientific;
  return go_float_plain(value);
}

std::string go_float_plain(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Shortest digits d.ddde±x, laid out without exponent (to_chars' fixed form would print exact,
  // longer ones).
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const auto e = text.find('e');
  std::string digits;
  for (const char c : text.substr(0, e))
    if (c >= '0' && c <= '9') digits += c;
  const int point =
      std::atoi(std::string(text.substr(e + 1)).c_str()) + 1;  // digits before the decimal point
  std::string out = text[0] == '-' ? "-" : "";
  if (point <= 0) return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const auto whole = static_cast<std::size_t>(point);
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace pharos::query

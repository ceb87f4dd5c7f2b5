#include "rules/unit_test/comparison.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "query/histogram_math.hpp"
#include "query/promql/ast.hpp"
#include "query/promql/series_description.hpp"

namespace pharos::rules::unit_test {
namespace {

// Every line but the first.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indent;
  }
  return out;
}

std::string show(const std::vector<SeenAlert>& alerts) {
  if (alerts.empty()) return "[]";
  std::string out = "[";
  for (std::size_t i = 0; i < alerts.size(); ++i)
    out += (i > 0 ? ",\n" : "\n") + std::to_string(i) + ":" +
           indented("\nLabels:" + alerts[i].labels.to_string() +
                        "\nAnnotations:" + alerts[i].annotations.to_string(),
                    "  ");
  return out + "\n]";
}

std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[40];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  std::replace(text, end, 'e', 'E');
  return {text, static_cast<std::size_t>(end - text)};
}

std::string show(const std::vector<SeenSample>& samples) {
  if (samples.empty()) return "nil";
  std::string out;
  for (const auto& sample : samples) {
    if (!out.empty()) out += ", ";
    out += sample.labels.to_string() + " ";
    out += sample.histogram.empty() ? float_text(sample.value) : sample.histogram;
  }
  return out;
}

bool same_float(double a, double b, bool fuzzy) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return fuzzy && (std::nextafter(a, -kInfinity) == b || std::nextafter(a, kInfinity) == b);
}

std::string head(const ExprCase& test) {
  return "    expr: " + go_quote(test.expr) + ", time: " + format_duration(test.eval_time) + ",";
}

Result<SeenSample> parse_sample(const ExpectedSample& expected) {
  SeenSample out{.labels = {}, .value = expected.value, .histogram = {}};
  if (!expected.labels.empty()) out.labels = TRY(query::promql::parse_metric(expected.labels));
  if (expected.histogram.empty()) return out;
  const auto values = TRY(query::promql::parse_series_values(expected.histogram));
  if (values.size() != 1)
    return fail(Errc::invalid, "expected 1 value, got " + std::to_string(values.size()));
  if (!values[0].histogram)
    return fail(Errc::invalid, "expected histogram, got " + expected.histogram);
  out.histogram = histogram_text(*values[0].histogram);
  out.value = 0;
  return out;
}

}  // namespace

std::string compare_alerts(const AlertCase& test, std::string_view group_name,
                           std::vector<SeenAlert> got) {
  std::vector<SeenAlert> expected;
  for (const auto& alert : test.alerts)
    expected.push_back({alert.labels.with("alertname", test.alertname), alert.annotations});
  std::ranges::sort(expected);
  std::ranges::sort(got);
  if (expected == got) return {};
  std::string out;
  if (!group_name.empty()) out += "    name: " + std::string(group_name) + ",\n";
  constexpr std::string_view kIndent = "            ";
  return out + "    alertname: " + test.alertname + ", time: " + format_duration(test.eval_time) +
         ", \n        exp:" + indented(show(expected), kIndent) +
         ", \n        got:" + indented(show(got), kIndent);
}

std::string compare_samples(const ExprCase& test, std::vector<SeenSample> got, bool fuzzy) {
  std::vector<SeenSample> expected;
  for (const auto& sample : test.samples) {
    auto parsed = parse_sample(sample);
    if (!parsed)
      return expr_error(test, "labels " + go_quote(sample.labels) + ": " + parsed.error().message);
    expected.push_back(std::move(*parsed));
  }
  const auto by_labels = [](const SeenSample& a, const SeenSample& b) {
    return a.labels < b.labels;
  };
  std::ranges::stable_sort(expected, by_labels);
  std::ranges::stable_sort(got, by_labels);
  const auto same = [&](const SeenSample& a, const SeenSample& b) {
    return a.labels == b.labels && a.histogram == b.histogram &&
           same_float(a.value, b.value, fuzzy);
  };
  if (std::ranges::equal(expected, got, same)) return {};
  return head(test) + "\n        exp: " + show(expected) + "\n        got: " + show(got);
}

std::string expr_error(const ExprCase& test, std::string_view error) {
  return head(test) + " err: " + std::string(error);
}

std::string histogram_text(const Histogram& histogram) {
  Histogram h = histogram;
  query::compact(h, std::numeric_limits<int>::max());  // one span a side
  std::string out;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!out.empty()) out += ' ';
    out += std::string(key) + ":" + value;
  };
  const auto add_float = [&](std::string_view key, double value) {
    if (value != 0) add(key, go_float(value));
  };
  const auto list = [](const std::vector<double>& values) {
    std::string text = "[";
    for (std::size_t i = 0; i < values.size(); ++i)
      text += (i > 0 ? " " : "") + go_float(values[i]);
    return text + "]";
  };
  if (h.schema != 0) add("schema", std::to_string(h.schema));
  add_float("count", h.count);
  add_float("sum", h.sum);
  add_float("z_bucket", h.zero_count);
  add_float("z_bucket_w", h.zero_threshold);
  if (h.custom()) add("custom_values", list(h.custom_values));
  constexpr std::string_view kHints[] = {"", "reset", "not_reset", "gauge"};
  if (h.reset_hint != ResetHint::unknown)
    add("counter_reset_hint", std::string(kHints[static_cast<std::size_t>(h.reset_hint)]));
  const auto side = [&](std::string_view buckets_key, std::string_view offset_key,
                        const std::vector<Span>& spans, const std::vector<double>& buckets) {
    if (!spans.empty() && spans[0].offset != 0) add(offset_key, std::to_string(spans[0].offset));
    if (!buckets.empty()) add(buckets_key, list(buckets));
  };
  side("buckets", "offset", h.positive_spans, h.positive);
  side("n_buckets", "n_offset", h.negative_spans, h.negative);
  return "{{" + out + "}}";
}

std::string go_duration(Millis duration) {
  const auto ms = duration.count();
  if (ms == 0) return "0s";
  if (ms < 0) return "-" + go_duration(-duration);
  if (ms < 1000) return std::to_string(ms) + "ms";
  const auto hours = ms / 3'600'000, minutes = ms / 60'000 % 60, seconds = ms / 1000 % 60;
  std::string out;
  if (hours > 0) out += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) out += std::to_string(minutes) + "m";
  out += std::to_string(seconds);
  if (auto fraction = ms % 1000; fraction > 0) {
    std::string text = std::to_string(1000 + fraction).substr(1);
    while (text.ends_with('0')) text.pop_back();
    out += "." + text;
  }
  return out + "s";
}

}  // namespace pharos::rules::unit_test

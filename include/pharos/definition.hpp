// What a metric is: name, help, labels, buckets. Definitions are constexpr values, so that a name
// or a label that Prometheus would refuse does not compile:
//
//   constexpr auto kRequests = counter("requests_total", "Requests served.", "method", "code");
//   constexpr auto kLatency = histogram("request_seconds", "Their time.", kSeconds, "method");
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pharos::client {

enum class Type : std::uint8_t { counter, gauge, histogram, summary };

// Bounds of the native exponential buckets a histogram has beside or instead of classic ones:
// 2^(1/2^schema) from bound to bound. 3 is 9 % wide buckets.
inline constexpr std::int8_t kNoSchema = -128;

struct Range {  // of constants that live as long as the program
  const double* data = nullptr;
  std::uint32_t size = 0;
  constexpr Range() = default;
  template <std::size_t N>
  constexpr Range(const std::array<double, N>& values) : data(values.data()), size(N) {}
};

// The form every registry, catalogue and generator reads. All pointers outlive it.
struct Definition {
  Type type = Type::counter;
  const char* name = "";
  const char* help = "";
  const char* const* labels = nullptr;
  std::uint32_t label_count = 0;
  Range bounds;                        // histogram: classic upper bounds, ascending, +Inf implied
  std::int8_t schema = kNoSchema;      // histogram: native buckets
  Range quantiles;                     // summary
  std::uint32_t window_seconds = 600;  // summary: quantiles are of about this long
  bool exemplars = false;  // histogram: keeps the last exemplar of each bucket (64 bytes each)
  std::uint32_t series_max = 10'000;  // label sets beyond are refused and counted
};

namespace detail {
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool same(std::string_view a, std::string_view b) {
  return a == b;
}

constexpr bool valid_metric_name(std::string_view name) {
  if (name.empty() || !(is_letter(name[0]) || name[0] == ':')) return false;
  for (char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != ':') return false;
  }
  return true;
}
// `le` and `quantile` belong to the bucket and quantile series, names with __ to Prometheus.
constexpr bool valid_label_name(std::string_view name, Type type) {
  if (name.empty() || !is_letter(name[0]) || name.substr(0, 2) == "__") return false;
  for (char c : name) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return !(type == Type::histogram && name == "le") &&
         !(type == Type::summary && name == "quantile");
}
constexpr bool ascending(Range bounds) {
  for (std::uint32_t i = 0; i < bounds.size; ++i) {
    if (!(bounds.data[i] - bounds.data[i] == 0)) return false;  // NaN, Inf
    if (i && !(bounds.data[i - 1] < bounds.data[i])) return false;
  }
  return bounds.size <= 254;
}
constexpr bool quantiles_valid(Range quantiles) {
  for (std::uint32_t i = 0; i < quantiles.size; ++i) {
    if (!(quantiles.data[i] >= 0 && quantiles.data[i] <= 1)) return false;
  }
  return true;
}
constexpr bool valid(const Definition& d) {
  if (!valid_metric_name(d.name) || !ascending(d.bounds) || !quantiles_valid(d.quantiles))
    return false;
  for (std::uint32_t i = 0; i < d.label_count; ++i) {
    if (!valid_label_name(d.labels[i], d.type)) return false;
    for (std::uint32_t k = 0; k < i; ++k) {
      if (same(d.labels[i], d.labels[k])) return false;
    }
  }
  return d.schema == kNoSchema || (d.schema >= 0 && d.schema <= 5);
}
// Not constexpr: a definition that gets here does not compile where it must be constant. Where it
// is made at run time it is let through; the registry refuses it with one logged error.
inline void this_name_label_or_bucket_is_not_valid() {}
}  // namespace detail

template <Type T, std::size_t N>
struct Metric {
  Definition head;
  std::array<const char*, N ? N : 1> labels{};

  constexpr Metric(Definition parts, std::array<const char*, N ? N : 1> names)
      : head(parts), labels(names) {
    Definition all = head;
    all.labels = names.data();
    all.label_count = N;
    if (!detail::valid(all)) detail::this_name_label_or_bucket_is_not_valid();
  }
  constexpr Definition definition() const {  // valid while *this is
    Definition all = head;
    all.labels = N ? labels.data() : nullptr;
    all.label_count = N;
    return all;
  }
  constexpr Metric with_exemplars() const {
    Metric m = *this;
    m.head.exemplars = true;
    return m;
  }
  constexpr Metric with_native(std::int8_t schema = 3) const {
    Metric m = *this;
    m.head.schema = schema;
    return m;
  }
  constexpr Metric with_series_max(std::uint32_t n) const {
    Metric m = *this;
    m.head.series_max = n;
    return m;
  }
  constexpr Metric with_window(std::uint32_t seconds) const {
    Metric m = *this;
    m.head.window_seconds = seconds;
    return m;
  }
};

template <class... L>
constexpr Metric<Type::counter, sizeof...(L)> counter(const char* name, const char* help,
                                                      L... labels) {
  Definition d;
  d.name = name;
  d.help = help;
  return {d, {labels...}};
}
template <class... L>
constexpr Metric<Type::gauge, sizeof...(L)> gauge(const char* name, const char* help, L... labels) {
  Definition d;
  d.type = Type::gauge;
  d.name = name;
  d.help = help;
  return {d, {labels...}};
}
template <class... L>
constexpr Metric<Type::histogram, sizeof...(L)> histogram(const char* name, const char* help,
                                                          Range bounds, L... labels) {
  Definition d;
  d.type = Type::histogram;
  d.name = name;
  d.help = help;
  d.bounds = bounds;
  return {d, {labels...}};
}
template <class... L>
constexpr Metric<Type::histogram, sizeof...(L)> native_histogram(const char* name, const char* help,
                                                                 L... labels) {
  Definition d;
  d.type = Type::histogram;
  d.name = name;
  d.help = help;
  d.schema = 3;
  return {d, {labels...}};
}
template <class... L>
constexpr Metric<Type::summary, sizeof...(L)> summary(const char* name, const char* help,
                                                      Range quantiles, L... labels) {
  Definition d;
  d.type = Type::summary;
  d.name = name;
  d.help = help;
  d.quantiles = quantiles;
  return {d, {labels...}};
}

template <std::size_t N>
constexpr std::array<double, N> exponential(double start, double factor) {
  std::array<double, N> bounds{};
  for (std::size_t i = 0; i < N; ++i, start *= factor) bounds[i] = start;
  return bounds;
}
template <std::size_t N>
constexpr std::array<double, N> linear(double start, double step) {
  std::array<double, N> bounds{};
  for (std::size_t i = 0; i < N; ++i) bounds[i] = start + step * static_cast<double>(i);
  return bounds;
}
// What most clients have for a time in seconds, and the quantiles people ask for.
inline constexpr std::array<double, 11> kSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                 0.5,   1,    2.5,   5,    10};
inline constexpr std::array<double, 4> kQuantiles{0.5, 0.95, 0.99, 0.999};

}  // namespace pharos::client

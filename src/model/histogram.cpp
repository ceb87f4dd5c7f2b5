#include "model/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

namespace pharos {
namespace {

// Prometheus' fractions 2^(-1 + i/256) come from a literal table whose upper half lies up to four
// units in the last place below the correctly rounded value. Printed bounds show that bit, so the
// distances are kept: entry i - 128 for i in [128, 256).
constexpr std::string_view kUlpsBelow =
    "10101122112110111111112121222122001100101122102211221011212211211132112122322232222222333344324311211222213311222132112222432233";

double root_fraction(int i, int schema) {
  const int of_256 = i << (kExponentialSchemaMax - schema);
  const double exact = static_cast<double>(std::exp2(static_cast<long double>(of_256) / 256 - 1));
  if (of_256 < 128) return exact;
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(exact) - static_cast<std::uint64_t>(kUlpsBelow[of_256 - 128] - '0'));
}

const double* fractions(int schema) {
  static const auto tables = [] {
    std::array<std::vector<double>, kExponentialSchemaMax + 1> out;
    for (int s = 0; s <= kExponentialSchemaMax; ++s)
      for (int i = 0; i < (1 << s); ++i) out[s].push_back(root_fraction(i, s));
    return out;
  }();
  return tables[schema].data();
}

Status check_buckets(const std::vector<double>& buckets) {
  for (std::size_t i = 0; i < buckets.size(); ++i)
    if (buckets[i] < 0)
      return fail(Errc::invalid, "bucket number " + std::to_string(i + 1) + " has observation count of " + go_float(buckets[i]) +
                                     ": histogram has a bucket whose observation count is negative");
  return {};
}

Status check_spans(const std::vector<Span>& spans, std::size_t buckets, bool first_may_be_negative) {
  std::uint64_t wanted = 0;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0 && !(i == 0 && first_may_be_negative))
      return fail(Errc::invalid, "span number " + std::to_string(i + 1) + " with offset " + std::to_string(spans[i].offset) +
                                     ": histogram has a span whose offset is negative");
    wanted += spans[i].length;
  }
  if (wanted != buckets)
    return fail(Errc::invalid, "spans need " + std::to_string(wanted) + " buckets, have " + std::to_string(buckets) +
                                   " buckets: histogram spans specify different number of buckets than provided");
  return {};
}

Status check_custom(const Histogram& h) {
  double previous = -std::numeric_limits<double>::infinity();
  for (const double bound : h.custom_values) {
    if (std::isnan(bound)) return fail(Errc::invalid, "histogram custom bounds must not be NaN");
    if (bound <= previous)
      return fail(Errc::invalid, "previous bound is " + std::to_string(previous) + " and current is " + std::to_string(bound) +
                                     ": histogram custom bounds must be in strictly increasing order");
    previous = bound;
  }
  if (std::isinf(previous) && previous > 0)
    return fail(Errc::invalid, "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite");
  TRY(check_spans(h.positive_spans, h.positive.size(), false));
  std::uint64_t total = 0;
  for (const auto& span : h.positive_spans) total += std::uint64_t{span.length} + static_cast<std::uint32_t>(span.offset);
  if (h.custom_values.size() + 1 < total)
    return fail(Errc::invalid, "only " + std::to_string(h.custom_values.size()) +
                                   " custom bounds defined which is insufficient to cover total span length of " +
                                   std::to_string(total) + ": histogram custom bounds are too few");
  return {};
}

Status with_context(Status status, std::string_view where) {
  if (status) return status;
  return fail(std::move(status.error()).in(where));
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

struct PrintedBucket { std::int64_t index; double count; };
std::vector<PrintedBucket> indexed(const std::vector<Span>& spans, const std::vector<double>& counts) {
  std::vector<PrintedBucket> out;
  std::int64_t index = 0;
  std::size_t at = 0;
  for (const auto& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length && at < counts.size(); ++i, ++index, ++at) out.push_back({index, counts[at]});
  }
  return out;
}

void put_bucket(std::string& out, double lower, double upper, bool lower_inclusive, bool upper_inclusive, double count) {
  out += lower_inclusive ? ", [" : ", (";
  out += go_float(lower) + "," + go_float(upper);
  out += upper_inclusive ? "]:" : "):";
  out += go_float(count);
}

}  // namespace

double stale_nan() { return std::bit_cast<double>(kStaleNaNBits); }
bool is_stale(double v) { return std::bit_cast<std::uint64_t>(v) == kStaleNaNBits; }

double bucket_bound(std::int32_t schema, std::int32_t index, std::span<const double> custom_values) {
  if (schema == kCustomBucketsSchema) {
    if (index < 0) return -std::numeric_limits<double>::infinity();
    const auto i = static_cast<std::size_t>(index);
    return i < custom_values.size() ? custom_values[i] : std::numeric_limits<double>::infinity();
  }
  const int s = std::min(schema, kExponentialSchemaMax);
  if (s < 0) {
    const std::int64_t exponent = std::int64_t{index} << std::min(-s, 16);
    if (exponent == 1024) return std::numeric_limits<double>::max();
    return std::ldexp(1.0, static_cast<int>(std::clamp<std::int64_t>(exponent, -5000, 5000)));
  }
  const double fraction = fractions(s)[index & ((1 << s) - 1)];
  const int exponent = (index >> s) + 1;
  if (fraction == 0.5 && exponent == 1025) return std::numeric_limits<double>::max();
  return std::ldexp(fraction, exponent);
}

std::string go_float(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific).ptr;
  int exponent = 0;
  const char* e = std::find(buffer, end, 'e');
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  if (exponent < -4 || exponent >= 6) return {buffer, end};  // %g's precision for shortest digits is 6 here
  end = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed).ptr;
  return {buffer, end};
}

Status Histogram::validate() const {
  if (custom()) {
    TRY(with_context(check_custom(*this), "custom buckets"));
    if (zero_count != 0) return fail(Errc::invalid, "custom buckets: must have zero count of 0");
    if (zero_threshold != 0) return fail(Errc::invalid, "custom buckets: must have zero threshold of 0");
    if (!negative_spans.empty()) return fail(Errc::invalid, "custom buckets: must not have negative spans");
    if (!negative.empty()) return fail(Errc::invalid, "custom buckets: must not have negative buckets");
  } else if (schema >= kExponentialSchemaMin && schema <= kExponentialSchemaMax) {
    TRY(with_context(check_spans(positive_spans, positive.size(), true), "positive side"));
    TRY(with_context(check_spans(negative_spans, negative.size(), true), "negative side"));
    TRY(with_context(check_buckets(negative), "negative side"));
    if (!custom_values.empty()) return fail(Errc::invalid, "histogram with exponential schema must not have custom bounds");
  } else {
    return fail(Errc::invalid,
                "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for "
                "custom buckets, got schema " + std::to_string(schema));
  }
  TRY(with_context(check_buckets(positive), "positive side"));
  if (count < 0) return fail(Errc::invalid, "histogram's observation count is negative");
  if (!integer) return {};  // sums of doubles round, so a float histogram is not held to its count

  double observed = zero_count;
  for (const double n : positive) observed += n;
  for (const double n : negative) observed += n;
  const auto text = go_float(observed) + " observations found in buckets, but the Count field is " + go_float(count) + ": ";
  if (std::isnan(sum)) {
    if (observed > count)
      return fail(Errc::invalid, text + "histogram's observation count should be at least the number of observations found in the buckets");
  } else if (observed != count) {
    return fail(Errc::invalid, text + "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)");
  }
  return {};
}

bool Histogram::identical(const Histogram& o) const {
  return reset_hint == o.reset_hint && integer == o.integer && schema == o.schema && same_bits(zero_threshold, o.zero_threshold) &&
         same_bits(zero_count, o.zero_count) && same_bits(count, o.count) && same_bits(sum, o.sum) &&
         positive_spans == o.positive_spans && negative_spans == o.negative_spans && same_bits(positive, o.positive) &&
         same_bits(negative, o.negative) && same_bits(custom_values, o.custom_values);
}

std::string Histogram::to_string() const {
  std::string out = "{count:" + go_float(count) + ", sum:" + go_float(sum);
  const auto bound = [&](std::int64_t index) { return bucket_bound(schema, static_cast<std::int32_t>(index), custom_values); };
  const auto below = indexed(negative_spans, negative);
  for (auto b = below.rbegin(); b != below.rend(); ++b)
    if (b->count != 0) put_bucket(out, -bound(b->index), -bound(b->index - 1), true, false, b->count);
  if (zero_count != 0) put_bucket(out, -zero_threshold, zero_threshold, true, true, zero_count);
  for (const auto& b : indexed(positive_spans, positive))
    if (b.count != 0) put_bucket(out, bound(b.index - 1), bound(b.index), custom() && b.index == 0, true, b.count);
  return out += '}';
}

}  // namespace pharos

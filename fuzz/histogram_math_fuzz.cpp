// Arithmetic on any two histograms that a sender may have built, valid or not.
#include <cstdint>
#include <cstring>

#include "query/histogram_buckets.hpp"
#include "query/histogram_math.hpp"
#include "query/histogram_quantile.hpp"

namespace {

struct Bytes {
  const std::uint8_t* at;
  const std::uint8_t* end;
  template <class T>
  T take() {
    T value{};
    const auto n = static_cast<std::size_t>(end - at) < sizeof(T)
                       ? static_cast<std::size_t>(end - at)
                       : sizeof(T);
    if (n > 0) std::memcpy(&value, at, n);
    at += n;
    return value;
  }
};

void side(Bytes& in, std::vector<pharos::Span>& spans, std::vector<double>& counts) {
  for (int i = in.take<std::uint8_t>() % 4; i > 0; --i) {
    spans.push_back({in.take<std::int16_t>(), in.take<std::uint8_t>() % 16u});
  }
  for (int i = in.take<std::uint8_t>() % 32; i > 0; --i) counts.push_back(in.take<std::int8_t>());
}

pharos::Histogram histogram(Bytes& in) {
  pharos::Histogram h;
  const auto kind = in.take<std::uint8_t>() % 14;
  h.schema = kind == 13 ? pharos::kCustomBucketsSchema : kind - 4;
  h.reset_hint = static_cast<pharos::ResetHint>(in.take<std::uint8_t>() % 4);
  h.count = in.take<std::int8_t>();
  h.sum = in.take<float>();
  side(in, h.positive_spans, h.positive);
  if (h.custom()) {
    double bound = in.take<std::int8_t>();
    for (int i = in.take<std::uint8_t>() % 8; i > 0; --i)
      h.custom_values.push_back(bound += 1 + in.take<std::uint8_t>() % 4);
  } else {
    h.zero_threshold = in.take<std::uint8_t>() / 16.0;
    h.zero_count = in.take<std::int8_t>();
    side(in, h.negative_spans, h.negative);
  }
  return h;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::query;
  Bytes in{data, data + size};
  const auto a = histogram(in), b = histogram(in);
  const double bound = in.take<float>();
  auto h = a;
  add(h, b);
  subtract(h, a);
  compact(h, 2);
  auto sum = a;
  auto rest = zero_compensation(sum);
  kahan_add(sum, rest, b);
  kahan_add(sum, rest, a);
  add(sum, rest);
  (void)detect_reset(a, b);
  (void)equals(a, b);
  (void)nearly_equal(a, b);
  (void)histogram_quantile(0.3, a);
  (void)histogram_quantile(0.9, sum);
  (void)histogram_fraction(-1, bound, a);
  (void)histogram_variance(b);
  trim(h, bound, true);
  trim(sum, bound, false);
  (void)to_schema(a, -4);
  (void)sample_weight(a);
  return 0;
}

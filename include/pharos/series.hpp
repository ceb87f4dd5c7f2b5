// One label set of one metric: what a handle points to. Immutable once made, but for the gauge's
// value and the exemplars; lives as long as its registry.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "pharos/cells.hpp"
#include "pharos/definition.hpp"
#include "pharos/trace_context.hpp"

namespace pharos::client::detail {

// Classic buckets: which one a value belongs to, by the exponent and the first bits of the
// mantissa, then one comparison. Made once per metric.
struct Bounds {
  std::uint32_t count = 0;
  std::uint32_t shift = 50;  // of the bits that `first` is indexed by
  std::uint32_t key_low = 0, keys = 0;
  double bound[255];  // ascending, then +Inf
  std::uint8_t first[512];

  explicit Bounds(Range range) noexcept;
  std::uint32_t bucket(double v) const noexcept {
    if (!(v > bound[0])) return 0;  // so the table needs no values below bound[0]
    const std::uint32_t key = static_cast<std::uint32_t>(as_bits(v) >> shift) - key_low;
    std::uint32_t i = first[key < keys ? key : keys - 1];
    i += v > bound[i];
    while (__builtin_expect(v > bound[i], 0)) ++i;
    return i;
  }
};

// Native exponential buckets: bucket i of schema s is (2^((i-1)/2^s), 2^(i/2^s)]. The cells of a
// series are
//   sum, zeros, positive buckets, negative buckets
// for 2^-40 .. 2^64; what is nearer to 0 is a zero, what is farther is in the last bucket.
struct Native {
  static constexpr int kOctaveLow = -40, kOctaveHigh = 64;
  std::int8_t schema = 3;
  std::uint32_t per_octave = 8, side = 0;  // side: buckets of one sign
  double bound[32];                        // 2^(j/2^s), j = 0..per_octave-1
  std::uint8_t first[64];                  // by the first 6 bits of the mantissa

  explicit Native(std::int8_t schema) noexcept;
  std::uint32_t cells() const { return 2 + 2 * side; }
  // The index within a side for |v| of more than 2^-40.
  std::uint32_t bucket(double magnitude) const noexcept {
    const std::uint64_t bits = as_bits(magnitude);
    const int octave = static_cast<int>(bits >> 52) - 1023;
    if (__builtin_expect(octave >= kOctaveHigh, 0)) return side - 1;
    const double mantissa = as_double((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
    std::uint32_t j = first[bits >> 46 & 63];           // bounds below the mantissa's first bits
    while (j < per_octave && mantissa > bound[j]) ++j;  // at most two steps
    const std::uint32_t i = static_cast<std::uint32_t>(octave - kOctaveLow) * per_octave + j;
    return i ? i - 1 : 0;
  }
  int index(std::uint32_t bucket) const {  // Prometheus' bucket index
    return static_cast<int>(bucket) + 1 + kOctaveLow * static_cast<int>(per_octave);
  }
};

// The last exemplar of each bucket. Writers that meet do not wait: the later one leaves.
struct Exemplar {
  TraceContext context;
  double value = 0;
  std::int64_t unix_ms = 0;
};
class ExemplarSlot {
 public:
  void put(const TraceContext& context, double value) noexcept;
  bool get(Exemplar& out) const noexcept;

 private:
  std::atomic<std::uint32_t> version_{0};     // odd while it is written
  std::atomic<std::uint64_t> words_[5] = {};  // trace id, span id, value, time
};

// A summary's past, guarded by the family's lock.
struct Window;

struct Series {
  std::string labels;  // as the pages have them: a="b",c="d"
  std::uint32_t slot = kTrash, cells = 0;
  std::atomic<bool> hidden{false};
  const Bounds* bounds = nullptr;  // of the family
  const Native* native = nullptr;
  std::uint32_t native_slot = kTrash;
  std::unique_ptr<ExemplarSlot[]>
      exemplars;                   // counter: 1; histogram: classic buckets + 1, native: 8
  std::shared_ptr<Window> window;  // summary
  // A gauge is what was set, plus what all threads have added since. Its own cache line: neighbours
  // are other gauges, set by other threads.
  alignas(64) std::atomic<std::uint64_t> base{0};
  std::atomic<bool> added{false};
};

Series& inert_series(Type type) noexcept;  // what handles without a metric point to
double gauge_value(const Series& series) noexcept;
void set_added_gauge(Series& series, double value) noexcept;
void refuse(double value) noexcept;  // reports NaN or a counter going down

}  // namespace pharos::client::detail

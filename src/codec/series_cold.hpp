// The small codec of cold columns: up to 16,384 samples of one series, with an entry point every
// 128. Values become integers (decimals divided by their common divisor, or the doubles' bits),
// these their distance to a centre, their deltas or the deltas' deltas, and those a bin,
// entropy-coded with a table of the column, plus raw low bits. Budget: 45 ns a sample to encode, 7
// ns to decode. Bit-exact. Bytes are drawn in docs/formats/series-codec.md. Decoders are total: any
// bytes give false or some values, and nothing outside them is read.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codec/cold_bins.hpp"
#include "codec/series_hot.hpp"

namespace pharos::codec {

// What the front of a stream stands for: a symbol, its code's length, and the bits of the code and
// the raw bits behind it together. Marks lie above the length, where a shift does not see them.
struct ColdEntry {
  std::uint16_t symbol;
  std::uint8_t length, total;
};

// A symbol's value is base + (raw bits ^ sign): `sign` is all ones where raw bits count downwards.
struct ColdBase {
  std::uint64_t base, sign;
};

inline constexpr std::size_t kColdTableMax = 1024;
inline constexpr std::size_t kColdSamplesMax = kGranuleSamples * kGranuleSamples;
constexpr std::size_t granules_of(std::size_t samples) {
  return (samples + kGranuleSamples - 1) / kGranuleSamples;
}
constexpr std::size_t granule_length(std::size_t samples, std::size_t granule) {
  const auto left = samples - granule * kGranuleSamples;
  return left < kGranuleSamples ? left : kGranuleSamples;
}

// `head` is what tells this column from others that move in the same steps (first value, exponent,
// divisor, exceptions); `body` the steps. Two columns of a target that rise alike have equal
// bodies, which the caller can store once. Constant columns have no body.
void put_cold_values(std::span<const double> values, std::string& head, std::string& body);

// One column opened for reading; points into the bytes it was given. Not thread-safe, cheap to
// reuse.
struct ColdCode;
class ColdValues {
 public:
  // `samples` 1 to kColdSamplesMax. False: malformed.
  bool open(std::string_view head, std::string_view body, std::size_t samples);
  std::size_t granules() const { return granules_of(samples_); }
  // Decodes one granule into out[0 … granule_length()).
  bool decode(std::size_t granule, std::span<double, kGranuleSamples> out);
  // Decodes `count` granules from `granule` on, one behind the other, into `out`, which has room
  // for count * kGranuleSamples values. Granules are unpacked four at a time.
  bool decode(std::size_t granule, std::size_t count, double* out);

  bool constant() const { return kind_ == Kind::constant; }
  // Never falling and without NaN or -0: the first value is the least, the last the greatest.
  bool rising() const { return constant_known_ || rising_; }
  // Least and greatest value of granules [begin, end), when known without decoding. Nothing is
  // before open_bounds().
  bool open_bounds();
  struct Bounds {
    double min, max;
  };
  std::optional<Bounds> bounds(std::size_t begin, std::size_t end) const;
  std::optional<double> first_value(std::size_t granule) const;

 private:
  enum class Kind : std::uint8_t { constant = 0, coded = 1, raw = 2, granule = 3 };
  struct Lane;  // a granule being unpacked
  bool open_body(std::string_view body);
  void start(std::size_t granule, Lane& lane) const;
  void add_up(std::size_t granule, Lane& lane, double* out) const;
  void finish(std::size_t granule, std::span<const std::int64_t> integers, double* out) const;
  bool decode_four(const ColdCode& code, std::size_t granule, double* out) const;
  bool read_bins(Cursor& in);
  bool make_table();
  double to_double(std::int64_t quotient) const;

  Kind kind_ = Kind::constant;
  std::size_t samples_ = 0;
  bool constant_known_ = false, rising_ = false, bits_ = false, facts_ = false;
  bool table_made_ = false;
  bool no_runs_ = false;      // no symbol of the table stands for several values
  bool short_codes_ = false;  // see ColdLanes
  double constant_value_ = 0;
  int exponent_ = 0;
  std::uint64_t first_ = 0, divisor_ = 1, usual_ = 0;
  std::vector<std::pair<std::uint32_t, double>> exceptions_;
  std::string_view raw_;  // the doubles of Kind::raw, the hot column of Kind::granule
  // body
  int mode_ = 0, table_bits_ = 0, escape_bits_ = 0, run_base_ = 0;
  std::size_t granule_bytes_max_ = 0;  // that the table lets a granule take
  std::string_view stream_, bounds_;
  std::vector<std::int64_t> offsets_, starts_, steps_, least_, most_;
  std::array<ColdEntry, kColdTableMax> table_;
  std::vector<ColdBase> bases_;  // by symbol
  ColdBins bins_;
  std::vector<std::uint8_t> lengths_;
};

// Rising times of up to kColdSamplesMax samples.
void put_cold_times(std::string& out, std::span<const std::int64_t> times);
class ColdTimes {
 public:
  bool open(std::string_view bytes, std::size_t samples);
  std::size_t granules() const { return granules_of(samples_); }
  std::int64_t first_of(std::size_t granule) const;
  bool decode(std::size_t granule, std::span<std::int64_t, kGranuleSamples> out) const;

 private:
  std::size_t samples_ = 0;
  bool regular_ = false;
  std::int64_t first_ = 0, step_ = 0;
  std::vector<std::int64_t> firsts_, offsets_;
  std::string_view granules_bytes_;
};

}  // namespace pharos::codec

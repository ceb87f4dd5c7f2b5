// The cheap codec of sealed granules: up to 128 samples of one series, a few nanoseconds a sample
// each way, random access by granule. Bit-exact: values that are decimals become integers, and
// every value is verified to come back with the same bits; others are kept as bits. Bytes are drawn
// in docs/formats/series-codec.md. All functions are pure; decoders answer false on any malformed
// input.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "codec/varint.hpp"

namespace pharos::codec {

inline constexpr std::size_t kGranuleSamples = 128;

// 1 to 128 integers as frame of reference over the values, their deltas, the deltas' deltas or the
// distance to a straight line, whichever is smallest. Arithmetic wraps: any integers come back.
void put_integers(std::string& out, std::span<const std::int64_t> values);
bool get_integers(Cursor& in, std::span<std::int64_t> out);
bool skip_integers(Cursor& in, std::size_t count);

// What is remembered of a series between granules, so that the search for the exponent is rarely
// done.
struct ValueHint {
  static constexpr std::uint8_t kNotDecimal = 255;
  std::uint8_t exponent = 0;
};

// 1 to 128 doubles. Budget 12 ns a sample to encode, 3 ns to decode.
void put_values(std::string& out, std::span<const double> values, ValueHint& hint);
bool get_values(Cursor& in, std::span<double> out);

// What the head of a value column tells without decoding it. Not `known` when a NaN or a negative
// zero is among the values.
struct ValueFacts {
  bool known = false;
  double first = 0, last = 0, min = 0, max = 0;
};
bool get_value_facts(Cursor in, std::size_t count, ValueFacts& facts);

}  // namespace pharos::codec

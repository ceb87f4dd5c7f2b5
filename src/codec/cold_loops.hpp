// The inner loops of codec/series_cold, compiled for several instruction sets.
#pragma once
#include <cstdint>
#include <span>

#include "codec/series_cold.hpp"

namespace pharos::codec {

// Marks in ColdEntry::length: whether raw bits count downwards, and whether the entry is one of
// those that unpack_special() knows.
inline constexpr std::uint8_t kColdDownwards = 0x80, kColdSpecial = 0x40, kColdLength = 0x0f;
// A granule never takes more than 128 codes of 10 bits with 64 raw bits each.
inline constexpr std::size_t kColdGranuleBytesMax = kGranuleSamples * (10 + 64) / 8 + 16;

struct ColdCode {
  const ColdEntry* table;
  std::size_t mask;
  const ColdBase* bases;  // by symbol
  int run_base, escape_bits;
  std::int64_t run_value;  // what a run is of
};
// Unpacks into [r, end); 8 bytes behind the last bit must be readable.
struct ColdStream {
  const char* bytes;
  std::size_t bit;
  std::int64_t *r, *end;
  std::uint64_t value, step;  // what stands before r, and its distance to the one before
};
// What is unpacked: values, their deltas, or the deltas' deltas.
enum class ColdMode : std::uint8_t { value, delta, delta2 };
bool unpack(const ColdCode& code, ColdStream& a);
// Two at once: each code's place depends on the one before, so that one stream alone leaves most of
// the processor idle.
bool unpack(const ColdCode& code, ColdStream& a, ColdStream& b);
bool unpack(const ColdCode& code, ColdStream& a, ColdStream& b, ColdStream& c, ColdStream& d);
// Four whole granules of one column with a table without special entries, to values: lane k from
// bit bit[k] to r[k * 128 + skipped, (k + 1) * 128). `value` and `step` as in ColdStream.
inline constexpr std::size_t kColdShortBits = 28;
struct ColdLanes {
  const char* bytes;
  std::int64_t* r;
  std::size_t skipped;
  bool short_codes;  // no special entries, no code with its raw bits above kColdShortBits
  std::size_t bit[4];
  std::uint64_t value[4], step[4];
};
void unpack_whole(const ColdCode& code, ColdMode mode, const ColdLanes& lanes);
// What the others unpacked, to values.
void add_up(ColdMode mode, std::uint64_t value, std::uint64_t step, std::span<std::int64_t> r);

// first + v * factor, modulo 2^64.
void scale_integers(std::span<std::int64_t> v, std::uint64_t first, std::uint64_t factor);
// first + k * step, modulo 2^64.
void fill_line(std::span<std::int64_t> out, std::uint64_t first, std::uint64_t step);
// (first + v * factor) / divisor: the sum modulo 2^64, the quotient correctly rounded.
void scale_to_doubles(std::span<const std::int64_t> v, std::uint64_t first, std::uint64_t factor,
                      double divisor, double* out);
// v / divisor, correctly rounded.
void to_doubles(std::span<const std::int64_t> v, double divisor, double* out);

}  // namespace pharos::codec

// Fixed-width bit packing, least significant bit first.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace pharos::codec {

constexpr int bit_width_of(std::uint64_t v) {
  return 64 - std::countl_zero(v);
}
constexpr std::size_t packed_bytes(std::size_t count, int width) {
  return (count * static_cast<std::size_t>(width) + 7) / 8;
}

// Width 0 to 56, or 64. Values must fit.
inline void pack_bits(std::string& out, std::span<const std::uint64_t> values, int width) {
  if (width == 0) return;
  const auto start = out.size();
  if (width == 64) {
    out.append(reinterpret_cast<const char*>(values.data()), values.size() * 8);
    return;
  }
  out.resize(start + packed_bytes(values.size(), width) + 8);
  char* at = out.data() + start;
  std::uint64_t pending = 0;
  int held = 0;
  for (const auto v : values) {
    pending |= v << held;
    held += width;
    std::memcpy(at, &pending, 8);
    const int whole = held >> 3;
    at += whole;
    pending >>= whole * 8;
    held &= 7;
  }
  out.resize(start + packed_bytes(values.size(), width));
}

// `bytes` must hold packed_bytes(count, width); reads nothing beyond it. Width 0 to 56, or 64.
inline void unpack_bits(const char* bytes, std::size_t count, int width, std::uint64_t* out) {
  if (width == 0) {
    for (std::size_t i = 0; i < count; ++i) out[i] = 0;
    return;
  }
  if (width == 64) {
    std::memcpy(out, bytes, count * 8);
    return;
  }
  const auto mask = (std::uint64_t{1} << width) - 1;
  const auto total = packed_bytes(count, width);
  // The last loads would reach over the end: those values come from a padded copy.
  const std::size_t fast = total >= 8 ? ((total - 8) * 8) / static_cast<std::size_t>(width) + 1 : 0;
  const std::size_t safe = fast < count ? fast : count;
  std::size_t bit = 0;
  for (std::size_t i = 0; i < safe; ++i, bit += static_cast<std::size_t>(width)) {
    std::uint64_t word;
    std::memcpy(&word, bytes + (bit >> 3), 8);
    out[i] = (word >> (bit & 7)) & mask;
  }
  if (safe == count) return;
  char tail[24] = {};
  const std::size_t from = bit >> 3;
  std::memcpy(tail, bytes + from, total - from);
  for (std::size_t i = safe; i < count; ++i, bit += static_cast<std::size_t>(width)) {
    std::uint64_t word;
    std::memcpy(&word, tail + ((bit >> 3) - from), 8);
    out[i] = (word >> (bit & 7)) & mask;
  }
}

}  // namespace pharos::codec

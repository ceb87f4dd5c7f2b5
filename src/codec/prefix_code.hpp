// Canonical prefix codes of limited length (Huffman), and their tables for encoding and decoding.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/varint.hpp"

namespace pharos::codec {

inline constexpr int kPrefixBitsMax = 10;

// Lengths (0: unused) of an optimal code, with lengths above the limit mended. At most 1,024 used
// symbols.
void make_code_lengths(std::span<const std::uint32_t> counts, std::vector<std::uint8_t>& lengths);

// Codes for the lengths, bit-reversed: written least significant bit first.
void make_codes(std::span<const std::uint8_t> lengths, std::vector<std::uint16_t>& codes);

// As nibbles, runs of unused symbols shortened.
void put_code_lengths(std::string& out, std::span<const std::uint8_t> lengths);
// False when malformed, when there are more than `symbols_max`, or when they are no complete code
// (one symbol alone of length 1 is).
bool get_code_lengths(Cursor& in, std::size_t symbols_max, std::vector<std::uint8_t>& lengths);

}  // namespace pharos::codec

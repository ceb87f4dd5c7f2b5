// Prometheus' XOR chunk, the payload of streamed remote read (tsdb/docs/format/chunks.md): written
// here, and read back for the tests.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/sample.hpp"

namespace pharos::ingest {

// At most 65,535 samples, times rising.
//   u16 big endian  number of samples
//   bits            varint t0, value 64; uvarint t1-t0, xor; then per sample delta of delta, xor
std::string encode_xor_chunk(std::span<const UnixMillis> t_ms, std::span<const double> value);
Status decode_xor_chunk(std::string_view chunk, SampleColumn& out);  // appends; Errc::invalid

}  // namespace pharos::ingest

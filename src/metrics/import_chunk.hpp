// The chunks of Prometheus' TSDB: XOR floats, integer and float histograms
// (tsdb/docs/format/chunks.md and tsdb/chunkenc of prometheus/prometheus).
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

enum class PrometheusEncoding : std::uint8_t { xor_floats = 1, histogram = 2, float_histogram = 3 };

// Appends the samples of one chunk. Errc::corrupt when the bits end too early or make no sense,
// Errc::unsupported for an unknown encoding. Memory is bounded by the bits.
Status decode_prometheus_chunk(std::uint8_t encoding, std::string_view data, SampleColumn& out);

}  // namespace pharos::metrics

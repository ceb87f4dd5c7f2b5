// Chunks of Prometheus' TSDB from arbitrary bytes.
#include <cstdint>
#include <string_view>

#include "metrics/import_chunk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  pharos::SampleColumn out;
  (void)pharos::metrics::decode_prometheus_chunk(
      data[0] % 4, {reinterpret_cast<const char*>(data) + 1, size - 1}, out);
  return 0;
}

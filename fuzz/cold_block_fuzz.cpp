// The pieces of a cold block from arbitrary bytes: footer, directory, records, columns, extras,
// label index.
#include <cstdint>
#include <string>

#include "codec/compress.hpp"
#include "metrics/block_index.hpp"
#include "metrics/cold_block_format.hpp"
#include "metrics/tombstones.hpp"

using namespace pharos::metrics;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t n = data[0] * 5u + 1;
  (void)decode_cold_footer(bytes);
  (void)decode_cold_directory(bytes, data[1], 1u << 20);
  std::vector<ColdChunkRef> chunks;
  decode_cold_record(bytes, 1u << 20, data[2] % 2 ? kStoredAggregates : 1, chunks);
  ColdTimeColumn column;
  if (get_cold_time_column(bytes, column)) {
    pharos::codec::ColdTimes times;
    times.open(column.times, column.samples);
  }
  ColdExtra extra;
  std::vector<pharos::HistogramPtr> histograms;
  std::vector<pharos::UnixMillis> starts;
  if (open_cold_extra(bytes, n, extra))
    for (std::size_t g = 0; g < extra.granules.size(); ++g)
      decode_cold_extra(extra, g, n, histograms, starts);
  const auto a = std::min<std::size_t>(data[1], bytes.size()),
             b = std::min<std::size_t>(data[2], bytes.size() - a);
  const auto use = [&](std::string_view symbols, std::string_view label_sets) {
    const BlockIndex index(symbols, label_sets, bytes.substr(a + b), data[0]);
    (void)index.verify();
    (void)index.labels(0);
    (void)index.match({});
  };
  use(bytes.substr(0, a), bytes.substr(a, b));
  // What lies inside, past the checks of the compression.
  const auto pack = [](std::string_view raw) {
    return pharos::codec::compress(pharos::codec::Compression::zstd, raw);
  };
  use(pack(bytes.substr(0, a)), pack(bytes.substr(a, b)));
  (void)decode_cold_directory(pack(bytes), data[1], 1u << 20);
  (void)Tombstones::decode(bytes);
  return 0;
}

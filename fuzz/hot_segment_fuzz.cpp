// A whole hot segment, its granules and histogram columns from arbitrary bytes.
#include <cstdint>
#include <string>

#include "metrics/histogram_column.hpp"
#include "metrics/hot_format.hpp"

using namespace pharos::metrics;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HotGranule granule;
  std::vector<pharos::UnixMillis> times;
  pharos::codec::ValueFacts facts;
  if (size > 1) {
    decode_hot_granule(bytes, data[0], granule);
    decode_hot_facts(bytes, data[0], times, facts);
    std::vector<pharos::HistogramPtr> histograms(data[0] % 128 + 1);
    pharos::codec::Cursor in(bytes.substr(1));
    get_histograms(in, histograms);
  }
  const auto scan = [](const std::string& file) {
    (void)scan_hot(file, [&](std::uint64_t record, std::span<const HotIndexEntry> entries, bool) {
      HotGranule out;
      for (const auto& entry : entries) decode_hot_granule(file, record + entry.offset, out);
    });
  };
  scan(std::string(bytes));
  scan(hot_file_header() + std::string(bytes));
  return 0;
}

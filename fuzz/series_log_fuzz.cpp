// A whole series log from arbitrary bytes, and the log that opens on it.
#include <cstdint>
#include <string>

#include "base/sim_disk.hpp"
#include "codec/checksum.hpp"
#include "codec/varint.hpp"
#include "metrics/series_log.hpp"
#include "metrics/series_log_format.hpp"

using namespace pharos;
using namespace pharos::metrics;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto open = [](const std::string& file) {
    SimDisk disk;
    if (!disk.make_dirs("s") || !disk.replace("s/series-00000001.log", as_bytes(file))) return;
    SeriesTable table(SeriesLimits{});
    std::vector<Damage> damage;
    auto log = SeriesLog::open(disk, "s", table, damage);
    if (!log) return;
    (void)table.label_names(nullptr, 0);
    (void)(*log)->rewrite();
    SeriesTable again(SeriesLimits{});
    damage.clear();
    if (!SeriesLog::open(disk, "s", again, damage) || !damage.empty() || again.live() != table.live()) __builtin_trap();
  };
  open(std::string(bytes));
  // With a checksum that fits, so that the payload is read.
  std::string record = series_log_header();
  const std::string payload = "SERs" + std::string(bytes);
  codec::put_fixed(record, static_cast<std::uint32_t>(payload.size()));
  codec::put_fixed(record, codec::crc32c(payload));
  open(record + payload);
  return 0;
}

#include <cstdint>

#include "scrape/host/sections.hpp"

namespace {

using namespace pharos;

class NoStore final : public Appender {
 public:
  Result<SeriesRef> resolve(const Labels&) override { return SeriesRef{1}; }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef> refs, std::vector<ResolveError>&) override {
    for (auto& ref : refs) ref = SeriesRef{1};
  }
  Result<AppendOutcome> append(const AppendBatch&, const AppendOptions&) override { return AppendOutcome{}; }
};

}  // namespace

// First byte: which file it claims to be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace scrape::host;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  NoStore store;
  HostSink sink(store, {});
  for (int round = 0; round < 2; ++round) {
    sink.begin();
    switch (data[0] % 15) {
      case 0: read_stat(text, sink); break;
      case 1: read_loadavg(text, sink); break;
      case 2: read_pressure("io", text, sink); break;
      case 3: read_meminfo(text, sink); break;
      case 4: read_vmstat(text, sink); break;
      case 5: read_diskstats(text, sink); break;
      case 6: (void)parse_mounts(text); break;
      case 7: read_net_dev(text, sink); break;
      case 8: read_netstat(text, sink); break;
      case 9: read_snmp6(text, sink); break;
      case 10: read_sockstat(text, 4096, sink); break;
      case 11: read_softnet(text, sink); break;
      case 12: read_arp(text, sink); break;
      case 13: read_file_nr(text, sink); break;
      default: read_os_release(text, sink); break;
    }
    (void)sink.end(round * 1000);
  }
  return 0;
}

// A native histogram: no bounds to choose, 9 % wide buckets from nanoseconds to exabytes. Scrapers
// that read protobuf get all of them, the others the powers of two.

// prints: block_bytes_bucket{le="4096"} 2
// prints: block_bytes_bucket{le="+Inf"} 4
// prints: as protobuf:
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kBlocks = native_histogram("block_bytes", "Sizes of blocks.");

int main(int argc, char** argv) {
  const Histogram blocks = series(Registry::standard(), kBlocks);
  for (double bytes : {512.0, 4096.0, 5000.0, 1e6}) blocks.record(bytes);
  std::fputs(render(Registry::standard()).c_str(), stdout);
  std::printf("as protobuf: %zu bytes\n", render(Registry::standard(), Format::protobuf).size());

  if (argc > 2 && std::string_view(argv[2]) == "--serve") {  // until the input ends
    std::fflush(stdout);
    Exporter exporter{argv[1]};
    while (std::getchar() != EOF) continue;
  }
}

// A registry of one's own: for a library inside another program, for tests, for several pages in
// one process.

// prints: library_calls_total 1
// prints: standard has 0 families of the library
#include <cstdio>
#include <string>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kCalls = counter("library_calls_total", "Calls into the library.");

int main(int argc, char** argv) {
  Registry mine;
  series(mine, kCalls).add();
  ExporterOptions options;
  options.registry = &mine;
  options.metrics_path = "/library/metrics";
  Exporter exporter{argc > 1 ? argv[1] : "127.0.0.1:9465", options};
  std::fputs(render(mine).c_str(), stdout);
  const bool there = render(Registry::standard()).find("library_calls_total") != std::string::npos;
  std::printf("standard has %d families of the library\n", there);
}

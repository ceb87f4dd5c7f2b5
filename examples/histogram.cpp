// A histogram with bounds of one's own, and a Timer that records the time of a scope.

// prints: disk_write_seconds_bucket{disk="nvme0",le="0.001"} 1
// prints: disk_write_seconds_bucket{disk="nvme0",le="+Inf"} 3
// prints: disk_write_seconds_count{disk="nvme0"} 3
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kBounds = exponential<8>(0.001, 4);  // 1 ms, 4 ms … 16 s
constexpr auto kWrites = histogram("disk_write_seconds", "How long a write took.", kBounds, "disk");

int main() {
  const Histogram writes = Histograms{kWrites}.with("nvme0");
  writes.record(0.003);                           // seconds
  writes.record(std::chrono::milliseconds(250));  // a duration
  {
    const Timer timer{writes};  // the scope's time
  }
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

// A summary: quantiles of the last minutes, worked out here. Quantiles cannot be added up over
// instances; a histogram's can, so prefer one unless this program is the only one of its kind.

// prints: backup_seconds{quantile="0.5"}
// prints: backup_seconds_count 1000
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr std::array<double, 2> kWanted{0.5, 0.99};
constexpr auto kBackups =
    summary("backup_seconds", "How long a backup took.", kWanted).with_window(300);

int main() {
  const Summary backups = series(Registry::standard(), kBackups);
  for (int i = 1; i <= 1000; ++i) backups.record(i * 0.01);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

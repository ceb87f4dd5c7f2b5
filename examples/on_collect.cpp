// Values that are only known when somebody asks: a function that runs before each scrape.

// prints: pool_connections{state="idle"} 7
// prints: pool_connections{state="busy"} 3
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kConnections =
    gauge("pool_connections", "Connections of the pool, by state.", "state");

struct Pool {
  int idle = 7, busy = 3;
};

int main() {
  Pool pool;
  const Gauges connections{kConnections};
  Registry::standard().on_collect(
      [&pool, idle = connections.with("idle"), busy = connections.with("busy")] {
        idle.set(pool.idle);
        busy.set(pool.busy);
      });
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

// One counter, many threads: each adds into a cell of its own, a scrape adds them up. Threads may
// end; what they counted stays.

// prints: events_total 400000
#include <cstdio>
#include <thread>
#include <vector>

#include <pharos/client.hpp>

using namespace pharos::client;

int main() {
  const Counter events{"events_total", "Events."};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([events] {  // a handle is 16 bytes: copy it
      for (int i = 0; i < 100'000; ++i) events.add();
    });
  }
  for (auto& thread : threads) thread.join();
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

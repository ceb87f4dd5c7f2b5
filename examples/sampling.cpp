// Sampling per service: all of ProBFT's rounds, a tenth of the manager's requests, and a share that
// sinks under load but never below one in a hundred.

// prints: probft kept 1000 of 1000
// prints: manager kept about a tenth: yes
#include <cstdio>
#include <memory>

#include <pharos/client.hpp>

using namespace pharos::client;

struct Count : SpanSink {
  int spans = 0;
  void take(const SpanData&) noexcept override { ++spans; }
};

int main() {
  auto rounds = std::make_shared<Count>(), requests = std::make_shared<Count>();
  const Tracer probft{"probft", Sampling::critical(), rounds};
  const Tracer manager{"dwcp-manager", Sampling::standard(), requests};
  Sampling adaptive;
  adaptive.roots_per_second_max = 500;
  const Tracer busy{"gateway", adaptive, rounds};
  for (int i = 0; i < 1000; ++i) {
    const Span round = probft.start("round");
  }
  for (int i = 0; i < 1000; ++i) {
    const Span request = manager.start("request");
  }
  std::printf("probft kept %d of 1000\n", rounds->spans);
  std::printf("manager kept about a tenth: %s\n",
              requests->spans > 50 && requests->spans < 150 ? "yes" : "no");
}

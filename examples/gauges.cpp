// Gauges: set what is measured, add and subtract what comes and goes, InFlight for a scope.

// prints: queue_depth 12
// prints: inside: 2 under way
// prints: requests_in_flight 0
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

int main() {
  const Gauge depth{"queue_depth", "Messages that wait."};
  const Gauge in_flight{"requests_in_flight", "Requests under way."};
  depth.set(12);
  {
    const InFlight one{in_flight},
        two{in_flight};  // down again at the end of the scope, exceptions included
    std::printf("inside: %g under way\n", in_flight.value());
  }
  const Gauge started{"process_start_time_seconds", "When this program began, Unix time."};
  started.set_to_now();
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

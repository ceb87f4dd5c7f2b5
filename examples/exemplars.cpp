// Exemplars: from a bucket of a histogram to a trace that fell into it. Only OpenMetrics and
// protobuf have them.

// prints: checkout_seconds_bucket{le="0.5"} 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"
// prints: orders_total 1 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kCheckout =
    histogram("checkout_seconds", "How long a checkout took.", kSeconds).with_exemplars();
constexpr auto kOrders = counter("orders_total", "Orders placed.");

int main(int argc, char** argv) {
  const auto context =
      TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  series(Registry::standard(), kCheckout).record(0.42, context);
  series(Registry::standard(), kOrders).add(1, context);
  std::fputs(render(Registry::standard(), Format::openmetrics).c_str(), stdout);

  if (argc > 2 && std::string_view(argv[2]) == "--serve") {  // until the input ends
    std::fflush(stdout);
    Exporter exporter{argv[1]};
    while (std::getchar() != EOF) continue;
  }
}

// Labels: define once as a constant, resolve each label set once to a handle, record with the
// handle.

// prints: http_requests_total{method="GET",code="200"} 2
// prints: http_requests_total{method="POST",code="500"} 1
// prints: http_requests_total{method="PUT",code="200"} 1
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

// constexpr: a bad name, a bad label or the same label twice would not compile.
constexpr auto kRequests =
    counter("http_requests_total", "Requests served, by method and status.", "method", "code");

struct Endpoint {  // what lives as long as the thing it counts for
  explicit Endpoint(const Counters<2>& requests)
      : got(requests.with("GET", "200")), failed(requests.with("POST", "500")) {}
  Counter got, failed;
};

int main() {
  const Counters requests{kRequests};
  const Endpoint endpoint{requests};
  endpoint.got.add();  // the hot path: no look-up, no lock, no allocation
  endpoint.got.add();
  endpoint.failed.add();
  requests.with("PUT", "200").add();  // fine for rare events: takes a lock
  // requests.with("PUT").add();        // does not compile: two labels, one value
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

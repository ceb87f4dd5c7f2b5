// Budgets: 7.5 us of server CPU per small request, 150 us per MB of a POST, 140 bytes of memory per
// half-sent request (9,000 at a time: both ends count against this process's descriptors). The client runs in the same process; its own CPU is taken off ("server_us").
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "net/http_server.hpp"
#include "net/raw_client_test.hpp"

namespace pharos::net {
namespace {

double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
double server_cpu() { return cpu_seconds(RUSAGE_SELF) - cpu_seconds(RUSAGE_THREAD); }

std::uint64_t anonymous_bytes() {
  std::ifstream in("/proc/self/status");
  std::string word;
  std::uint64_t kb = 0;
  while (in >> word)
    if (word == "RssAnon:") in >> kb;
  return kb * 1024;
}

std::unique_ptr<HttpServer> start() {
  auto router = std::make_shared<Router>();
  router->add("GET", "/hello", [](const Request&) { return Response::json(200, std::string(115, 'x')); });
  router->add("GET", "/quick", [](const Request&) { return Response::json(200, std::string(115, 'x')); }, {.quick = true});
  router->add("POST", "/write", [](const Request&) { return Response{.status = 204, .headers = {}, .body = {}, .stream = {}, .trailers = {}}; }, {.body_max = 8 << 20});
  HttpServerConfig config;
  config.listen = "127.0.0.1:0";
  return std::move(*HttpServer::start(config, router, std::make_shared<ThreadPool>("bench", 2), system_clock()));
}

void get(benchmark::State& state) {
  const auto server = start();
  RawClient client(server->port());
  const std::string path = state.range(0) ? "/quick" : "/hello";
  const auto before = server_cpu();
  for (auto _ : state) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost:9090\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
    benchmark::DoNotOptimize(client.read_reply());
  }
  state.counters["server_us"] = (server_cpu() - before) * 1e6 / static_cast<double>(state.iterations());
}
BENCHMARK(get)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

// Pipelined: what is left when waking threads is shared by many requests.
void get_pipelined(benchmark::State& state) {
  const auto server = start();
  RawClient client(server->port());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += "GET /quick HTTP/1.1\r\nHost: localhost:9090\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
  const auto before = server_cpu();
  for (auto _ : state) {
    client.send(requests);
    for (int i = 0; i < 100; ++i) benchmark::DoNotOptimize(client.read_reply());
  }
  state.counters["server_us"] = (server_cpu() - before) * 1e6 / static_cast<double>(state.iterations() * 100);
}
BENCHMARK(get_pipelined)->UseRealTime()->Unit(benchmark::kMicrosecond);

void post_one_megabyte(benchmark::State& state) {
  const auto server = start();
  RawClient client(server->port());
  const std::string body(1 << 20, 'b');
  const auto before = server_cpu();
  for (auto _ : state) {
    client.send("POST /write HTTP/1.1\r\nHost: localhost:9090\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    client.send(body);
    benchmark::DoNotOptimize(client.read_reply());
  }
  state.counters["server_us"] = (server_cpu() - before) * 1e6 / static_cast<double>(state.iterations());
}
BENCHMARK(post_one_megabyte)->UseRealTime()->Unit(benchmark::kMicrosecond);

void half_sent(benchmark::State& state) {
  rlimit limit{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &limit);
  for (auto _ : state) {
    const auto server = start();
    const auto wanted = static_cast<std::size_t>(state.range(0));
    std::vector<RawClient> held;
    held.reserve(wanted);
    const auto before = anonymous_bytes();
    while (held.size() < wanted) {
      held.emplace_back(server->port());
      if (!held.back().connected()) break;
      held.back().send("POST /write HTTP/1.1\r\nHost: localhost\r\nContent-Le");
    }
    std::this_thread::sleep_for(Millis(200));
    const auto after = anonymous_bytes();
    double worst = 0;
    for (int i = 0; i < 20; ++i) {
      const auto begun = system_clock().monotonic();
      RawClient probe(server->port());
      probe.send("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
      probe.read_reply();
      worst = std::max(worst, std::chrono::duration<double, std::milli>(system_clock().monotonic() - begun).count());
    }
    state.counters["held"] = static_cast<double>(held.size());
    state.counters["bytes_each"] = static_cast<double>(after - before) / static_cast<double>(held.size());
    state.counters["grown_mb"] = static_cast<double>(after - before) / 1e6;
    state.counters["worst_answer_ms"] = worst;
  }
}
BENCHMARK(half_sent)->Arg(1000)->Arg(9000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pharos::net

// Short requests, where the way to the handler and back weighs as much as the answer: 10,000 series
// of 32 hosts, an hour at 15 s, in a real store. "handler" is the handler alone, "loopback" the
// request over a socket to a server in this process, "echo" a socket and the same bytes without any
// work. Budget over loopback: 60 us each, 15 us above echo and handler together.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "api/api.hpp"
#include "metrics/store.hpp"
#include "net/http_server.hpp"
#include "net/raw_client_test.hpp"
#include "query/engine.hpp"

namespace pharos::api {
namespace {

constexpr std::size_t kHosts = 32, kPerHost = 314;
constexpr int kSteps = 240;

// The server's own time, without the client's, which runs on the calling thread.
double server_cpu_seconds() {
  rusage all{}, own{};
  getrusage(RUSAGE_SELF, &all);
  getrusage(RUSAGE_THREAD, &own);
  const auto seconds = [](const rusage& usage) {
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  };
  return seconds(all) - seconds(own);
}

struct Class {
  const char* name;
  std::string path;  // {host}, {begin} and {end} are replaced
};

// The hour that is stored ends now: older samples are behind the retention time.
UnixMillis begin_ms() {
  static const auto begin =
      to_unix_millis(system_clock().now()) / 15'000 * 15'000 - kSteps * 15'000;
  return begin;
}

const std::array<Class, 6>& classes() {
  static const std::array<Class, 6> all{{
      {"one_series_1h",
       "/api/v1/"
       "query_range?query=metric_7%7Binstance%3D%22{host}%22%7D&start={begin}&end={end}&"
       "step=15"},
      {"regex_instant",
       "/api/v1/"
       "query?query=count(metric_9%7Binstance%3D~%22host-.*%5B02468%5D%22%7D)&time={end}"},
      {"label_names", "/api/v1/labels?start={begin}&end={end}"},
      {"label_values_name", "/api/v1/label/__name__/values?start={begin}&end={end}"},
      {"label_values_match",
       "/api/v1/label/instance/values?start={begin}&end={end}&match%5B%5D=metric_3"},
      {"series_of_host",
       "/api/v1/series?match%5B%5D=%7Binstance%3D%22{host}%22%7D&start={begin}&end={end}"},
  }};
  return all;
}

struct Bed {
  std::string root;
  std::shared_ptr<ThreadPool> workers = std::make_shared<ThreadPool>("work", 2);
  std::unique_ptr<metrics::Store> store;
  query::Engine engine{query::EngineOptions{}, workers, system_clock()};
  std::shared_ptr<net::Router> router = std::make_shared<net::Router>();
  std::unique_ptr<net::HttpServer> server;

  Bed() {
    const char* base = std::getenv("TMPDIR");
    std::string pattern = std::string(base ? base : "/tmp") + "/pharos-api-bench-XXXXXX";
    if (!mkdtemp(pattern.data())) std::abort();
    root = pattern;
    store = metrics::Store::open(std::shared_ptr<Disk>(open_real_disk(root).value()), "data",
                                 system_clock(), workers, {.background = false})
                .value();
    fill();
    Services services;
    services.workers = workers;
    services.querier = [this] { return store->querier(); };
    services.run_query = [this](Querier& querier, const query::QueryRequest& request) {
      return engine.run(querier, request);
    };
    if (!install(*router, std::move(services), {})) std::abort();
    router->add("GET", "/echo/:n",
                [](const net::Request& request) {
                  return net::Response::json(
                      200, std::string(std::stoul(std::string(request.param("n"))), 'x'));
                },
                {.quick = true});
    net::HttpServerConfig config;
    config.listen = "127.0.0.1:0";
    server = std::move(*net::HttpServer::start(
        std::move(config), router, std::make_shared<ThreadPool>("http", 4), system_clock()));
  }
  ~Bed() {
    server.reset();
    store.reset();
    std::filesystem::remove_all(root);
  }

  void fill() {
    std::vector<SeriesRef> refs;
    for (std::size_t i = 0; i < kHosts * kPerHost; ++i)
      refs.push_back(store
                         ->resolve(Labels{{"__name__", "metric_" + std::to_string(i % kPerHost)},
                                          {"component", i % 3 ? "hde" : "amst"},
                                          {"instance", "host-" + std::to_string(i / kPerHost)},
                                          {"job", "fleet"},
                                          {"region", "eu-west"}})
                         .value());
    std::vector<FloatSample> batch;
    for (int step = 0; step <= kSteps; ++step) {
      batch.clear();
      for (std::size_t i = 0; i < refs.size(); ++i)
        batch.push_back(
            {refs[i], begin_ms() + step * 15'000,
             static_cast<double>((i * 37 + static_cast<std::size_t>(step) * 101) % 10'007) / 100});
      const auto outcome = store->append({.floats = batch});
      if (!outcome || outcome->rejected) std::abort();
    }
  }
};

Bed& bed() {
  static Bed bed;
  return bed;
}

std::string path_of(const Class& one, std::int64_t round) {
  auto path = one.path;
  const auto fill = [&](std::string_view name, const std::string& text) {
    if (const auto at = path.find(name); at != path.npos) path.replace(at, name.size(), text);
  };
  fill("{host}", "host-" + std::to_string(static_cast<std::size_t>(round) % kHosts));
  fill("{begin}", std::to_string(begin_ms() / 1000));
  fill("{end}", std::to_string(begin_ms() / 1000 + kSteps * 15));
  return path;
}

net::Request request_of(const std::string& path, std::string_view method) {
  net::Request request;
  request.method = method;
  request.raw_path = request.path = path.substr(0, path.find('?'));
  request.query = path.substr(path.find('?') + 1);
  request.peer = "127.0.0.1:1234";
  return request;
}

void handler(benchmark::State& state) {
  const auto& one = classes()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(one.name);
  std::int64_t round = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    auto request = request_of(path_of(one, round++), "GET");
    const auto match = bed().router->find(request.method, request.raw_path);
    request.path_params = match.params;
    const auto response = (*match.handler)(request);
    if (response.status != 200) state.SkipWithError(response.body.c_str());
    bytes = response.body.size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(handler)->DenseRange(0, 5)->UseRealTime()->Unit(benchmark::kMicrosecond);

void ask(benchmark::State& state, const std::function<std::string(std::int64_t)>& path) {
  net::RawClient client(bed().server->port());
  std::int64_t round = 0;
  std::size_t bytes = 0;
  const auto before = server_cpu_seconds();
  for (auto _ : state) {
    client.send("GET " + path(round++) +
                " HTTP/1.1\r\nHost: localhost:9090\r\nAccept: */*\r\n\r\n");
    const auto reply = client.read_reply();
    if (!reply.starts_with("HTTP/1.1 200 ")) state.SkipWithError(reply.c_str());
    bytes = reply.size();
  }
  state.counters["server_us"] =
      (server_cpu_seconds() - before) * 1e6 / static_cast<double>(state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
}

void loopback(benchmark::State& state) {
  const auto& one = classes()[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(one.name);
  ask(state, [&](std::int64_t round) { return path_of(one, round); });
}
BENCHMARK(loopback)->DenseRange(0, 5)->UseRealTime()->Unit(benchmark::kMicrosecond);

void echo(benchmark::State& state) {
  ask(state, [&](std::int64_t) { return "/echo/" + std::to_string(state.range(0)); });
}
BENCHMARK(echo)->ArgName("bytes")->Arg(100)->Arg(6'000)->UseRealTime()->Unit(
    benchmark::kMicrosecond);

}  // namespace
}  // namespace pharos::api

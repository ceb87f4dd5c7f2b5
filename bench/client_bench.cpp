// The client library's record path and its pages, beside prometheus-cpp where that is installed.
// Budget: 2 ns per counter add, 4 ns per histogram record, the same with four threads on one
// metric; no allocation (counter `allocs`: per iteration, by a counting operator new).
#include <benchmark/benchmark.h>

#include <arpa/inet.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "pharos/client.hpp"
#ifdef PHAROS_WITH_PROMETHEUS_CPP
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#endif

namespace {
thread_local std::uint64_t allocations = 0;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

namespace client = pharos::client;

constexpr std::array<double, 12> kBounds{0.001, 0.002, 0.004, 0.008, 0.016, 0.032,
                                         0.064, 0.128, 0.256, 0.512, 1.024, 2.048};
constexpr auto kRequests = client::counter("requests_total", "Requests.", "method", "code");
constexpr auto kLatency =
    client::histogram("latency_seconds", "Latency.", kBounds, "method", "code");
constexpr auto kNative = client::native_histogram("native_seconds", "Latency.", "method", "code");
constexpr auto kQueue = client::gauge("queue", "Queue.", "method", "code");
constexpr auto kSummary =
    client::summary("summary_seconds", "Latency.", client::kQuantiles, "method", "code");

client::Registry& registry() {
  static client::Registry it;
  return it;
}

// Latencies as they come: log-normal around 20 ms.
const std::array<double, 1024>& latencies() {
  static const auto values = [] {
    std::array<double, 1024> all{};
    std::uint64_t state = 1;
    for (auto& value : all) {
      double sum = 0;
      for (int i = 0; i < 12; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        sum += static_cast<double>(state >> 11) * 0x1p-53;
      }
      value = 0.02 * __builtin_exp(sum - 6);
    }
    return all;
  }();
  return values;
}

template <class Body>
void measure(benchmark::State& state, Body body) {
  const auto& values = latencies();
  body(values[0]);  // the thread's first record makes its cells
  const auto before = allocations;
  std::size_t i = 0;
  for (auto _ : state) {
    body(values[++i & 1023]);
    benchmark::ClobberMemory();  // every record looks its cell up anew, as scattered ones do
  }
  state.counters["allocs"] = benchmark::Counter(static_cast<double>(allocations - before),
                                                benchmark::Counter::kAvgIterations);
}

void counter_add(benchmark::State& state) {
  const auto handle = client::series(registry(), kRequests, "GET", "200");
  measure(state, [&](double) { handle.add(); });
}
void counter_add_fraction(benchmark::State& state) {
  const auto handle = client::series(registry(), kRequests, "GET", "200");
  measure(state, [&](double v) { handle.add(v); });
}
void gauge_set(benchmark::State& state) {
  const auto handle = client::series(registry(), kQueue, "GET", "set");
  measure(state, [&](double v) { handle.set(v); });
}
void gauge_add(benchmark::State& state) {
  const auto handle = client::series(registry(), kQueue, "GET", "add");
  measure(state, [&](double) { handle.add(1); });
}
void histogram_record(benchmark::State& state) {
  const auto handle = client::series(registry(), kLatency, "GET", "200");
  measure(state, [&](double v) { handle.record(v); });
}
void native_histogram_record(benchmark::State& state) {
  const auto handle = client::series(registry(), kNative, "GET", "200");
  measure(state, [&](double v) { handle.record(v); });
}
void summary_record(benchmark::State& state) {
  const auto handle = client::series(registry(), kSummary, "GET", "200");
  measure(state, [&](double v) { handle.record(v); });
}
BENCHMARK(counter_add);
BENCHMARK(counter_add)->Threads(4);
BENCHMARK(histogram_record);
BENCHMARK(histogram_record)->Threads(4);
BENCHMARK(counter_add_fraction);
BENCHMARK(gauge_set);
BENCHMARK(gauge_add)->Threads(1)->Threads(4);
BENCHMARK(native_histogram_record)->Threads(1)->Threads(4);
BENCHMARK(summary_record)->Threads(1)->Threads(4);

// 1,000 series: 500 counters, 300 gauges, 200 histograms of 12 buckets.
client::Registry& thousand() {
  static client::Registry& it = *[] {
    auto* made = new client::Registry;
    for (int i = 0; i < 500; ++i) client::series(*made, kRequests, std::to_string(i), "200").add(i);
    for (int i = 0; i < 300; ++i)
      client::series(*made, kQueue, std::to_string(i), "200").set(i * 0.37);
    for (int i = 0; i < 200; ++i) {
      const auto handle = client::series(*made, kLatency, std::to_string(i), "200");
      for (double v : latencies()) handle.record(v);
    }
    return made;
  }();
  return it;
}
void scrape(benchmark::State& state) {
  const auto format = static_cast<client::Format>(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string page = client::render(thousand(), format);
    bytes = state.range(1) ? client::gzip(page).size() : page.size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
  state.SetLabel(std::string("1000 series, ") + client::content_type(format) +
                 (state.range(1) ? ", gzip" : ""));
}
BENCHMARK(scrape)->ArgsProduct({{0, 1, 2}, {0, 1}})->Unit(benchmark::kMicrosecond);

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

// What a second costs in which a program records 1,000 times and is scraped once in 15 s (a page of
// 1,000 series, gzipped): `cpu_percent` of one core. Each iteration stands for 15 seconds.
void cost_of_1000_records_per_second(benchmark::State& state) {
  const auto counter = client::series(thousand(), kRequests, "1", "200");
  const auto histogram = client::series(thousand(), kLatency, "1", "200");
  const auto& values = latencies();
  const double before = cpu_seconds();
  for (auto _ : state) {
    for (int i = 0; i < 15 * 500; ++i) {
      counter.add();
      histogram.record(values[static_cast<std::size_t>(i) & 1023]);
      benchmark::ClobberMemory();
    }
    benchmark::DoNotOptimize(client::gzip(client::render(thousand())));
  }
  state.counters["cpu_percent"] =
      100 * (cpu_seconds() - before) / (15.0 * static_cast<double>(state.iterations()));
}
BENCHMARK(cost_of_1000_records_per_second)->Unit(benchmark::kMicrosecond);

// What 1,000 series recorded by 4 threads take: allocated bytes and pages of cells, which the
// threads map.
void memory_of_1000_series(benchmark::State& state) {
  const bool histograms = state.range(0);
  for (auto _ : state) {
    const auto allocated = mallinfo2().uordblks;
    const auto cells = client::detail::cell_stats().bytes;
    client::Registry made;
    std::vector<client::Counter> counters;
    std::vector<client::Histogram> all;
    for (int i = 0; i < 1000; ++i) {
      if (histograms) {
        all.push_back(client::series(made, kLatency, std::to_string(i), "200"));
      } else {
        counters.push_back(client::series(made, kRequests, std::to_string(i), "200"));
      }
    }
    const auto handles =
        counters.capacity() * sizeof(counters[0]) + all.capacity() * sizeof(all[0]);
    std::atomic<int> ready{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (const auto& one : counters) one.add();
        for (const auto& one : all) one.record(0.02);
        ++ready;
        while (!stop) std::this_thread::yield();
      });
    }
    while (ready < 4) std::this_thread::yield();
    state.counters["bytes"] = static_cast<double>(mallinfo2().uordblks - allocated - handles +
                                                  client::detail::cell_stats().bytes - cells);
    stop = true;
    for (auto& thread : threads) thread.join();
  }
  state.SetLabel(histograms ? "1000 histograms of 12 buckets, 4 threads"
                            : "1000 counters, 4 threads");
}
BENCHMARK(memory_of_1000_series)->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

// 200 scrapers that connect, ask at once and read their answers: `served` of them, in the time of
// an iteration.
void scrapers_200_at_once(benchmark::State& state) {
  client::ExporterOptions options;
  options.registry = &thousand();
  client::Exporter exporter{"127.0.0.1:0", options};
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(exporter.port());
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::uint64_t served = 0;
  for (auto _ : state) {
    std::vector<int> sockets;
    for (int i = 0; i < 200; ++i) {
      sockets.push_back(socket(AF_INET, SOCK_STREAM, 0));
      (void)!connect(sockets.back(), reinterpret_cast<sockaddr*>(&to), sizeof to);
    }
    static constexpr char kAsk[] =
        "GET /metrics HTTP/1.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    for (int fd : sockets) (void)!send(fd, kAsk, sizeof kAsk - 1, MSG_NOSIGNAL);
    for (int fd : sockets) {
      static char buffer[1 << 16];
      std::string answer;
      for (ssize_t n; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        answer.append(buffer, static_cast<std::size_t>(n));
      served += answer.compare(0, 15, "HTTP/1.1 200 OK") == 0 && answer.size() > 1000;
      close(fd);
    }
  }
  state.counters["served"] =
      benchmark::Counter(static_cast<double>(served), benchmark::Counter::kAvgIterations);
}
BENCHMARK(scrapers_200_at_once)->Unit(benchmark::kMillisecond)->UseRealTime();

#ifdef PHAROS_WITH_PROMETHEUS_CPP
prometheus::Registry& peer_registry() {
  static prometheus::Registry it;
  return it;
}
prometheus::Counter& peer_counter() {
  static auto& it = prometheus::BuildCounter()
                        .Name("requests_total")
                        .Register(peer_registry())
                        .Add({{"method", "GET"}, {"code", "200"}});
  return it;
}
prometheus::Histogram& peer_histogram() {
  static auto& it =
      prometheus::BuildHistogram()
          .Name("latency_seconds")
          .Register(peer_registry())
          .Add({{"method", "GET"}, {"code", "200"}},
               prometheus::Histogram::BucketBoundaries(kBounds.begin(), kBounds.end()));
  return it;
}
void prometheus_cpp_counter_add(benchmark::State& state) {
  auto& handle = peer_counter();
  measure(state, [&](double) { handle.Increment(); });
}
void prometheus_cpp_histogram_record(benchmark::State& state) {
  auto& handle = peer_histogram();
  measure(state, [&](double v) { handle.Observe(v); });
}
void prometheus_cpp_scrape(benchmark::State& state) {
  static prometheus::Registry& made = *[] {
    auto* all = new prometheus::Registry;
    auto& counters = prometheus::BuildCounter().Name("requests_total").Register(*all);
    auto& gauges = prometheus::BuildGauge().Name("queue").Register(*all);
    auto& histograms = prometheus::BuildHistogram().Name("latency_seconds").Register(*all);
    for (int i = 0; i < 500; ++i)
      counters.Add({{"method", std::to_string(i)}, {"code", "200"}}).Increment(i);
    for (int i = 0; i < 300; ++i)
      gauges.Add({{"method", std::to_string(i)}, {"code", "200"}}).Set(i * 0.37);
    for (int i = 0; i < 200; ++i) {
      auto& one =
          histograms.Add({{"method", std::to_string(i)}, {"code", "200"}},
                         prometheus::Histogram::BucketBoundaries(kBounds.begin(), kBounds.end()));
      for (double v : latencies()) one.Observe(v);
    }
    return all;
  }();
  for (auto _ : state)
    benchmark::DoNotOptimize(prometheus::TextSerializer().Serialize(made.Collect()));
}
BENCHMARK(prometheus_cpp_counter_add)->Threads(1)->Threads(4);
BENCHMARK(prometheus_cpp_histogram_record)->Threads(1)->Threads(4);
BENCHMARK(prometheus_cpp_scrape)->Unit(benchmark::kMicrosecond);
#endif

}  // namespace

// pharos_load: writes, queries and exposes a generated fleet. Used by bench/run.py; prints one JSON object.
//
//   pharos_load write --url U --series N --ticks T --interval 15 --start UNIX --conns C --batch B --pid P [--seed S]
//   pharos_load query --url U --suite FILE --start UNIX --end UNIX --repeat R --pid P [--param k=v]
//   pharos_load page  --samples N --port P          serves /metrics until killed
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/compress.hpp"
#include "codec/json.hpp"
#include "codec/protobuf.hpp"
#include "load/fleet.hpp"
#include "load/wire.hpp"

namespace {

using namespace pharos;
using namespace pharos::load;
using Steady = std::chrono::steady_clock;

struct Options {
  std::map<std::string, std::string> values;
  std::string text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : found->second;
  }
  double number(const std::string& key, double otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : std::atof(found->second.c_str());
  }
};

double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

double quantile(std::vector<double> sorted, double q) {
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * static_cast<double>(sorted.size())))];
}

// Requests of one tick per connection are encoded just before they are sent, outside the timed part.
int write(const Options& options) {
  const auto series = static_cast<std::size_t>(options.number("series", 10000));
  const auto ticks = static_cast<std::size_t>(options.number("ticks", 240));
  const auto conns = static_cast<std::size_t>(options.number("conns", 1));
  const auto batch = static_cast<std::size_t>(options.number("batch", 2000));
  const double interval = options.number("interval", 15);
  const auto start_ms = static_cast<std::int64_t>(options.number("start", 0) * 1000);
  const int pid = static_cast<int>(options.number("pid", 0));
  const auto address = parse_url(options.text("url"));
  Fleet fleet(series, static_cast<std::uint64_t>(options.number("seed", 1)));

  std::vector<std::string> heads(series);
  for (std::size_t i = 0; i < series; ++i) {
    codec::ProtoWriter out(heads[i]);
    for (const auto& [name, value] : fleet.labels(i))
      out.message(1, [&](codec::ProtoWriter& label) { label.bytes(1, name), label.bytes(2, value); });
  }
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t c = 0; c < conns; ++c) connections.push_back(std::make_unique<Connection>(address));

  std::vector<double> values, latencies;
  std::mutex latencies_mutex;
  const double cpu_begin = cpu_seconds(pid);
  double sending = 0, first_tick = 0;
  std::atomic<std::uint64_t> refused{0};
  for (std::size_t tick = 0; tick < ticks; ++tick) {
    fleet.tick(interval, values);
    std::vector<std::vector<std::string>> bodies(conns);
    std::string raw, one;
    for (std::size_t from = 0, n = 0; from < series; from += batch, ++n) {
      raw.clear();
      for (std::size_t i = from; i < std::min(series, from + batch); ++i) {
        const auto host = static_cast<std::int64_t>(i / fleet.per_host());
        one = heads[i];
        codec::ProtoWriter(one).message(2, [&](codec::ProtoWriter& sample) {
          sample.real(1, values[i]);
          sample.int64(2, start_ms + static_cast<std::int64_t>(static_cast<double>(tick) * interval * 1000) + host * 37 % 5000);
        });
        codec::ProtoWriter(raw).bytes(1, one);
      }
      bodies[n % conns].push_back(codec::compress(codec::Compression::snappy, raw));
    }
    const auto begin = Steady::now();
    std::vector<std::thread> senders;
    for (std::size_t c = 0; c < conns; ++c)
      senders.emplace_back([&, c] {
        std::vector<double> own;
        for (const auto& body : bodies[c]) {
          const auto sent = Steady::now();
          const int status = connections[c]->send("POST", "/api/v1/write",
              "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n", body);
          own.push_back(seconds_since(sent) * 1e3);
          if (status / 100 != 2) ++refused;
        }
        const std::lock_guard lock(latencies_mutex);
        latencies.insert(latencies.end(), own.begin(), own.end());
      });
    for (auto& sender : senders) sender.join();
    (tick == 0 ? first_tick : sending) += seconds_since(begin);
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(options.number("settle", 3)));
  const double samples = static_cast<double>(series) * static_cast<double>(ticks);
  const double cpu = cpu_seconds(pid) - cpu_begin;
  std::printf("{\"samples\": %.0f, \"samples_per_s\": %.0f, \"new_series_per_s\": %.0f, \"cpu_s_per_M\": %.4f, \"p50_ms\": %.3f, "
              "\"p99_ms\": %.3f, \"refused\": %llu, \"anon_bytes_per_series\": %.0f, \"rss_mb\": %.1f}\n",
              samples, ticks > 1 ? (samples - static_cast<double>(series)) / sending : 0, static_cast<double>(series) / first_tick,
              cpu / samples * 1e6, quantile(latencies, .5), quantile(latencies, .99),
              static_cast<unsigned long long>(refused.load()),
              static_cast<double>(status_kib(pid, "RssAnon")) * 1024 / static_cast<double>(series),
              static_cast<double>(status_kib(pid, "VmRSS")) / 1024);
  return refused ? 1 : 0;
}

int query(const Options& options) {
  std::ifstream file(options.text("suite"));
  std::stringstream text;
  text << file.rdbuf();
  const auto suite = codec::Json::parse(text.str());
  if (!suite) return std::fprintf(stderr, "pharos_load: %s\n", suite.error().message.c_str()), 2;
  Connection connection(parse_url(options.text("url")));
  const double start = options.number("start", 0), end = options.number("end", 0);
  const int repeat = static_cast<int>(options.number("repeat", 20)), pid = static_cast<int>(options.number("pid", 0));
  const auto extra = options.text("param").empty() ? std::string() : "&" + options.text("param");

  std::printf("{");
  bool first = true;
  for (const auto& item : suite->items()) {
    std::vector<double> times;
    const double cpu = cpu_seconds(pid);
    std::size_t bytes = 0;
    for (int n = 0; n < repeat + 1; ++n) {
      const double moved = end - n;  // a moving end, so that no whole reply can be remembered
      auto expr = item["expr"].string();
      if (const auto at = expr.find("{host}"); at != expr.npos)
        expr.replace(at, 6, Fleet(1, 1).instance(static_cast<std::size_t>(n % 8)));
      std::string path;
      char times_text[128];
      if (item["type"].string() == "instant") {
        std::snprintf(times_text, sizeof times_text, "&time=%.0f", moved);
        path = "/api/v1/query?query=" + escape(expr) + times_text;
      } else if (item["type"].string() == "range") {
        std::snprintf(times_text, sizeof times_text, "&start=%.0f&end=%.0f&step=%.0f", std::max(start, moved - item["range"].real()),
                      moved, item["step"].real());
        path = "/api/v1/query_range?query=" + escape(expr) + times_text;
      } else {
        std::snprintf(times_text, sizeof times_text, "start=%.0f&end=%.0f", start, moved);
        path = item["type"].string() + "?" + times_text + (expr.empty() ? "" : "&match[]=" + escape(expr));
      }
      std::string reply;
      const auto begin = Steady::now();
      const int status = connection.send("GET", path + extra, "", "", &reply);
      if (n > 0) times.push_back(seconds_since(begin) * 1e3);  // the first warms up
      if (status != 200) return std::fprintf(stderr, "pharos_load: %s: %d %s\n", path.c_str(), status, reply.c_str()), 1;
      bytes = reply.size();
    }
    std::printf("%s\"%s\": {\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"cpu_ms\": %.3f, \"bytes\": %zu}", first ? "" : ", ",
                item["class"].string().c_str(), quantile(times, .5), quantile(times, .99),
                (cpu_seconds(pid) - cpu) * 1e3 / (repeat + 1), bytes);
    first = false;
  }
  std::printf("}\n");
  return 0;
}

// Serves one page whose values move with the wall clock, to any number of connections in turn.
int page(const Options& options) {
  const auto samples = static_cast<std::size_t>(options.number("samples", 10000));
  Fleet fleet(samples, static_cast<std::uint64_t>(options.number("seed", 1)));
  std::vector<std::string> heads(samples);
  for (std::size_t i = 0; i < samples; ++i) heads[i] = fleet.text(i);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<std::uint16_t>(options.number("port", 0)));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener, 64) != 0)
    return std::perror("pharos_load: listen"), 1;
  std::mutex mutex;
  std::string body;
  std::vector<double> values;
  auto made = Steady::now() - std::chrono::hours(1);
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) continue;
    std::thread([&, client] {
      std::string in;
      char chunk[8192];
      for (ssize_t n; (n = ::recv(client, chunk, sizeof chunk, 0)) > 0;) {
        in.append(chunk, static_cast<std::size_t>(n));
        const auto end = in.find("\r\n\r\n");
        if (end == in.npos) continue;
        in.erase(0, end + 4);
        std::string reply;
        {
          const std::lock_guard lock(mutex);
          if (seconds_since(made) > .9) {
            made = Steady::now();
            fleet.tick(1, values);
            body.clear();
            for (std::size_t i = 0; i < samples; ++i) {
              char number[32];
              body.append(heads[i]).append(number, std::snprintf(number, sizeof number, "%.17g", values[i])).push_back('\n');
            }
          }
          reply = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\n\r\n" + body;
        }
        std::string_view left = reply;
        while (!left.empty()) {
          const auto sent = ::send(client, left.data(), left.size(), MSG_NOSIGNAL);
          if (sent <= 0) break;
          left.remove_prefix(static_cast<std::size_t>(sent));
        }
      }
      ::close(client);
    }).detach();
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (std::strncmp(argv[i], "--", 2) != 0) break;
    options.values[argv[i] + 2] = argv[i + 1];
  }
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "write") return write(options);
  if (command == "query") return query(options);
  if (command == "page") return page(options);
  std::fprintf(stderr, "usage: pharos_load write|query|page --OPTION VALUE…  (see bench/README.md)\n");
  return 2;
}

// What HTTP/1.1 and HTTP/2 have in common: from a complete request to a complete answer, its
// compression and the counters.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "net/http.hpp"
#include "net/http_server.hpp"
#include "net/stream_threads.hpp"

namespace pharos::net {

struct ServerStats {
  Counter requests{"pharos_http_requests_total", "Requests answered, by handler pattern and status code.",
                   {"handler", "code"}};
  Distribution seconds{"pharos_http_request_duration_seconds", "Time from the complete request to the answer, by handler.",
                       {0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60}, {"handler"}};
  Counter connections{"pharos_http_connections_total", "Connections accepted."};
  Gauge open{"pharos_http_connections", "Connections open now."};
  Counter limits{"pharos_http_limit_hits_total", "Bounds that were hit, by bound.", {"limit"}};
  Counter head_too_large = limits.with({"header_bytes"});
  Counter body_too_large = limits.with({"body_bytes"});
  Counter bodies_in_flight = limits.with({"body_bytes_in_flight"});
  Counter queue_full = limits.with({"queue"});
  Counter streams_full = limits.with({"streams"});
  Counter evicted_cap = limits.with({"connections"});
  Counter evicted_address = limits.with({"connections_per_address"});
  Counter header_timeouts = limits.with({"header_timeout"});
  Counter body_timeouts = limits.with({"body_idle_timeout"});
  Counter write_timeouts = limits.with({"write_timeout"});
  Counter handler_timeouts = limits.with({"handler_timeout"});
  Counter malformed{"pharos_http_malformed_requests_total", "Requests refused for their framing."};
  Counter cancelled{"pharos_http_requests_cancelled_total", "Requests whose client left before the answer."};
};
ServerStats& server_stats();

// Bytes of request bodies held by all requests of one server. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  bool take(std::uint64_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    give(bytes);
    return false;
  }
  void give(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

// Shared by the loops of one server. Immutable but for the counters; thread-safe.
struct Dispatch {
  HttpServerConfig config;
  std::shared_ptr<const Router> router;
  std::shared_ptr<ThreadPool> pool;
  const Clock* clock = nullptr;
  BodyBudget bodies{0};
  std::atomic<std::uint64_t> reserved{0};  // bytes of memory promised to bodies of known length still on their way
  std::atomic<std::uint32_t> waiting{0};   // requests queued for the pool
  std::atomic<bool> draining{false};
  StreamThreads streams;  // last: the threads end before what they use goes

  Dispatch(HttpServerConfig c, std::shared_ptr<const Router> r, std::shared_ptr<ThreadPool> p, const Clock& k)
      : config(std::move(c)), router(std::move(r)), pool(std::move(p)), clock(&k), bodies(config.body_bytes_in_flight_max), streams(config.streams_max) {}

  // Gate, handler (404 and 405 where there is none), compression. Never throws.
  Response answer(const Request& request, const Router::Match& match) const;
  void count(const Router::Match& match, int status, Nanos took) const;
};

// Runs the request on the pool, or on a thread of its own where its route says so. False: no more go.
bool run_handler(Dispatch& dispatch, const RouteOptions* options, std::move_only_function<void()> task);

// Compresses `response.body` when the client accepts it and it pays.
void compress_reply(const Request& request, Response& response);

// "gzip;q=0" counts as refused; "*" is not taken as an offer.
bool accepts_encoding(std::string_view accept_encoding, std::string_view encoding);

// "Sat, 21 Nov 2026 03:30:00 GMT".
std::string http_date(Time t);

}  // namespace pharos::net

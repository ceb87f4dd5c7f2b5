// One accepted connection and the request it carries. Internal to the server.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/time.hpp"
#include "net/dispatch.hpp"
#include "net/http1_parser.hpp"
#include "net/http2_session.hpp"
#include "net/tls.hpp"

namespace pharos::net {

class ConnectionLoop;

// Where a connection waits. Each has a first-in-first-out list per loop, and one timeout: so the
// front of a list is the next to expire, and the longest-waiting one when room must be made.
enum class Phase : std::uint8_t { head, body, idle, busy, write, linger, http2, count };

// A request from its complete head to its sent answer; a waiting connection has none.
struct Exchange {
  Request request;
  Router::Match match;
  HeadFacts facts;
  std::uint64_t body_max = 0, body_counted = 0, reserved = 0;
  ChunkedDecoder chunks;
  std::stop_source stop;
  Nanos began{};
  std::multimap<Nanos, class Connection*>::iterator deadline;
  bool has_deadline = false;
  std::atomic<bool> streaming{false};
  bool keep_alive = true, failed = false;

  std::string head, body;      // of the answer
  std::size_t sent = 0;        // of head + body
};

// About 120 bytes while it waits, plus the bytes of an incomplete head; 15,000 half-sent requests
// fit in 3 MB. While `phase` is busy the socket (and the TLS state) belongs to the pool thread that runs the
// handler, and the loop only watches for the client's leaving; else everything belongs to the loop.
class Connection {
 public:
  Connection* previous = nullptr;
  Connection* next = nullptr;
  Nanos since{};                      // when it came to its list
  std::uint64_t address = 0;          // hash of the peer's address, for the quota
  std::unique_ptr<char[]> pending;    // received, not yet understood
  std::uint32_t pending_size = 0, scanned = 0;
  int fd = -1;
  std::unique_ptr<Exchange> exchange;
  std::unique_ptr<TlsStream> tls;
  std::unique_ptr<Http2Connection> http2;
  std::unique_ptr<const std::string> peer;  // "127.0.0.1:40312", from its first request on
  Phase phase = Phase::head;
  bool handshaking = false, readable = false, hangup = false, dead = false;
};

}  // namespace pharos::net

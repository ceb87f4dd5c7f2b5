// The HTTP/1 side of the loop: bytes to requests, requests to the pool, answers to the socket.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/short_work.hpp"
#include "net/connection_loop.hpp"

namespace pharos::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// A body of known length gets its whole memory at once, when its first 4 KiB are there, while all such promises stay
// below this; beyond, memory grows with what has really come.
constexpr std::uint64_t kReserveMax = 256u << 20;
constexpr std::uint64_t kReserveFrom = 4096;

// Writes as much as the socket takes. False: the connection is broken.
bool send_some(int fd, TlsStream* tls, std::string_view head, std::string_view body, std::size_t& sent) {
  while (sent < head.size() + body.size()) {
    const auto first = sent < head.size() ? head.substr(sent) : std::string_view{};
    const auto second = body.substr(sent > head.size() ? sent - head.size() : 0);
    if (tls) {
      const auto part = first.empty() ? second : first;
      std::size_t put = 0;
      const auto result = tls->write(part.data(), part.size(), put);
      if (result == TlsStream::Io::closed) return false;
      if (result != TlsStream::Io::ok) return true;
      sent += put;
      continue;
    }
    iovec parts[2] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}};
    msghdr message{};
    message.msg_iov = first.empty() ? parts + 1 : parts;
    message.msg_iovlen = first.empty() || second.empty() ? 1 : 2;
    const auto n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

// For a pool thread that owns the connection: waits for the client to take it all.
bool send_all(int fd, TlsStream* tls, std::string_view bytes, Millis timeout, const std::stop_token& stop) {
  std::size_t sent = 0;
  auto left = timeout;
  while (true) {
    const auto before = sent;
    if (!send_some(fd, tls, {}, bytes, sent)) return false;
    if (sent == bytes.size()) return true;
    if (sent != before) left = timeout;
    if (stop.stop_requested() || left <= Millis{0}) return false;
    pollfd wait{fd, POLLOUT, 0};
    ::poll(&wait, 1, 100);
    left -= Millis(100);
    if (wait.revents & (POLLERR | POLLHUP)) return false;
    if (wait.revents & POLLOUT) left = timeout;
  }
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

void put_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;  // a handler's value never ends the header
  out += "\r\n";
}

}  // namespace

std::string reply_head(const Response& response, const Exchange& exchange, Time now,
                       std::optional<std::uint64_t> length, bool keep_alive) {
  thread_local std::string date;
  thread_local std::int64_t date_second = -1;
  const auto second = to_unix_millis(now) / 1000;
  if (second != date_second) date = http_date(now), date_second = second;
  std::string out;
  out.reserve(256);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += status_text(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers.all()) put_header(out, name, value);
  out += "Date: ";
  out += date;
  out += "\r\n";
  if (!has_no_body(response.status)) {
    if (length) out += "Content-Length: " + std::to_string(*length) + "\r\n";
    else if (exchange.request.version == 11) out += "Transfer-Encoding: chunked\r\n";
  }
  if (!keep_alive) out += "Connection: close\r\n";
  else if (exchange.request.version == 10) out += "Connection: keep-alive\r\n";
  out += "\r\n";
  return out;
}

void ConnectionLoop::on_event(Connection& c, std::uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) c.hangup = true;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) c.readable = true;
  if (c.handshaking) {
    switch (c.tls->handshake()) {
      case TlsStream::Io::ok:
        c.handshaking = false;
        c.readable = true;
        if (c.tls->http2()) begin_http2(c, {});
        else advance(c);
        return;
      case TlsStream::Io::closed: return close(c);
      default: return;
    }
  }
  switch (c.phase) {
    case Phase::head:
    case Phase::body:
    case Phase::idle:
      if (c.readable) advance(c);
      return;
    case Phase::busy:
      if (c.hangup && !c.exchange->stop.stop_requested()) {
        server_stats().cancelled.add();
        c.exchange->stop.request_stop();
      }
      return;
    case Phase::write:
      if (events & (EPOLLERR | EPOLLHUP)) return close(c);
      return flush(c);
    case Phase::linger: {
      long n;
      while ((n = receive(c, scratch_.get(), kReadBytes)) > 0) {}
      if (n == 0) close(c);
      return;
    }
    case Phase::http2: return http2_io(c);
    case Phase::count: return;
  }
}

// Bytes read, 0 at the end or on an error, -1 when there is nothing now.
long ConnectionLoop::receive(Connection& c, char* into, std::size_t room) {
  if (c.tls) {
    std::size_t got = 0;
    switch (c.tls->read(into, room, got)) {
      case TlsStream::Io::ok: return static_cast<long>(got);
      case TlsStream::Io::closed: return 0;
      default: c.readable = false; return -1;
    }
  }
  while (true) {
    const auto n = ::recv(c.fd, into, room, 0);
    if (n > 0) {
      // A short read has emptied the socket: the next edge comes with new bytes.
      if (static_cast<std::size_t>(n) < room && !c.hangup) c.readable = false;
      return n;
    }
    if (n == 0) return 0;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return 0;
    c.readable = false;
    return -1;
  }
}

void ConnectionLoop::keep_pending(Connection& c, std::string_view data, std::size_t scanned) {
  std::unique_ptr<char[]> kept;
  if (!data.empty()) {
    kept.reset(new char[data.size()]);
    std::memcpy(kept.get(), data.data(), data.size());
  }
  c.pending = std::move(kept);
  c.pending_size = static_cast<std::uint32_t>(data.size());
  c.scanned = static_cast<std::uint32_t>(scanned);
}

void ConnectionLoop::advance(Connection& c) {
  if (advancing_ == &c) return;  // a quick handler has answered: the outer call goes on
  advancing_ = &c;
  while (!c.dead) {
    Step step = Step::stop;
    if (c.phase == Phase::head || c.phase == Phase::idle) step = advance_head(c);
    else if (c.phase == Phase::body) step = advance_body(c);
    if (step == Step::wait) break;
    const bool next_request = c.phase == Phase::head || c.phase == Phase::idle;
    if (step == Step::stop && !(next_request && (c.readable || c.scanned < c.pending_size))) break;
  }
  advancing_ = nullptr;
}

ConnectionLoop::Step ConnectionLoop::advance_head(Connection& c) {
  // scratch: what was kept, then what has just come.
  std::size_t size = c.pending_size;
  if (size) std::memcpy(scratch_.get(), c.pending.get(), size);
  if (c.scanned >= c.pending_size) {
    if (!c.readable) return Step::wait;
    const auto n = receive(c, scratch_.get() + size, kReadBytes);
    if (n < 0) return Step::wait;
    if (n == 0) return close(c), Step::stop;
    size += static_cast<std::size_t>(n);
  }
  std::string_view data(scratch_.get(), size);
  if (c.phase == Phase::idle) move(c, Phase::head);
  if (data.starts_with("\r\n")) data.remove_prefix(2);  // some clients end a body with one too many
  if (d_.config.http2 && kHttp2Preface.starts_with(data.substr(0, kHttp2Preface.size())) && data.starts_with("PRI")) {
    begin_http2(c, data);
    return Step::stop;
  }
  const HeadLimits limits{d_.config.header_bytes_max, d_.config.headers_max};
  const auto head = find_head_end(data, c.scanned, limits);
  if (head.failure) {
    if (head.failure->status == 431 || head.failure->status == 414) server_stats().head_too_large.add();
    fail(c, *head.failure);
    return Step::stop;
  }
  if (!head.end) {
    keep_pending(c, data, data.size());
    return c.readable ? Step::again : Step::wait;
  }
  return begin_request(c, data, *head.end);
}

ConnectionLoop::Step ConnectionLoop::begin_request(Connection& c, std::string_view data, std::size_t head_size) {
  c.exchange = std::make_unique<Exchange>();
  auto& e = *c.exchange;
  e.began = now_;
  const HeadLimits limits{d_.config.header_bytes_max, d_.config.headers_max};
  if (const auto failure = parse_head(data.substr(0, head_size), limits, e.request, e.facts)) {
    fail(c, *failure);
    return Step::stop;
  }
  e.keep_alive = e.facts.keep_alive;
  e.request.tls = c.tls != nullptr;
  e.match = d_.router->find(e.request.method, e.request.raw_path);
  e.body_max = e.match.options ? e.match.options->body_max : RouteOptions{}.body_max;
  auto rest = data.substr(head_size);
  const auto length = e.facts.content_length.value_or(0);
  if (length > e.body_max) {
    server_stats().body_too_large.add();
    fail(c, {413, "request body over the limit"});
    return Step::stop;
  }
  if (e.facts.chunked) {
    const auto taken = e.chunks.feed(rest, e.body_max, e.request.body);
    rest.remove_prefix(taken);
  } else if (length) {
    const auto taken = std::min<std::size_t>(rest.size(), length);
    take_known(e, rest.substr(0, taken));
    rest.remove_prefix(taken);
  }
  keep_pending(c, rest, 0);
  const bool complete = e.facts.chunked ? e.chunks.done() : e.request.body.size() == length;
  if (!complete && e.facts.expect_continue && e.request.body.empty()) {
    std::size_t sent = 0;
    if (!send_some(c.fd, c.tls.get(), "HTTP/1.1 100 Continue\r\n\r\n", {}, sent)) return close(c), Step::stop;
  }
  move(c, Phase::body);
  return take_body(c, e) ? Step::again : Step::stop;
}

// More of a body whose length is known. Its whole memory is taken when a part worth it has come: who only announces a
// body gets none.
void ConnectionLoop::take_known(Exchange& e, std::string_view bytes) {
  auto& body = e.request.body;
  const auto length = *e.facts.content_length, so_far = body.size() + bytes.size();
  if (so_far >= std::min<std::uint64_t>(length, kReserveFrom) && e.reserved == 0 && body.capacity() < length) {
    if (so_far == length || d_.reserved.fetch_add(length) + length <= kReserveMax) {
      if (so_far < length) e.reserved = length;
      body.reserve(length);
    } else {
      d_.reserved.fetch_sub(length);
    }
  }
  body.append(bytes);
}

// After bytes of the body have come: checks the limits, and hands over what is complete. True: read on.
bool ConnectionLoop::take_body(Connection& c, Exchange& e) {
  if (e.chunks.bad()) return fail(c, {400, "malformed chunked body"}), false;
  if (e.chunks.over_limit()) {
    server_stats().body_too_large.add();
    return fail(c, {413, "request body over the limit"}), false;
  }
  const auto size = e.request.body.size();
  if (size > e.body_counted) {
    if (!d_.bodies.take(size - e.body_counted)) {
      server_stats().bodies_in_flight.add();
      return fail(c, {503, "too many request bodies in flight"}), false;
    }
    e.body_counted = size;
  }
  const bool complete = e.facts.chunked ? e.chunks.done() : size == e.facts.content_length.value_or(0);
  if (!complete) return true;
  dispatch_request(c);
  return false;
}

ConnectionLoop::Step ConnectionLoop::advance_body(Connection& c) {
  auto& e = *c.exchange;
  auto& body = e.request.body;
  long n = 0;
  if (e.facts.chunked) {
    n = receive(c, scratch_.get(), kReadBytes);
    if (n > 0) {
      std::string_view data(scratch_.get(), static_cast<std::size_t>(n));
      data.remove_prefix(e.chunks.feed(data, e.body_max, body));
      if (!data.empty()) keep_pending(c, data, 0);
    }
  } else {
    const auto left = *e.facts.content_length - body.size();
    const auto before = body.size(), spare = body.capacity() - before;
    if (spare >= std::min<std::uint64_t>(left, 4096)) {
      const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, spare));
      body.resize_and_overwrite(before + room, [&](char* at, std::size_t) {
        n = receive(c, at + before, room);
        return before + static_cast<std::size_t>(std::max(n, 0L));
      });
    } else {  // its memory follows what comes
      n = receive(c, scratch_.get(), static_cast<std::size_t>(std::min<std::uint64_t>(left, kReadBytes)));
      if (n > 0) take_known(e, {scratch_.get(), static_cast<std::size_t>(n)});
    }
  }
  if (n < 0) return Step::wait;
  if (n == 0) return close(c), Step::stop;
  if (!take_body(c, e)) return Step::stop;
  move(c, Phase::body);  // progress renews the idle deadline
  return c.readable ? Step::again : Step::wait;
}

void ConnectionLoop::dispatch_request(Connection& c) {
  auto& e = *c.exchange;
  if (e.reserved) d_.reserved.fetch_sub(e.reserved), e.reserved = 0;
  e.request.path_params = std::move(e.match.params);
  if (!c.peer) c.peer = std::make_unique<const std::string>(peer_of(c));
  e.request.peer = *c.peer;
  e.request.cancelled = e.stop.get_token();
  move(c, Phase::busy);
  running_.fetch_add(1);
  if (e.match.options) {
    e.deadline = deadlines_.emplace(now_ + e.match.options->handler_timeout, &c);
    e.has_deadline = true;
  }
  if (e.match.options && e.match.options->quick && !d_.config.gate) return here_.push_back(&c);
  queue(c);
}

// The handler to the pool.
void ConnectionLoop::queue(Connection& c) {
  const bool queued = run_handler(d_, c.exchange->match.options, [this, &c] {
    serve(c);
    post([this, &c] {
      running_.fetch_sub(1);
      completed(c);
    });
  });
  if (queued) return;
  running_.fetch_sub(1);
  fail(c, {503, "the request queue is full"});
}

// Runs the handler and sends what the socket takes at once. Touches nothing of the loop's but what is thread-safe.
void ConnectionLoop::serve(Connection& c) {
  auto& e = *c.exchange;
  auto response = d_.answer(e.request, e.match);
  const bool head_only = e.request.method == "HEAD";
  bool keep_alive = e.keep_alive && !d_.draining.load(std::memory_order_relaxed);
  if (response.headers.has_token("Connection", "close")) keep_alive = false;
  if (response.stream && !head_only && !has_no_body(response.status)) {
    const bool chunked = e.request.version == 11;
    if (!chunked) keep_alive = false;
    note_long_work();
    e.streaming.store(true);
    bool open = send_all(c.fd, c.tls.get(), reply_head(response, e, d_.clock->now(), std::nullopt, keep_alive),
                         d_.config.write_timeout, e.request.cancelled);
    std::string framed;
    const auto send = [&](std::string_view bytes) {
      if (open) open = send_all(c.fd, c.tls.get(), bytes, d_.config.write_timeout, e.request.cancelled);
      return open;
    };
    bool whole = true;
    try {
      response.stream([&](std::string_view chunk) {
        if (e.request.cancelled.stop_requested()) open = false;
        if (chunk.empty() || !open) return open;
        if (!chunked) return send(chunk);
        char size[20];
        const int n = std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
        framed.assign(size, static_cast<std::size_t>(n));
        framed += chunk;
        framed += "\r\n";
        return send(framed);
      });
    } catch (const std::exception&) {
      whole = false;  // cut without a last chunk: the client sees that it is not whole
    }
    if (chunked && whole) send("0\r\n\r\n");
    e.failed = !open || !whole;
  } else {
    e.body = std::move(response.body);
    e.head = reply_head(response, e, d_.clock->now(), e.body.size(), keep_alive);
    if (head_only || has_no_body(response.status)) e.body.clear();
    if (!send_some(c.fd, c.tls.get(), e.head, e.body, e.sent)) e.failed = true;
  }
  e.keep_alive = keep_alive;
  d_.count(e.match, response.status, d_.clock->monotonic() - e.began);
}

void ConnectionLoop::completed(Connection& c) {
  auto& e = *c.exchange;
  if (e.has_deadline) deadlines_.erase(e.deadline), e.has_deadline = false;
  if (e.failed) return close(c);
  if (e.sent == e.head.size() + e.body.size()) return after_reply(c);
  move(c, Phase::write);
  flush(c);
}

void ConnectionLoop::flush(Connection& c) {
  auto& e = *c.exchange;
  const auto before = e.sent;
  if (!send_some(c.fd, c.tls.get(), e.head, e.body, e.sent)) return close(c);
  if (e.sent == e.head.size() + e.body.size()) return after_reply(c);
  if (e.sent != before) move(c, Phase::write);
}

void ConnectionLoop::after_reply(Connection& c) {
  const bool keep_alive = c.exchange->keep_alive;
  release(c);
  if (!keep_alive || d_.draining.load(std::memory_order_relaxed)) return linger(c);
  move(c, c.pending_size ? Phase::head : Phase::idle);
  if (c.pending_size || c.readable) advance(c);
}

// Closes in a way that lets the client read the answer: an RST for unread bytes could overtake it.
void ConnectionLoop::linger(Connection& c) {
  if (c.tls) c.tls->shutdown();
  ::shutdown(c.fd, SHUT_WR);
  c.pending.reset();
  c.pending_size = c.scanned = 0;
  move(c, Phase::linger);
  on_event(c, 0);
}

// Answers a request that cannot be served and ends the connection.
void ConnectionLoop::fail(Connection& c, ParseFailure failure) {
  if (failure.status < 500 && failure.status != 408 && failure.status != 413) server_stats().malformed.add();
  if (!c.exchange) c.exchange = std::make_unique<Exchange>();
  auto& e = *c.exchange;
  if (e.reserved) d_.reserved.fetch_sub(e.reserved), e.reserved = 0;
  if (e.has_deadline) deadlines_.erase(e.deadline), e.has_deadline = false;
  e.keep_alive = false;
  auto response = Response::text(failure.status, std::string(failure.why) + "\n");
  if (failure.status == 503) response.headers.add("Retry-After", "1");
  e.body = std::move(response.body);
  if (e.request.version != 10) e.request.version = 11;
  e.head = reply_head(response, e, d_.clock->now(), e.body.size(), false);
  if (e.request.method == "HEAD") e.body.clear();
  e.sent = 0;
  d_.count(e.match, failure.status, now_ - (e.began == Nanos{} ? now_ : e.began));
  move(c, Phase::write);
  flush(c);
}

void ConnectionLoop::begin_http2(Connection& c, std::string_view data) {
  Http2Session::Owner owner;
  // The session outlives neither the loop nor, through the weak check in it, its own connection.
  owner.post = [this](std::move_only_function<void()> task) { post(std::move(task)); };
  owner.running = &running_;
  owner.output_ready = [this, &c] {
    if (!c.dead) http2_io(c);
  };
  c.http2 = std::make_unique<Http2Connection>();
  c.http2->session = Http2Session::create(d_, peer_of(c), c.tls != nullptr, std::move(owner));
  const bool open = c.http2->session->feed(data);
  c.pending.reset();
  c.pending_size = c.scanned = 0;
  move(c, Phase::http2);
  if (!open) return close(c);
  http2_io(c);
}

void ConnectionLoop::http2_io(Connection& c) {
  auto& h = *c.http2;
  bool progress = false;
  while (c.readable) {
    const auto n = receive(c, scratch_.get(), kReadBytes);
    if (n < 0) break;
    if (n == 0) return close(c);
    progress = true;
    if (!h.session->feed({scratch_.get(), static_cast<std::size_t>(n)})) {
      h.session->pull(h.out, 1 << 20);
      send_some(c.fd, c.tls.get(), {}, h.out, h.sent);
      return close(c);
    }
  }
  while (true) {
    if (h.sent == h.out.size()) {
      h.out.clear();
      h.sent = 0;
      if (h.out.capacity() > kReadBytes) h.out.shrink_to_fit();
      if (!h.session->pull(h.out, kReadBytes)) return close(c);
      if (h.out.empty()) break;
    }
    const auto before = h.sent;
    if (!send_some(c.fd, c.tls.get(), {}, h.out, h.sent)) return close(c);
    progress |= h.sent != before;
    if (h.sent != h.out.size()) break;
  }
  if (h.session->finished() && h.out.empty()) return close(c);
  if (progress) move(c, Phase::http2);
}

}  // namespace pharos::net

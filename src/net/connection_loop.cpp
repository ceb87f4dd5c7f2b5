#include "net/connection_loop.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "base/short_work.hpp"
#include "codec/checksum.hpp"

namespace pharos::net {

constexpr std::size_t kScratchBytes = 128 * 1024;  // one read and what an earlier one left, beside a head
constexpr int kTickMs = 100;             // a clock that is not the system's is looked at this often
constexpr Nanos kLinger = std::chrono::seconds(2);

ConnectionLoop::ConnectionLoop(Dispatch& dispatch, std::shared_ptr<TlsContext> tls, std::uint32_t index)
    : d_(dispatch), tls_(std::move(tls)), index_(index), scratch_(new char[kScratchBytes + d_.config.header_bytes_max]) {
  const auto loops = std::max<std::uint32_t>(1, d_.config.loops);
  count_max_ = std::max<std::uint32_t>(1, d_.config.connections_max / loops);
  per_address_max_ = std::max<std::uint32_t>(1, d_.config.connections_per_address / loops);
}

Result<std::unique_ptr<ConnectionLoop>> ConnectionLoop::create(Dispatch& dispatch, std::shared_ptr<TlsContext> tls,
                                                               std::uint32_t index) {
  std::unique_ptr<ConnectionLoop> loop(new ConnectionLoop(dispatch, std::move(tls), index));
  loop->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  loop->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (loop->epoll_ < 0 || loop->wake_ < 0)
    return pharos::fail(Errc::io, std::string("event loop: ") + std::strerror(errno));
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &loop->wake_}};
  epoll_ctl(loop->epoll_, EPOLL_CTL_ADD, loop->wake_, &event);
  return loop;
}

ConnectionLoop::~ConnectionLoop() {
  stop();
  if (listen_ >= 0) ::close(listen_);
  if (wake_ >= 0) ::close(wake_);
  if (epoll_ >= 0) ::close(epoll_);
}

void ConnectionLoop::start() {
  thread_ = start_thread("http-" + std::to_string(index_), [this](std::stop_token) { be_loop(); });
  other_thread_ = start_thread("http-" + std::to_string(index_) + "b", [this](std::stop_token) {
    if (turn_.stand_by()) be_loop();
  });
}

void ConnectionLoop::be_loop() {
  while (!run())
    if (!turn_.stand_by()) return;
  turn_.end();
}

void ConnectionLoop::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  post([] {});
  thread_.join();
  other_thread_.join();
}

void ConnectionLoop::post(std::move_only_function<void()> task) {
  // The whole of it under the lock: the task may be what lets the loop end, and nothing here may be touched after that.
  std::lock_guard lock(posted_mutex_);
  posted_.push_back(std::move(task));
  if (awake_.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_, &one, sizeof one);
}

void ConnectionLoop::listen(int fd, std::vector<ConnectionLoop*> peers) {
  listen_ = fd;
  peers_ = std::move(peers);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &listen_}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listen_, &event);
  listening_ = true;
}

void ConnectionLoop::stop_listening() {
  post([this] {
    if (listen_ < 0) return;
    ::close(listen_);
    listen_ = -1;
    listening_ = false;
  });
}

void ConnectionLoop::drain() {
  post([this] {
    // Whoever has not begun a request is let go; half-sent requests may still finish.
    for (const auto phase : {Phase::head, Phase::idle}) {
      for (auto* c = lists_[static_cast<std::size_t>(phase)].front; c;) {
        auto* following = c->next;
        if (c->pending_size == 0) close(*c);
        c = following;
      }
    }
    for (auto* c = lists_[static_cast<std::size_t>(Phase::http2)].front; c;) {
      auto* following = c->next;
      c->http2->session->go_away();
      http2_io(*c);
      c = following;
    }
  });
}

void ConnectionLoop::cancel_running() {
  post([this] {
    for (auto* c = lists_[static_cast<std::size_t>(Phase::busy)].front; c; c = c->next) c->exchange->stop.request_stop();
    for (auto* c = lists_[static_cast<std::size_t>(Phase::http2)].front; c; c = c->next) c->http2->session->abandon();
  });
}

bool ConnectionLoop::run() {
  std::array<epoll_event, 256> events;
  bool closing = false;
  while (true) {
    now_ = d_.clock->monotonic();
    if (stopping_.load() && !closing) {
      closing = true;
      if (listen_ >= 0) ::close(listen_), listen_ = -1, listening_ = false;
    }
    if (closing) {
      for (std::size_t phase = 0; phase < lists_.size(); ++phase) {
        for (auto* c = lists_[phase].front; c;) {
          auto* following = c->next;
          if (phase == static_cast<std::size_t>(Phase::busy)) {
            c->exchange->stop.request_stop();
          } else {
            close(*c);
          }
          c = following;
        }
      }
      bury();
      if (count_ == 0 && running_.load() == 0) {
        run_posted();
        return true;
      }
    }
    // Sleep only with awake_ false and nothing posted before that.
    awake_.store(false);
    bool work_waiting;
    {
      std::lock_guard lock(posted_mutex_);
      work_waiting = !posted_.empty();
    }
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), work_waiting || !here_.empty() ? 0 : wait_ms(now_));
    awake_.store(true);
    now_ = d_.clock->monotonic();
    for (int i = 0; i < n; ++i) {
      auto* source = events[i].data.ptr;
      if (source == &wake_) {
        std::uint64_t drained;
        while (::read(wake_, &drained, sizeof drained) > 0) {}
      } else if (source == &listen_) {
        accept_ready();
      } else {
        auto& c = *static_cast<Connection*>(source);
        if (!c.dead) on_event(c, events[i].events);
      }
    }
    run_posted();
    expire(now_);
    bury();
    if (!serve_here()) return false;
  }
}

// One at a time: of requests that came together the pool gets the others, and all while nobody stands by.
bool ConnectionLoop::serve_here() {
  const std::size_t own = turn_.may_handle() ? 1 : 0;
  for (std::size_t i = own; i < here_.size(); ++i) queue(*here_[i]);
  if (here_.empty() || own == 0) return here_.clear(), true;
  auto& c = *here_.front();
  here_.clear();
  struct Turn {
    LoopTurn& all;
    std::uint64_t number;
  } turn{turn_, turn_.begin_handler()};
  {
    const ShortWork lent(&turn, [](void* t) { static_cast<Turn*>(t)->all.hand_over(static_cast<Turn*>(t)->number); });
    serve(c);
  }
  if (turn_.end_handler(turn.number)) {
    now_ = d_.clock->monotonic();
    running_.fetch_sub(1);
    completed(c);
    bury();
    return true;
  }
  post([this, &c] {
    running_.fetch_sub(1);
    completed(c);
  });
  return false;
}

void ConnectionLoop::run_posted() {
  std::vector<std::move_only_function<void()>> tasks;
  {
    std::lock_guard lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

int ConnectionLoop::wait_ms(Nanos now) const {
  if (accept_again_ != Nanos{}) return 10;
  if (count_ == 0) return stopping_.load() ? 10 : -1;
  (void)now;
  return kTickMs;
}

void ConnectionLoop::expire(Nanos now) {
  if (accept_again_ != Nanos{} && now >= accept_again_ && listen_ >= 0) {
    accept_again_ = {};
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &listen_}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, listen_, &event);
  }
  auto& stats = server_stats();
  const auto expired = [&](Phase phase, Nanos after) -> Connection* {
    auto* c = lists_[static_cast<std::size_t>(phase)].front;
    return c && c->since + after <= now ? c : nullptr;
  };
  while (auto* c = expired(Phase::head, d_.config.header_timeout)) {
    stats.header_timeouts.add();
    if (c->pending_size && !c->handshaking) fail(*c, {408, "the request head took too long"});
    else close(*c);
  }
  while (auto* c = expired(Phase::body, d_.config.body_idle_timeout)) {
    stats.body_timeouts.add();
    fail(*c, {408, "the request body stalled"});
  }
  while (auto* c = expired(Phase::idle, d_.config.idle_timeout)) close(*c);
  while (auto* c = expired(Phase::write, d_.config.write_timeout)) {
    stats.write_timeouts.add();
    close(*c);
  }
  while (auto* c = expired(Phase::linger, kLinger)) close(*c);
  while (auto* c = expired(Phase::http2, d_.config.idle_timeout)) {
    if (c->http2->session->running()) move(*c, Phase::http2);
    else close(*c);
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    auto& c = *deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    c.exchange->has_deadline = false;
    if (c.exchange->streaming.load()) continue;
    stats.handler_timeouts.add();
    c.exchange->stop.request_stop();
  }
}

void ConnectionLoop::accept_ready() {
  for (int round = 0; round < 64 && listen_ >= 0; ++round) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd = accept4(listen_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        if (evict(0, true)) {
          server_stats().evicted_cap.add();
          continue;
        }
        accept_again_ = now_ + Millis(100);
        epoll_event event{.events = 0, .data = {.ptr = &listen_}};
        epoll_ctl(epoll_, EPOLL_CTL_MOD, listen_, &event);
      }
      return;
    }
    std::string_view address;
    if (peer.ss_family == AF_INET) {
      const auto& in = reinterpret_cast<sockaddr_in&>(peer).sin_addr;
      address = {reinterpret_cast<const char*>(&in), sizeof in};
    } else if (peer.ss_family == AF_INET6) {  // a /64 is one customer
      const auto& in = reinterpret_cast<sockaddr_in6&>(peer).sin6_addr;
      address = IN6_IS_ADDR_V4MAPPED(&in) ? std::string_view(reinterpret_cast<const char*>(&in) + 12, 4)
                                          : std::string_view(reinterpret_cast<const char*>(&in), 8);
    }
    const auto hash = codec::hash64(address);
    auto* loop = peers_.empty() ? this : peers_[next_peer_++ % peers_.size()];
    if (loop == this) add(fd, hash);
    else loop->post([loop, fd, hash] { loop->add(fd, hash); });
  }
}

void ConnectionLoop::add(int fd, std::uint64_t address) {
  auto& stats = server_stats();
  auto& of_address = per_address_[address];
  bool room = true;
  if (of_address >= per_address_max_) {
    stats.evicted_address.add();
    room = evict(address, false);
  } else if (count_ >= count_max_) {
    stats.evicted_cap.add();
    room = evict(0, true);
  }
  if (!room || stopping_.load() || d_.draining.load()) {  // every connection is at work
    ::close(fd);
    if (per_address_[address] == 0) per_address_.erase(address);
    return;
  }
  const int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  auto* c = new Connection;
  c->fd = fd;
  c->address = address;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = c}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    ::close(fd);
    delete c;
    return;
  }
  ++per_address_[address];
  ++count_;
  open_.store(count_ - lingering_);
  stats.connections.add();
  stats.open.add(1);
  c->phase = Phase::count;
  move(*c, Phase::head);
  if (tls_) {
    c->tls = tls_->accept(fd);
    c->handshaking = true;
    if (!c->tls) close(*c);
  }
}

bool ConnectionLoop::evict(std::uint64_t address, bool any_address) {
  // The request that has been incomplete for longest; without one, the connection idle for longest.
  Connection* victim = nullptr;
  for (const auto phase : {Phase::head, Phase::body}) {
    auto* c = lists_[static_cast<std::size_t>(phase)].front;
    while (c && !any_address && c->address != address) c = c->next;
    if (c && (!victim || c->since < victim->since)) victim = c;
  }
  for (const auto phase : {Phase::linger, Phase::idle, Phase::write}) {
    if (victim) break;
    auto* c = lists_[static_cast<std::size_t>(phase)].front;
    while (c && !any_address && c->address != address) c = c->next;
    victim = c;
  }
  if (!victim) {
    auto* c = lists_[static_cast<std::size_t>(Phase::http2)].front;
    while (c && ((!any_address && c->address != address) || c->http2->session->running())) c = c->next;
    victim = c;
  }
  if (!victim) return false;
  close(*victim);
  return true;
}

void ConnectionLoop::unlink(Connection& c) {
  if (c.phase == Phase::count) return;
  if (c.phase == Phase::linger) --lingering_;
  auto& list = lists_[static_cast<std::size_t>(c.phase)];
  (c.previous ? c.previous->next : list.front) = c.next;
  (c.next ? c.next->previous : list.back) = c.previous;
  c.previous = c.next = nullptr;
  c.phase = Phase::count;
}

void ConnectionLoop::move(Connection& c, Phase phase) {
  unlink(c);
  c.phase = phase;
  c.since = now_;
  if (phase == Phase::linger) {
    ++lingering_;
    open_.store(count_ - lingering_);
  }
  auto& list = lists_[static_cast<std::size_t>(phase)];
  c.previous = list.back;
  (list.back ? list.back->next : list.front) = &c;
  list.back = &c;
}

void ConnectionLoop::close(Connection& c) {
  if (c.dead) return;
  unlink(c);
  c.dead = true;
  if (c.http2) c.http2->session->abandon();
  if (c.exchange) {
    if (c.exchange->has_deadline) deadlines_.erase(c.exchange->deadline);
    release(c);
  }
  if (c.tls) c.tls->shutdown();
  c.tls.reset();
  ::close(c.fd);
  c.fd = -1;
  --count_;
  open_.store(count_ - lingering_);
  server_stats().open.add(-1);
  const auto found = per_address_.find(c.address);
  if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
  dead_.emplace_back(&c);
}

void ConnectionLoop::release(Connection& c) {
  d_.bodies.give(c.exchange->body_counted);
  d_.reserved.fetch_sub(c.exchange->reserved);
  c.exchange.reset();
}

void ConnectionLoop::bury() { dead_.clear(); }

std::string ConnectionLoop::peer_of(const Connection& c) const {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  char text[INET6_ADDRSTRLEN] = "";
  if (getpeername(c.fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  if (peer.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<sockaddr_in&>(peer);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + ':' + std::to_string(ntohs(in.sin_port));
  }
  if (peer.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<sockaddr_in6&>(peer);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return '[' + std::string(text) + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  return {};
}

}  // namespace pharos::net

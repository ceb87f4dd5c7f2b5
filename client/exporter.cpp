#include "pharos/exporter.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "http_request.hpp"
#include "json_text.hpp"

namespace pharos::client {
namespace {

using Clock = std::chrono::steady_clock;

bool set_flags(int fd) {
  return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0 &&
         fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

std::int64_t seconds_since(Clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - then).count();
}

// A listening socket on "host:port", or -1 and why.
int listen_on(const std::string& address, std::uint16_t& port, std::string& error) {
  const auto colon = address.rfind(':');
  if (colon == address.npos) {
    error = "expected host:port, got '" + address + "'";
    return -1;
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (const int code = getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                   address.c_str() + colon + 1, &hints, &found)) {
    error = "'" + address + "': " + gai_strerror(code);
    return -1;
  }
  int fd = -1;
  for (const addrinfo* at = found; at && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, SOCK_STREAM, 0);
    if (fd < 0) continue;
    const int yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, 512) != 0 || !set_flags(fd)) {
      error = "'" + address + "': " + std::strerror(errno);
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  if (fd >= 0) {
    error.clear();  // an address before it may have failed
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
    port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  }
  return fd;
}

}  // namespace

struct Exporter::Server {
  struct Connection {
    int fd = -1;
    std::string in;                           // at most request_bytes_max
    std::string head;                         // of the answer
    std::shared_ptr<const std::string> body;  // shared by all that asked in the same turn
    std::size_t sent = 0;
    bool answering = false, close_after = false;
    Clock::time_point since = Clock::now();  // of the state it is in
  };

  ExporterOptions options;
  Registry* registry;
  int listener = -1, wake[2] = {-1, -1};
  std::vector<Connection> connections;
  std::shared_ptr<const std::string> pages[3][2];  // [format][gzip], of this turn of the loop
  std::mutex checks_mutex;
  std::vector<std::pair<std::string, std::function<bool()>>> checks;  // guarded by checks_mutex
  std::atomic<std::uint64_t> scrapes{0}, refused{0}, timed_out{0};
  std::thread thread;

  ~Server() {
    if (thread.joinable()) {
      while (write(wake[1], "", 1) < 0 && errno == EINTR) {
      }
      thread.join();
    }
    for (auto& connection : connections) close(connection.fd);
    for (int fd : {listener, wake[0], wake[1]}) {
      if (fd >= 0) close(fd);
    }
  }

  const std::shared_ptr<const std::string>& page(Format format, bool zipped) {
    auto& kept = pages[static_cast<unsigned>(format)][zipped];
    if (!kept) {
      if (zipped) {
        kept = std::make_shared<const std::string>(gzip(*page(format, false)));
      } else {
        kept = std::make_shared<const std::string>(render(*registry, format));
      }
    }
    return kept;
  }

  std::string health(bool& healthy) {
    std::string text;
    std::lock_guard lock(checks_mutex);
    for (const auto& [name, check] : checks) {
      bool good = false;
      try {
        good = check();
      } catch (...) {
        detail::report(Problem::callback, name, "a health check threw");
      }
      healthy = healthy && good;
      if (!text.empty()) text += ',';
      detail::put_json_string(text, name);
      text += good ? ":true" : ":false";
    }
    return std::string("{\"status\":\"") + (healthy ? "healthy" : "unhealthy") + "\",\"checks\":{" +
           text + "}}\n";
  }

  void answer(Connection& c, int status, const char* reason, const char* type,
              std::shared_ptr<const std::string> body, bool zipped, bool head_only) {
    c.head = "HTTP/1.1 " + std::to_string(status) + ' ' + reason + "\r\nContent-Type: " + type;
    if (zipped) c.head += "\r\nContent-Encoding: gzip";
    if (status == 405) c.head += "\r\nAllow: GET, HEAD";
    c.head += "\r\nContent-Length: " + std::to_string(body->size()) +
              (c.close_after ? "\r\nConnection: close" : "") +
              "\r\nVary: Accept, Accept-Encoding\r\n\r\n";
    c.body = head_only ? std::make_shared<const std::string>() : std::move(body);
    c.sent = 0;
    c.answering = true;
    c.since = Clock::now();
  }
  void refuse(Connection& c, int status, const char* reason) {
    refused.fetch_add(1, std::memory_order_relaxed);
    answer(c, status, reason, "text/plain; charset=utf-8",
           std::make_shared<const std::string>(std::string(reason) + "\n"), false, false);
  }

  // Takes the request at the front of `in`, if it is all there.
  void take_request(Connection& c) {
    detail::HttpRequest request;
    const auto state = detail::parse_request(c.in, request);
    if (state == detail::HttpParse::incomplete) {
      if (c.in.size() < options.request_bytes_max) return;
      c.close_after = true;
      refuse(c, 431, "Request Header Fields Too Large");
    } else if (state == detail::HttpParse::invalid) {
      c.close_after = true;
      refuse(c, 400, "Bad Request");
    } else {
      c.close_after = !request.keep_alive;
      const bool head_only = request.method == "HEAD";
      if (!head_only && request.method != "GET") {
        refuse(c, 405, "Method Not Allowed");
      } else if (request.path == options.metrics_path) {
        scrapes.fetch_add(1, std::memory_order_relaxed);
        const Format format = negotiate(request.accept);
        bool zipped = request.gzip;
        if (zipped && page(format, true)->empty()) zipped = false;
        answer(c, 200, "OK", content_type(format), page(format, zipped), zipped, head_only);
      } else if (request.path == options.health_path) {
        bool healthy = true;
        auto text = std::make_shared<const std::string>(health(healthy));
        answer(c, healthy ? 200 : 503, healthy ? "OK" : "Service Unavailable", "application/json",
               std::move(text), false, head_only);
      } else if (request.path == "/") {
        answer(c, 200, "OK", "text/plain; charset=utf-8",
               std::make_shared<const std::string>(options.metrics_path + "\n" +
                                                   options.health_path + "\n"),
               false, head_only);
      } else {
        refuse(c, 404, "Not Found");
      }
    }
    c.in.erase(0, request.size ? request.size : c.in.size());
  }

  // False when the connection is done with.
  bool read_some(Connection& c) {
    char buffer[4096];
    const std::size_t room = options.request_bytes_max - c.in.size();
    const ssize_t n = recv(c.fd, buffer, std::min(sizeof buffer, room), 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    if (c.in.empty()) c.since = Clock::now();
    c.in.append(buffer, static_cast<std::size_t>(n));
    take_request(c);
    return true;
  }
  bool write_some(Connection& c) {
    while (c.answering) {
      const bool in_head = c.sent < c.head.size();
      const std::string& part = in_head ? c.head : *c.body;
      const std::size_t at = in_head ? c.sent : c.sent - c.head.size();
      if (at < part.size()) {
        const ssize_t n = send(c.fd, part.data() + at, part.size() - at,
                               MSG_NOSIGNAL | (in_head && !c.body->empty() ? MSG_MORE : 0));
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        c.sent += static_cast<std::size_t>(n);
        c.since = Clock::now();
      }
      if (c.sent < c.head.size() + c.body->size()) continue;
      c.answering = false;
      c.body.reset();
      if (c.close_after) {
        shutdown(c.fd, SHUT_WR);
        return false;
      }
      if (!c.in.empty()) take_request(c);  // one that came with the last
    }
    return true;
  }
  bool expired(const Connection& c) const {
    const auto waited = seconds_since(c.since);
    return waited > (c.answering    ? options.write_seconds_max
                     : c.in.empty() ? options.idle_seconds_max
                                    : options.request_seconds_max);
  }
  void drop(std::size_t i) {
    close(connections[i].fd);
    connections[i] = std::move(connections.back());
    connections.pop_back();
  }

  // The one that has been without a complete request for longest: it makes room for a new one.
  std::size_t longest_waiting() const {
    std::size_t oldest = 0;
    for (std::size_t i = 1; i < connections.size(); ++i) {
      const auto& a = connections[i];
      const auto& b = connections[oldest];
      if (std::make_pair(a.answering, a.since) < std::make_pair(b.answering, b.since)) oldest = i;
    }
    return oldest;
  }

  void accept_all() {
    for (;;) {
      const int fd = accept(listener, nullptr, nullptr);
      if (fd < 0) {
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
        // The host has no descriptor left: one of ours is given up, or the listener would stay
        // ready and this loop busy.
        refused.fetch_add(1, std::memory_order_relaxed);
        if (connections.empty()) {
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          return;
        }
        drop(longest_waiting());
        continue;
      }
      if (!set_flags(fd)) {
        close(fd);
        continue;
      }
      if (connections.size() >= options.connections_max) {
        refused.fetch_add(1, std::memory_order_relaxed);
        drop(longest_waiting());
      }
      connections.emplace_back();
      connections.back().fd = fd;
    }
  }

  void run() {
    pthread_setname_np(pthread_self(), "pharos-export");
    std::vector<pollfd> polled;
    for (;;) {
      polled.assign({{wake[0], POLLIN, 0}, {listener, POLLIN, 0}});
      for (const auto& c : connections)
        polled.push_back({c.fd, static_cast<short>(c.answering ? POLLOUT : POLLIN), 0});
      if (poll(polled.data(), polled.size(), 1000) < 0 && errno != EINTR) return;
      if (polled[0].revents) return;
      for (std::size_t i = connections.size();
           i-- > 0;) {  // from the back: drop() moves the last one
        auto& c = connections[i];
        bool alive = true;
        if (const short events = polled[i + 2].revents) {
          if (events & POLLIN && !c.answering) {
            alive = read_some(c);
          } else if (events & (POLLERR | POLLHUP | POLLNVAL)) {
            alive = false;
          }
          if (alive) alive = write_some(c);
        }
        if (alive && expired(c)) {
          timed_out.fetch_add(1, std::memory_order_relaxed);
          alive = false;
        }
        if (!alive) drop(i);
      }
      if (polled[1].revents) accept_all();
      for (auto& format : pages) format[0] = format[1] = nullptr;
    }
  }
};

Exporter::Exporter(const std::string& address, ExporterOptions options)
    : server_(std::make_unique<Server>()) {
  Server& s = *server_;
  s.options = std::move(options);
  s.registry = s.options.registry ? s.options.registry : &Registry::standard();
  s.options.connections_max = std::max(s.options.connections_max, 1U);
  s.options.request_bytes_max = std::max(s.options.request_bytes_max, 256U);
  std::uint16_t port = 0;
  s.listener = listen_on(address, port, error_);
  if (s.listener >= 0 && (pipe(s.wake) != 0 || !set_flags(s.wake[0]) || !set_flags(s.wake[1])))
    error_ = std::strerror(errno);
  if (error_.empty()) {
    try {
      s.thread = std::thread([&s] { s.run(); });
      port_ = port;
      return;
    } catch (...) {
      error_ = "no thread for the exporter";
    }
  }
  detail::report(Problem::listen, address, error_);
}

Exporter::~Exporter() = default;

void Exporter::add_check(std::string name, std::function<bool()> check) {
  std::lock_guard lock(server_->checks_mutex);
  server_->checks.emplace_back(std::move(name), std::move(check));
}

Exporter::Stats Exporter::stats() const noexcept {
  return {server_->scrapes.load(), server_->refused.load(), server_->timed_out.load()};
}

}  // namespace pharos::client

#include "net/http_server.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>

#include "base/log.hpp"
#include "net/connection_loop.hpp"

namespace pharos::net {
namespace {

struct Listener {
  int fd = -1;
  std::uint16_t port = 0;
};

Result<Listener> open_listener(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == listen.npos) return fail(Errc::invalid, "listen: expected host:port, got '" + listen + "'");
  auto host = listen.substr(0, colon);
  const auto port = listen.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos || std::stoi(port) > 65535)
    return fail(Errc::invalid, "listen: port '" + port + "' is not a number in 0..65535");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found))
    return fail(Errc::invalid, "listen: '" + host + "': " + gai_strerror(error));
  std::string why = "no address";
  bool taken = false;
  Listener listener;
  // Of "all addresses" the IPv6 one serves IPv4 too.
  for (const int wanted : {AF_INET6, AF_INET}) {
    for (auto* a = found; a && listener.fd < 0; a = a->ai_next) {
      if (host.empty() && a->ai_family != wanted) continue;
      const int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) {
        why = std::strerror(errno);
        continue;
      }
      const int yes = 1, no = 0;
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      if (host.empty() && a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
      if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || ::listen(fd, 4096) != 0) {
        taken |= errno == EADDRINUSE;
        why = std::strerror(errno);
        ::close(fd);
        continue;
      }
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
      listener.fd = fd;
      listener.port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                                        : reinterpret_cast<sockaddr_in&>(bound).sin_port);
    }
  }
  freeaddrinfo(found);
  if (listener.fd < 0)
    return fail(taken ? Errc::conflict : Errc::io, "listen tcp " + listen + ": bind: " + why);
  return listener;
}

void raise_descriptor_limit(std::uint32_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = connections + 1024u;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min<rlim_t>(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}

class Server final : public HttpServer {
 public:
  Server(HttpServerConfig config, std::shared_ptr<const Router> router, std::shared_ptr<ThreadPool> pool,
         const Clock& clock)
      : dispatch_(std::move(config), std::move(router), std::move(pool), clock) {}

  Status begin() {
    std::shared_ptr<TlsContext> tls;
    if (dispatch_.config.tls) tls = TRY(TlsContext::create(*dispatch_.config.tls, dispatch_.config.http2));
    const auto listener = TRY(open_listener(dispatch_.config.listen));
    port_ = listener.port;
    raise_descriptor_limit(dispatch_.config.connections_max);
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2): a client that left is an error, not a signal
    std::vector<ConnectionLoop*> peers;
    for (std::uint32_t i = 0; i < std::max<std::uint32_t>(1, dispatch_.config.loops); ++i) {
      auto loop = ConnectionLoop::create(dispatch_, tls, i);
      if (!loop) {
        ::close(listener.fd);
        return fail(std::move(loop).error());
      }
      peers.push_back(loop->get());
      loops_.push_back(std::move(*loop));
    }
    loops_.front()->listen(listener.fd, peers);
    for (auto& loop : loops_) loop->start();
    return {};
  }

  ~Server() override {
    drain(Millis{0});
    // First the loop that hands connections to the others.
    for (auto& loop : loops_) loop->stop();
  }

  std::uint16_t port() const override { return port_; }

  void drain(Millis grace) override {
    std::lock_guard lock(drain_mutex_);
    dispatch_.draining.store(true);
    if (loops_.empty()) return;
    loops_.front()->stop_listening();
    for (auto& loop : loops_) loop->drain();
    const auto done = [&] {
      std::uint32_t open = 0;
      for (auto& loop : loops_) open += loop->running() + loop->connections();
      return open == 0;
    };
    wait_until(done, grace);
    for (auto& loop : loops_) loop->cancel_running();
    wait_until([&] {
      std::uint32_t running = 0;
      for (auto& loop : loops_) running += loop->running();
      return running == 0;
    }, grace > Millis{0} ? Millis{1000} : Millis{0});
  }

 private:
  template <class Done>
  void wait_until(Done&& done, Millis limit) {
    const auto& clock = system_clock();  // a drain is about real sockets: real time
    const auto until = clock.monotonic() + limit;
    while (!done() && clock.monotonic() < until) clock.sleep_for(Millis(2), {});
  }

  Dispatch dispatch_;
  std::uint16_t port_ = 0;
  std::mutex drain_mutex_;
  std::vector<std::unique_ptr<ConnectionLoop>> loops_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerConfig config, std::shared_ptr<const Router> router,
                                                      std::shared_ptr<ThreadPool> pool, const Clock& clock) {
  auto server = std::make_unique<Server>(std::move(config), std::move(router), std::move(pool), clock);
  auto begun = server->begin();
  if (!begun) return fail(std::move(begun).error());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace pharos::net

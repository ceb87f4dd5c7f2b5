// A socket that sends exactly the given bytes: for tests of the server only.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace pharos::net {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  RawClient(RawClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  ~RawClient() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  bool connected() const { return connected_; }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // Bytes until `text` has been seen, the peer closes, or 5 s pass.
  std::string read_until(std::string_view text) {
    std::string got;
    while (got.find(text) == got.npos && more(got)) {}
    return got;
  }
  std::string read_some() {
    std::string got;
    more(got);
    return got;
  }
  std::string read_all() {
    std::string got;
    while (more(got)) {}
    return got;
  }
  // One answer with a Content-Length.
  std::string read_reply() {
    std::string got = std::exchange(rest_, {});
    while (true) {
      const auto head = got.find("\r\n\r\n");
      if (head != got.npos) {
        const auto at = got.find("Content-Length: ");
        const auto length = at < head ? std::stoul(got.substr(at + 16)) : 0;
        if (got.size() >= head + 4 + length) {
          rest_ = got.substr(head + 4 + length);
          return got.substr(0, head + 4 + length);
        }
      }
      if (!more(got)) return got;
    }
  }
  bool closed_by_peer() {
    std::string ignored;
    while (more(ignored)) {}
    return at_end_;
  }

 private:
  bool more(std::string& got) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, 5000) != 1) return false;
    char buffer[65536];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return at_end_ = true, false;
    got.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  int fd_ = -1;
  bool connected_ = false, at_end_ = false;
  std::string rest_;
};

}  // namespace pharos::net

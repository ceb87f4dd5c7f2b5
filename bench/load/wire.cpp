#include "load/wire.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace pharos::load {

Address parse_url(std::string_view url) {
  if (url.starts_with("http://")) url.remove_prefix(7);
  url = url.substr(0, url.find('/'));
  const auto colon = url.rfind(':');
  if (colon == url.npos) {
    std::fprintf(stderr, "pharos_load: '%.*s' is not http://host:port\n", static_cast<int>(url.size()), url.data());
    std::exit(2);
  }
  auto host = std::string(url.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  return {host, std::atoi(std::string(url.substr(colon + 1)).c_str())};
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

int Connection::send(std::string_view method, std::string_view path, std::string_view headers,
                     std::string_view body, std::string* reply) {
  std::string head;
  head.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: a\r\n").append(headers);
  if (!body.empty() || method == "POST") head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  head += "\r\n";
  int status = 0;
  for (int tries = 0; tries < 3; ++tries) {
    if (attempt(head, body, reply, status)) return status;
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  std::fprintf(stderr, "pharos_load: no answer from %s:%d\n", address_.host.c_str(), address_.port);
  std::exit(1);
}

bool Connection::attempt(std::string_view head, std::string_view body, std::string* reply, int& status) {
  if (socket_ < 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(address_.port));
    ::inet_pton(AF_INET, address_.host.c_str(), &to.sin_addr);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return false;
  }
  const auto write_all = [&](std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  };
  if (body.size() < 4096) {
    if (!write_all(std::string(head).append(body))) return false;
  } else if (!write_all(head) || !write_all(body)) {
    return false;
  }

  buffer_.clear();
  const auto more = [&] {
    char chunk[65536];
    const auto n = ::recv(socket_, chunk, sizeof chunk, 0);
    if (n > 0) buffer_.append(chunk, static_cast<std::size_t>(n));
    return n > 0;
  };
  std::size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == buffer_.npos)
    if (!more()) return false;
  status = std::atoi(buffer_.c_str() + 9);
  std::string lower = buffer_.substr(0, end);
  for (auto& c : lower) c = static_cast<char>(std::tolower(c));
  auto at = end + 4;
  if (lower.find("transfer-encoding: chunked") != lower.npos) {
    std::string out;
    for (;;) {
      std::size_t line;
      while ((line = buffer_.find("\r\n", at)) == buffer_.npos)
        if (!more()) return false;
      const auto n = std::strtoull(buffer_.c_str() + at, nullptr, 16);
      while (buffer_.size() < line + 2 + n + 2)
        if (!more()) return false;
      if (n == 0) break;
      out.append(buffer_, line + 2, n);
      at = line + 2 + n + 2;
    }
    if (reply) *reply = std::move(out);
    return true;
  }
  std::size_t length = 0;
  if (const auto field = lower.find("content-length:"); field != lower.npos)
    length = std::strtoull(lower.c_str() + field + 15, nullptr, 10);
  while (buffer_.size() < at + length)
    if (!more()) return false;
  if (reply) reply->assign(buffer_, at, length);
  return true;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.') out += static_cast<char>(c);
    else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", c);
      out += hex;
    }
  }
  return out;
}

double cpu_seconds(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto paren = line.rfind(')');
  if (paren == line.npos) return 0;
  std::istringstream in(line.substr(paren + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) in >> skipped;
  double user = 0, system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t status_kib(int pid, std::string_view field) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field) && line.size() > field.size() && line[field.size()] == ':')
      return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
  return 0;
}

}  // namespace pharos::load

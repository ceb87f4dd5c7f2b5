// A blocking HTTP/1.1 connection on loopback and remote-write bodies: what the load needs, no more.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::load {

struct Address {
  std::string host;
  int port = 0;
};
Address parse_url(std::string_view url);  // http://host:port[/…]; exits with a message when it is not one

class Connection {
 public:
  explicit Connection(Address address) : address_(std::move(address)) {}
  ~Connection();
  Connection(const Connection&) = delete;
  // The status; the body, if wanted, in `reply`. Reconnects once. Exits when the server is gone.
  int send(std::string_view method, std::string_view path, std::string_view headers, std::string_view body,
           std::string* reply = nullptr);

 private:
  bool attempt(std::string_view head, std::string_view body, std::string* reply, int& status);
  Address address_;
  int socket_ = -1;
  std::string buffer_;
};

std::string escape(std::string_view text);   // percent-encoding of a query parameter
double cpu_seconds(int pid);                 // user + system of a process so far
std::uint64_t status_kib(int pid, std::string_view field);  // of /proc/PID/status

}  // namespace pharos::load

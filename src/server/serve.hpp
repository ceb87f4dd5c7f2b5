// The running server: every part opened, wired and started; reloaded and stopped as one.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "server/flags.hpp"

namespace pharos::server {

// Thread-safe. Made by start(), which returns when the ports listen and the store is open.
class Server {
 public:
  // `quit` is called when /-/quit asks for the end. Errors name the file, flag or port.
  static Result<std::unique_ptr<Server>> start(ServeFlags flags, std::function<void()> quit = {});
  ~Server();

  std::uint16_t port() const;  // of the first --web.listen-address
  // All or nothing: on an error the old configuration goes on, and the log, a metric and the page
  // say so.
  Status reload();
  // Lets running requests finish, stops scraping, hands everything to the disk. Idempotent.
  void drain();

  struct Impl;

 private:
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos::server

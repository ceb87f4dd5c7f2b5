// HTTP/2 on one connection: nghttp2 frames in, requests out, answers back (http2_session.cpp only).
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/dispatch.hpp"

namespace pharos::net {

// Belongs to its loop's thread; answers made on pool threads come back through `post`.
class Http2Session {
 public:
  struct Owner {
    std::function<void(std::move_only_function<void()>)> post;   // thread-safe: runs on the loop, if that lives
    std::function<void()> output_ready;                          // called on the loop, only from posted tasks
    std::atomic<std::uint32_t>* running = nullptr;               // the loop lives until this is 0 again
  };
  static std::shared_ptr<Http2Session> create(Dispatch& dispatch, std::string peer, bool tls, Owner owner);
  virtual ~Http2Session() = default;
  virtual bool feed(std::string_view bytes) = 0;          // false: the connection must end
  virtual bool pull(std::string& out, std::size_t room) = 0;  // appends output; false: the connection must end
  virtual bool finished() const = 0;                      // nothing more to read or write
  virtual std::size_t running() const = 0;                // handlers not yet answered
  virtual void go_away() = 0;                             // no new streams; the open ones finish
  virtual void abandon() = 0;                             // the client has gone: cancel everything
};

struct Http2Connection {
  std::shared_ptr<Http2Session> session;
  std::string out;
  std::size_t sent = 0;
};

}  // namespace pharos::net

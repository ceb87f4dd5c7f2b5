// TLS on accepted sockets: OpenSSL behind two small types (tls.cpp only).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/http_server.hpp"

namespace pharos::net {

// One connection. Not thread-safe: whoever owns the connection at the moment calls it.
class TlsStream {
 public:
  enum class Io : std::uint8_t { ok, want_read, want_write, closed };
  virtual ~TlsStream() = default;
  virtual Io handshake() = 0;
  virtual Io read(char* into, std::size_t room, std::size_t& got) = 0;
  virtual Io write(const char* from, std::size_t size, std::size_t& put) = 0;
  virtual bool http2() const = 0;  // negotiated by ALPN
  virtual void shutdown() = 0;     // sends close_notify if it can, never waits
};

// Certificates are read again when their files have changed (looked at once a second at most).
// Thread-safe.
class TlsContext {
 public:
  static Result<std::shared_ptr<TlsContext>> create(const TlsServer& config, bool http2);
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<TlsStream> accept(int fd) = 0;
};

}  // namespace pharos::net

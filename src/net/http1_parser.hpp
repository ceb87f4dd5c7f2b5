// HTTP/1.x framing (RFC 9112), strict: what two parsers could read in two ways is refused.
// Pure functions over bytes: no sockets, no clock; fuzzed by fuzz/http1_fuzz.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.hpp"

namespace pharos::net {

struct HeadLimits {
  std::uint32_t bytes_max = 16 * 1024;  // request line and headers together
  std::uint32_t headers_max = 100;
};

// A request that cannot be answered normally: the status to send before closing.
struct ParseFailure {
  int status = 400;
  const char* why = "";
};

// Where the head that begins at data[0] ends (after its empty line). `scanned` says how far an earlier
// call has looked. nullopt: incomplete. A bare LF or a head over the limit is a failure.
struct HeadEnd {
  std::optional<std::size_t> end;
  std::optional<ParseFailure> failure;
};
HeadEnd find_head_end(std::string_view data, std::size_t scanned, const HeadLimits& limits);

struct HeadFacts {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool keep_alive = true;
  bool expect_continue = false;
};
// `head` is complete, its empty line included. Fills method, path, raw_path, query, version, headers.
std::optional<ParseFailure> parse_head(std::string_view head, const HeadLimits& limits, Request& request,
                                       HeadFacts& facts);

// Undoes the chunked coding piece by piece; trailers are read and dropped.
class ChunkedDecoder {
 public:
  enum class State : std::uint8_t { size, size_extension, size_lf, data, data_cr, data_lf, trailer, trailer_line,
                                    trailer_lf, end_lf, done, bad };
  // Takes from the front of `in` and appends to `out` until `in` is empty, the body is complete or
  // out.size() would exceed `body_max` (then over_limit()). Returns the bytes taken.
  std::size_t feed(std::string_view in, std::uint64_t body_max, std::string& out);
  bool done() const { return state_ == State::done; }
  bool bad() const { return state_ == State::bad; }
  bool over_limit() const { return over_limit_; }

 private:
  State state_ = State::size;
  bool over_limit_ = false;
  std::uint8_t digits_ = 0;
  std::uint16_t line_ = 0;     // bytes of extension or trailer so far; bounded
  std::uint64_t left_ = 0;     // of the current chunk
};

const char* status_text(int status);

}  // namespace pharos::net

// Errors are values: Result<T> over std::expected, with TRY to pass an error up.
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace pharos {

// What kind of failure this is; the edge (HTTP, exit status, log) chooses its answer by it.
enum class Errc : std::uint8_t {
  invalid,      // the input is wrong: 400, exit 2
  not_found,    // 404
  conflict,     // the state does not allow it: 409
  limit,        // a named bound was hit: 422, 429 or 413
  denied,       // not allowed: 401, 403
  io,           // disk or network failed: 500, 502
  corrupt,      // stored bytes are damaged
  unavailable,  // not now, try again: 503
  timeout,      // 503, 504
  cancelled,    // the asker has gone
  unsupported,  // known and refused: 501
  internal,     // our own bug
};

std::string_view name(Errc code);  // "invalid", "not_found", …

struct Error {
  Errc code = Errc::internal;
  std::string message;  // what was wrong and where, for the one who can mend it

  // The same error with "where: " before its message.
  [[nodiscard]] Error in(std::string_view where) && {
    message.insert(0, ": ").insert(0, where);
    return std::move(*this);
  }
  bool operator==(const Error&) const = default;
};

template <class T>
struct [[nodiscard]] Result : std::expected<T, Error> {
  using std::expected<T, Error>::expected;
};
using Status = Result<void>;

inline std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(message)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

namespace detail {
template <class T>
T unwrap(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

}  // namespace pharos

// The value of a Result, or return its error from this function. Only as a whole statement or a
// whole right-hand side: g++ 12 leaks half-built aggregates and arguments when it returns from
// within braces or an argument list.
#define TRY(expression)                                                                   \
  __extension__({                                                                         \
    auto&& try_result_ = (expression);                                                    \
    if (!try_result_) [[unlikely]]                                                        \
      return std::unexpected<::pharos::Error>(std::move(try_result_).error());            \
    ::pharos::detail::unwrap(std::move(try_result_));                                     \
  })

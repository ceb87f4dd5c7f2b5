// Answers as Grafana's HTTP API gives them: plain JSON, errors as {"message":…,"status":…}.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "api/parameters.hpp"
#include "base/result.hpp"
#include "codec/json.hpp"
#include "net/http.hpp"

namespace pharos::api::grafana {

net::Response message(int status, std::string_view text, std::string_view state = "");
// not_found 404 (status "not-found"), conflict 412 (version-mismatch) or 409 for what exists
// already, limit 413, the rest 400 or 500.
net::Response respond(const Error& error);

// What a member of a body is, when it is there and not null; `integer` takes reals, which some
// clients send, and cuts them off.
struct Member {
  std::string_view name;
  codec::Json::Kind kind;
};
// A JSON object as the body, these members as they should be: else a text that is none would be
// taken for one that is not given, and a board go to the top. Errc::invalid, with Grafana's words.
Result<codec::Json> read_body(const net::Request& request,
                              std::initializer_list<Member> members = {});

std::string local_time(Time t);  // "2026-11-28T21:00:00Z"

// The parameters of a request that has them in its address.
Result<net::Form> query_of(const net::Request& request);
Result<std::int64_t> integer_of(const net::Form& form, std::string_view name,
                                std::int64_t otherwise, std::int64_t min, std::int64_t max);

}  // namespace pharos::api::grafana

// The value of a Result, or return its error as Grafana's answer. A whole right-hand side only.
#define TRY_GRAFANA(expression)                               \
  __extension__({                                             \
    auto&& tried_ = (expression);                             \
    if (!tried_) [[unlikely]]                                 \
      return ::pharos::api::grafana::respond(tried_.error()); \
    ::pharos::detail::unwrap(std::move(tried_));              \
  })

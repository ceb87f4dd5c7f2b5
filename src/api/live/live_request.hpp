// What one stream asks for, as its body or its query parameters say it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/http.hpp"

namespace pharos::api::live {

struct LiveQuery {
  std::string id, expr;
  std::int64_t step_ms = 1'000, range_ms = 0;
  bool operator==(const LiveQuery&) const = default;
};

enum class Topic : std::uint8_t { alerts = 1, annotations = 2, dashboards = 4 };

struct LiveRequest {
  std::vector<LiveQuery> queries;
  std::uint8_t topics = 0;  // of Topic, or-ed

  bool wants(Topic topic) const { return (topics & static_cast<std::uint8_t>(topic)) != 0; }
};

inline constexpr std::size_t kQueriesMax = 1'000;         // of one stream
inline constexpr std::size_t kExpressionMax = 64u << 10;  // bytes of one query
inline constexpr std::int64_t kStepsMax = 11'000;         // of one history, as of the query API

// A JSON body, else query parameters. Errc::invalid says which query is wrong and how; Errc::limit
// when there are more than kQueriesMax.
Result<LiveRequest> parse_live_request(const net::Request& request);
Result<LiveRequest> parse_live_body(std::string_view json);

}  // namespace pharos::api::live

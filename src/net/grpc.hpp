// Unary gRPC calls as ordinary handlers: 5-byte frames in the body, the outcome in the trailers.
//
//   byte   0        1..4                     5..
//          flag     length, big endian       message
//          0 plain, 1 compressed as grpc-encoding says
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/http.hpp"

namespace pharos::net {

enum class GrpcStatus : std::uint8_t {
  ok = 0, cancelled = 1, unknown = 2, invalid_argument = 3, deadline_exceeded = 4, not_found = 5, resource_exhausted = 8,
  unimplemented = 12, internal = 13, unavailable = 14, unauthenticated = 16,
};

struct GrpcReply {
  GrpcStatus status = GrpcStatus::ok;
  std::string message;                       // says why, when not ok
  std::string body;                          // the encoded reply message
};

struct GrpcOptions {
  std::uint64_t message_max = 32u << 20;     // uncompressed; resource_exhausted beyond
};

// To be routed as POST "/package.Service/Method", with a body_max above message_max. Only over HTTP/2. A call whose
// grpc-timeout has passed before the handler answers ends with deadline_exceeded.
Handler grpc_unary(std::function<GrpcReply(std::string_view message, const Request&)> call, GrpcOptions options = {});

// The one message of a request body, decompressed into `storage` where needed. Errc::limit, invalid, unsupported.
Result<std::string_view> read_grpc_message(std::string_view body, std::string_view encoding, std::uint64_t message_max,
                                           std::string& storage);
Response grpc_response(const GrpcReply& reply);
// "10S", "500m": the value of grpc-timeout. Nanos::max() when there is none.
Nanos parse_grpc_timeout(std::string_view text);

}  // namespace pharos::net

#include "net/grpc.hpp"

#include "base/clock.hpp"
#include "codec/compress.hpp"

namespace pharos::net {
namespace {

constexpr std::size_t kFrameHead = 5;

// grpc-message: percent-encoding of everything but printable ASCII.
std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

GrpcReply refusal(const Error& error) {
  switch (error.code) {
    case Errc::limit: return {GrpcStatus::resource_exhausted, error.message, {}};
    case Errc::unsupported: return {GrpcStatus::unimplemented, error.message, {}};
    default: return {GrpcStatus::internal, error.message, {}};
  }
}

}  // namespace

Nanos parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return Nanos::max();
  std::int64_t n = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return Nanos::max();
    n = n * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'H': return n > 1'000'000 ? Nanos::max() : Nanos(std::chrono::hours(n));
    case 'M': return std::chrono::minutes(n);
    case 'S': return std::chrono::seconds(n);
    case 'm': return std::chrono::milliseconds(n);
    case 'u': return std::chrono::microseconds(n);
    case 'n': return Nanos(n);
    default: return Nanos::max();
  }
}

Result<std::string_view> read_grpc_message(std::string_view body, std::string_view encoding, std::uint64_t message_max,
                                           std::string& storage) {
  if (body.size() < kFrameHead) return fail(Errc::invalid, "gRPC message is cut short");
  const auto flag = static_cast<unsigned char>(body[0]);
  std::uint32_t length = 0;
  for (std::size_t i = 1; i < kFrameHead; ++i) length = length << 8 | static_cast<unsigned char>(body[i]);
  if (flag > 1) return fail(Errc::invalid, "gRPC message with an unknown flag");
  if (length > message_max)
    return fail(Errc::limit, "received message larger than max (" + std::to_string(length) + " vs. " + std::to_string(message_max) + ")");
  if (body.size() - kFrameHead < length) return fail(Errc::invalid, "gRPC message is cut short");
  if (body.size() - kFrameHead > length) return fail(Errc::unsupported, "more than one message in a unary call");
  const auto message = body.substr(kFrameHead);
  if (flag == 0) return message;
  if (encoding.empty() || encoding == "identity") return fail(Errc::invalid, "compressed gRPC message without a grpc-encoding");
  const auto kind = codec::parse_content_encoding(encoding);
  if (!kind) return fail(Errc::unsupported, "grpc-encoding '" + std::string(encoding) + "' is not supported; supported are gzip, deflate, zstd, snappy");
  TRY(codec::decompress(*kind, message, message_max, storage));
  return std::string_view(storage);
}

Response grpc_response(const GrpcReply& reply) {
  Response response;
  response.headers.add("Content-Type", "application/grpc");
  response.headers.add("grpc-accept-encoding", "gzip,deflate,identity");
  if (reply.status == GrpcStatus::ok) {
    const auto length = reply.body.size();
    response.body.reserve(kFrameHead + length);
    response.body += '\0';
    for (int shift = 24; shift >= 0; shift -= 8) response.body += static_cast<char>(length >> shift & 0xff);
    response.body += reply.body;
  }
  response.trailers.add("grpc-status", std::to_string(static_cast<int>(reply.status)));
  if (!reply.message.empty()) response.trailers.add("grpc-message", percent_encode(reply.message));
  return response;
}

Handler grpc_unary(std::function<GrpcReply(std::string_view, const Request&)> call, GrpcOptions options) {
  return [call = std::move(call), options](const Request& request) {
    const auto type = request.headers.get("Content-Type");
    if (request.version != 20 || !type.starts_with("application/grpc"))
      return Response::text(415, "gRPC calls need HTTP/2 and the content type application/grpc\n");
    const auto& clock = system_clock();
    const auto begun = clock.monotonic();
    const auto timeout = parse_grpc_timeout(request.headers.get("grpc-timeout"));
    thread_local std::string storage;
    struct GiveBack {  // of what is not worth keeping
      ~GiveBack() {
        if (storage.capacity() > (4u << 20)) std::string().swap(storage);  // `= {}` would keep the memory
      }
    } const give_back;
    const auto message = read_grpc_message(request.body, request.headers.get("grpc-encoding"), options.message_max, storage);
    if (!message) return grpc_response(refusal(message.error()));
    const auto reply = call(*message, request);
    if (clock.monotonic() - begun > timeout) return grpc_response({GrpcStatus::deadline_exceeded, "context deadline exceeded", {}});
    return grpc_response(reply);
  };
}

}  // namespace pharos::net

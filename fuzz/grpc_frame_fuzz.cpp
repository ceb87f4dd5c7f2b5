// One gRPC message frame, compressed and plain.
#include <cstdint>
#include <string>

#include "net/grpc.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  static constexpr std::string_view kEncodings[] = {"", "gzip", "deflate", "zstd", "snappy", "other"};
  std::string storage;
  const auto message = pharos::net::read_grpc_message(bytes, kEncodings[data[0] % 6], 1 << 16, storage);
  if (message && message->size() > (1 << 16)) __builtin_trap();
  (void)pharos::net::parse_grpc_timeout(bytes);
  return 0;
}

// A remote write 1.0 request from the decompressed body on; every other input is sent as it is, for the snappy door.
#include <cstdint>
#include <string>

#include "codec/compress.hpp"
#include "ingest/remote_write.hpp"
#include "null_appender.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static pharos::NullAppender appender;
  static pharos::ingest::SeriesCache cache(10'000);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  pharos::net::Request request;
  request.headers.add("Content-Type", "application/x-protobuf");
  request.body = data[0] % 8 == 0 ? std::string(bytes) : pharos::codec::compress(pharos::codec::Compression::snappy, bytes);
  pharos::ingest::RemoteWriteConfig config;
  config.decoded_max = 1 << 20;
  (void)pharos::ingest::handle_remote_write(request, appender, cache, config);
  return 0;
}

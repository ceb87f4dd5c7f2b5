// An OTLP metrics request, json.
#include <cstdint>
#include <memory>

#include "ingest/otlp.hpp"
#include "null_appender.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  static ingest::OtlpReceiver receiver(std::make_shared<NullAppender>(), std::make_shared<ingest::SeriesCache>(10'000), [] {
    ingest::OtlpConfig config;
    config.promote_all_resource_attributes = config.promote_scope_metadata = true;
    config.delta_streams_max = 1000;
    return config;
  }());
  net::Request request;
  request.headers.add("Content-Type", "application/json");
  request.body.assign(reinterpret_cast<const char*>(data), size);
  (void)receiver.handle_http(request);
  return 0;
}

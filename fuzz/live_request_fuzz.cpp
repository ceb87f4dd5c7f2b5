// What a live stream may ask for: never more than the bounds, and an error always says something.
#include <cstdlib>

#include "api/live/live_request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace live = pharos::api::live;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  pharos::net::Request request;
  request.method = "GET";
  request.query = text;
  for (const auto& wanted : {live::parse_live_body(text), live::parse_live_request(request)}) {
    if (!wanted) {
      if (wanted.error().message.empty()) std::abort();
      continue;
    }
    if (wanted->queries.size() > live::kQueriesMax) std::abort();
    for (const auto& query : wanted->queries)
      if (query.step_ms < 1'000 || query.range_ms < 0 ||
          query.range_ms / query.step_ms > live::kStepsMax)
        std::abort();
  }
  return 0;
}

// The receiver of remote write 1.0 and 2.0: POST /api/v1/write.
#pragma once
#include <cstdint>
#include <memory>

#include "ingest/series_cache.hpp"
#include "model/appender.hpp"
#include "net/http.hpp"

namespace pharos::ingest {

struct RemoteWriteConfig {
  std::uint64_t body_max = 32u << 20;       // compressed
  std::uint64_t decoded_max = 256u << 20;   // uncompressed; a body that declares more is refused unread
  bool accept_v1 = true, accept_v2 = true;
};

// Handlers keep both alive. One cache may serve several receivers: keys of other encodings do not meet.
void register_remote_write(net::Router& router, std::shared_ptr<Appender> appender, std::shared_ptr<SeriesCache> cache,
                           RemoteWriteConfig config = {});

// One request, for tests and benches.
net::Response handle_remote_write(const net::Request& request, Appender& appender, SeriesCache& cache,
                                  const RemoteWriteConfig& config);

// How an append that failed as a whole is answered: 503 with Retry-After when trying again helps.
net::Response write_failure(const Error& error);

}  // namespace pharos::ingest

// Remote read, served (POST /api/v1/read) and asked (a Querier over another server's /read).
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/querier.hpp"
#include "net/http.hpp"
#include "net/http_client.hpp"

namespace pharos::ingest {

struct RemoteReadLimits {
  std::uint64_t body_max = 4u << 20;
  std::uint64_t samples_max = 50'000'000;          // of an answer that is not streamed
  std::size_t chunk_bytes_max = 1 << 20;           // of one frame of a streamed answer
  std::uint32_t concurrent_max = 10;               // 503 beyond
};

// Answers SAMPLES, or STREAMED_XOR_CHUNKS where the client prefers that and the series hold floats only (else the
// SAMPLES the client accepts too). Labels of `external` are matched and added, as Prometheus does.
void register_remote_read(net::Router& router, std::shared_ptr<Querier> querier,
                          std::function<Labels()> external_labels = {}, RemoteReadLimits limits = {});

// One entry of the `remote_read` section.
struct RemoteReadTarget {
  std::string url, name;
  Millis timeout = std::chrono::minutes(1);
  std::vector<std::pair<std::string, std::string>> headers;
  bool read_recent = false, filter_external_labels = true;
  Labels required_matchers;
  std::shared_ptr<const net::ClientOptions> http;
  std::uint64_t samples_max = 50'000'000, body_max = 512u << 20;
};

// Asks the other server. `local_begin_ms` says from when on the local store is complete: without read_recent, only what is
// older is asked for. Label names and values are not part of the protocol: empty.
std::shared_ptr<Querier> make_remote_querier(RemoteReadTarget target, std::shared_ptr<net::HttpClient> client, Labels external_labels,
                                             std::function<UnixMillis()> local_begin_ms);

// One view of several queriers: series with the same labels are one, at equal times the first querier's sample counts.
// Only the first one's errors fail a select; those of the others are logged and counted (pharos_remote_read_failures_total).
std::shared_ptr<Querier> make_merged_querier(std::vector<std::shared_ptr<Querier>> queriers);

}  // namespace pharos::ingest

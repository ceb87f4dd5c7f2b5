// The receiver of OpenTelemetry metrics: OTLP/HTTP (protobuf, JSON) and OTLP/gRPC.
#pragma once
#include <memory>
#include <mutex>

#include "ingest/otlp_config.hpp"
#include "ingest/series_cache.hpp"
#include "model/appender.hpp"
#include "model/querier.hpp"
#include "net/grpc.hpp"
#include "net/http.hpp"

namespace pharos::ingest {

// Thread-safe. A reload replaces the configuration; what has been accumulated of delta streams stays. `stored`: where delta streams
// that memory does not know (after a restart, or idle) find what they had added up to.
class OtlpReceiver {
 public:
  OtlpReceiver(std::shared_ptr<Appender> appender, std::shared_ptr<SeriesCache> cache, OtlpConfig config = {},
               std::shared_ptr<Querier> stored = nullptr);
  ~OtlpReceiver();

  void set_config(OtlpConfig config);   // names change: the series cache is emptied
  net::Response handle_http(const net::Request& request);
  net::GrpcReply handle_grpc(std::string_view message);
  std::size_t delta_streams() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// POST /v1/metrics, /api/v1/otlp/v1/metrics and /opentelemetry.proto.collector.metrics.v1.MetricsService/Export.
void register_otlp(net::Router& router, std::shared_ptr<OtlpReceiver> receiver, const OtlpConfig& limits = {});

}  // namespace pharos::ingest

// Spans, logs and metrics pushed over OTLP/HTTP (protobuf, gzip). The second library,
// pharos::client-otlp: it needs libcurl.
//
//   OtlpOptions options;
//   options.endpoint = "http://127.0.0.1:4318";
//   auto otlp = std::make_shared<OtlpExporter>(options);
//   Tracer tracer{"probft", Sampling::critical(), otlp};
//   Logger log{"probft", {Level::info, {0, 0.1, 1, 1, 1}, 1, otlp}};
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pharos/log.hpp"
#include "pharos/registry.hpp"
#include "pharos/trace.hpp"

namespace pharos::client {

struct OtlpOptions {
  std::string endpoint = "http://127.0.0.1:4318";  // /v1/traces, /v1/logs, /v1/metrics are added
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>>
      resource;                          // beside service.name: region, host.name …
  Registry* metrics = nullptr;           // pushed too when given
  std::string metrics_service = "dwcp";  // their service.name
  std::uint32_t metrics_interval_ms = 15'000;
  std::uint32_t batch_ms = 1000;  // the longest a span or line waits
  std::size_t batch_items_max = 512;
  std::size_t queue_items_max = 8192;  // of each signal; beyond, new ones are dropped and counted
  std::size_t queue_bytes_max = 8 << 20;
  std::uint32_t timeout_ms = 10'000;  // of one request
  std::uint32_t retry_ms_max =
      30'000;  // from the first refusal (429, 502, 503, 504, no connection) to giving up
  std::uint32_t stop_ms_max = 3'000;  // what the destructor may take to deliver the rest
};

// One thread delivers. Nothing waits for it: `take` encodes and queues.
class OtlpExporter : public SpanSink, public LogSink {
 public:
  explicit OtlpExporter(OtlpOptions options);
  ~OtlpExporter() override;
  void take(const SpanData& span) noexcept override;
  void take(const LogRecord& record) noexcept override;

  // Sends what is queued, metrics included; false when something could not be delivered by then.
  bool flush(std::uint32_t wait_ms);

  struct Signal {
    std::uint64_t queued = 0, sent = 0, dropped = 0;
  };  // items; metrics: pages
  struct Stats {
    Signal spans, logs, metrics;
    std::uint64_t requests = 0, retries = 0, failures = 0;
  };
  Stats stats() const;

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace pharos::client

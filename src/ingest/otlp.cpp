#include "ingest/otlp.hpp"

#include <shared_mutex>

#include "base/metric.hpp"
#include "codec/compress.hpp"
#include "codec/json.hpp"
#include "codec/protobuf.hpp"
#include "ingest/otlp_decode.hpp"
#include "ingest/otlp_json.hpp"
#include "ingest/remote_write.hpp"

namespace pharos::ingest {
namespace {

constexpr std::size_t kKeepBytes = 4 << 20;

struct Stats {
  Counter requests{"pharos_ingest_otlp_requests_total", "OTLP metric requests, by transport.", {"transport"}};
  Counter protobuf = requests.with({"http_protobuf"});
  Counter json = requests.with({"http_json"});
  Counter grpc = requests.with({"grpc"});
  Counter refused{"pharos_ingest_otlp_refused_total", "OTLP metric requests refused whole: type, encoding, damage, size."};
};
Stats& stats() {
  static Stats s;
  return s;
}

struct Scratch {
  std::string body;
  Batch batch;
  OtlpRequest request;
};
Scratch& scratch() {
  thread_local Scratch s;
  return s;
}
// A body larger than what is worth keeping is given back with its request.
struct GiveBack {
  std::string& body;
  ~GiveBack() {
    if (body.capacity() > kKeepBytes) std::string().swap(body);  // `= {}` would keep the memory
  }
};

// ExportMetricsServiceResponse { partial_success = 1 { rejected_data_points = 1; error_message = 2 } }
std::string encode_reply(const WriteOutcome& outcome) {
  std::string out;
  if (outcome.rejected == 0) return out;
  codec::ProtoWriter to(out);
  to.message(1, [&](codec::ProtoWriter& partial) {
    partial.varint(1, outcome.rejected);
    partial.bytes(2, outcome.text());
  });
  return out;
}

std::string encode_json_reply(const WriteOutcome& outcome) {
  std::string out;
  codec::JsonWriter to(out);
  to.begin_object();
  if (outcome.rejected) {
    to.key("partialSuccess").begin_object();
    to.key("rejectedDataPoints").value(std::to_string(outcome.rejected));
    to.key("errorMessage").value(outcome.text());
    to.end_object();
  }
  to.end_object();
  return out;
}

}  // namespace

struct OtlpReceiver::State {
  std::shared_ptr<Appender> appender;
  std::shared_ptr<SeriesCache> cache;
  DeltaAccumulator deltas;
  std::unique_ptr<const DeltaHistory> history;       // null: none
  mutable std::shared_mutex mutex;
  std::shared_ptr<const OtlpConfig> config;          // guarded by mutex

  State(std::shared_ptr<Appender> a, std::shared_ptr<SeriesCache> c, OtlpConfig g, std::shared_ptr<Querier> stored)
      : appender(std::move(a)), cache(std::move(c)), deltas(g.delta_streams_max, g.delta_idle_max),
        history(stored ? std::make_unique<const DeltaHistory>(std::move(stored)) : nullptr),
        config(std::make_shared<const OtlpConfig>(std::move(g))) {}

  std::shared_ptr<const OtlpConfig> current() const {
    std::shared_lock lock(mutex);
    return config;
  }

  // `body` is an ExportMetricsServiceRequest. The error is of the request as a whole.
  Result<WriteOutcome> write(std::string_view body, const OtlpConfig& settings, Scratch& s) {
    s.batch.clear();
    {
      SeriesCache::Walk walk(*cache);
      auto decoded = s.request.decode(body, settings, walk, *cache, deltas, history.get(), s.batch);
      if (!decoded) {
        if (history) deltas.forget(s.request.deltas());
        return fail(std::move(decoded).error());
      }
    }
    s.request.metadata(s.batch, [&](const SeriesKey& metric, std::string_view description) {
      return cache->metadata_is_new(codec::hash64(description, metric.low));
    });
    auto outcome = s.batch.commit(*appender, *cache, [&](std::string_view, std::uint32_t tag, LabelArena& arena) {
      return s.request.labels(tag, arena);
    });
    if (outcome.failure) {
      cache->forget_metadata();
      if (history) deltas.forget(s.request.deltas());
      return fail(std::move(*outcome.failure));
    }
    outcome.rejected += s.request.refused();
    outcome.reasons.insert(outcome.reasons.end(), s.request.reasons().begin(), s.request.reasons().end());
    return outcome;
  }
};

OtlpReceiver::OtlpReceiver(std::shared_ptr<Appender> appender, std::shared_ptr<SeriesCache> cache, OtlpConfig config,
                           std::shared_ptr<Querier> stored)
    : state_(std::make_unique<State>(std::move(appender), std::move(cache), std::move(config), std::move(stored))) {}
OtlpReceiver::~OtlpReceiver() = default;

void OtlpReceiver::set_config(OtlpConfig config) {
  {
    std::unique_lock lock(state_->mutex);
    state_->config = std::make_shared<const OtlpConfig>(std::move(config));
  }
  state_->cache->clear();
}

std::size_t OtlpReceiver::delta_streams() const { return state_->deltas.streams(); }

net::Response OtlpReceiver::handle_http(const net::Request& request) {
  const auto refuse = [](int status, std::string why) {
    stats().refused.add();
    return net::Response::text(status, std::move(why) + "\n");
  };
  const auto config = state_->current();
  auto type = request.headers.get("Content-Type");
  type = type.substr(0, type.find_first_of("; "));
  const bool json = type == "application/json";
  if (!json && type != "application/x-protobuf")
    return refuse(415, "unsupported content type: " + std::string(type) + ", supported: [application/json, application/x-protobuf]");
  const auto encoding = request.headers.get("Content-Encoding");
  const auto kind = codec::parse_content_encoding(encoding);
  if (!kind) return refuse(415, "unsupported compression: " + std::string(encoding) + ". Only \"gzip\" or no compression supported");
  auto& s = scratch();
  const GiveBack give_back{s.body};
  std::string_view body = request.body;
  if (*kind != codec::Compression::none) {
    if (auto unpacked = codec::decompress(*kind, body, config->decoded_max, s.body); !unpacked)
      return refuse(unpacked.error().code == Errc::limit ? 413 : 400, unpacked.error().message);
    body = s.body;
  }
  (json ? stats().json : stats().protobuf).add();
  std::string transcoded;
  if (json) {
    auto converted = otlp_metrics_from_json(body);
    if (!converted) return refuse(400, converted.error().message);
    transcoded = std::move(*converted);
    body = transcoded;
  }
  const auto outcome = state_->write(body, *config, s);
  if (!outcome) return write_failure(outcome.error());
  net::Response response;
  response.headers.add("Content-Type", json ? "application/json" : "application/x-protobuf");
  response.body = json ? encode_json_reply(*outcome) : encode_reply(*outcome);
  return response;
}

net::GrpcReply OtlpReceiver::handle_grpc(std::string_view message) {
  stats().grpc.add();
  const auto config = state_->current();
  const auto outcome = state_->write(message, *config, scratch());
  if (outcome) return {net::GrpcStatus::ok, {}, encode_reply(*outcome)};
  const auto& error = outcome.error();
  const auto status = error.code == Errc::invalid       ? net::GrpcStatus::invalid_argument
                      : error.code == Errc::unavailable ? net::GrpcStatus::unavailable
                      : error.code == Errc::limit       ? net::GrpcStatus::resource_exhausted
                                                        : net::GrpcStatus::internal;
  return {status, error.message, {}};
}

void register_otlp(net::Router& router, std::shared_ptr<OtlpReceiver> receiver, const OtlpConfig& limits) {
  const auto http = [receiver](const net::Request& request) { return receiver->handle_http(request); };
  const net::RouteOptions options{.body_max = limits.body_max, .compress = false};
  router.add("POST", "/v1/metrics", http, options);
  router.add("POST", "/api/v1/otlp/v1/metrics", http, options);
  router.add("POST", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
             net::grpc_unary([receiver](std::string_view message, const net::Request&) { return receiver->handle_grpc(message); },
                             {.message_max = limits.decoded_max}),
             {.body_max = limits.body_max + 5, .compress = false});
}

}  // namespace pharos::ingest

#include "ingest/remote_write.hpp"

#include <optional>

#include "base/metric.hpp"
#include "base/quoted.hpp"
#include "codec/compress.hpp"
#include "ingest/write_decode.hpp"

namespace pharos::ingest {
namespace {

struct Stats {
  Counter requests{"pharos_ingest_remote_write_requests_total", "Remote write requests, by protocol version.", {"version"}};
  Counter v1 = requests.with({"1.0"});
  Counter v2 = requests.with({"2.0"});
  Counter refused{"pharos_ingest_remote_write_refused_total", "Remote write requests refused whole: type, encoding, damage, size."};
};
Stats& stats() {
  static Stats s;
  return s;
}

constexpr std::size_t kKeepBytes = 4 << 20;

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// 1 or 2, or why not.
Result<int> message_version(std::string_view content_type) {
  if (content_type.empty()) return 1;  // senders of 2019 did not say
  auto rest = content_type;
  const auto media = trim(rest.substr(0, rest.find(';')));
  rest.remove_prefix(std::min(rest.size(), rest.find(';') == rest.npos ? rest.size() : rest.find(';') + 1));
  if (media != "application/x-protobuf")
    return fail(Errc::unsupported, "expected application/x-protobuf as the first (media) part, got " + std::string(content_type) + " content-type");
  while (!rest.empty()) {
    const auto parameter = trim(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(rest.size(), rest.find(';') == rest.npos ? rest.size() : rest.find(';') + 1));
    const auto equals = parameter.find('=');
    if (equals == parameter.npos)
      return fail(Errc::unsupported, "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got " +
                                         std::string(parameter) + " in " + std::string(content_type) + " content-type");
    if (trim(parameter.substr(0, equals)) != "proto") continue;
    const auto proto = trim(parameter.substr(equals + 1));
    if (proto == "prometheus.WriteRequest") return 1;
    if (proto == "io.prometheus.write.v2.Request") return 2;
    return fail(Errc::unsupported, "got " + std::string(content_type) + " content type; unknown type for remote write protobuf message " +
                                       std::string(proto) + ", supported: prometheus.WriteRequest, io.prometheus.write.v2.Request");
  }
  return 1;
}

// A body larger than what is worth keeping is given back with its request.
struct GiveBack {
  std::string& body;
  ~GiveBack() {
    if (body.capacity() > kKeepBytes) std::string().swap(body);  // `= {}` would keep the memory
  }
};

struct Scratch {
  std::string body;
  Batch batch;
  WriteV2 v2;
};

}  // namespace

net::Response write_failure(const Error& error) {
  switch (error.code) {
    case Errc::unavailable:
    case Errc::timeout: {
      auto response = net::Response::text(503, error.message + "\n");
      response.headers.add("Retry-After", "1");
      return response;
    }
    case Errc::invalid: return net::Response::text(400, error.message + "\n");
    case Errc::limit: return net::Response::text(429, error.message + "\n");
    default: return net::Response::text(500, error.message + "\n");
  }
}

net::Response handle_remote_write(const net::Request& request, Appender& appender, SeriesCache& cache,
                                  const RemoteWriteConfig& config) {
  const auto refuse = [](int status, const std::string& why) {
    stats().refused.add();
    return net::Response::text(status, why + "\n");
  };
  const auto version = message_version(request.headers.get("Content-Type"));
  if (!version) return refuse(415, version.error().message);
  if (*version == 1 ? !config.accept_v1 : !config.accept_v2)
    return refuse(415, std::string(*version == 1 ? "prometheus.WriteRequest" : "io.prometheus.write.v2.Request") +
                           " protobuf message is not accepted by this server");
  const auto encoding = request.headers.get("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy")
    return refuse(415, std::string(encoding) + " encoding (compression) is not accepted by this server; only snappy is acceptable");

  thread_local Scratch scratch;
  const GiveBack give_back{scratch.body};
  if (auto unpacked = codec::decompress(codec::Compression::snappy, request.body, config.decoded_max, scratch.body); !unpacked)
    return refuse(unpacked.error().code == Errc::limit ? 413 : 400, unpacked.error().message);

  auto& batch = scratch.batch;
  batch.clear();
  scratch.v2.clear();
  (*version == 1 ? stats().v1 : stats().v2).add();
  {
    SeriesCache::Walk walk(cache);
    auto decoded = *version == 1 ? decode_write_v1(scratch.body, walk, cache, batch)
                                 : decode_write_v2(scratch.body, walk, cache, scratch.v2, batch);
    if (!decoded) return refuse(400, decoded.error().message);
  }
  auto outcome = *version == 1
      ? batch.commit(appender, cache, [](std::string_view raw, std::uint32_t, LabelArena& arena) { return labels_v1(raw, arena); })
      : batch.commit(appender, cache, [](std::string_view raw, std::uint32_t, LabelArena& arena) { return labels_v2(scratch.v2, raw, arena); });
  if (scratch.v2.refused) {
    outcome.rejected += scratch.v2.refused;
    outcome.reasons.insert(outcome.reasons.end(), scratch.v2.reasons.begin(), scratch.v2.reasons.end());
  }
  net::Response response;
  if (outcome.failure) {
    cache.forget_metadata();
    response = write_failure(*outcome.failure);
  } else if (outcome.rejected) {
    response = net::Response::text(400, outcome.text() + "\n");
  } else {
    response.status = 204;
  }
  if (*version == 2) {
    response.headers.add("X-Prometheus-Remote-Write-Samples-Written", std::to_string(outcome.samples));
    response.headers.add("X-Prometheus-Remote-Write-Histograms-Written", std::to_string(outcome.histograms));
    response.headers.add("X-Prometheus-Remote-Write-Exemplars-Written", std::to_string(outcome.exemplars));
  }
  return response;
}

void register_remote_write(net::Router& router, std::shared_ptr<Appender> appender, std::shared_ptr<SeriesCache> cache,
                           RemoteWriteConfig config) {
  router.add("POST", "/api/v1/write",
             [appender = std::move(appender), cache = std::move(cache), config](const net::Request& request) {
               return handle_remote_write(request, *appender, *cache, config);
             },
             {.body_max = config.body_max, .compress = false});
}

}  // namespace pharos::ingest

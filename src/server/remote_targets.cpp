#include "server/remote_targets.hpp"

#include <cstdio>

#include "codec/checksum.hpp"

namespace pharos::server {
namespace {

// Six hexadecimal digits of the content, as Prometheus names an entry without a name.
std::string name_of(const std::string& given, const std::string& fingerprint) {
  if (!given.empty()) return given;
  char text[24];
  std::snprintf(text, sizeof text, "%06llx",
                static_cast<unsigned long long>(codec::hash64(fingerprint) & 0xffffff));
  return text;
}

}  // namespace

std::vector<ingest::RemoteWriteTarget> write_targets(const Config& config) {
  std::vector<ingest::RemoteWriteTarget> out;
  for (const auto& from : config.remote_write) {
    ingest::RemoteWriteTarget to;
    to.url = from.url;
    to.name = name_of(from.name, from.fingerprint);
    to.fingerprint = from.fingerprint;
    to.timeout = from.remote_timeout;
    to.headers = from.headers;
    to.write_relabel = from.write_relabel;
    to.send_native_histograms = from.send_native_histograms;
    to.send_exemplars = from.send_exemplars;
    to.version2 = from.version2;
    to.queue.capacity = from.queue.capacity;
    to.queue.max_shards = from.queue.max_shards;
    to.queue.min_shards = from.queue.min_shards;
    to.queue.max_samples_per_send = from.queue.max_samples_per_send;
    to.queue.batch_send_deadline = from.queue.batch_send_deadline;
    to.queue.min_backoff = from.queue.min_backoff;
    to.queue.max_backoff = from.queue.max_backoff;
    to.queue.retry_on_http_429 = from.queue.retry_on_http_429;
    to.queue.sample_age_limit = from.queue.sample_age_limit;
    to.metadata_send = from.metadata_send;
    to.metadata_send_interval = from.metadata_send_interval;
    to.metadata_max_samples_per_send = from.metadata_max_samples_per_send;
    to.http = from.http;
    out.push_back(std::move(to));
  }
  return out;
}

std::shared_ptr<Querier> query_view(const Config& config,
                                    const std::shared_ptr<metrics::Store>& store,
                                    const std::shared_ptr<net::HttpClient>& client) {
  if (config.remote_read.empty()) return store->querier();
  std::vector<std::shared_ptr<Querier>> views{store->querier()};
  for (const auto& from : config.remote_read) {
    ingest::RemoteReadTarget to;
    to.url = from.url;
    to.name = name_of(from.name, from.fingerprint);
    to.timeout = from.remote_timeout;
    to.headers = from.headers;
    to.read_recent = from.read_recent;
    to.filter_external_labels = from.filter_external_labels;
    to.required_matchers = from.required_matchers;
    to.http = from.http;
    // Weak: a query view must not keep the store open after the server has let go of it.
    views.push_back(
        ingest::make_remote_querier(std::move(to), client, config.global.external_labels,
                                    [weak = std::weak_ptr<metrics::Store>(store)]() -> UnixMillis {
                                      const auto alive = weak.lock();
                                      return alive ? alive->statistics(1).min_ms : 0;
                                    }));
  }
  return ingest::make_merged_querier(std::move(views));
}

}  // namespace pharos::server

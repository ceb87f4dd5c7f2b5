// remote_write and remote_read sections, as Prometheus 3 defines them.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "codec/yaml.hpp"
#include "model/relabel.hpp"
#include "net/http_client.hpp"
#include "scrape/config.hpp"

namespace pharos::server {

struct RemoteWriteConfig {
  std::string url, name;  // a name is unique; "" gets one from the content
  Millis remote_timeout = std::chrono::seconds(30);
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<RelabelRule> write_relabel;
  bool send_exemplars = false, send_native_histograms = false, round_robin_dns = false;
  bool version2 = false;  // io.prometheus.write.v2.Request
  struct Queue {
    std::uint64_t capacity = 10'000, max_shards = 50, min_shards = 1, max_samples_per_send = 2'000;
    Millis batch_send_deadline = std::chrono::seconds(5);
    Millis min_backoff{30}, max_backoff = std::chrono::seconds(5);
    bool retry_on_http_429 = false;
    Millis sample_age_limit{0};  // 0: none
  } queue;
  bool metadata_send = true;
  Millis metadata_send_interval = std::chrono::minutes(1);
  std::uint64_t metadata_max_samples_per_send = 2'000;
  std::shared_ptr<const net::ClientOptions> http;  // HTTP/2 off unless asked for
  std::string fingerprint;  // equal texts: the same queue goes on over a reload
};

struct RemoteReadConfig {
  std::string url, name;
  Millis remote_timeout = std::chrono::minutes(1);
  std::uint64_t chunked_read_limit = 50'000'000;
  std::vector<std::pair<std::string, std::string>> headers;
  bool read_recent = false, filter_external_labels = true;
  Labels required_matchers;
  std::shared_ptr<const net::ClientOptions> http;
  std::string fingerprint;
};

// The lists. Errors as Prometheus words them, with the place.
Result<std::vector<RemoteWriteConfig>> parse_remote_write(const codec::Yaml& node,
                                                          NameValidation scheme,
                                                          scrape::ParseContext& context);
Result<std::vector<RemoteReadConfig>> parse_remote_read(const codec::Yaml& node,
                                                        scrape::ParseContext& context);

// A map of header names to values; `what` decides the text for "authorization".
enum class HeaderOwner { remote, tracing };
Result<std::vector<std::pair<std::string, std::string>>> parse_headers(const codec::Yaml& node,
                                                                       HeaderOwner owner);

// The URL as Go's url.Parse takes it: which is nearly anything. "" is refused.
Result<std::string> parse_url(const codec::Yaml& node);

}  // namespace pharos::server

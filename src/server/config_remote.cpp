#include "server/config_remote.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "codec/yaml_section.hpp"
#include "net/client_config.hpp"
#include "scrape/yaml_text.hpp"

namespace pharos::server {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::array<std::string_view, 16> kReservedHeaders{
    "host",
    "content-encoding",
    "content-length",
    "content-type",
    "user-agent",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "www-authenticate",
    "accept-encoding",
    "x-prometheus-remote-write-version",
    "x-prometheus-remote-read-version",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-content-sha256",
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

Status parse_queue(const Yaml& node, RemoteWriteConfig::Queue& queue) {
  auto section = TRY(YamlSection::open(node, "queue_config"));
  TRY(section.read("capacity", queue.capacity));
  TRY(section.read("max_shards", queue.max_shards));
  TRY(section.read("min_shards", queue.min_shards));
  TRY(section.read("max_samples_per_send", queue.max_samples_per_send));
  TRY(section.read("batch_send_deadline", queue.batch_send_deadline));
  TRY(section.read("min_backoff", queue.min_backoff));
  TRY(section.read("max_backoff", queue.max_backoff));
  TRY(section.read("retry_on_http_429", queue.retry_on_http_429));
  TRY(section.read("sample_age_limit", queue.sample_age_limit));
  TRY(section.done());
  if (queue.min_shards == 0)
    return fail(node.error("remote write queue min_shards must be positive"));
  if (queue.min_shards > queue.max_shards)
    return fail(node.error("remote write queue min_shards must not be greater than max_shards"));
  if (queue.capacity == 0) return fail(node.error("remote write queue capacity must be positive"));
  if (queue.max_samples_per_send == 0)
    return fail(node.error("remote write queue max_samples_per_send must be positive"));
  return {};
}

Status parse_metadata(const Yaml& node, RemoteWriteConfig& config) {
  auto section = TRY(YamlSection::open(node, "metadata_config"));
  TRY(section.read("send", config.metadata_send));
  TRY(section.read("send_interval", config.metadata_send_interval));
  TRY(section.read("max_samples_per_send", config.metadata_max_samples_per_send));
  return section.done();
}

// basic_auth, authorization, oauth2 and the clouds' own ways exclude each other; the latter are not
// ours.
Status check_auth(YamlSection& section, scrape::ParseContext& context) {
  static constexpr std::array<std::string_view, 3> kClouds{"sigv4", "azuread", "google_iam"};
  std::string configured;
  for (const std::string_view key : {"basic_auth", "authorization", "oauth2"})
    if (section.has(key)) configured += (configured.empty() ? "" : " ") + std::string(key);
  const Yaml* cloud = nullptr;
  for (const auto key : kClouds) {
    section.take(key);
    const Yaml* value = section.node().find(key);
    if (value == nullptr || value->is_null()) continue;
    cloud = value;
    configured += (configured.empty() ? "" : " ") + std::string(key);
    if (!context.unsupported) {
      Error error = value->error("'" + std::string(key) +
                                 "' is known but not supported; supported are basic_auth, "
                                 "authorization and oauth2");
      error.code = Errc::unsupported;
      context.unsupported = std::move(error);
    }
  }
  if (configured.find(' ') != configured.npos)
    return fail((cloud != nullptr ? *cloud : section.node())
                    .error("at most one of basic_auth, authorization, oauth2, sigv4, azuread or "
                           "google_iam must be "
                           "configured. Currently configured: [" +
                           configured + "]"));
  return {};
}

Result<RemoteWriteConfig> parse_one_write(const Yaml& node, NameValidation scheme,
                                          scrape::ParseContext& context) {
  RemoteWriteConfig config;
  auto section = TRY(YamlSection::open(node, "a remote_write section"));
  if (const auto* url = section.take("url")) config.url = TRY(parse_url(*url));
  TRY(section.read("name", config.name));
  TRY(section.read("remote_timeout", config.remote_timeout));
  if (const auto* headers = section.take("headers"))
    config.headers = TRY(parse_headers(*headers, HeaderOwner::remote));
  if (const auto* rules = section.take("write_relabel_configs"))
    config.write_relabel =
        TRY(scrape::parse_relabel_rules(*rules, "relabeling rule in remote write config", scheme));
  TRY(section.read("send_exemplars", config.send_exemplars));
  TRY(section.read("send_native_histograms", config.send_native_histograms));
  TRY(section.read("round_robin_dns", config.round_robin_dns));
  if (const auto* message = section.take("protobuf_message")) {
    const std::string text = TRY(message->text());
    if (text == "io.prometheus.write.v2.Request")
      config.version2 = true;
    else if (text != "prometheus.WriteRequest")
      return fail(message->error(
          "invalid protobuf_message value: unknown type for remote write protobuf message " + text +
          ", supported: prometheus.WriteRequest, io.prometheus.write.v2.Request"));
  }
  if (const auto* queue = section.take("queue_config")) TRY(parse_queue(*queue, config.queue));
  if (const auto* metadata = section.take("metadata_config"))
    TRY(parse_metadata(*metadata, config));
  TRY(check_auth(section, context));
  section.know(net::client_option_keys());
  TRY(section.done());
  if (config.url.empty()) return fail(node.error("url for remote_write is empty"));
  auto options = TRY(net::parse_client_options(node, context.folder.string()));
  if (!section.has("enable_http2")) options.http2 = false;
  config.http = std::make_shared<const net::ClientOptions>(std::move(options));
  config.fingerprint = context.folder.string() + '\n' + scrape::canonical_text(node);
  return config;
}

Result<RemoteReadConfig> parse_one_read(const Yaml& node, scrape::ParseContext& context) {
  RemoteReadConfig config;
  auto section = TRY(YamlSection::open(node, "a remote_read section"));
  if (const auto* url = section.take("url")) config.url = TRY(parse_url(*url));
  TRY(section.read("name", config.name));
  TRY(section.read("remote_timeout", config.remote_timeout));
  TRY(section.read("chunked_read_limit", config.chunked_read_limit));
  if (const auto* headers = section.take("headers"))
    config.headers = TRY(parse_headers(*headers, HeaderOwner::remote));
  TRY(section.read("read_recent", config.read_recent));
  TRY(section.read("filter_external_labels", config.filter_external_labels));
  if (const auto* required = section.take("required_matchers")) {
    if (required->kind() != Yaml::Kind::map)
      return fail(required->error("required_matchers must be a map"));
    LabelsBuilder builder;
    for (const auto& member : required->members()) {
      const std::string name = TRY(member.key.text());
      const std::string value = member.value.is_null() ? std::string() : TRY(member.value.text());
      if (name.empty() || !is_utf8(name))
        return fail(member.key.error(go_quote(name) + " is not a valid label name"));
      builder.set(name, value);
    }
    config.required_matchers = builder.build();
  }
  section.know(net::client_option_keys());
  TRY(section.done());
  if (config.url.empty()) return fail(node.error("url for remote_read is empty"));
  auto options = TRY(net::parse_client_options(node, context.folder.string()));
  config.http = std::make_shared<const net::ClientOptions>(std::move(options));
  config.fingerprint = context.folder.string() + '\n' + scrape::canonical_text(node);
  return config;
}

template <class Config, class Parse>
Result<std::vector<Config>> parse_list(const Yaml& node, std::string_view what, Parse parse) {
  std::vector<Config> out;
  if (node.is_null()) return out;
  if (node.kind() != Yaml::Kind::sequence)
    return fail(node.error(std::string(what).append(" must be a list")));
  std::string spoken = what == "remote_write" ? "remote write" : "remote read";
  std::set<std::string> names;
  for (const auto& item : node.items()) {
    if (item.is_null()) return fail(item.error("empty or null " + spoken + " config section"));
    Config config = TRY(parse(item));
    if (!config.name.empty() && !names.insert(config.name).second)
      return fail(item.error("found multiple " + spoken + " configs with job name " +
                             go_quote(config.name)));
    out.push_back(std::move(config));
  }
  return out;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_headers(const Yaml& node,
                                                                       HeaderOwner owner) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (node.kind() != Yaml::Kind::map)
    return fail(node.error("headers must be a map of names to values"));
  for (const auto& member : node.members()) {
    const std::string name = lower(member.key.scalar());
    if (name == "authorization")
      return fail(member.key.error(
          owner == HeaderOwner::tracing
              ? "custom authorization header configuration is not yet supported"
              : "authorization header must be changed via the basic_auth, authorization, "
                "oauth2, sigv4, azuread or google_iam parameter"));
    if (std::find(kReservedHeaders.begin(), kReservedHeaders.end(), name) != kReservedHeaders.end())
      return fail(
          member.key.error(member.key.scalar() + " is a reserved header. It must not be changed"));
    const std::string value = member.value.is_null() ? std::string() : TRY(member.value.text());
    headers.emplace_back(member.key.scalar(), value);
  }
  return headers;
}

Result<std::string> parse_url(const Yaml& node) {
  const std::string text = TRY(node.text());
  const auto wrong = [&](std::string_view why) {
    return fail(node.error("parse " + go_quote(text) + ": " + std::string(why)));
  };
  if (text.starts_with(':')) return wrong("missing protocol scheme");
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return wrong("invalid control character in URL");
    if (c == '%' &&
        (i + 2 >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i + 1])) ||
         !std::isxdigit(static_cast<unsigned char>(text[i + 2]))))
      return wrong("invalid URL escape " + go_quote(text.substr(i, 3)));
  }
  if (const auto scheme = text.find("://"); scheme != text.npos) {
    const auto authority = std::string_view(text).substr(
        scheme + 3, text.find_first_of("/?#", scheme + 3) - scheme - 3);
    if (authority.find(' ') != authority.npos) return wrong("invalid character \" \" in host name");
    const auto colon = authority.rfind(':');
    if (colon != authority.npos && authority.find(']', colon) == authority.npos &&
        authority.find('@', colon) == authority.npos &&
        !std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(colon) + 1, authority.end(),
                     [](char c) { return c >= '0' && c <= '9'; }))
      return wrong("invalid port " + go_quote(authority.substr(colon)) + " after host");
  }
  return text;
}

Result<std::vector<RemoteWriteConfig>> parse_remote_write(const Yaml& node, NameValidation scheme,
                                                          scrape::ParseContext& context) {
  return parse_list<RemoteWriteConfig>(node, "remote_write", [&](const Yaml& item) {
    return parse_one_write(item, scheme, context);
  });
}

Result<std::vector<RemoteReadConfig>> parse_remote_read(const Yaml& node,
                                                        scrape::ParseContext& context) {
  return parse_list<RemoteReadConfig>(
      node, "remote_read", [&](const Yaml& item) { return parse_one_read(item, context); });
}

}  // namespace pharos::server

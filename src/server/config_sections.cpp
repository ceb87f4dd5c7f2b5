#include "server/config_sections.hpp"

#include <algorithm>
#include <set>

#include "codec/yaml_section.hpp"
#include "net/client_config.hpp"
#include "query/promql/ast.hpp"
#include "scrape/yaml_text.hpp"

namespace pharos::server {
namespace {

using codec::Yaml;
using codec::YamlSection;

Result<AlertmanagerConfig> parse_alertmanager(const Yaml& node, NameValidation scheme,
                                              scrape::ParseContext& context) {
  AlertmanagerConfig config;
  auto section = TRY(YamlSection::open(node, "an alertmanager section"));
  TRY(section.read("scheme", config.scheme));
  TRY(section.read("path_prefix", config.path_prefix));
  TRY(section.read("timeout", config.timeout));
  if (const auto* version = section.take("api_version")) {
    const std::string text = TRY(version->text());
    if (text != "v2")
      return fail(
          version->error("expected Alertmanager api version to be one of [v2] but got " + text));
  }
  if (const auto* rules = section.take("relabel_configs"))
    config.relabel =
        TRY(scrape::parse_relabel_rules(*rules, "Alertmanager target relabeling rule", scheme));
  if (const auto* rules = section.take("alert_relabel_configs"))
    config.alert_relabel =
        TRY(scrape::parse_relabel_rules(*rules, "Alertmanager alert relabeling rule", scheme));
  section.take("sigv4");
  section.know(net::client_option_keys());
  section.know(scrape::discovery_keys());
  TRY(section.done());
  if (const Yaml* sigv4 = node.find("sigv4"); sigv4 != nullptr && !sigv4->is_null()) {
    if (section.has("basic_auth") || section.has("authorization") || section.has("oauth2"))
      return fail(sigv4->error(
          "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured"));
    if (!context.unsupported) {
      Error error = sigv4->error(
          "'sigv4' is known but not supported; supported are basic_auth, authorization and oauth2");
      error.code = Errc::unsupported;
      context.unsupported = std::move(error);
    }
  }
  config.fingerprint = context.folder.string() + '\n' + scrape::canonical_text(node);
  auto options = TRY(net::parse_client_options(node, context.folder.string()));
  config.http = std::make_shared<const net::ClientOptions>(std::move(options));
  config.discovery = TRY(scrape::parse_discovery(node, context));
  if (config.relabel.empty())
    for (const auto& discovery : config.discovery)
      if (const auto* fixed = std::get_if<scrape::StaticDiscoveryConfig>(&discovery.kind))
        for (const auto& group : fixed->groups)
          for (const auto& target : group.targets)
            if (target.get("__address__").find('/') != std::string_view::npos)
              return fail(
                  node.find("static_configs")
                      ->error(go_quote(target.get("__address__")) + " is not a valid hostname"));
  return config;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Attributes are trimmed; empty and repeated ones are mistakes.
Status clean_attributes(const Yaml* node, std::string_view what,
                        std::vector<std::string>& attributes) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    attributes[i] = trim(attributes[i]);
    if (attributes[i].empty())
      return fail(
          node->items()[i].error("empty " + std::string(what) + " OTel resource attribute"));
    if (!seen.insert(attributes[i]).second)
      return fail(node->items()[i].error("duplicated " + std::string(what) +
                                         " OTel resource attribute " + go_quote(attributes[i])));
  }
  return {};
}

Status parse_translation(const Yaml& node, NameValidation scheme, OtlpConfig& config) {
  const std::string text = TRY(node.text());
  if (text.empty()) return {};
  if (text == "UnderscoreEscapingWithoutSuffixes") {
    config.add_suffixes = false;
  } else if (text == "NoUTF8EscapingWithSuffixes" || text == "NoTranslation") {
    if (scheme == NameValidation::legacy)
      return fail(node.error("OTLP translation strategy " + go_quote(text) +
                             " is not allowed when UTF8 is disabled"));
    config.escape_to_underscores = false;
    config.add_suffixes = text != "NoTranslation";
  } else if (text != "UnderscoreEscapingWithSuffixes") {
    return fail(
        node.error("unsupported OTLP translation strategy " + go_quote(text) +
                   ", must be UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes, "
                   "NoUTF8EscapingWithSuffixes or NoTranslation"));
  }
  return {};
}

// A member that may be absent.
template <class T, class Read>
Status read_optional(YamlSection& section, std::string_view key, std::optional<T>& into,
                     Read read) {
  const Yaml* node = section.take(key);
  if (node == nullptr) return {};
  into = TRY(read(*node));
  return {};
}
constexpr auto kDuration = [](const Yaml& n) { return n.duration(); };
constexpr auto kBytes = [](const Yaml& n) { return n.bytes(); };
template <class N>
constexpr auto count_up_to(std::uint64_t max) {
  return [max](const Yaml& n) -> Result<N> {
    const std::int64_t v = TRY(n.integer());
    if (v < 0 || static_cast<std::uint64_t>(v) > max)
      return fail(n.error(std::to_string(v) + " is not in 0.." + std::to_string(max)));
    return static_cast<N>(v);
  };
}

Status parse_retention_limits(const Yaml& node, std::string_view path, StorageConfig& config,
                              YamlSection& section) {
  TRY(read_optional(section, "time", config.retention_time, kDuration));
  if (const auto* size = section.take("size")) {
    if (size->scalar().starts_with('-'))
      return fail(
          size->error("'" + std::string(path) + ".size' must be greater than or equal to 0"));
    config.retention_bytes = TRY(size->bytes());
  }
  if (const auto* percentage = section.take("percentage")) {
    const double value = TRY(percentage->real());
    if (!(value >= 0 && value <= 100))
      return fail(percentage->error("'" + std::string(path) +
                                    ".percentage' must be in the range [0, 100]"));
    config.retention_percentage = value;
  }
  (void)node;
  return {};
}

Result<metrics::RetentionPolicy> parse_policy(const Yaml& node) {
  metrics::RetentionPolicy policy;
  auto section = TRY(YamlSection::open(node, "a retention policy"));
  const auto* match = section.take("match");
  TRY(section.read("keep", policy.keep_raw));
  TRY(section.read("roll_up", policy.roll_up));
  TRY(section.done());
  if (match == nullptr)
    return fail(node.error(
        "a retention policy needs 'match', a series selector such as '{job=\"debug\"}'"));
  const std::string text = TRY(match->text());
  auto matchers = query::promql::parse_metric_selector(text);
  if (!matchers) return fail(match->error("match: " + matchers.error().message));
  policy.matchers = std::move(*matchers);
  return policy;
}

Status parse_tsdb(const Yaml& node, StorageConfig& config) {
  auto section = TRY(YamlSection::open(node, "tsdb"));
  TRY(read_optional(section, "out_of_order_time_window", config.out_of_order_time_window,
                    kDuration));
  double threshold =
      0;  // tells Prometheus' head when to compact early: nothing to tune in this store
  if (const auto* v = section.take("stale_series_compaction_threshold")) {
    threshold = TRY(v->real());
    if (!(threshold >= 0 && threshold <= 1))
      return fail(
          v->error("'storage.tsdb.stale_series_compaction_threshold' must be in the range [0, 1]"));
  }
  if (const auto* retention = section.take("retention")) {
    auto limits = TRY(YamlSection::open(*retention, "retention"));
    TRY(parse_retention_limits(*retention, "storage.tsdb.retention", config, limits));
    TRY(limits.done());
  }
  if (const auto* encoding =
          section.take("chunk_encoding")) {  // Prometheus' on-disk encodings; ours has its own
    auto kinds = TRY(YamlSection::open(*encoding, "chunk_encoding"));
    if (const auto* floats = kinds.take("floats")) {
      const std::string text = TRY(floats->text());
      if (text != "xor" && text != "xor2")
        return fail(floats->error("unknown float chunk encoding " + go_quote(text) +
                                  ", must be 'xor' or 'xor2'"));
    }
    TRY(kinds.done());
  }
  return section.done();
}

Status parse_retention(const Yaml& node, StorageConfig& config) {
  auto section = TRY(YamlSection::open(node, "retention"));
  TRY(parse_retention_limits(node, "storage.retention", config, section));
  if (const auto* policies = section.take("policies")) {
    if (policies->kind() != Yaml::Kind::sequence)
      return fail(policies->error("policies must be a list"));
    for (const auto& item : policies->items()) {
      auto policy = TRY(parse_policy(item));
      config.policies.push_back(std::move(policy));
    }
  }
  return section.done();
}

Status parse_downsampling(const Yaml& node, StorageConfig& config) {
  if (node.kind() == Yaml::Kind::scalar) {
    config.downsample = TRY(node.boolean());
    return {};
  }
  auto section = TRY(YamlSection::open(node, "downsampling"));
  bool enabled = true;
  TRY(section.read("enabled", enabled));
  config.downsample = enabled;
  TRY(read_optional(section, "raw", config.retention_time, kDuration));
  TRY(read_optional(section, "5m", config.retention_5m, kDuration));
  TRY(read_optional(section, "1h", config.retention_1h, kDuration));
  return section.done();
}

Status parse_limits(const Yaml& node, StorageConfig& config) {
  constexpr std::uint64_t kMax32 = UINT32_MAX, kMax63 = INT64_MAX;
  auto section = TRY(YamlSection::open(node, "limits"));
  TRY(read_optional(section, "series", config.series_max, count_up_to<std::uint64_t>(kMax63)));
  TRY(read_optional(section, "series_per_metric", config.series_per_metric_max,
                    count_up_to<std::uint64_t>(kMax63)));
  TRY(read_optional(section, "labels_per_series", config.labels_max,
                    count_up_to<std::uint32_t>(kMax32)));
  TRY(read_optional(section, "label_name_bytes", config.label_name_bytes_max,
                    count_up_to<std::uint32_t>(kMax32)));
  TRY(read_optional(section, "label_value_bytes", config.label_value_bytes_max,
                    count_up_to<std::uint32_t>(kMax32)));
  TRY(read_optional(section, "future", config.future_max, kDuration));
  return section.done();
}

}  // namespace

Status parse_alerting(const Yaml& node, NameValidation scheme, scrape::ParseContext& context,
                      Config& config) {
  auto section = TRY(YamlSection::open(node, "alerting"));
  if (const auto* rules = section.take("alert_relabel_configs"))
    config.alert_relabel =
        TRY(scrape::parse_relabel_rules(*rules, "alert relabeling rule", scheme));
  const auto* managers = section.take("alertmanagers");
  TRY(section.done());
  if (managers == nullptr) return {};
  if (managers->kind() != Yaml::Kind::sequence)
    return fail(managers->error("alertmanagers must be a list"));
  for (const auto& item : managers->items()) {
    if (item.is_null()) return fail(item.error("empty or null alertmanager section"));
    auto manager = TRY(parse_alertmanager(item, scheme, context));
    config.alertmanagers.push_back(std::move(manager));
  }
  return {};
}

Result<StorageConfig> parse_storage(const Yaml& node) {
  StorageConfig config;
  auto section = TRY(YamlSection::open(node, "storage"));
  if (const auto* tsdb = section.take("tsdb")) TRY(parse_tsdb(*tsdb, config));
  if (const auto* exemplars = section.take("exemplars")) {
    auto inner = TRY(YamlSection::open(*exemplars, "exemplars"));
    if (const auto* max = inner.take("max_exemplars")) {
      const std::int64_t n = TRY(max->integer());
      config.max_exemplars = n < 0 ? 0 : static_cast<std::uint64_t>(n);
    }
    TRY(inner.done());
  }
  if (const auto* sync = section.take("sync")) {
    const std::string text = TRY(sync->text());
    if (text != "os" && text != "always")
      return fail(sync->error("sync must be 'os' or 'always', got " + go_quote(text)));
    config.sync = text == "os" ? metrics::SyncMode::os : metrics::SyncMode::always;
  }
  if (const auto* v = section.take("retention")) TRY(parse_retention(*v, config));
  if (const auto* v = section.take("downsampling")) TRY(parse_downsampling(*v, config));
  if (const auto* v = section.take("limits")) TRY(parse_limits(*v, config));
  TRY(section.done());
  return config;
}

Result<OtlpConfig> parse_otlp(const Yaml& node, NameValidation scheme) {
  OtlpConfig config;
  auto section = TRY(YamlSection::open(node, "otlp"));
  TRY(section.read("promote_all_resource_attributes", config.promote_all_resource_attributes));
  TRY(section.read("promote_resource_attributes", config.promote_resource_attributes));
  TRY(section.read("ignore_resource_attributes", config.ignore_resource_attributes));
  if (const auto* strategy = section.take("translation_strategy"))
    TRY(parse_translation(*strategy, scheme, config));
  TRY(section.read("keep_identifying_resource_attributes",
                   config.keep_identifying_resource_attributes));
  TRY(section.read("convert_histograms_to_nhcb", config.convert_histograms_to_nhcb));
  TRY(section.read("promote_scope_metadata", config.promote_scope_metadata));
  TRY(section.read("label_name_underscore_sanitization",
                   config.label_name_underscore_sanitization));
  TRY(section.read("label_name_preserve_multiple_underscores",
                   config.label_name_preserve_multiple_underscores));
  TRY(section.done());
  const Yaml* promote = node.find("promote_resource_attributes");
  const Yaml* ignore = node.find("ignore_resource_attributes");
  if (config.promote_all_resource_attributes) {
    if (!config.promote_resource_attributes.empty())
      return fail(
          promote->error("'promote_all_resource_attributes' and 'promote_resource_attributes' "
                         "cannot be configured simultaneously"));
    TRY(clean_attributes(ignore, "ignored", config.ignore_resource_attributes));
  } else {
    if (!config.ignore_resource_attributes.empty())
      return fail(
          ignore->error("'ignore_resource_attributes' cannot be configured unless "
                        "'promote_all_resource_attributes' is true"));
    TRY(clean_attributes(promote, "promoted", config.promote_resource_attributes));
  }
  return config;
}

Result<std::string> parse_tracing(const Yaml& node, scrape::ParseContext& context) {
  auto section = TRY(YamlSection::open(node, "tracing"));
  std::string endpoint, client = "grpc", compression;
  double fraction = 0;
  bool insecure = false;
  Millis timeout{0};
  TRY(section.read("endpoint", endpoint));
  TRY(section.read("client_type", client));
  TRY(section.read("compression", compression));
  TRY(section.read("sampling_fraction", fraction));
  TRY(section.read("insecure", insecure));
  TRY(section.read("timeout", timeout));
  if (const auto* headers = section.take("headers"))
    TRY(parse_headers(*headers, HeaderOwner::tracing));
  if (const auto* tls = section.take("tls_config"))
    TRY(net::parse_tls_client(*tls, context.folder.string()));
  TRY(section.done());
  if (client != "grpc" && client != "http")
    return fail(
        node.find("client_type")
            ->error("expected tracing client type to be to be http or grpc, but got " + client));
  if (endpoint.empty()) return fail(node.error("tracing endpoint must be set"));
  if (!compression.empty() && compression != "gzip")
    return fail(
        node.find("compression")
            ->error("invalid compression type " + compression + " provided, valid options: gzip"));
  return endpoint;
}

Result<HostSection> parse_host(const Yaml& node) {
  HostSection host;
  host.enabled = true;  // `host: {interval: 5s}` means it
  auto section = TRY(YamlSection::open(node, "host"));
  TRY(section.read("enabled", host.enabled));
  TRY(section.read("interval", host.interval));
  TRY(section.done());
  if (host.interval < std::chrono::milliseconds(100))
    return fail(node.error("host.interval must be at least 100ms"));
  return host;
}

Result<RulesSection> parse_rules(const Yaml& node, const std::filesystem::path& folder) {
  RulesSection rules;
  std::string restore = "durable";
  auto section = TRY(YamlSection::open(node, "rules"));
  TRY(section.read("restore", restore));
  TRY(section.read("evaluate_on_ingest", rules.evaluate_on_ingest));
  TRY(section.read("self_alerts", rules.self_alerts));
  TRY(section.read("watchdog", rules.watchdog));
  TRY(section.read("edited", rules.edited));
  TRY(section.done());
  if (restore != "durable" && restore != "prometheus")
    return fail(node.find("restore")->error("rules.restore must be durable or prometheus, got " +
                                            go_quote(restore)));
  rules.durable = restore == "durable";
  if (!rules.edited.empty()) rules.edited = scrape::join_folder(folder, rules.edited);
  return rules;
}

Result<std::vector<dashboards::ProvisionedFolder>> parse_dashboard_folders(
    const Yaml& node, const std::filesystem::path& folder) {
  if (node.kind() != Yaml::Kind::sequence)
    return fail(node.error("dashboards must be a list of {path, folder, editable}"));
  std::vector<dashboards::ProvisionedFolder> out;
  for (const auto& item : node.items()) {
    dashboards::ProvisionedFolder one;
    auto section = TRY(YamlSection::open(item, "an entry of dashboards"));
    TRY(section.read("path", one.path));
    TRY(section.read("folder", one.folder));
    TRY(section.read("editable", one.editable));
    TRY(section.done());
    if (one.path.empty()) return fail(item.error("an entry of dashboards needs a path"));
    one.path = scrape::join_folder(folder, one.path);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace pharos::server

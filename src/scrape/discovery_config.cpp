#include <algorithm>
#include <array>
#include <string_view>

#include "codec/json.hpp"
#include "codec/yaml_section.hpp"
#include "net/client_config.hpp"
#include "net/url.hpp"
#include "scrape/config.hpp"
#include "scrape/discovery_config.hpp"
#include "scrape/yaml_text.hpp"

namespace pharos::scrape {
namespace {

using codec::Yaml;
using codec::YamlSection;

// Every kind that Prometheus knows. The first five are ours.
constexpr std::array<std::string_view, 36> kKeys{
    "static_configs",      "file_sd_configs",        "http_sd_configs",
    "dns_sd_configs",      "kubernetes_sd_configs",  "aws_sd_configs",
    "azure_sd_configs",    "consul_sd_configs",      "digitalocean_sd_configs",
    "docker_sd_configs",   "dockerswarm_sd_configs", "ec2_sd_configs",
    "ecs_sd_configs",      "elasticache_sd_configs", "eureka_sd_configs",
    "gce_sd_configs",      "hetzner_sd_configs",     "ionos_sd_configs",
    "kuma_sd_configs",     "lightsail_sd_configs",   "linode_sd_configs",
    "marathon_sd_configs", "msk_sd_configs",         "nerve_sd_configs",
    "nomad_sd_configs",    "oci_sd_configs",         "openstack_sd_configs",
    "outscale_sd_configs", "ovhcloud_sd_configs",    "puppetdb_sd_configs",
    "scaleway_sd_configs", "serverset_sd_configs",   "stackit_sd_configs",
    "triton_sd_configs",   "uyuni_sd_configs",       "vultr_sd_configs",
};

constexpr std::size_t kOwnKinds = 5;

Result<Labels> parse_label_map(const Yaml& node) {
  if (node.kind() != Yaml::Kind::map)
    return fail(node.error("labels must be a map of names to values"));
  LabelsBuilder builder;
  for (const auto& member : node.members()) {
    const std::string name = TRY(member.key.text());
    const std::string value = member.value.is_null() ? std::string() : TRY(member.value.text());
    if (name.empty() || !is_utf8(name))
      return fail(member.key.error(go_quote(name) + " is not a valid label name"));
    if (!is_utf8(value))
      return fail(member.value.error(go_quote(value) + " is not a valid label value"));
    builder.set(name, value);
  }
  return builder.build();
}

Result<TargetGroup> parse_group(const Yaml& node, std::string source) {
  TargetGroup group;
  group.source = std::move(source);
  auto section = TRY(YamlSection::open(node, "a target group"));
  if (const auto* targets = section.take("targets")) {
    const auto addresses = TRY(targets->texts());
    for (const auto& address : addresses) group.targets.push_back(Labels{{"__address__", address}});
  }
  if (const auto* labels = section.take("labels")) group.labels = TRY(parse_label_map(*labels));
  TRY(section.done());
  return group;
}

Result<StaticDiscoveryConfig> parse_static(const Yaml& list) {
  StaticDiscoveryConfig config;
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const auto& item = list.items()[i];
    if (item.is_null()) return fail(item.error("empty or null section in static_configs"));
    auto parsed_item = TRY(parse_group(item, std::to_string(i)));
    config.groups.push_back(std::move(parsed_item));
  }
  return config;
}

// Prometheus: ^[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)$
bool is_discovery_file_pattern(std::string_view path) {
  static constexpr std::array<std::string_view, 6> kEndings{".json", ".yml", ".yaml",
                                                            ".JSON", ".YML", ".YAML"};
  if (std::none_of(kEndings.begin(), kEndings.end(),
                   [&](auto ending) { return path.ends_with(ending); }))
    return false;
  const auto star = path.find('*');
  return star == path.npos || path.find('/', star) == path.npos;
}

Result<FileDiscoveryConfig> parse_file(const Yaml& node, ParseContext& context) {
  FileDiscoveryConfig config;
  auto section = TRY(YamlSection::open(node, "a file_sd_config"));
  TRY(section.read("refresh_interval", config.refresh_interval));
  const auto* files = section.take("files");
  if (files != nullptr) config.files = TRY(files->texts());
  TRY(section.done());
  if (config.files.empty())
    return fail(node.error("file service discovery config must contain at least one path name"));
  for (std::size_t i = 0; i < config.files.size(); ++i) {
    if (!is_discovery_file_pattern(config.files[i]))
      return fail(files->items()[i].error(
          "path name " + go_quote(config.files[i]) +
          " is not valid for file discovery: it must end in .json, .yml or .yaml and "
          "may hold '*' in its last element only"));
    config.files[i] = join_folder(context.folder, config.files[i]);
  }
  return config;
}

Result<HttpDiscoveryConfig> parse_http(const Yaml& node, ParseContext& context) {
  HttpDiscoveryConfig config;
  auto section = TRY(YamlSection::open(node, "an http_sd_config"));
  TRY(section.read("refresh_interval", config.refresh_interval));
  const auto* url = section.take("url");
  if (url != nullptr) config.url = TRY(url->text());
  section.know(net::client_option_keys());
  TRY(section.done());
  if (config.url.empty()) return fail(node.error("URL is missing"));
  if (auto valid = check_http_url(config.url); !valid)
    return fail(url->error(valid.error().message));
  auto options = TRY(net::parse_client_options(node, context.folder.string()));
  config.http = std::make_shared<const net::ClientOptions>(std::move(options));
  return config;
}

Result<DnsDiscoveryConfig> parse_dns(const Yaml& node) {
  DnsDiscoveryConfig config;
  auto section = TRY(YamlSection::open(node, "a dns_sd_config"));
  TRY(section.read("names", config.names));
  TRY(section.read("refresh_interval", config.refresh_interval));
  TRY(section.read("port", config.port));
  std::string type = "SRV";
  const auto* type_node = section.take("type");
  if (type_node != nullptr) type = TRY(type_node->text());
  TRY(section.done());
  if (config.names.empty())
    return fail(node.error("DNS-SD config must contain at least one SRV record name"));
  for (char& c : type)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  bool known = false;
  for (auto record : {DnsRecord::a, DnsRecord::aaaa, DnsRecord::srv, DnsRecord::mx, DnsRecord::ns})
    if (name(record) == type) config.type = record, known = true;
  if (!known)
    return fail(type_node->error("invalid DNS-SD records type " + type +
                                 ", must be A, AAAA, SRV, MX or NS"));
  if (config.type != DnsRecord::srv && config.port == 0)
    return fail(node.error("a port is required in DNS-SD configs for all record types except SRV"));
  return config;
}

std::string_view kind_of(std::string_view key) {
  return key.substr(0, key.find("_sd_configs"));
}

Error unsupported_kind(const Yaml& key) {
  Error error = key.error(
      "service discovery kind '" + std::string(kind_of(key.scalar())) +
      "' is known but not supported; supported are static, file, http, dns and kubernetes "
      "(a program that writes targets for file or http discovery can stand in)");
  error.code = Errc::unsupported;
  return error;
}

template <class Parse>
Status parse_each(const Yaml& list, std::vector<DiscoveryConfig>& out, Parse parse) {
  for (const auto& item : list.items()) {
    if (item.is_null()) return fail(item.error("empty or null service discovery section"));
    DiscoveryConfig config;
    config.kind = TRY(parse(item));
    config.fingerprint = canonical_text(item);
    out.push_back(std::move(config));
  }
  return {};
}

Status parse_kind(std::string_view key, const Yaml& list, ParseContext& context,
                  std::vector<DiscoveryConfig>& out) {
  if (key == "static_configs") {
    DiscoveryConfig config;
    config.kind = TRY(parse_static(list));
    config.fingerprint = canonical_text(list);
    out.push_back(std::move(config));
    return {};
  }
  if (key == "file_sd_configs")
    return parse_each(list, out, [&](const Yaml& n) { return parse_file(n, context); });
  if (key == "http_sd_configs")
    return parse_each(list, out, [&](const Yaml& n) { return parse_http(n, context); });
  if (key == "dns_sd_configs")
    return parse_each(list, out, [](const Yaml& n) { return parse_dns(n); });
  return parse_each(list, out, [&](const Yaml& n) {
    return parse_kubernetes_discovery(n, context.folder.string());
  });
}

}  // namespace

std::span<const std::string_view> discovery_keys() {
  return kKeys;
}

Status check_http_url(std::string_view url) {
  const auto parts = net::split_url(url);
  if (!parts.is_http()) return fail(Errc::invalid, "URL scheme must be 'http' or 'https'");
  if (parts.host.empty()) return fail(Errc::invalid, "host is missing in URL");
  return {};
}

std::string_view name(DnsRecord record) {
  switch (record) {
    case DnsRecord::a: return "A";
    case DnsRecord::aaaa: return "AAAA";
    case DnsRecord::srv: return "SRV";
    case DnsRecord::mx: return "MX";
    case DnsRecord::ns: return "NS";
  }
  return "";
}

std::string_view name(const DiscoveryConfig& config) {
  static constexpr std::array<std::string_view, 5> kNames{"static", "file", "http", "dns",
                                                          "kubernetes"};
  return kNames[config.kind.index()];
}

Result<std::vector<DiscoveryConfig>> parse_discovery(const Yaml& owner, ParseContext& context) {
  std::vector<DiscoveryConfig> out;
  for (const auto& member : owner.members()) {
    const auto known = std::find(kKeys.begin(), kKeys.end(), member.key.scalar());
    if (known == kKeys.end() || member.value.is_null()) continue;
    if (member.value.kind() != Yaml::Kind::sequence)
      return fail(member.value.error(member.key.scalar() + " must be a list"));
    if (static_cast<std::size_t>(known - kKeys.begin()) < kOwnKinds) {
      TRY(parse_kind(*known, member.value, context, out));
    } else if (!member.value.items().empty() && !context.unsupported) {
      context.unsupported = unsupported_kind(member.key);
    }
  }
  return out;
}

namespace {

Result<TargetGroup> group_of(const codec::Json& item, std::string source) {
  TargetGroup group;
  const auto wrong = [&](std::string_view what) {
    return fail(Errc::invalid, source + ": " + std::string(what));
  };
  if (item.kind() != codec::Json::Kind::object) return wrong("a target group must be an object");
  for (const auto& [key, value] : item.members()) {
    if (key == "targets") {
      if (value.kind() != codec::Json::Kind::array && !value.is_null())
        return wrong("targets must be a list of strings");
      for (const auto& target : value.items()) {
        if (target.kind() != codec::Json::Kind::string)
          return wrong("targets must be a list of strings");
        group.targets.push_back(Labels{{"__address__", target.string()}});
      }
    } else if (key == "labels") {
      if (value.kind() != codec::Json::Kind::object && !value.is_null())
        return wrong("labels must be an object");
      LabelsBuilder builder;
      for (const auto& [label, text] : value.members()) {
        if (text.kind() != codec::Json::Kind::string)
          return wrong("the value of label " + go_quote(label) + " is not a string");
        if (label.empty()) return wrong("\"\" is not a valid label name");
        builder.set(label, text.string());
      }
      group.labels = builder.build();
    } else {
      return wrong("unknown key " + go_quote(key) + ", known are targets and labels");
    }
  }
  group.source = std::move(source);
  return group;
}

}  // namespace

Result<std::vector<TargetGroup>> parse_target_groups(std::string_view text, bool json,
                                                     std::string source) {
  std::vector<TargetGroup> groups;
  const auto nil = [&](std::size_t i) {
    return source + ": nil target group item found (index " + std::to_string(i) + ")";
  };
  if (json) {
    auto parsed = codec::Json::parse(text);
    if (!parsed) return fail(std::move(parsed).error().in(source));
    if (parsed->kind() != codec::Json::Kind::array)
      return fail(Errc::invalid, source + ": expected a JSON array of target groups");
    for (std::size_t i = 0; i < parsed->items().size(); ++i) {
      if (parsed->items()[i].is_null()) return fail(Errc::invalid, nil(i));
      auto parsed_item = TRY(group_of(parsed->items()[i], source + ":" + std::to_string(i)));
      groups.push_back(std::move(parsed_item));
    }
    return groups;
  }
  const auto tree = TRY(Yaml::parse(text, source));
  if (tree.is_null()) return groups;
  if (tree.kind() != Yaml::Kind::sequence)
    return fail(tree.error("expected a list of target groups"));
  for (std::size_t i = 0; i < tree.items().size(); ++i) {
    if (tree.items()[i].is_null()) return fail(Errc::invalid, nil(i));
    auto parsed_item = TRY(parse_group(tree.items()[i], source + ":" + std::to_string(i)));
    groups.push_back(std::move(parsed_item));
  }
  return groups;
}

}  // namespace pharos::scrape

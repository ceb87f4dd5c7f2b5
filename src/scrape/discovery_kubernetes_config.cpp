// Validation of kubernetes_sd_configs, by the rules of Prometheus' discovery/kubernetes.
#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "codec/yaml_section.hpp"
#include "model/labels.hpp"
#include "net/client_config.hpp"
#include "scrape/discovery_config.hpp"

namespace pharos::scrape {
namespace {

using codec::Yaml;
using codec::YamlSection;

struct RoleRule {
  std::string_view role;
  std::array<std::string_view, 3> selectors;  // roles a selector may name
};
constexpr std::array<RoleRule, 6> kRoles{{
    {"pod", {"pod", "node", ""}},
    {"service", {"service", "", ""}},
    {"endpoints", {"pod", "service", "endpoints"}},
    {"endpointslice", {"pod", "service", "endpointslice"}},
    {"node", {"node", "", ""}},
    {"ingress", {"ingress", "", ""}},
}};

const RoleRule* find_role(std::string_view role) {
  for (const auto& rule : kRoles)
    if (rule.role == role) return &rule;
  return nullptr;
}

Error unknown_role(const Yaml& node, const std::string& role) {
  std::vector<std::string_view> known;
  for (const auto& rule : kRoles) known.push_back(rule.role);
  std::string what = "unknown Kubernetes SD role " + go_quote(role) +
                     ", must be one of pod, service, endpoints, endpointslice, node or ingress";
  if (const auto near = codec::nearest(role, known); !near.empty())
    what += "; did you mean '" + std::string(near) + "'?";
  return node.error(std::move(what));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_word(std::string_view text, std::string_view extra) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || extra.find(c) != extra.npos; });
}
// A label key: [dns-prefix/]name of at most 63 characters.
bool is_label_key(std::string_view key) {
  if (const auto slash = key.find('/'); slash != key.npos) {
    if (!is_word(key.substr(0, slash), "-.")) return false;
    key.remove_prefix(slash + 1);
  }
  return key.size() <= 63 && is_word(key, "-_.");
}
bool is_label_value(std::string_view value) {
  return value.empty() || (value.size() <= 63 && is_word(value, "-_."));
}

// One requirement of a label selector: k, !k, k=v, k==v, k!=v, k>n, k<n, k in (a,b), k notin (a,b).
bool is_requirement(std::string_view text) {
  text = trim(text);
  if (text.empty()) return false;
  if (text.front() == '!') return is_label_key(trim(text.substr(1)));
  if (text.back() == ')') {
    const auto open = text.find('(');
    if (open == text.npos) return false;
    auto head = trim(text.substr(0, open));
    const auto space = head.find_last_of(" \t");
    if (space == head.npos) return false;
    const auto op = head.substr(space + 1);
    if ((op != "in" && op != "notin") || !is_label_key(trim(head.substr(0, space)))) return false;
    auto values = text.substr(open + 1, text.size() - open - 2);
    for (;;) {
      const auto comma = values.find(',');
      if (!is_label_value(trim(values.substr(0, comma)))) return false;
      if (comma == values.npos) return true;
      values.remove_prefix(comma + 1);
    }
  }
  const auto op = text.find_first_of("=!<>");
  if (op == text.npos) return is_label_key(text);
  auto value = text.substr(op + 1);
  if (text[op] == '!' && (value.empty() || value.front() != '=')) return false;
  if ((text[op] == '!' || text[op] == '=') && !value.empty() && value.front() == '=')
    value.remove_prefix(1);
  value = trim(value);
  if ((text[op] == '<' || text[op] == '>') &&
      (value.empty() ||
       !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })))
    return false;
  return is_label_key(trim(text.substr(0, op))) && is_label_value(value);
}

bool is_label_selector(std::string_view text) {
  if (trim(text).empty()) return true;
  std::size_t depth = 0, begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')' && depth > 0) --depth;
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      if (!is_requirement(text.substr(begin, i - begin))) return false;
      begin = i + 1;
    }
  }
  return depth == 0;
}

// Terms path=value, path==value or path!=value, joined by commas (\, \= and \\ are escapes).
bool is_field_selector(std::string_view text) {
  if (text.empty()) return true;
  bool has_operator = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (++i == text.size() || std::string_view("\\,=").find(text[i]) == std::string_view::npos)
        return false;
    } else if (text[i] == ',') {
      if (!has_operator) return false;
      has_operator = false;
    } else if (text[i] == '=' && !has_operator) {
      has_operator = true;
      if (i + 1 < text.size() && text[i + 1] == '=') ++i;
    } else if (text[i] == '=') {
      return false;
    }
  }
  return has_operator;
}

Result<KubernetesDiscoveryConfig::Selector> parse_selector(const Yaml& node, const RoleRule& rule) {
  KubernetesDiscoveryConfig::Selector selector;
  auto section = TRY(YamlSection::open(node, "a selector"));
  TRY(section.read("role", selector.role));
  TRY(section.read("label", selector.label));
  TRY(section.read("field", selector.field));
  TRY(section.done());
  for (char& c : selector.role)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (selector.role.empty()) return fail(node.error("role missing in selector"));
  if (find_role(selector.role) == nullptr) return fail(unknown_role(node, selector.role));
  if (std::find(rule.selectors.begin(), rule.selectors.end(), selector.role) ==
      rule.selectors.end()) {
    std::string allowed;
    for (const auto role : rule.selectors)
      if (!role.empty()) allowed += (allowed.empty() ? "" : ", ") + std::string(role);
    return fail(
        node.error(std::string(rule.role) + " role supports only " + allowed + " selectors"));
  }
  if (!is_field_selector(selector.field))
    return fail(node.find("field")->error("invalid field selector " + go_quote(selector.field)));
  if (!is_label_selector(selector.label))
    return fail(node.find("label")->error("invalid label selector " + go_quote(selector.label)));
  return selector;
}

// Anything but the defaults counts as the user's own HTTP client configuration.
bool has_own_client_options(const Yaml& node) {
  for (const auto key : net::client_option_keys()) {
    const Yaml* value = node.find(key);
    if (value == nullptr || value->is_null()) continue;
    const bool default_true = key == "follow_redirects" || key == "enable_http2";
    const bool default_false = key == "proxy_from_environment";
    const bool empty = value->kind() == Yaml::Kind::map && value->members().empty();
    if ((default_true && value->scalar() == "true") ||
        (default_false && value->scalar() == "false") || (empty && key == "tls_config"))
      continue;
    return true;
  }
  return false;
}

Status parse_namespaces(const Yaml& node, KubernetesDiscoveryConfig& config) {
  auto section = TRY(YamlSection::open(node, "namespaces"));
  TRY(section.read("own_namespace", config.own_namespace));
  TRY(section.read("names", config.namespaces));
  return section.done();
}

Status check_combinations(const Yaml& node, const KubernetesDiscoveryConfig& config) {
  const bool own_client = has_own_client_options(node);
  if (!config.api_server.empty() && !config.kubeconfig_file.empty())
    return fail(node.error("cannot use 'kubeconfig_file' and 'api_server' simultaneously"));
  if (!config.kubeconfig_file.empty() && own_client)
    return fail(node.error(
        "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"));
  if (config.api_server.empty() && own_client)
    return fail(node.error(
        "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"));
  if (!config.api_server.empty() && config.own_namespace)
    return fail(
        node.error("cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"));
  if (!config.kubeconfig_file.empty() && config.own_namespace)
    return fail(
        node.error("cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"));
  return {};
}

}  // namespace

Result<KubernetesDiscoveryConfig> parse_kubernetes_discovery(const Yaml& node,
                                                             const std::string& folder) {
  KubernetesDiscoveryConfig config;
  auto section = TRY(YamlSection::open(node, "a kubernetes_sd_config"));
  TRY(section.read("api_server", config.api_server));
  TRY(section.read("kubeconfig_file", config.kubeconfig_file));
  TRY(section.read("role", config.role));
  for (char& c : config.role)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (const auto* namespaces = section.take("namespaces"))
    TRY(parse_namespaces(*namespaces, config));
  const auto* selectors = section.take("selectors");
  if (const auto* attach = section.take("attach_metadata")) {
    auto metadata = TRY(YamlSection::open(*attach, "attach_metadata"));
    TRY(metadata.read("node", config.attach_node_metadata));
    TRY(metadata.read("namespace", config.attach_namespace_metadata));
    TRY(metadata.done());
  }
  section.know(net::client_option_keys());
  TRY(section.done());

  if (config.role.empty())
    return fail(
        node.error("role missing (one of: pod, service, endpoints, endpointslice, node, ingress)"));
  const RoleRule* rule = find_role(config.role);
  if (rule == nullptr) return fail(unknown_role(*node.find("role"), config.role));
  auto options = TRY(net::parse_client_options(node, folder));
  config.http = std::make_shared<const net::ClientOptions>(std::move(options));
  TRY(check_combinations(node, config));
  if (selectors != nullptr) {
    if (selectors->kind() != Yaml::Kind::sequence)
      return fail(selectors->error("selectors must be a list"));
    std::set<std::string> roles;
    for (const auto& item : selectors->items()) {
      auto selector = TRY(parse_selector(item, *rule));
      if (!roles.insert(selector.role).second)
        return fail(item.error("duplicated selector role: " + selector.role));
      config.selectors.push_back(std::move(selector));
    }
  }
  return config;
}

}  // namespace pharos::scrape

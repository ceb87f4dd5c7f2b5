#include "scrape/kubernetes/objects.hpp"

#include <algorithm>

namespace pharos::scrape::kubernetes {
namespace {

using codec::Json;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

Texts texts(const Json& map) {
  Texts out;
  for (const auto& [name, value] : map.members())
    if (value.kind() == Json::Kind::string) out.emplace_back(name, value.string());
  return out;
}

std::uint16_t port_number(const Json& json) {
  const auto n = json.integer();
  return n >= 0 && n <= 65535 ? static_cast<std::uint16_t>(n) : 0;
}

std::optional<std::string> optional_text(const Json* json) {
  if (json == nullptr || json->kind() != Json::Kind::string) return std::nullopt;
  return json->string();
}
std::optional<bool> optional_bool(const Json* json) {
  if (json == nullptr || json->kind() != Json::Kind::boolean) return std::nullopt;
  return json->boolean();
}

Meta parse_meta(const Json& json) {
  Meta out{.space = json["namespace"].string(),
           .name = json["name"].string(),
           .uid = json["uid"].string(),
           .labels = texts(json["labels"]),
           .annotations = texts(json["annotations"])};
  for (const auto& owner : json["ownerReferences"].items()) {
    if (!owner["controller"].boolean()) continue;
    out.controller_kind = owner["kind"].string();
    out.controller_name = owner["name"].string();
    break;
  }
  return out;
}

Node parse_node(const Json& json) {
  Node out{.provider_id = json["spec"]["providerID"].string()};
  const auto& status = json["status"];
  for (const auto& address : status["addresses"].items())
    out.addresses.emplace_back(address["type"].string(), address["address"].string());
  out.kubelet_port = port_number(status["daemonEndpoints"]["kubeletEndpoint"]["Port"]);
  return out;
}

Pod parse_pod(const Json& json) {
  const auto& spec = json["spec"];
  const auto& status = json["status"];
  Pod out{.ip = status["podIP"].string(),
          .host_ip = status["hostIP"].string(),
          .node = spec["nodeName"].string(),
          .phase = status["phase"].string(),
          .ready = "unknown"};
  for (const auto& condition : status["conditions"].items())
    if (condition["type"].string() == "Ready") out.ready = lower(condition["status"].string());
  const auto add = [&](const Json& containers, const Json& statuses, bool init) {
    for (const auto& item : containers.items()) {
      Container container{
          .name = item["name"].string(), .image = item["image"].string(), .init = init};
      for (const auto& state : statuses.items())
        if (state["name"].string() == container.name) container.id = state["containerID"].string();
      for (const auto& port : item["ports"].items()) {
        auto protocol = port["protocol"].string();
        container.ports.push_back(
            {port["name"].string(), std::move(protocol), port_number(port["containerPort"])});
      }
      out.containers.push_back(std::move(container));
    }
  };
  add(spec["containers"], status["containerStatuses"], false);
  add(spec["initContainers"], status["initContainerStatuses"], true);
  return out;
}

Service parse_service(const Json& json) {
  const auto& spec = json["spec"];
  Service out{.type = spec["type"].string(),
              .cluster_ip = spec["clusterIP"].string(),
              .external_name = spec["externalName"].string(),
              .load_balancer_ip = spec["loadBalancerIP"].string()};
  for (const auto& port : spec["ports"].items())
    out.ports.push_back(
        {port["name"].string(), port["protocol"].string(), port_number(port["port"])});
  return out;
}

std::optional<Reference> parse_reference(const Json* json) {
  if (json == nullptr || json->kind() != Json::Kind::object) return std::nullopt;
  return Reference{(*json)["kind"].string(), (*json)["namespace"].string(),
                   (*json)["name"].string()};
}

EndpointPort parse_endpoint_port(const Json& json) {
  EndpointPort out;
  if (const auto* name = json.find("name"); name != nullptr && !name->is_null()) {
    out.has_name = true;
    out.name = name->string();
  }
  if (const auto* protocol = json.find("protocol"); protocol != nullptr && !protocol->is_null()) {
    out.has_protocol = true;
    out.protocol = protocol->string();
  }
  if (const auto* protocol = json.find("appProtocol");
      protocol != nullptr && !protocol->is_null()) {
    out.has_app_protocol = true;
    out.app_protocol = protocol->string();
  }
  if (const auto* port = json.find("port"); port != nullptr && !port->is_null())
    out.number = port_number(*port);
  return out;
}

Endpoints parse_endpoints(const Json& json) {
  Endpoints out;
  for (const auto& item : json["subsets"].items()) {
    Endpoints::Subset subset;
    const auto add = [](const Json& list, std::vector<EndpointAddress>& into) {
      for (const auto& address : list.items()) {
        const auto* node = address.find("nodeName");
        into.push_back({.ip = address["ip"].string(),
                        .hostname = address["hostname"].string(),
                        .node = address["nodeName"].string(),
                        .has_node = node != nullptr && !node->is_null(),
                        .target = parse_reference(address.find("targetRef"))});
      }
    };
    add(item["addresses"], subset.ready);
    add(item["notReadyAddresses"], subset.not_ready);
    for (const auto& port : item["ports"].items())
      subset.ports.push_back(parse_endpoint_port(port));
    out.subsets.push_back(std::move(subset));
  }
  return out;
}

EndpointSlice parse_endpointslice(const Json& json) {
  EndpointSlice out{.address_type = json["addressType"].string()};
  for (const auto& item : json["endpoints"].items()) {
    EndpointSlice::Endpoint endpoint;
    for (const auto& address : item["addresses"].items())
      endpoint.addresses.push_back(address.string());
    const auto& conditions = item["conditions"];
    endpoint.ready = optional_bool(conditions.find("ready"));
    endpoint.serving = optional_bool(conditions.find("serving"));
    endpoint.terminating = optional_bool(conditions.find("terminating"));
    endpoint.hostname = optional_text(item.find("hostname"));
    endpoint.node = optional_text(item.find("nodeName"));
    endpoint.zone = optional_text(item.find("zone"));
    endpoint.target = parse_reference(item.find("targetRef"));
    endpoint.topology = texts(item["deprecatedTopology"]);
    out.endpoints.push_back(std::move(endpoint));
  }
  for (const auto& port : json["ports"].items()) out.ports.push_back(parse_endpoint_port(port));
  return out;
}

Ingress parse_ingress(const Json& json) {
  const auto& spec = json["spec"];
  Ingress out{.class_name = optional_text(spec.find("ingressClassName"))};
  for (const auto& item : spec["rules"].items()) {
    Ingress::Rule rule{.host = item["host"].string()};
    const auto* http = item.find("http");
    if (http == nullptr || http->is_null()) {
      rule.paths = {"/"};
    } else {
      for (const auto& path : (*http)["paths"].items()) {
        const auto& text = path["path"].string();
        rule.paths.push_back(text.empty() ? "/" : text);
      }
    }
    out.rules.push_back(std::move(rule));
  }
  for (const auto& item : spec["tls"].items()) {
    for (const auto& host : item["hosts"].items()) out.tls_hosts.push_back(host.string());
  }
  return out;
}

}  // namespace

std::string_view role(Kind kind) {
  constexpr std::string_view kNames[] = {"node",          "pod",     "service",  "endpoints",
                                         "endpointslice", "ingress", "namespace"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Object> parse_object(Kind kind, const Json& json) {
  Object out{.meta = parse_meta(json["metadata"])};
  if (out.meta.name.empty())
    return fail(Errc::invalid, "a " + std::string(role(kind)) + " object without metadata.name");
  switch (kind) {
    case Kind::node: out.body = parse_node(json); break;
    case Kind::pod: out.body = parse_pod(json); break;
    case Kind::service: out.body = parse_service(json); break;
    case Kind::endpoints: out.body = parse_endpoints(json); break;
    case Kind::endpointslice: out.body = parse_endpointslice(json); break;
    case Kind::ingress: out.body = parse_ingress(json); break;
    case Kind::namespaces: out.body = Namespace{}; break;
  }
  return out;
}

}  // namespace pharos::scrape::kubernetes

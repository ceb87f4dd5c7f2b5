// What discovery keeps of a cluster's objects: far less than the API sends of them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "codec/json.hpp"

namespace pharos::scrape::kubernetes {

enum class Kind : std::uint8_t {
  node,
  pod,
  service,
  endpoints,
  endpointslice,
  ingress,
  namespaces
};
std::string_view role(Kind kind);  // "node", "pod", …, "namespace"

using Texts = std::vector<std::pair<std::string, std::string>>;

struct Meta {
  std::string space, name, uid;  // space: the namespace, "" for nodes and namespaces
  Texts labels, annotations;
  std::string controller_kind, controller_name;
  std::string key() const { return space.empty() ? name : space + "/" + name; }
};

struct Node {
  std::string provider_id;
  Texts addresses;  // type, address; in the order of the object
  std::uint16_t kubelet_port = 0;
};

struct ContainerPort {
  std::string name, protocol;
  std::uint16_t number = 0;
};
struct Container {
  std::string name, image, id;
  bool init = false;
  std::vector<ContainerPort> ports;
};
struct Pod {
  std::string ip, host_ip, node, phase, ready;  // ready: "true", "false", "unknown"
  std::vector<Container> containers;            // ordinary ones first
};

struct ServicePort {
  std::string name, protocol;
  std::uint16_t number = 0;
};
struct Service {
  std::string type, cluster_ip, external_name, load_balancer_ip;
  std::vector<ServicePort> ports;
};

struct Reference {
  std::string kind, space, name;
};
struct EndpointAddress {
  std::string ip, hostname, node;
  bool has_node = false;
  std::optional<Reference> target;
};
struct EndpointPort {
  std::string name, protocol, app_protocol;
  std::optional<std::uint16_t> number;
  bool has_name = false, has_protocol = false, has_app_protocol = false;
};
struct Endpoints {
  struct Subset {
    std::vector<EndpointAddress> ready, not_ready;
    std::vector<EndpointPort> ports;
  };
  std::vector<Subset> subsets;
};

struct EndpointSlice {
  struct Endpoint {
    std::vector<std::string> addresses;
    std::optional<bool> ready, serving, terminating;
    std::optional<std::string> hostname, node, zone;
    std::optional<Reference> target;
    Texts topology;  // deprecatedTopology
  };
  std::string address_type;
  std::vector<Endpoint> endpoints;
  std::vector<EndpointPort> ports;
};

struct Ingress {
  struct Rule {
    std::string host;
    std::vector<std::string> paths;
  };
  std::optional<std::string> class_name;
  std::vector<Rule> rules;
  std::vector<std::string> tls_hosts;
};

struct Namespace {};

struct Object {
  Meta meta;
  std::variant<Node, Pod, Service, Endpoints, EndpointSlice, Ingress, Namespace> body;
};

// From the API's JSON. Absent members are empty; Errc::invalid when it has no name.
Result<Object> parse_object(Kind kind, const codec::Json& json);

}  // namespace pharos::scrape::kubernetes

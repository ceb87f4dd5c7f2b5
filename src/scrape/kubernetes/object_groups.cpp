#include "scrape/kubernetes/object_groups.hpp"

#include <algorithm>
#include <map>

namespace pharos::scrape::kubernetes {
namespace {

constexpr std::string_view kPrefix = "__meta_kubernetes_";
constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

std::string meta(std::string_view name) {
  return std::string(kPrefix) + std::string(name);
}

std::string host_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void put_texts(LabelsBuilder& out, std::string_view role, std::string_view what,
               const Texts& texts) {
  const auto base = meta(role) + "_" + std::string(what);
  for (const auto& [name, value] : texts) {
    const auto clean = sanitized(name);
    out.set(base + "_" + clean, value);
    out.set(base + "present_" + clean, "true");
  }
}

// Name, labels and annotations of an object.
void put_meta(LabelsBuilder& out, Kind kind, const Meta& object) {
  out.set(meta(role(kind)) + "_name", object.name);
  put_texts(out, role(kind), "label", object.labels);
  put_texts(out, role(kind), "annotation", object.annotations);
}

void put_pod(LabelsBuilder& out, const Object& object) {
  const auto& pod = std::get<Pod>(object.body);
  put_meta(out, Kind::pod, object.meta);
  out.set(meta("pod_ip"), pod.ip);
  out.set(meta("pod_ready"), pod.ready);
  out.set(meta("pod_phase"), pod.phase);
  out.set(meta("pod_node_name"), pod.node);
  out.set(meta("pod_host_ip"), pod.host_ip);
  out.set(meta("pod_uid"), object.meta.uid);
  out.set(meta("pod_controller_kind"), object.meta.controller_kind);
  out.set(meta("pod_controller_name"), object.meta.controller_name);
}

void put_port(LabelsBuilder& out, const Container& container, const ContainerPort& port) {
  out.set(meta("pod_container_name"), container.name);
  out.set(meta("pod_container_image"), container.image);
  out.set(meta("pod_container_port_name"), port.name);
  out.set(meta("pod_container_port_number"), std::to_string(port.number));
  out.set(meta("pod_container_port_protocol"), port.protocol);
}

void put_node(LabelsBuilder& out, const FindObject& find, const std::string& name) {
  if (const auto* node = find(Kind::node, name)) put_meta(out, Kind::node, node->meta);
}
void put_namespace(LabelsBuilder& out, const FindObject& find, const std::string& name) {
  const auto* space = find(Kind::namespaces, name);
  if (space == nullptr) return;
  put_texts(out, "namespace", "label", space->meta.labels);
  put_texts(out, "namespace", "annotation", space->meta.annotations);
}

void node_targets(const Object& object, LabelsBuilder& group, std::vector<Labels>& targets) {
  const auto& node = std::get<Node>(object.body);
  put_meta(group, Kind::node, object.meta);
  group.set(meta("node_provider_id"), node.provider_id);
  std::string address;
  for (const std::string_view wanted :
       {"InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"}) {
    const auto found = std::ranges::find(node.addresses, wanted, &Texts::value_type::first);
    if (found == node.addresses.end() || found->second.empty()) continue;
    address = found->second;
    break;
  }
  if (address.empty()) return;
  LabelsBuilder target;
  target.set("__address__", host_port(address, node.kubelet_port));
  target.set("instance", object.meta.name);
  for (const auto& [type, text] : node.addresses) {
    const auto label = meta("node_address_") + sanitized(type);
    if (target.get(label).empty()) target.set(label, text);
  }
  targets.push_back(target.build());
}

void pod_targets(const Object& object, const FindObject& find, const GroupOptions& options,
                 LabelsBuilder& group, std::vector<Labels>& targets) {
  const auto& pod = std::get<Pod>(object.body);
  if (pod.ip.empty()) return;
  put_pod(group, object);
  if (options.attach_node) put_node(group, find, pod.node);
  for (const auto& container : pod.containers) {
    const auto add = [&](const ContainerPort* port) {
      LabelsBuilder target;
      target.set("__address__", port != nullptr ? host_port(pod.ip, port->number) : pod.ip);
      if (port != nullptr) put_port(target, container, *port);
      target.set(meta("pod_container_name"), container.name);
      target.set(meta("pod_container_id"), container.id);
      target.set(meta("pod_container_image"), container.image);
      target.set(meta("pod_container_init"), container.init ? "true" : "false");
      targets.push_back(target.build());
    };
    if (container.ports.empty()) add(nullptr);
    for (const auto& port : container.ports) add(&port);
  }
}

void service_targets(const Object& object, LabelsBuilder& group, std::vector<Labels>& targets) {
  const auto& service = std::get<Service>(object.body);
  put_meta(group, Kind::service, object.meta);
  for (const auto& port : service.ports) {
    LabelsBuilder target;
    target.set("__address__",
               host_port(object.meta.name + "." + object.meta.space + ".svc", port.number));
    target.set(meta("service_port_name"), port.name);
    target.set(meta("service_port_number"), std::to_string(port.number));
    target.set(meta("service_port_protocol"), port.protocol);
    target.set(meta("service_type"), service.type);
    if (service.type == "ExternalName")
      target.set(meta("service_external_name"), service.external_name);
    else
      target.set(meta("service_cluster_ip"), service.cluster_ip);
    if (service.type == "LoadBalancer")
      target.set(meta("service_loadbalancer_ip"), service.load_balancer_ip);
    targets.push_back(target.build());
  }
}

// What endpoints and slices share: an address leads to its pod, whose other ports become targets
// too.
class BackingPods {
 public:
  BackingPods(const std::string& space, const FindObject& find) : space_(space), find_(find) {}

  // Adds the pod's labels, and its container's where the port is one of its own.
  void attach(LabelsBuilder& target, const std::optional<Reference>& reference,
              const std::optional<std::uint16_t>& port) {
    if (!reference || reference->kind != "Pod") return;
    const auto key = (reference->space.empty() ? space_ : reference->space) + "/" + reference->name;
    const auto* pod = find_(Kind::pod, key);
    if (pod == nullptr) return;
    put_pod(target, *pod);
    auto& seen = seen_[key];
    seen.pod = pod;
    if (!port) return;
    seen.ports.push_back(*port);
    for (const auto& container : std::get<Pod>(pod->body).containers)
      for (const auto& own : container.ports)
        if (own.number == *port) {
          put_port(target, container, own);
          target.set(meta("pod_container_init"), container.init ? "true" : "false");
          return;
        }
  }

  // One target for each container port that no endpoint names.
  void rest(const GroupOptions& options, std::vector<Labels>& targets) const {
    for (const auto& [key, seen] : seen_) {
      const auto& pod = std::get<Pod>(seen.pod->body);
      if (pod.phase == "Succeeded" || pod.phase == "Failed") continue;
      for (const auto& container : pod.containers)
        for (const auto& port : container.ports) {
          if (std::ranges::find(seen.ports, port.number) != seen.ports.end()) continue;
          LabelsBuilder target;
          if (options.attach_node) put_node(target, find_, pod.node);
          put_pod(target, *seen.pod);
          target.set("__address__", host_port(pod.ip, port.number));
          put_port(target, container, port);
          target.set(meta("pod_container_init"), container.init ? "true" : "false");
          targets.push_back(target.build());
        }
    }
  }

 private:
  struct Seen {
    const Object* pod = nullptr;
    std::vector<std::uint16_t> ports;
  };
  const std::string& space_;
  const FindObject& find_;
  std::map<std::string, Seen> seen_;
};

void put_service(LabelsBuilder& group, const FindObject& find, const std::string& key) {
  if (const auto* service = find(Kind::service, key)) put_meta(group, Kind::service, service->meta);
}

void endpoints_targets(const Object& object, const FindObject& find, const GroupOptions& options,
                       LabelsBuilder& group, std::vector<Labels>& targets) {
  put_meta(group, Kind::endpoints, object.meta);
  put_service(group, find, object.meta.key());
  BackingPods pods(object.meta.space, find);
  for (const auto& subset : std::get<Endpoints>(object.body).subsets)
    for (const auto& port : subset.ports) {
      const auto add = [&](const EndpointAddress& address, std::string_view ready) {
        LabelsBuilder target;
        const bool on_node = address.target && address.target->kind == "Node";
        if (options.attach_node)
          put_node(target, find,
                   address.has_node ? address.node
                   : on_node        ? address.target->name
                                    : "");
        pods.attach(target, address.target, port.number);
        target.set("__address__", host_port(address.ip, port.number.value_or(0)));
        target.set(meta("endpoint_port_name"), port.name);
        target.set(meta("endpoint_port_protocol"), port.protocol);
        target.set(meta("endpoint_ready"), ready);
        if (address.target) {
          target.set(meta("endpoint_address_target_kind"), address.target->kind);
          target.set(meta("endpoint_address_target_name"), address.target->name);
        }
        if (address.has_node) target.set(meta("endpoint_node_name"), address.node);
        target.set(meta("endpoint_hostname"), address.hostname);
        targets.push_back(target.build());
      };
      for (const auto& address : subset.ready) add(address, "true");
      for (const auto& address : subset.not_ready) add(address, "false");
    }
  pods.rest(options, targets);
}

void endpointslice_targets(const Object& object, const FindObject& find,
                           const GroupOptions& options, LabelsBuilder& group,
                           std::vector<Labels>& targets) {
  const auto& slice = std::get<EndpointSlice>(object.body);
  put_meta(group, Kind::endpointslice, object.meta);
  if (const auto found =
          std::ranges::find(object.meta.labels, kServiceNameLabel, &Texts::value_type::first);
      found != object.meta.labels.end())
    put_service(group, find, object.meta.space + "/" + found->second);
  BackingPods pods(object.meta.space, find);
  const auto add = [&](const std::string& address, const EndpointSlice::Endpoint& endpoint,
                       const EndpointPort& port) {
    LabelsBuilder target;
    const bool on_node = endpoint.target && endpoint.target->kind == "Node";
    if (options.attach_node)
      put_node(target, find, endpoint.node ? *endpoint.node : on_node ? endpoint.target->name : "");
    pods.attach(target, endpoint.target, port.number);
    target.set("__address__", port.number ? host_port(address, *port.number) : address);
    target.set(meta("endpointslice_address_type"), slice.address_type);
    if (port.has_name) target.set(meta("endpointslice_port_name"), port.name);
    if (port.has_protocol) target.set(meta("endpointslice_port_protocol"), port.protocol);
    if (port.number) target.set(meta("endpointslice_port"), std::to_string(*port.number));
    if (port.has_app_protocol)
      target.set(meta("endpointslice_port_app_protocol"), port.app_protocol);
    const auto condition = [&](std::string_view name, const std::optional<bool>& value) {
      if (value)
        target.set(meta("endpointslice_endpoint_conditions_") + std::string(name),
                   *value ? "true" : "false");
    };
    condition("ready", endpoint.ready);
    condition("serving", endpoint.serving);
    condition("terminating", endpoint.terminating);
    if (endpoint.hostname) target.set(meta("endpointslice_endpoint_hostname"), *endpoint.hostname);
    if (endpoint.target) {
      target.set(meta("endpointslice_address_target_kind"), endpoint.target->kind);
      target.set(meta("endpointslice_address_target_name"), endpoint.target->name);
    }
    for (const auto& [name, value] : endpoint.topology) {
      const auto clean = sanitized(name);
      target.set(meta("endpointslice_endpoint_topology_") + clean, value);
      target.set(meta("endpointslice_endpoint_topology_present_") + clean, "true");
    }
    if (endpoint.node) target.set(meta("endpointslice_endpoint_node_name"), *endpoint.node);
    if (endpoint.zone) target.set(meta("endpointslice_endpoint_zone"), *endpoint.zone);
    targets.push_back(target.build());
  };
  for (const auto& endpoint : slice.endpoints)
    for (const auto& port : slice.ports)
      for (const auto& address : endpoint.addresses) add(address, endpoint, port);
  pods.rest(options, targets);
}

// "*.example.com" covers exactly one label more.
bool covers(const std::string& pattern, const std::string& host) {
  if (pattern == host) return true;
  if (!pattern.starts_with("*.")) return false;
  const auto dot = host.find('.');
  return dot != host.npos && dot > 0 && host.substr(dot) == pattern.substr(1);
}

void ingress_targets(const Object& object, LabelsBuilder& group, std::vector<Labels>& targets) {
  const auto& ingress = std::get<Ingress>(object.body);
  put_meta(group, Kind::ingress, object.meta);
  if (ingress.class_name) group.set(meta("ingress_class_name"), *ingress.class_name);
  for (const auto& rule : ingress.rules) {
    const bool tls = std::ranges::any_of(ingress.tls_hosts,
                                         [&](const auto& host) { return covers(host, rule.host); });
    for (const auto& path : rule.paths) {
      LabelsBuilder target;
      target.set("__address__", rule.host);
      target.set(meta("ingress_scheme"), tls ? "https" : "http");
      target.set(meta("ingress_host"), rule.host);
      target.set(meta("ingress_path"), path);
      targets.push_back(target.build());
    }
  }
}

}  // namespace

std::string sanitized(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!keep) c = '_';
  }
  return out;
}

std::string source_of(Kind kind, const std::string& key) {
  return (kind == Kind::service ? std::string("svc") : std::string(role(kind))) + "/" + key;
}

TargetGroup group_of(Kind kind, const Object& object, const FindObject& find,
                     const GroupOptions& options) {
  TargetGroup out{.source = source_of(kind, object.meta.key())};
  LabelsBuilder group;
  if (kind != Kind::node) {
    group.set(meta("namespace"), object.meta.space);
    if (options.attach_namespace) put_namespace(group, find, object.meta.space);
  }
  switch (kind) {
    case Kind::node: node_targets(object, group, out.targets); break;
    case Kind::pod: pod_targets(object, find, options, group, out.targets); break;
    case Kind::service: service_targets(object, group, out.targets); break;
    case Kind::endpoints: endpoints_targets(object, find, options, group, out.targets); break;
    case Kind::endpointslice:
      endpointslice_targets(object, find, options, group, out.targets);
      break;
    case Kind::ingress: ingress_targets(object, group, out.targets); break;
    case Kind::namespaces: break;
  }
  if (!out.targets.empty()) out.labels = group.build();
  return out;
}

}  // namespace pharos::scrape::kubernetes

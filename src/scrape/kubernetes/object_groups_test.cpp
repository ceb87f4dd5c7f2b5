#include "scrape/kubernetes/object_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace pharos::scrape::kubernetes {
namespace {

using ::testing::ElementsAre;

struct Cluster {
  std::map<std::pair<Kind, std::string>, Object> objects;
  FindObject find = [this](Kind kind, const std::string& key) -> const Object* {
    const auto found = objects.find({kind, key});
    return found == objects.end() ? nullptr : &found->second;
  };
  const Object& add(Kind kind, std::string_view json) {
    auto object = parse_object(kind, *codec::Json::parse(json));
    EXPECT_TRUE(object) << (object ? "" : object.error().message);
    const auto key = object->meta.key();
    return objects[{kind, key}] = std::move(*object);
  }
};

constexpr std::string_view kPod =
    R"({"metadata":{"namespace":"shop","name":"web-0","uid":"u1","labels":{"app.kubernetes.io/name":"web"},
  "annotations":{"prometheus.io/scrape":"true"},"ownerReferences":[{"kind":"StatefulSet","name":"web","controller":true}]},
  "spec":{"nodeName":"n1","containers":[{"name":"app","image":"web:1","ports":[{"name":"http","protocol":"TCP","containerPort":8080},
  {"name":"admin","protocol":"TCP","containerPort":9000}]},{"name":"side","image":"side:1"}],
  "initContainers":[{"name":"setup","image":"setup:1","ports":[{"containerPort":7000,"protocol":"TCP"}]}]},
  "status":{"podIP":"10.0.0.5","hostIP":"192.0.2.1","phase":"Running","conditions":[{"type":"Ready","status":"True"}],
  "containerStatuses":[{"name":"app","containerID":"containerd://a"}]}})";

TEST(ObjectGroups, APodIsATargetPerPortOfItsContainers) {
  Cluster cluster;
  const auto group = group_of(Kind::pod, cluster.add(Kind::pod, kPod), cluster.find, {});
  EXPECT_EQ(group.source, "pod/shop/web-0");
  ASSERT_EQ(group.targets.size(), 4u);
  EXPECT_EQ(group.targets[0], (Labels{{"__address__", "10.0.0.5:8080"},
                                      {"__meta_kubernetes_pod_container_id", "containerd://a"},
                                      {"__meta_kubernetes_pod_container_image", "web:1"},
                                      {"__meta_kubernetes_pod_container_init", "false"},
                                      {"__meta_kubernetes_pod_container_name", "app"},
                                      {"__meta_kubernetes_pod_container_port_name", "http"},
                                      {"__meta_kubernetes_pod_container_port_number", "8080"},
                                      {"__meta_kubernetes_pod_container_port_protocol", "TCP"}}));
  EXPECT_EQ(group.targets[2].get("__address__"), "10.0.0.5");  // a container without ports
  EXPECT_EQ(group.targets[3].get("__meta_kubernetes_pod_container_init"), "true");
  EXPECT_EQ(group.labels,
            (Labels{{"__meta_kubernetes_namespace", "shop"},
                    {"__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"},
                    {"__meta_kubernetes_pod_annotationpresent_prometheus_io_scrape", "true"},
                    {"__meta_kubernetes_pod_controller_kind", "StatefulSet"},
                    {"__meta_kubernetes_pod_controller_name", "web"},
                    {"__meta_kubernetes_pod_host_ip", "192.0.2.1"},
                    {"__meta_kubernetes_pod_ip", "10.0.0.5"},
                    {"__meta_kubernetes_pod_label_app_kubernetes_io_name", "web"},
                    {"__meta_kubernetes_pod_labelpresent_app_kubernetes_io_name", "true"},
                    {"__meta_kubernetes_pod_name", "web-0"},
                    {"__meta_kubernetes_pod_node_name", "n1"},
                    {"__meta_kubernetes_pod_phase", "Running"},
                    {"__meta_kubernetes_pod_ready", "true"},
                    {"__meta_kubernetes_pod_uid", "u1"}}));
}

TEST(ObjectGroups, APodWithoutAnAddressHasNoTargets) {
  Cluster cluster;
  const auto& pod = cluster.add(
      Kind::pod,
      R"({"metadata":{"namespace":"a","name":"b"},"spec":{"containers":[{"name":"c"}]}})");
  EXPECT_TRUE(group_of(Kind::pod, pod, cluster.find, {}).targets.empty());
}

TEST(ObjectGroups, ANodeIsItsKubelet) {
  Cluster cluster;
  const auto& node = cluster.add(
      Kind::node,
      R"({"metadata":{"name":"n1","labels":{"zone":"a"}},"spec":{"providerID":"x://1"},"status":{"addresses":[
      {"type":"Hostname","address":"host-1"},{"type":"InternalIP","address":"fd00::1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})");
  const auto group = group_of(Kind::node, node, cluster.find, {});
  EXPECT_EQ(group.source, "node/n1");
  EXPECT_THAT(group.targets,
              ElementsAre(Labels{{"__address__", "[fd00::1]:10250"},
                                 {"__meta_kubernetes_node_address_Hostname", "host-1"},
                                 {"__meta_kubernetes_node_address_InternalIP", "fd00::1"},
                                 {"instance", "n1"}}));
  EXPECT_EQ(group.labels.get("__meta_kubernetes_node_label_zone"), "a");
  EXPECT_EQ(group.labels.get("__meta_kubernetes_node_provider_id"), "x://1");
}

TEST(ObjectGroups, AServiceIsATargetPerPort) {
  Cluster cluster;
  const auto& service = cluster.add(
      Kind::service,
      R"({"metadata":{"namespace":"shop","name":"web"},"spec":{"type":"ClusterIP","clusterIP":"10.1.0.1","ports":[{"name":"http","protocol":"TCP","port":80}]}})");
  const auto group = group_of(Kind::service, service, cluster.find, {});
  EXPECT_EQ(group.source, "svc/shop/web");
  EXPECT_THAT(group.targets,
              ElementsAre(Labels{{"__address__", "web.shop.svc:80"},
                                 {"__meta_kubernetes_service_cluster_ip", "10.1.0.1"},
                                 {"__meta_kubernetes_service_port_name", "http"},
                                 {"__meta_kubernetes_service_port_number", "80"},
                                 {"__meta_kubernetes_service_port_protocol", "TCP"},
                                 {"__meta_kubernetes_service_type", "ClusterIP"}}));
}

TEST(ObjectGroups, EndpointsTakeTheirPodsServiceAndNodeAndThePodsOtherPorts) {
  Cluster cluster;
  cluster.add(Kind::pod, kPod);
  cluster.add(Kind::node, R"({"metadata":{"name":"n1","labels":{"zone":"a"}}})");
  cluster.add(Kind::service,
              R"({"metadata":{"namespace":"shop","name":"web","labels":{"team":"x"}},"spec":{}})");
  const auto& endpoints = cluster.add(
      Kind::endpoints,
      R"({"metadata":{"namespace":"shop","name":"web"},"subsets":[{"addresses":[{"ip":"10.0.0.5","nodeName":"n1","targetRef":{"kind":"Pod","namespace":"shop","name":"web-0"}}],
      "notReadyAddresses":[{"ip":"10.0.0.6","hostname":"web-1"}],"ports":[{"name":"http","port":8080,"protocol":"TCP"}]}]})");
  const auto group = group_of(Kind::endpoints, endpoints, cluster.find, {.attach_node = true});
  EXPECT_EQ(group.labels.get("__meta_kubernetes_service_label_team"), "x");
  EXPECT_EQ(group.labels.get("__meta_kubernetes_endpoints_name"), "web");
  ASSERT_EQ(group.targets.size(), 4u);
  const auto& ready = group.targets[0];
  EXPECT_EQ(ready.get("__address__"), "10.0.0.5:8080");
  EXPECT_EQ(ready.get("__meta_kubernetes_endpoint_ready"), "true");
  EXPECT_EQ(ready.get("__meta_kubernetes_endpoint_node_name"), "n1");
  EXPECT_EQ(ready.get("__meta_kubernetes_pod_name"), "web-0");
  EXPECT_EQ(ready.get("__meta_kubernetes_pod_container_port_name"), "http");
  EXPECT_EQ(ready.get("__meta_kubernetes_node_label_zone"), "a");
  const auto& not_ready = group.targets[1];
  EXPECT_EQ(not_ready.get("__meta_kubernetes_endpoint_ready"), "false");
  EXPECT_EQ(not_ready.get("__meta_kubernetes_endpoint_hostname"), "web-1");
  EXPECT_EQ(not_ready.get("__meta_kubernetes_pod_name"), "");
  EXPECT_EQ(group.targets[2].get("__address__"), "10.0.0.5:9000");  // a port that no endpoint names
  EXPECT_EQ(group.targets[3].get("__address__"), "10.0.0.5:7000");
}

TEST(ObjectGroups, SlicesHaveTheirOwnLabels) {
  Cluster cluster;
  cluster.add(Kind::service,
              R"({"metadata":{"namespace":"shop","name":"web","labels":{"team":"x"}},"spec":{}})");
  const auto& slice = cluster.add(
      Kind::endpointslice,
      R"({"metadata":{"namespace":"shop","name":"web-abc","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
      "endpoints":[{"addresses":["10.0.0.5"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"n1","zone":"z"}],
      "ports":[{"name":"http","port":8080,"protocol":"TCP","appProtocol":"http"}]})");
  const auto group = group_of(Kind::endpointslice, slice, cluster.find, {});
  EXPECT_EQ(group.source, "endpointslice/shop/web-abc");
  EXPECT_EQ(group.labels.get("__meta_kubernetes_service_label_team"), "x");
  EXPECT_THAT(group.targets,
              ElementsAre(Labels{
                  {"__address__", "10.0.0.5:8080"},
                  {"__meta_kubernetes_endpointslice_address_type", "IPv4"},
                  {"__meta_kubernetes_endpointslice_endpoint_conditions_ready", "true"},
                  {"__meta_kubernetes_endpointslice_endpoint_conditions_serving", "true"},
                  {"__meta_kubernetes_endpointslice_endpoint_conditions_terminating", "false"},
                  {"__meta_kubernetes_endpointslice_endpoint_node_name", "n1"},
                  {"__meta_kubernetes_endpointslice_endpoint_zone", "z"},
                  {"__meta_kubernetes_endpointslice_port", "8080"},
                  {"__meta_kubernetes_endpointslice_port_app_protocol", "http"},
                  {"__meta_kubernetes_endpointslice_port_name", "http"},
                  {"__meta_kubernetes_endpointslice_port_protocol", "TCP"}}));
}

TEST(ObjectGroups, AnIngressIsATargetPerPathWithItsScheme) {
  Cluster cluster;
  const auto& ingress = cluster.add(
      Kind::ingress,
      R"({"metadata":{"namespace":"shop","name":"in"},"spec":{"ingressClassName":"nginx","tls":[{"hosts":["*.example.com"]}],
      "rules":[{"host":"a.example.com","http":{"paths":[{"path":"/x"},{}]}},{"host":"a.b.example.com"}]}})");
  const auto group = group_of(Kind::ingress, ingress, cluster.find, {});
  EXPECT_EQ(group.labels.get("__meta_kubernetes_ingress_class_name"), "nginx");
  std::vector<std::string> seen;
  for (const auto& t : group.targets)
    seen.push_back(std::string(t.get("__meta_kubernetes_ingress_scheme")) + "://" +
                   std::string(t.get("__address__")) +
                   std::string(t.get("__meta_kubernetes_ingress_path")));
  EXPECT_THAT(seen, ElementsAre("https://a.example.com/x", "https://a.example.com/",
                                "http://a.b.example.com/"));
}

TEST(ObjectGroups, NamespacesLendTheirLabels) {
  Cluster cluster;
  cluster.add(Kind::namespaces, R"({"metadata":{"name":"shop","labels":{"tier":"gold"}}})");
  const auto group =
      group_of(Kind::pod, cluster.add(Kind::pod, kPod), cluster.find, {.attach_namespace = true});
  EXPECT_EQ(group.labels.get("__meta_kubernetes_namespace_label_tier"), "gold");
}

}  // namespace
}  // namespace pharos::scrape::kubernetes

// Metrics of other programs that rules and boards read: node and container exporters, process,
// etcd, redis, Prometheus, Alertmanager. DWCP's own are in include/pharos/dwcp/.
#pragma once
#include <array>

#include "pharos/definition.hpp"

namespace pharos::sim::outside {

using client::counter;
using client::gauge;
using client::histogram;

inline constexpr std::array<double, 14> kServiceGraphSeconds{
    0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2.5, 10};

inline constexpr auto node_memory_total =
    gauge("node_memory_MemTotal_bytes", "Memory of the host.");
inline constexpr auto node_memory_available =
    gauge("node_memory_MemAvailable_bytes", "Memory that programs can have.");
inline constexpr auto node_filesystem_avail =
    gauge("node_filesystem_avail_bytes", "Free bytes of a file system.", "device", "fstype",
          "mountpoint");
inline constexpr auto node_filesystem_size = gauge(
    "node_filesystem_size_bytes", "Bytes of a file system.", "device", "fstype", "mountpoint");
inline constexpr auto node_receive_drops =
    counter("node_network_receive_drop_total", "Packets dropped on the way in.", "device");
inline constexpr auto node_transmit_drops =
    counter("node_network_transmit_drop_total", "Packets dropped on the way out.", "device");
inline constexpr auto node_time = gauge("node_time_seconds", "The host's clock, Unix time.");
inline constexpr auto node_load1 = gauge("node_load1", "Load average over a minute.");
inline constexpr auto container_cpu =
    counter("container_cpu_usage_seconds_total", "Processor seconds of a container.", "pod");
inline constexpr auto container_memory =
    gauge("container_memory_working_set_bytes", "Memory a container cannot give back.", "pod");
inline constexpr auto container_memory_limit =
    gauge("container_spec_memory_limit_bytes", "Memory a container may have.", "pod");
inline constexpr auto process_memory =
    gauge("process_resident_memory_bytes", "Memory of the process.");
inline constexpr auto process_cpu =
    counter("process_cpu_seconds_total", "Processor seconds of the process.");
inline constexpr auto process_start =
    gauge("process_start_time_seconds", "When the process began, Unix time.");
inline constexpr auto dwcp_latency_seconds = histogram(
    "dwcp_latency_seconds", "How long a DWCP operation took.", client::kSeconds, "operation");
inline constexpr auto dwcp_bytes_transferred =
    counter("dwcp_bytes_transferred_total", "Bytes a region moved.", "direction");
inline constexpr auto certificate_expiry =
    gauge("dwcp_certificate_expiry_timestamp_seconds",
          "When the region's certificate ends, Unix time.", "region");

inline constexpr auto redis_up = gauge("redis_up", "1 while redis answers.");
inline constexpr auto redis_clients = gauge("redis_connected_clients", "Clients of redis.");
inline constexpr auto redis_memory = gauge("redis_memory_used_bytes", "Memory of redis.");
inline constexpr auto redis_commands =
    counter("redis_commands_processed_total", "Commands redis ran.");
inline constexpr auto redis_hits =
    counter("redis_keyspace_hits_total", "Look-ups that found their key.");
inline constexpr auto redis_misses =
    counter("redis_keyspace_misses_total", "Look-ups that found nothing.");
inline constexpr auto etcd_has_leader =
    gauge("etcd_server_has_leader", "1 while the member knows a leader.");
inline constexpr auto etcd_leader_changes =
    counter("etcd_server_leader_changes_seen_total", "Changes of the leader.");
inline constexpr auto etcd_proposals_failed =
    counter("etcd_server_proposals_failed_total", "Proposals that failed.");
inline constexpr auto etcd_proposals =
    counter("etcd_server_proposals_applied_total", "Proposals that were applied.");
inline constexpr auto etcd_fsync = histogram(
    "etcd_disk_wal_fsync_duration_seconds", "How long the journal's fsync took.", client::kSeconds);
inline constexpr auto alertmanager_received =
    counter("alertmanager_alerts_received_total", "Alerts that came in.", "status", "version");
inline constexpr auto alertmanager_notifications =
    counter("alertmanager_notifications_total", "Notifications that went out.", "integration");
inline constexpr auto alertmanager_notifications_failed = counter(
    "alertmanager_notifications_failed_total", "Notifications that did not go out.", "integration");
inline constexpr auto prometheus_interval =
    gauge("prometheus_target_interval_length_seconds", "Time between two scrapes.", "interval",
          "quantile");
inline constexpr auto prometheus_sample_limit =
    counter("prometheus_target_scrapes_exceeded_sample_limit_total",
            "Scrapes refused for their number of samples.");
inline constexpr auto prometheus_duplicates = counter(
    "prometheus_target_scrapes_sample_duplicate_timestamp_total", "Samples refused as duplicates.");
inline constexpr auto prometheus_appended =
    counter("prometheus_tsdb_head_samples_appended_total", "Samples taken in.", "type");
// What the service graph connector of an OpenTelemetry collector makes of spans.
inline constexpr auto service_graph_requests =
    counter("traces_service_graph_request_total", "Requests from one service to another.", "client",
            "server", "connection_type");
inline constexpr auto service_graph_failed = counter(
    "traces_service_graph_request_failed_total",
    "Requests from one service to another that failed.", "client", "server", "connection_type");
inline constexpr auto service_graph_server =
    histogram("traces_service_graph_request_server_seconds", "Their time, as the server saw it.",
              kServiceGraphSeconds, "client", "server", "connection_type");
inline constexpr auto service_graph_client =
    histogram("traces_service_graph_request_client_seconds", "Their time, as the client saw it.",
              kServiceGraphSeconds, "client", "server", "connection_type");

}  // namespace pharos::sim::outside

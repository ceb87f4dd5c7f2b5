#include <algorithm>
#include <map>

#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {

constexpr auto kCounter = MetricType::counter;

// The columns of /proc/net/dev.
const Metric kDevice[] = {
    {"node_network_receive_bytes_total", kCounter, "Network device statistic receive_bytes."},
    {"node_network_receive_packets_total", kCounter, "Network device statistic receive_packets."},
    {"node_network_receive_errs_total", kCounter, "Network device statistic receive_errs."},
    {"node_network_receive_drop_total", kCounter, "Network device statistic receive_drop."},
    {"node_network_receive_fifo_total", kCounter, "Network device statistic receive_fifo."},
    {"node_network_receive_frame_total", kCounter, "Network device statistic receive_frame."},
    {"node_network_receive_compressed_total", kCounter, "Network device statistic receive_compressed."},
    {"node_network_receive_multicast_total", kCounter, "Network device statistic receive_multicast."},
    {"node_network_transmit_bytes_total", kCounter, "Network device statistic transmit_bytes."},
    {"node_network_transmit_packets_total", kCounter, "Network device statistic transmit_packets."},
    {"node_network_transmit_errs_total", kCounter, "Network device statistic transmit_errs."},
    {"node_network_transmit_drop_total", kCounter, "Network device statistic transmit_drop."},
    {"node_network_transmit_fifo_total", kCounter, "Network device statistic transmit_fifo."},
    {"node_network_transmit_colls_total", kCounter, "Network device statistic transmit_colls."},
    {"node_network_transmit_carrier_total", kCounter, "Network device statistic transmit_carrier."},
    {"node_network_transmit_compressed_total", kCounter, "Network device statistic transmit_compressed."},
};

// node_exporter's default choice of /proc/net/{netstat,snmp,snmp6}, as PROTOCOL_Field.
bool is_wanted(std::string_view protocol, std::string_view field) {
  const auto one_of = [](std::string_view text, std::initializer_list<std::string_view> list) { return std::find(list.begin(), list.end(), text) != list.end(); };
  if (field.ends_with("InErrors") || field.ends_with("InErrs")) return field == "InErrors" || field == "InErrs";
  if (protocol == "Ip") return field == "Forwarding";
  if (protocol == "Ip6" || protocol == "IpExt") return one_of(field, {"InOctets", "OutOctets"});
  if (protocol == "Icmp" || protocol == "Icmp6") return one_of(field, {"InMsgs", "OutMsgs"});
  if (protocol == "TcpExt")
    return field.starts_with("Listen") || field.starts_with("Syncookies") || one_of(field, {"TCPSynRetrans", "TCPTimeouts", "TCPOFOQueue", "TCPRcvQDrop"});
  if (protocol == "Tcp")
    return one_of(field, {"ActiveOpens", "InSegs", "OutSegs", "OutRsts", "PassiveOpens", "RetransSegs", "CurrEstab"});
  if (protocol == "Udp" || protocol == "Udp6")
    return one_of(field, {"InDatagrams", "OutDatagrams", "NoPorts", "RcvbufErrors", "SndbufErrors"});
  return false;
}

void put_netstat(std::string_view protocol, std::string_view field, double value, HostSink& sink) {
  std::string name = "node_netstat_", subject;
  name.append(protocol).append("_").append(field);
  subject.append(protocol).append(field);
  sink.put({name, MetricType::unknown, "Statistic %.", subject}, value);
}

}  // namespace

void read_net_dev(std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    const auto line = lines.line();
    const auto colon = line.rfind(':');
    if (colon == line.npos) continue;  // the two lines of headings
    Fields name(line.substr(0, colon));
    const auto device = name.next();
    Fields fields(line.substr(colon + 1));
    for (const auto& metric : kDevice) {
      const auto value = fields.next();
      if (value.empty()) break;
      sink.put(metric, Fields::to_number(value), {{"device", device}});
    }
  }
}

// "Tcp: ActiveOpens …\nTcp: 37018 …": names, then values.
void read_netstat(std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    const auto names = lines.line();
    if (!lines.next()) return;
    Fields name(names), value(lines.line());
    auto protocol = name.next();
    if (value.next() != protocol || !protocol.ends_with(':')) continue;
    protocol.remove_suffix(1);
    for (auto field = name.next(); !field.empty(); field = name.next()) {
      const auto number = value.next();
      if (number.empty()) break;
      if (is_wanted(protocol, field)) put_netstat(protocol, field, Fields::to_number(number), sink);
    }
  }
}

// "Udp6InDatagrams   0"
void read_snmp6(std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    const auto key = fields.next();
    const auto six = key.find('6');
    if (six == key.npos) continue;
    const auto protocol = key.substr(0, six + 1), field = key.substr(six + 1);
    if (is_wanted(protocol, field)) put_netstat(protocol, field, fields.number(), sink);
  }
}

// "TCP: inuse 4 orphan 0 tw 2 alloc 4 mem 120"
void read_sockstat(std::string_view text, double page_bytes, HostSink& sink) {
  std::string name, help;
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    auto protocol = fields.next();
    if (!protocol.ends_with(':')) continue;
    protocol.remove_suffix(1);
    const auto put = [&](std::string_view field, double value) {
      name.assign("node_sockstat_").append(protocol).append("_").append(field);
      help.assign("Number of ").append(protocol).append(" sockets in state ").append(field).append(".");
      sink.put({name, MetricType::gauge, help}, value);
    };
    for (auto field = fields.next(); !field.empty(); field = fields.next()) {
      const double value = fields.number();
      if (protocol == "sockets") {
        sink.put({"node_sockstat_sockets_used", MetricType::gauge, "Number of IPv4 sockets in use."}, value);
        continue;
      }
      put(field, value);
      if (field == "mem") put("mem_bytes", value * page_bytes);
    }
  }
}

// Hexadecimal columns, a line per CPU; newer kernels say which CPU in the 13th.
void read_softnet(std::string_view text, HostSink& sink) {
  std::uint64_t row = 0;
  for (Lines lines(text); lines.next(); ++row) {
    Fields fields(lines.line());
    std::uint64_t columns[13] = {};
    std::size_t count = 0;
    for (auto field = fields.next(); !field.empty() && count < 13; field = fields.next()) columns[count++] = Fields::to_hex(field);
    const auto cpu = std::to_string(count >= 13 ? columns[12] : row);
    const auto put = [&](std::string_view name, MetricType type, std::string_view help, std::size_t column) {
      if (column < count) sink.put({name, type, help}, static_cast<double>(columns[column]), {{"cpu", cpu}});
    };
    put("node_softnet_processed_total", kCounter, "Number of processed packets", 0);
    put("node_softnet_dropped_total", kCounter, "Number of dropped packets", 1);
    put("node_softnet_times_squeezed_total", kCounter, "Number of times processing packets ran out of quota", 2);
    put("node_softnet_cpu_collision_total", kCounter, "Number of collision occur while obtaining device lock while transmitting", 8);
    put("node_softnet_received_rps_total", kCounter, "Number of times cpu woken up received_rps", 9);
    put("node_softnet_flow_limit_count_total", kCounter, "Number of times flow limit has been reached", 10);
    put("node_softnet_backlog_len", MetricType::gauge, "Softnet backlog status", 11);
  }
}

void read_arp(std::string_view text, HostSink& sink) {
  std::map<std::string_view, double> entries;
  Lines lines(text);
  lines.next();  // headings
  while (lines.next()) {
    Fields fields(lines.line());
    fields.skip(5);
    if (const auto device = fields.next(); !device.empty()) entries[device] += 1;
  }
  for (const auto& [device, count] : entries) sink.put({"node_arp_entries", MetricType::gauge, "ARP entries by device"}, count, {{"device", device}});
}

void read_interfaces(HostFiles& files, HostSink& sink) {
  struct Property { const char* file; Metric metric; double factor = 1; bool hex = false; };
  constexpr auto kGauge = MetricType::gauge;
  static const Property kProperties[] = {
      {"addr_assign_type", {"node_network_address_assign_type", kGauge, "Network device property: address_assign_type"}},
      {"carrier", {"node_network_carrier", kGauge, "Network device property: carrier"}},
      {"carrier_changes", {"node_network_carrier_changes_total", kCounter, "Network device property: carrier_changes_total"}},
      {"carrier_up_count", {"node_network_carrier_up_changes_total", kCounter, "Network device property: carrier_up_changes_total"}},
      {"carrier_down_count", {"node_network_carrier_down_changes_total", kCounter, "Network device property: carrier_down_changes_total"}},
      {"dev_id", {"node_network_device_id", kGauge, "Network device property: device_id"}, 1, true},
      {"dormant", {"node_network_dormant", kGauge, "Network device property: dormant"}},
      {"flags", {"node_network_flags", kGauge, "Network device property: flags"}, 1, true},
      {"ifindex", {"node_network_iface_id", kGauge, "Network device property: iface_id"}},
      {"iflink", {"node_network_iface_link", kGauge, "Network device property: iface_link"}},
      {"link_mode", {"node_network_iface_link_mode", kGauge, "Network device property: iface_link_mode"}},
      {"mtu", {"node_network_mtu_bytes", kGauge, "Network device property: mtu_bytes"}},
      {"name_assign_type", {"node_network_name_assign_type", kGauge, "Network device property: name_assign_type"}},
      {"netdev_group", {"node_network_net_dev_group", kGauge, "Network device property: net_dev_group"}},
      {"speed", {"node_network_speed_bytes", kGauge, "Network device property: speed_bytes"}, 125'000},
      {"tx_queue_len", {"node_network_transmit_queue_length", kGauge, "Network device property: transmit_queue_length"}},
      {"type", {"node_network_protocol_type", kGauge, "Network device property: protocol_type"}},
  };
  constexpr std::size_t kInterfacesMax = 1024;
  auto devices = files.list("/sys/class/net");
  devices.resize(std::min(devices.size(), kInterfacesMax));
  for (const auto& device : devices) {
    const auto base = "/sys/class/net/" + device + "/";
    const auto text = [&](const char* file) { return std::string(files.read(base + file)); };
    const auto state = text("operstate");
    if (state.empty()) continue;
    sink.put({"node_network_up", kGauge, "Value is 1 if operstate is 'up', 0 otherwise."}, state == "up", {{"device", device}});
    for (const auto& property : kProperties) {
      const auto value = text(property.file);
      if (value.empty()) continue;  // a device that is down says nothing of its carrier
      const bool hex = property.hex && value.starts_with("0x");
      const double number = hex ? static_cast<double>(Fields::to_hex(std::string_view(value).substr(2))) : Fields::to_number(value);
      sink.put(property.metric, number * property.factor, {{"device", device}});
    }
    const auto flags = text("flags");
    const bool up = flags.starts_with("0x") && (Fields::to_hex(std::string_view(flags).substr(2)) & 1) != 0;
    const auto address = text("address"), broadcast = text("broadcast"), duplex = text("duplex"), alias = text("ifalias");
    sink.put({"node_network_info", kGauge, "Non-numeric data from /sys/class/net/<iface>, value is always 1."}, 1,
             {{"address", address}, {"adminstate", up ? "up" : "down"}, {"broadcast", broadcast}, {"device", device}, {"duplex", duplex},
              {"ifalias", alias}, {"operstate", state}});
  }
}

}  // namespace pharos::scrape::host

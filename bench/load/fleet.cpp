#include "load/fleet.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace pharos::load {
namespace {

std::uint64_t scramble(std::uint64_t x) {  // SplitMix64's finaliser
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}
double fraction(std::uint64_t x) { return static_cast<double>(x >> 11) * 0x1p-53; }

struct DiskSeries {
  const char* name;
  double rate, unit;  // units a second, size of a unit
};
constexpr DiskSeries kDiskSeries[] = {{"reads_completed_total", 14, 1}, {"writes_completed_total", 80, 1},
                                      {"read_bytes_total", 300, 512},   {"written_bytes_total", 2500, 512},
                                      {"io_time_seconds_total", 50, .001}, {"write_time_seconds_total", 70, .001}};

std::vector<Template> host_templates() {
  std::vector<Template> all;
  const auto add = [&](std::string name, std::vector<std::pair<std::string, std::string>> labels, Shape shape,
                       double mean, double spread = 0, double unit = 1) {
    all.push_back({std::move(name), std::move(labels), shape, mean, spread, unit});
  };
  const std::pair<const char*, double> modes[] = {{"idle", .7}, {"user", .18}, {"system", .08}, {"iowait", .02},
                                                  {"softirq", .01}, {"irq", 0}, {"nice", 0}, {"steal", 0}};
  for (int cpu = 0; cpu < 8; ++cpu)
    for (const auto& [mode, share] : modes)
      add("node_cpu_seconds_total", {{"cpu", std::to_string(cpu)}, {"mode", mode}},
          share > 0 ? Shape::counter : Shape::constant, share, 0, .01);
  for (const char* name : {"MemFree", "MemAvailable", "Cached", "Active", "Inactive", "AnonPages", "Mapped", "Slab"})
    add(std::string("node_memory_") + name + "_bytes", {}, Shape::walk, 3e9, 700, 4096);
  for (const char* name : {"Buffers", "PageTables", "Shmem", "KernelStack", "SReclaimable", "SUnreclaim"})
    add(std::string("node_memory_") + name + "_bytes", {}, Shape::rare_walk, 2e8, 100, 4096);
  for (const char* name : {"MemTotal", "SwapTotal", "SwapFree", "HugePages_Total", "Unevictable", "CommitLimit",
                           "VmallocTotal", "Hugepagesize", "DirectMap2M", "Writeback"})
    add(std::string("node_memory_") + name + "_bytes", {}, Shape::constant, name[0] == 'M' ? 33.0 * (1u << 30) : 0);
  for (const char* device : {"nvme0n1", "nvme1n1", "dm-0"})
    for (const auto& [name, rate, unit] : kDiskSeries)
      add(std::string("node_disk_") + name, {{"device", device}}, Shape::counter, rate * unit, 0, unit);
  for (const char* device : {"eth0", "eth1", "lo", "br-vm"}) {
    for (const char* name : {"receive_bytes", "transmit_bytes"})
      add(std::string("node_network_") + name + "_total", {{"device", device}}, Shape::counter, 4e6);
    for (const char* name : {"receive_packets", "transmit_packets"})
      add(std::string("node_network_") + name + "_total", {{"device", device}}, Shape::counter, 5000);
    for (const char* name : {"receive_drop", "receive_multicast"})
      add(std::string("node_network_") + name + "_total", {{"device", device}}, Shape::rare_counter, 9);
    for (const char* name : {"receive_errs", "transmit_errs", "transmit_drop", "receive_fifo", "transmit_fifo", "transmit_colls"})
      add(std::string("node_network_") + name + "_total", {{"device", device}}, Shape::constant, 0);
  }
  for (const char* mount : {"/", "/boot", "/var/lib/vm", "/var/log"}) {
    add("node_filesystem_size_bytes", {{"fstype", "ext4"}, {"mountpoint", mount}}, Shape::constant, 2.1e11);
    add("node_filesystem_avail_bytes", {{"fstype", "ext4"}, {"mountpoint", mount}}, Shape::walk, 9e10, 50, 4096);
    add("node_filesystem_files", {{"fstype", "ext4"}, {"mountpoint", mount}}, Shape::constant, 13107200);
    add("node_filesystem_readonly", {{"fstype", "ext4"}, {"mountpoint", mount}}, Shape::constant, 0);
  }
  add("node_load1", {}, Shape::walk, 3.4, 9, .01);
  add("node_load5", {}, Shape::walk, 3.2, 3, .01);
  add("node_load15", {}, Shape::walk, 3.1, 2, .01);
  add("node_context_switches_total", {}, Shape::counter, 21000);
  add("node_intr_total", {}, Shape::counter, 15000);
  add("node_boot_time_seconds", {}, Shape::constant, 1763000000);
  add("up", {}, Shape::constant, 1);
  add("scrape_duration_seconds", {}, Shape::noise, .02, .3);
  for (const char* handler : {"/api/v1/vms", "/api/v1/migrate"}) {
    const char* bounds[] = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"};
    const double share[] = {.1, .3, .55, .75, .86, .94, .97, .99, .996, .999, .9999, 1};
    for (int i = 0; i < 12; ++i)
      add("http_request_duration_seconds_bucket", {{"handler", handler}, {"le", bounds[i]}}, Shape::bucket,
          handler[8] == 'v' ? 40 : 3, share[i]);
    add("http_request_duration_seconds_count", {{"handler", handler}}, Shape::bucket, handler[8] == 'v' ? 40 : 3, 1);
    add("http_request_duration_seconds_sum", {{"handler", handler}}, Shape::noise, 1e4, .01);
  }
  for (int vm = 0; vm < 16; ++vm) {
    const std::vector<std::pair<std::string, std::string>> label{{"vm_id", "vm-%h-" + std::to_string(vm)}};
    add("vm_cpu_seconds_total", label, Shape::counter, .4 + .1 * vm, 0, .01);
    add("vm_memory_working_set_bytes", label, Shape::walk, 1.5e9, 200, 4096);
  }
  for (int peer = 0; peer < 8; ++peer)
    add("dwcp_link_rtt_seconds", {{"peer", "peer-" + std::to_string(peer)}}, Shape::noise, .018 + .004 * peer, .08);
  return all;
}

}  // namespace

Fleet::Fleet(std::size_t series, std::uint64_t seed) : templates_(host_templates()), state_(series), seed_(seed) {
  for (std::size_t i = 0; i < series; ++i) {
    const auto& t = templates_[i % per_host()];
    const double u = fraction(scramble(seed ^ (i * 0x2545f4914f6cdd1dull)));
    switch (t.shape) {
      case Shape::counter: state_[i] = std::floor(t.mean / t.unit * 86400 * (1 + 5 * u)); break;
      case Shape::rare_counter: state_[i] = std::floor(u * 5000); break;
      case Shape::walk:
      case Shape::rare_walk: state_[i] = std::floor(t.mean / t.unit * (.6 + .8 * u)); break;
      default: state_[i] = 0;
    }
  }
}

std::string Fleet::instance(std::size_t host) const {
  char text[32];
  std::snprintf(text, sizeof text, "host-%05zu:9100", host);
  return text;
}

std::vector<std::pair<std::string, std::string>> Fleet::labels(std::size_t i) const {
  static const char* regions[] = {"us-east", "us-west", "eu-west", "eu-north", "ap-south", "ap-east", "sa-east", "af-south"};
  const auto& t = templates_[i % per_host()];
  const auto host = i / per_host();
  auto out = t.labels;
  for (auto& [name, value] : out)
    if (const auto at = value.find("%h"); at != value.npos) value.replace(at, 2, std::to_string(host));
  out.emplace_back("__name__", t.name);
  out.emplace_back("instance", instance(host));
  out.emplace_back("job", "node");
  out.emplace_back("component", t.name.substr(0, t.name.find('_')));
  out.emplace_back("region", regions[host % 8]);
  std::sort(out.begin(), out.end());
  return out;
}

std::string Fleet::text(std::size_t i) const {
  std::string out, inner;
  for (const auto& [name, value] : labels(i)) {
    if (name == "__name__") out = value;
    else inner += (inner.empty() ? "" : ",") + name + "=\"" + value + "\"";
  }
  return out + "{" + inner + "} ";
}

void Fleet::tick(double seconds, std::vector<double>& out) {
  out.resize(state_.size());
  const auto now = now_++;
  for (std::size_t i = 0; i < state_.size(); ++i) {
    const auto& t = templates_[i % per_host()];
    const auto h = scramble(seed_ ^ scramble(i * 1000003 + now * 0x9e3779b1));
    const double u = fraction(h);
    auto& s = state_[i];
    switch (t.shape) {
      case Shape::constant: out[i] = t.mean; continue;
      case Shape::counter: s += std::floor(t.mean / t.unit * seconds * (.5 + u)); break;
      case Shape::rare_counter: s += u * t.mean < 1 ? 1 : 0; break;
      case Shape::walk: s += std::floor((u - .5) * 2 * t.spread); break;
      case Shape::rare_walk: s += h % 20 == 0 ? std::floor((u - .5) * 2 * t.spread) : 0; break;
      case Shape::noise: out[i] = t.mean * (1 + t.spread * (u - .5)); continue;
      case Shape::bucket: {  // all buckets of a host and handler draw the same request count
        const double r = fraction(scramble(seed_ ^ (i / per_host()) * 77 ^ static_cast<std::uint64_t>(t.mean) ^ now << 20));
        s += std::floor(t.mean * seconds * (.5 + r) * t.spread);
        out[i] = s;
        continue;
      }
    }
    out[i] = t.unit < 1 ? s / std::round(1 / t.unit) : s * t.unit;
  }
}

}  // namespace pharos::load

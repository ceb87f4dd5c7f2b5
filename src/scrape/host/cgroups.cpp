#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

// Control groups as cAdvisor names containers: label id is the group's path.

namespace pharos::scrape::host {
namespace {

constexpr int kDepthMax = 3;                 // slices, services and the containers in them
constexpr std::size_t kGroupsMax = 256;
constexpr auto kCounter = MetricType::counter;
constexpr auto kGauge = MetricType::gauge;

double field_of(std::string_view text, std::string_view key) {
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    if (fields.next() == key) return fields.number();
  }
  return 0;
}

void read_group(HostFiles& files, const std::string& base, const std::string& id, HostSink& sink) {
  const auto file = [&](const char* name) { return files.read(base + (id == "/" ? "" : id) + "/" + name); };
  const LabelView labels[] = {{"id", id}};
  if (const auto text = file("cpu.stat"); !text.empty()) {
    sink.put({"container_cpu_usage_seconds_total", kCounter, "Cumulative cpu time consumed in seconds."}, field_of(text, "usage_usec") / 1e6, labels);
    sink.put({"container_cpu_user_seconds_total", kCounter, "Cumulative user cpu time consumed in seconds."}, field_of(text, "user_usec") / 1e6, labels);
    sink.put({"container_cpu_system_seconds_total", kCounter, "Cumulative system cpu time consumed in seconds."}, field_of(text, "system_usec") / 1e6, labels);
    if (text.find("nr_throttled") != text.npos) {
      sink.put({"container_cpu_cfs_periods_total", kCounter, "Number of elapsed enforcement period intervals."}, field_of(text, "nr_periods"), labels);
      sink.put({"container_cpu_cfs_throttled_periods_total", kCounter, "Number of throttled period intervals."}, field_of(text, "nr_throttled"), labels);
      sink.put({"container_cpu_cfs_throttled_seconds_total", kCounter, "Total time duration the container has been throttled."}, field_of(text, "throttled_usec") / 1e6, labels);
    }
  }
  if (const auto text = file("memory.current"); !text.empty()) {
    const double usage = Fields::to_number(text);
    const std::string stat(file("memory.stat"));
    const double inactive = field_of(stat, "inactive_file");
    sink.put({"container_memory_usage_bytes", kGauge, "Current memory usage in bytes, including all memory regardless of when it was accessed"}, usage, labels);
    sink.put({"container_memory_working_set_bytes", kGauge, "Current working set in bytes."}, usage > inactive ? usage - inactive : 0, labels);
    sink.put({"container_memory_rss", kGauge, "Size of RSS in bytes."}, field_of(stat, "anon"), labels);
    sink.put({"container_memory_cache", kGauge, "Number of bytes of page cache memory."}, field_of(stat, "file"), labels);
  }
  if (const auto text = file("memory.max"); !text.empty())
    sink.put({"container_spec_memory_limit_bytes", kGauge, "Memory limit for the container."}, text == "max" ? 0 : Fields::to_number(text), labels);
  if (const auto text = file("pids.current"); !text.empty())
    sink.put({"container_threads", kGauge, "Number of threads running inside the container."}, Fields::to_number(text), labels);
  const std::string io(file("io.stat"));
  double read = 0, written = 0;
  for (Lines lines(io); lines.next();) {
    const auto value = [&](std::string_view key) {
      const auto at = lines.line().find(key);
      return at == std::string_view::npos ? 0.0 : Fields::to_number(lines.line().substr(at + key.size()));
    };
    read += value("rbytes="), written += value("wbytes=");
  }
  if (!io.empty()) {
    sink.put({"container_fs_reads_bytes_total", kCounter, "Cumulative count of bytes read"}, read, labels);
    sink.put({"container_fs_writes_bytes_total", kCounter, "Cumulative count of bytes written"}, written, labels);
  }
}

void walk(HostFiles& files, const std::string& base, const std::string& id, int depth, std::size_t& groups, HostSink& sink) {
  if (groups++ >= kGroupsMax) return;
  read_group(files, base, id, sink);
  if (depth == kDepthMax) return;
  const auto prefix = id == "/" ? std::string("/") : id + "/";
  for (const auto& name : files.list(base + (id == "/" ? "" : id))) {
    // Groups are folders; files have a controller's name with a dot, and no cgroup.procs below.
    if (name.starts_with("cgroup.") || name.starts_with("cpu.") || name.starts_with("memory.") || name.starts_with("io.") || name.starts_with("pids.") ||
        name.starts_with("cpuset.") || name.starts_with("hugetlb.") || name.starts_with("rdma.") || name.starts_with("misc.") || name.starts_with("irq."))
      continue;
    walk(files, base, prefix + name, depth + 1, groups, sink);
  }
}

}  // namespace

void read_cgroups(HostFiles& files, HostSink& sink) {
  for (const char* base : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    if (files.read(std::string(base) + "/cgroup.controllers").empty()) continue;
    std::size_t groups = 0;
    walk(files, base, "/", 0, groups, sink);
    return;
  }
}

}  // namespace pharos::scrape::host

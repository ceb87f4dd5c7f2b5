#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ: part of the kernel's interface
constexpr auto kCounter = MetricType::counter;
constexpr Metric kCpu{"node_cpu_seconds_total", kCounter, "Seconds the CPUs spent in each mode."};
constexpr Metric kGuest{"node_cpu_guest_seconds_total", kCounter, "Seconds the CPUs spent in guests (VMs) for each mode."};
// In the order of the columns of /proc/stat.
constexpr std::string_view kModes[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};

}  // namespace

void read_stat(std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    const auto key = fields.next();
    if (key.starts_with("cpu") && key.size() > 3) {
      const auto cpu = key.substr(3);
      for (const auto mode : kModes) sink.put(kCpu, fields.number() / kTicksPerSecond, {{"cpu", cpu}, {"mode", mode}});
      sink.put(kGuest, fields.number() / kTicksPerSecond, {{"cpu", cpu}, {"mode", "user"}});
      sink.put(kGuest, fields.number() / kTicksPerSecond, {{"cpu", cpu}, {"mode", "nice"}});
    } else if (key == "intr") {
      sink.put({"node_intr_total", kCounter, "Total number of interrupts serviced."}, fields.number());
    } else if (key == "ctxt") {
      sink.put({"node_context_switches_total", kCounter, "Total number of context switches."}, fields.number());
    } else if (key == "processes") {
      sink.put({"node_forks_total", kCounter, "Total number of forks."}, fields.number());
    } else if (key == "btime") {
      sink.put({"node_boot_time_seconds", MetricType::gauge, "Node boot time, in unixtime."}, fields.number());
    } else if (key == "procs_running") {
      sink.put({"node_procs_running", MetricType::gauge, "Number of processes in runnable state."}, fields.number());
    } else if (key == "procs_blocked") {
      sink.put({"node_procs_blocked", MetricType::gauge, "Number of processes blocked waiting for I/O to complete."}, fields.number());
    }
  }
}

void read_loadavg(std::string_view text, HostSink& sink) {
  if (text.empty()) return;
  Fields fields(text);
  sink.put({"node_load1", MetricType::gauge, "1m load average."}, fields.number());
  sink.put({"node_load5", MetricType::gauge, "5m load average."}, fields.number());
  sink.put({"node_load15", MetricType::gauge, "15m load average."}, fields.number());
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=404333432": microseconds.
void read_pressure(std::string_view resource, std::string_view text, HostSink& sink) {
  for (Lines lines(text); lines.next();) {
    const auto line = lines.line();
    const auto at = line.find("total=");
    if (at == line.npos) continue;
    const double seconds = Fields::to_number(line.substr(at + 6)) / 1e6;
    const bool some = line.starts_with("some");
    if (resource == "cpu" && some)
      sink.put({"node_pressure_cpu_waiting_seconds_total", kCounter, "Total time in seconds that processes have waited for CPU time"}, seconds);
    else if (resource == "io" && some)
      sink.put({"node_pressure_io_waiting_seconds_total", kCounter, "Total time in seconds that processes have waited due to IO congestion"}, seconds);
    else if (resource == "io")
      sink.put({"node_pressure_io_stalled_seconds_total", kCounter, "Total time in seconds no process could make progress due to IO congestion"}, seconds);
    else if (resource == "memory" && some)
      sink.put({"node_pressure_memory_waiting_seconds_total", kCounter, "Total time in seconds that processes have waited for memory"}, seconds);
    else if (resource == "memory")
      sink.put({"node_pressure_memory_stalled_seconds_total", kCounter, "Total time in seconds no process could make progress due to memory congestion"}, seconds);
    else if (resource == "irq" && !some)
      sink.put({"node_pressure_irq_stalled_seconds_total", kCounter, "Total time in seconds no process could make progress due to IRQ congestion"}, seconds);
  }
}

}  // namespace pharos::scrape::host

#include <map>

#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {
namespace {
constexpr std::size_t kProcessesMax = 8192;  // looked at; beyond, the counts say too little, and the round stays cheap
}

void read_processes(HostFiles& files, HostSink& sink) {
  std::map<std::string, double> states;
  double processes = 0, threads = 0;
  std::size_t looked_at = 0;
  for (const auto& name : files.list("/proc")) {
    if (name.find_first_not_of("0123456789") != name.npos || looked_at++ == kProcessesMax) continue;
    // "42 (name, which may hold anything) S …": the state stands behind the last parenthesis, threads 17 fields on.
    const auto text = files.read("/proc/" + name + "/stat");
    const auto end = text.rfind(')');
    if (end == text.npos) continue;
    Fields fields(text.substr(end + 1));
    states[std::string(fields.next().substr(0, 1))] += 1;
    fields.skip(16);
    threads += fields.number();
    processes += 1;
  }
  if (processes == 0) return;
  constexpr auto kGauge = MetricType::gauge;
  for (const auto& [state, count] : states) sink.put({"node_processes_state", kGauge, "Number of processes in each state."}, count, {{"state", state}});
  sink.put({"node_processes_pids", kGauge, "Number of PIDs"}, processes);
  sink.put({"node_processes_threads", kGauge, "Allocated threads in system"}, threads);
  if (const auto text = files.read("/proc/sys/kernel/threads-max"); !text.empty())
    sink.put({"node_processes_max_threads", kGauge, "Limit of threads in the system"}, Fields::to_number(text));
  if (const auto text = files.read("/proc/sys/kernel/pid_max"); !text.empty())
    sink.put({"node_processes_max_processes", kGauge, "Number of max PIDs limit"}, Fields::to_number(text));
}

}  // namespace pharos::scrape::host

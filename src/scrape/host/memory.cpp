#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"

namespace pharos::scrape::host {

// "Active(anon):    1508 kB" → node_memory_Active_anon_bytes; lines without unit are counts.
void read_meminfo(std::string_view text, HostSink& sink) {
  std::string name;
  for (Lines lines(text); lines.next();) {
    const auto line = lines.line();
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    Fields fields(line.substr(colon + 1));
    double value = fields.number();
    const bool kilobytes = fields.next() == "kB";
    name = "node_memory_";
    for (const char c : line.substr(0, colon)) {
      if (c == '(') name += '_';
      else if (c != ')') name += c;
    }
    if (kilobytes) name += "_bytes", value *= 1024;
    sink.put({name, MetricType::gauge, "Memory information field %.", std::string_view(name).substr(12)}, value);
  }
}

void read_vmstat(std::string_view text, HostSink& sink) {
  std::string name;
  for (Lines lines(text); lines.next();) {
    Fields fields(lines.line());
    const auto field = fields.next();
    const bool fault = field.starts_with("pg") && field.find("fault") != field.npos;
    if (!(fault || field.starts_with("oom_kill") || field.starts_with("pgpg") || field.starts_with("pswp"))) continue;
    name = "node_vmstat_";
    name += field;
    sink.put({name, MetricType::unknown, "/proc/vmstat information field %.", field}, fields.number());
  }
}

}  // namespace pharos::scrape::host

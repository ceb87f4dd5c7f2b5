// Writes the catalogue of DWCP's metrics from their definitions.
//   dwcp-catalogue > packs/dwcp/metrics.md      for people
//   dwcp-catalogue --tsv                        name, type, set, labels, bounds: for checks
#include <charconv>
#include <cstdio>
#include <string>

#include <pharos/dwcp/metrics.hpp>

using namespace pharos::client;

namespace {

constexpr const char* kTypes[] = {"counter", "gauge", "histogram", "summary"};

struct Heading {
  const char* set;
  const char* title;
};
constexpr Heading kHeadings[] = {
    {"systems", "The six production systems"},
    {"traffic", "Traffic: canary and baseline"},
    {"phase1", "Phase 1: AMST, HDE, migration, federation, system"},
    {"phase3", "Phase 3: collector, boards, anomalies"},
    {"components", "Phase 3: components"},
    {"platform", "The platform, tracing and detectors"},
    {"phase6", "Phase 6: as emitted"},
    {"phase6_boards", "Phase 6: as rules and boards name it"},
    {"operations", "The interpretation guide"},
    {"derived", "What watches, rules and operations conclude"},
    {"companions", "Limits, other halves and other spellings"},
};

// What rules, boards and runbooks read that no definition of ours describes.
struct Outside {
  const char* name;
  const char* type;
  const char* labels;
  const char* from;
};
constexpr Outside kOutside[] = {
    {"up", "gauge", "`job` `instance`", "each scrape: 1 when it worked"},
    {"scrape_duration_seconds", "gauge", "`job` `instance`", "each scrape"},
    {"scrape_timeout_seconds", "gauge", "`job` `instance`", "each scrape"},
    {"scrape_samples_scraped", "gauge", "`job` `instance`", "each scrape"},
    {"ALERTS", "gauge", "`alertname` `alertstate` and the alert's", "rules"},
    {"ALERTS_FOR_STATE", "gauge", "`alertname` and the alert's", "rules: Unix time since when"},
    {"node_memory_MemAvailable_bytes", "gauge", "`instance`", "node_exporter"},
    {"node_memory_MemTotal_bytes", "gauge", "`instance`", "node_exporter"},
    {"node_filesystem_avail_bytes", "gauge", "`device` `fstype` `mountpoint`", "node_exporter"},
    {"node_filesystem_size_bytes", "gauge", "`device` `fstype` `mountpoint`", "node_exporter"},
    {"node_network_receive_drop_total", "counter", "`device`", "node_exporter"},
    {"node_network_transmit_drop_total", "counter", "`device`", "node_exporter"},
    {"container_cpu_usage_seconds_total", "counter", "`pod`", "cAdvisor"},
    {"container_memory_working_set_bytes", "gauge", "`pod`", "cAdvisor"},
    {"container_spec_memory_limit_bytes", "gauge", "`pod`", "cAdvisor; 0 without a limit"},
    {"process_resident_memory_bytes", "gauge", "`job`", "every client library"},
    {"dwcp_latency_seconds", "histogram", "`operation`", "services of job dwcp-v3"},
    {"dwcp_bytes_transferred_total", "counter", "`direction`", "services of job dwcp-v3"},
    {"alertmanager_alerts_received_total", "counter", "`status`", "the alert router"},
    {"prometheus_notifications_dropped_total", "counter", "", "the rule evaluator"},
    {"prometheus_target_interval_length_seconds", "summary", "`interval`", "Prometheus"},
    {"prometheus_target_scrapes_exceeded_sample_limit_total", "counter", "", "the scraper"},
    {"prometheus_target_scrapes_sample_duplicate_timestamp_total", "counter", "", "the scraper"},
    {"prometheus_tsdb_head_samples_appended_total", "counter", "`type`", "Prometheus"},
};

// Pharos about itself, beside the names under which plans of DWCP ask for it.
struct OfPharos {
  const char* asked;
  const char* exported;
};
constexpr OfPharos kOfPharos[] = {
    {"pharos_ingest_samples_total", "pharos_ingest_samples_total"},
    {"pharos_ingest_rejected_total", "pharos_ingest_rejected_total"},
    {"pharos_series_active", "pharos_head_series"},
    {"pharos_storage_bytes", "pharos_store_part_bytes"},
    {"pharos_query_seconds", "pharos_query_duration_seconds"},
    {"pharos_rule_evaluation_seconds", "prometheus_rule_group_duration_seconds"},
    {"pharos_notifications_total", "alertmanager_notifications_total"},
    {"pharos_alert_latency_seconds", "alertmanager_notification_latency_seconds"},
    {"pharos_cardinality_limited_total", "pharos_head_samples_rejected_total"},
    {"pharos_collection_cycle_seconds", "scrape_duration_seconds"},
};

std::string number(double value) {
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general).ptr};
}
std::string joined_labels(const Definition& d, const char* around, const char* between) {
  std::string text;
  for (std::uint32_t i = 0; i < d.label_count; ++i)
    text.append(i ? between : "").append(around).append(d.labels[i]).append(around);
  return text;
}
std::string joined_bounds(const Definition& d) {
  std::string text;
  for (std::uint32_t i = 0; i < d.bounds.size; ++i)
    text.append(i ? " " : "").append(number(d.bounds.data[i]));
  return text;
}

void markdown() {
  std::size_t total = 0, companions = 0;
  for (const auto& entry : dwcp::kCatalogue) {
    ++total;
    companions += std::string_view(entry.set) == "companions";
  }
  std::printf(
      "# DWCP's metrics\n\nWritten by `dwcp-catalogue` from `include/pharos/dwcp/sets/`: change "
      "the definitions, not this page.\n"
      "%zu names, %zu of them limits, other halves and other spellings. A histogram has `_bucket`, "
      "`_sum` and `_count` series;\n"
      "those marked T keep exemplars.\n",
      total, companions);
  for (const auto& heading : kHeadings) {
    std::printf("\n## %s\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
                heading.title);
    for (const auto& entry : dwcp::kCatalogue) {
      const Definition& d = entry.definition;
      if (std::string_view(entry.set) != heading.set) continue;
      std::string help = d.help;
      if (d.bounds.size) help += " Buckets: " + joined_bounds(d) + ".";
      std::printf("| `%s` | %s%s | %s | %s | %s |\n", d.name, kTypes[static_cast<unsigned>(d.type)],
                  d.exemplars ? " T" : "", entry.unit, joined_labels(d, "`", " ").c_str(),
                  help.c_str());
    }
  }
  std::printf("\n## Names that came together\n\n| name | the uses | how |\n|---|---|---|\n");
  for (const auto& united : dwcp::kUnited)
    std::printf("| `%s` | %s | %s |\n", united.name, united.was, united.reason);
  std::printf(
      "\n## From outside\n\nOther programs' metrics that rules, boards and runbooks read.\n\n"
      "| name | type | labels | from |\n|---|---|---|---|\n");
  for (const auto& one : kOutside)
    std::printf("| `%s` | %s | %s | %s |\n", one.name, one.type, one.labels, one.from);
  std::printf("\n## Pharos about itself\n\n| asked for as | exported as |\n|---|---|\n");
  for (const auto& one : kOfPharos) std::printf("| %s | `%s` |\n", one.asked, one.exported);
}

void tsv() {
  for (const auto& entry : dwcp::kCatalogue) {
    const Definition& d = entry.definition;
    std::printf("%s\t%s\t%s\t%s\t%s\n", d.name, kTypes[static_cast<unsigned>(d.type)], entry.set,
                joined_labels(d, "", ",").c_str(), joined_bounds(d).c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 || (argc == 2 && std::string_view(argv[1]) != "--tsv")) {
    std::fputs("usage: dwcp-catalogue [--tsv]\n", stderr);
    return 2;
  }
  argc == 2 ? tsv() : markdown();
}

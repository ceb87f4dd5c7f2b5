// The table of DWCP's metrics and the instruments on top of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "pharos/dwcp/instruments.hpp"

namespace pharos::client {
namespace {

using testing::HasSubstr;

TEST(Catalogue, HasEveryNameOnceAndNoneThatPrometheusWouldRefuse) {
  std::set<std::string> names;
  std::map<std::string, int> sets;
  for (const auto& entry : dwcp::kCatalogue) {
    EXPECT_TRUE(names.insert(entry.definition.name).second) << entry.definition.name;
    EXPECT_TRUE(detail::valid(entry.definition)) << entry.definition.name;
    EXPECT_NE(std::string(entry.definition.help), "");
    EXPECT_EQ(entry.definition.type == Type::histogram, entry.definition.bounds.size > 0)
        << entry.definition.name;
    ++sets[entry.set];
  }
  // By set: what the sources list, without repeats; phase 3 has one name of its own (see kUnited).
  const std::map<std::string, int> expected{
      {"systems", 71},    {"traffic", 3},   {"phase1", 21},    {"phase3", 21},
      {"components", 74}, {"platform", 50}, {"phase6", 49},    {"phase6_boards", 47},
      {"operations", 20}, {"derived", 39},  {"companions", 18}};
  EXPECT_EQ(sets, expected);
  EXPECT_EQ(names.size(), 394U + 1 + 18);
  for (const auto& united : dwcp::kUnited) EXPECT_EQ(names.count(united.name), 1U) << united.name;
}

// OpenMetrics names a counter's family without _total: no other family may have that name.
TEST(Catalogue, NoTwoFamiliesMeetInOpenMetrics) {
  std::set<std::string> families;
  for (const auto& entry : dwcp::kCatalogue) {
    std::string name = entry.definition.name;
    if (entry.definition.type == Type::counter && name.size() > 6 &&
        name.substr(name.size() - 6) == "_total")
      name.resize(name.size() - 6);
    EXPECT_TRUE(families.insert(name).second) << name;
  }
}

TEST(Catalogue, PhaseOneHasItsExactLabelsAndBuckets) {
  using Row = std::tuple<const char*, Type, std::string, std::vector<double>>;
  const std::vector<Row> rows{
      {"dwcp_amst_streams_active", Type::gauge, "cluster node", {}},
      {"dwcp_amst_streams_total", Type::counter, "cluster node result", {}},
      {"dwcp_amst_bytes_sent_total", Type::counter, "cluster node stream_id", {}},
      {"dwcp_amst_bytes_received_total", Type::counter, "cluster node stream_id", {}},
      {"dwcp_amst_errors_total", Type::counter, "cluster node error_type", {}},
      {"dwcp_amst_latency_seconds",
       Type::histogram,
       "cluster node operation",
       {0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048}},
      {"dwcp_amst_bandwidth_utilization_percent", Type::gauge, "cluster node", {}},
      {"dwcp_hde_compression_ratio",
       Type::histogram,
       "cluster node data_type",
       {1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50}},
      {"dwcp_hde_operations_total", Type::counter, "cluster node operation result", {}},
      {"dwcp_hde_delta_hit_rate_percent", Type::gauge, "cluster node", {}},
      {"dwcp_hde_baseline_count", Type::gauge, "cluster node baseline_type", {}},
      {"dwcp_hde_dictionary_efficiency_percent", Type::gauge, "cluster node", {}},
      {"dwcp_hde_bytes_original_total", Type::counter, "cluster node data_type", {}},
      {"dwcp_hde_bytes_compressed_total", Type::counter, "cluster node data_type", {}},
      {"dwcp_migration_duration_seconds",
       Type::histogram,
       "cluster source_node dest_node dwcp_enabled",
       {1, 2, 4, 8, 16, 32, 64, 128, 256, 512}},
      {"dwcp_migration_speedup_factor", Type::gauge, "cluster vm_type", {}},
      {"dwcp_federation_sync_duration_seconds",
       Type::histogram,
       "cluster remote_cluster sync_type",
       {0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12}},
      {"dwcp_federation_bandwidth_saved_bytes_total", Type::counter, "cluster remote_cluster", {}},
      {"dwcp_system_component_health", Type::gauge, "cluster node component", {}},
      {"dwcp_system_config_enabled", Type::gauge, "cluster node feature", {}},
      {"dwcp_system_version_info", Type::gauge, "cluster version git_commit build_date", {}},
  };
  std::vector<Row> found;
  for (const auto& entry : dwcp::kCatalogue) {
    if (std::string_view(entry.set) != "phase1") continue;
    const Definition& d = entry.definition;
    std::string labels;
    for (std::uint32_t i = 0; i < d.label_count; ++i)
      labels += (i ? " " : "") + std::string(d.labels[i]);
    found.emplace_back(d.name, d.type, labels,
                       std::vector<double>(d.bounds.data, d.bounds.data + d.bounds.size));
  }
  ASSERT_EQ(found.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_STREQ(std::get<0>(found[i]), std::get<0>(rows[i]));
    EXPECT_EQ(std::get<1>(found[i]), std::get<1>(rows[i])) << std::get<0>(rows[i]);
    EXPECT_EQ(std::get<2>(found[i]), std::get<2>(rows[i])) << std::get<0>(rows[i]);
    EXPECT_EQ(std::get<3>(found[i]), std::get<3>(rows[i])) << std::get<0>(rows[i]);
  }
}

TEST(Instruments, PhaseOneIsOnThePageFromTheFirstScrapeAtZero) {
  Registry registry;
  const dwcp::Instruments dwcp{"c", "n", registry};
  const std::string page = render(registry);
  for (const char* line :
       {"dwcp_amst_streams_total{cluster=\"c\",node=\"n\",result=\"failure\"} 0\n",
        "dwcp_amst_bytes_sent_total{cluster=\"c\",node=\"n\",stream_id=\"15\"} 0\n",
        "dwcp_hde_operations_total{cluster=\"c\",node=\"n\",operation=\"decode\",result="
        "\"failure\"} 0\n",
        "dwcp_amst_latency_seconds_count{cluster=\"c\",node=\"n\",operation=\"close\"} 0\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(Instruments, SayOneEventInAllItsMetrics) {
  Registry registry;
  const dwcp::Hde hde{registry, "c", "n"};
  hde.encoded(dwcp::DataType::disk, 4000, 1000, true);
  hde.encoded(dwcp::DataType::disk, 4000, 500, false);
  hde.encoded(dwcp::DataType::disk, 4000, 0, false);  // no ratio of nothing
  const dwcp::Manager manager{registry, "v3", "eu"};
  manager.breaker("api", dwcp::Breaker::closed, dwcp::Breaker::open);
  manager.breaker("api", dwcp::Breaker::open, dwcp::Breaker::half_open);
  manager.breaker("api", dwcp::Breaker::half_open, dwcp::Breaker::closed);
  manager.status(dwcp::Component::hde, dwcp::Health::degraded);
  const dwcp::V3 v3{registry, "n"};
  v3.switched(dwcp::Mode::datacenter, dwcp::Mode::hybrid);
  v3.migrated("eu", "us", "large", dwcp::Mode::hybrid, 4, false);
  const dwcp::Region region{registry, "eu"};
  region.operation("place").failed(12);
  const std::string page = render(registry);
  for (
      const char* line :
      {"dwcp_hde_bytes_original_total{cluster=\"c\",node=\"n\",data_type=\"disk\"} 12000\n",
       "dwcp_hde_compression_ratio_sum{cluster=\"c\",node=\"n\",data_type=\"disk\"} 12\n",
       "dwcp_hde_compression_ratio_count{cluster=\"c\",node=\"n\",data_type=\"disk\"} 2\n",
       "dwcp_circuit_breaker_state{circuit=\"api\",name=\"api\",version=\"v3\"} 0\n",
       "dwcp_circuit_breaker_trips_total{circuit=\"api\",version=\"v3\"} 1\n",
       "dwcp_circuit_breaker_resets_total{circuit=\"api\",version=\"v3\"} 1\n",
       "dwcp_component_status{component=\"hde\",status=\"degraded\",version=\"v3\"} 1\n",
       "dwcp_component_status{component=\"hde\",status=\"healthy\",version=\"v3\"} 0\n",
       "dwcp_v3_mode_switches_total{node_id=\"n\",from_mode=\"datacenter\",to_mode=\"hybrid\"} 1\n",
       "dwcp_v3_current_mode{node_id=\"n\"} 2\n",
       "dwcp_v3_migration_success_total{node_id=\"n\",mode=\"hybrid\"} 0\n",
       "dwcp_v3_migration_duration_seconds_count{node_id=\"n\",mode=\"hybrid\"} 1\n",
       "dwcp_requests_total{region=\"eu\",operation=\"place\",status=\"error\",version=\"v3\"} 1\n",
       "dwcp_errors_total{region=\"eu\",operation=\"place\",error_type=\"internal\",type="
       "\"internal\",version=\"v3\"} 1\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(Instruments, OfTheComponentsAndThePlatformToo) {
  Registry registry;
  const dwcp::CircuitBreaker breaker{registry, "db"};
  breaker.called(false, 0.2);
  breaker.changed(dwcp::Circuit::closed, dwcp::Circuit::open);
  breaker.rejected();
  const dwcp::Retry retry{registry, "slow"};
  for (unsigned n = 1; n <= 6; ++n) retry.tried(n, 0.01);
  const dwcp::ErrorBudget budget{registry, "api"};
  for (double share : {0.5, 1.2, 1.3}) budget.spent(share);
  const dwcp::Bulkhead bulkhead{registry, "pool"};
  const dwcp::Conflicts conflicts{registry};
  conflicts.detected("write", "high", "vm-1", 2);
  conflicts.resolved("last_writer", true, 5);
  const dwcp::Pba pba{registry};
  pba.measured(940, 3, 0.001, 0.2);
  const dwcp::AmstPeer peer{registry, "rdma", "node-2"};
  peer.checked(true, 0.01);
  const dwcp::Incidents incidents{registry};
  incidents.detected(8);
  incidents.resolved(90, true);
  incidents.resolved(900, false);
  const dwcp::VirtualMachine machine{registry, "vm-1", "web", "t1", "n1"};
  machine.uses(40, 1e9, 2e9);
  dwcp::StorageTier{registry, "hot", "n1"}.took(true, 0.002);
  dwcp::Host{registry, "n1"}.load(1, 2, 3);
  dwcp::HostMigrations{registry}.finished("n1", "n2", "live", true, 12);
  const auto tracing = std::make_shared<dwcp::TracingMetrics>(registry, nullptr);
  const Tracer tracer{"s", Sampling{}, tracing};
  for (int i = 0; i < 3; ++i) Span span = tracer.start("x");
  tracing->observe(tracer);
  std::string page;
  {
    const InFlight inside = bulkhead.enter();
    page = render(registry);
  }
  for (const char* line :
       {"circuit_breaker_requests_total{name=\"db\",result=\"rejected\"} 1\n",
        "circuit_breaker_state{name=\"db\"} 2\n",
        "circuit_breaker_state_changes_total{name=\"db\",from_state=\"closed\",to_state=\"open\"} "
        "1\n",
        "retry_attempts_total{policy=\"slow\",attempt=\"more\"} 3\n",
        "error_budget_exhausted_total{budget=\"api\"} 1\n",
        "error_budget_remaining{budget=\"api\"} 0\n", "bulkhead_concurrent{bulkhead=\"pool\"} 1\n",
        "dwcp_pending_conflicts_count 0\n",
        "dwcp_strategy_usage_total{strategy=\"last_writer\"} 1\n", "dwcp_pba_sample_count 1\n",
        "auto_remediation_rate 0.5\n",
        "novacron_amst_health_status{transport_type=\"rdma\",remote_addr=\"node-2\"} 1\n",
        "novacron_vm_cpu_usage_percent{vm_id=\"vm-1\",vm_name=\"web\",tenant_id=\"t1\",node_id="
        "\"n1\"} 40\n",
        "novacron_storage_latency_seconds_count{tier=\"hot\",node_id=\"n1\",operation=\"write\"} "
        "1\n",
        "novacron_system_load_average{node_id=\"n1\",period=\"15m\"} 3\n",
        "tracing_spans_created_total 3\n", "tracing_spans_finished_total 3\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  EXPECT_THAT(render(registry), HasSubstr("bulkhead_concurrent{bulkhead=\"pool\"} 0\n"));
}

TEST(Instruments, EveryNameIsFoundAtRunTime) {
  Registry registry;
  dwcp::define_all(registry);
  const auto before =
      problems(Problem::unknown) + problems(Problem::conflict) + problems(Problem::definition);
  for (const auto& entry : dwcp::kCatalogue)
    EXPECT_EQ(registry.find(entry.definition.name, entry.definition.type).name(),
              entry.definition.name);
  EXPECT_EQ(
      problems(Problem::unknown) + problems(Problem::conflict) + problems(Problem::definition),
      before);
}

}  // namespace
}  // namespace pharos::client

// Every metric of DWCP, once: what the instruments here, the simulator and the catalogue are made
// of.
//
//   dwcp::metrics::dwcp_amst_streams_total                    a constexpr Metric<Type::counter, 3>
//   series(registry, dwcp::metrics::dwcp_amst_streams_total, "c1", "n1", "success").add();
//   for (const dwcp::Entry& entry : dwcp::kCatalogue) …       all of them, in the order of the sets
//
// A name is its identifier, so a wrong one does not compile. A row of sets/*.def is
//   PHAROS_COUNTER(name, component, unit, help, (labels))
//   PHAROS_GAUGE(name, component, unit, help, (labels))
//   PHAROS_HISTOGRAM(name, component, unit, bounds, help, (labels))
//   PHAROS_TRACED(…)                                          a histogram that keeps exemplars
#pragma once
#include "pharos/definition.hpp"

namespace pharos::client::dwcp {

namespace bounds {
inline constexpr auto k1Us15 = exponential<15>(0.000001, 2);
inline constexpr auto k100Us10 = exponential<10>(0.0001, 2);
inline constexpr auto k100Us15 = exponential<15>(0.0001, 2);
inline constexpr auto k1Ms10 = exponential<10>(0.001, 2);
inline constexpr auto k1Ms12 = exponential<12>(0.001, 2);
inline constexpr auto k1Ms15 = exponential<15>(0.001, 2);
inline constexpr auto k10Ms10 = exponential<10>(0.01, 2);
inline constexpr auto k1S10 = exponential<10>(1, 2);
inline constexpr auto k1S12 = exponential<12>(1, 2);
inline constexpr auto k10S10 = exponential<10>(10, 2);
inline constexpr auto k30S10 = exponential<10>(30, 2);
inline constexpr auto k1Min10 = exponential<10>(60, 2);
inline constexpr auto k1Min12 = exponential<12>(60, 2);
inline constexpr auto kMinutes20 = linear<20>(60, 60);
// Written out: 1e-6 times ten again and again is not 1e-5 to the last bit.
inline constexpr std::array<double, 10> kDecades{1e-6, 1e-5, 1e-4, 1e-3, 0.01,
                                                 0.1,  1,    10,   100,  1000};
inline constexpr std::array<double, 7> kRecovery{0.1, 0.5, 1, 2, 5, 10, 30};
inline constexpr std::array<double, 11> kRatios{1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50};
inline constexpr std::array<double, 12> kMigration{0.01, 0.05, 0.1, 0.25, 0.5, 1,
                                                   2.5,  5,    10,  30,   60,  120};
inline constexpr std::array<double, 5> kMillis10{0.1, 0.5, 1, 5, 10};
inline constexpr std::array<double, 7> kMillis100{0.1, 0.5, 1, 5, 10, 50, 100};
inline constexpr std::array<double, 6> kMillis500{1, 5, 10, 50, 100, 500};
inline constexpr std::array<double, 7> kMillis1000{1, 5, 10, 50, 100, 500, 1000};
inline constexpr std::array<double, 7> kMillis10000{10, 50, 100, 500, 1000, 5000, 10000};
inline constexpr std::array<double, 7> kMillisPrediction{1, 2, 5, 10, 20, 50, 100};
inline constexpr auto kMicros = exponential<10>(5, 2);
}  // namespace bounds

namespace detail {
template <class... L>
constexpr std::array<const char*, sizeof...(L) ? sizeof...(L) : 1> labels(L... names) {
  return {names...};
}
template <class... L>
constexpr std::size_t count(L...) {
  return sizeof...(L);
}
template <Type T, std::size_t N>
constexpr Metric<T, N> make(const char* name, const char* help, Range range, bool exemplars,
                            std::array<const char*, N ? N : 1> names) {
  Definition d;
  d.type = T;
  d.name = name;
  d.help = help;
  d.bounds = range;
  d.exemplars = exemplars;
  return {d, names};
}
}  // namespace detail

namespace metrics {
using namespace bounds;  // NOLINT: the rows name them
using client::kSeconds;

#define PHAROS_COUNTER(name, component, unit, help, list)                       \
  inline constexpr auto name = detail::make<Type::counter, detail::count list>( \
      #name, help, {}, false, detail::labels list);
#define PHAROS_GAUGE(name, component, unit, help, list) \
  inline constexpr auto name =                          \
      detail::make<Type::gauge, detail::count list>(#name, help, {}, false, detail::labels list);
#define PHAROS_HISTOGRAM(name, component, unit, range, help, list)                \
  inline constexpr auto name = detail::make<Type::histogram, detail::count list>( \
      #name, help, range, false, detail::labels list);
#define PHAROS_TRACED(name, component, unit, range, help, list)                   \
  inline constexpr auto name = detail::make<Type::histogram, detail::count list>( \
      #name, help, range, true, detail::labels list);
#include "pharos/dwcp/sets/all.def"
}  // namespace metrics

struct Entry {
  Definition definition;
  const char* set;  // the name of its file in sets/
  const char* component;
  const char* unit;  // in words
};

#undef PHAROS_COUNTER
#undef PHAROS_GAUGE
#undef PHAROS_HISTOGRAM
#undef PHAROS_TRACED
#define PHAROS_COUNTER(name, component, unit, help, list) \
  Entry{metrics::name.definition(), PHAROS_SET, component, unit},
#define PHAROS_GAUGE(name, component, unit, help, list) \
  Entry{metrics::name.definition(), PHAROS_SET, component, unit},
#define PHAROS_HISTOGRAM(name, component, unit, range, help, list) \
  Entry{metrics::name.definition(), PHAROS_SET, component, unit},
#define PHAROS_TRACED(name, component, unit, range, help, list) \
  Entry{metrics::name.definition(), PHAROS_SET, component, unit},
inline constexpr Entry kCatalogue[] = {
#include "pharos/dwcp/sets/all.def"
};
#undef PHAROS_COUNTER
#undef PHAROS_GAUGE
#undef PHAROS_HISTOGRAM
#undef PHAROS_TRACED
#undef PHAROS_SET

// Names that DWCP's parts use for different things: one family with all their labels where that can
// be, a name of its own for one of them where it cannot.
struct United {
  const char* name;
  const char* was;  // the uses that came together, or the one that has another name
  const char* reason;
};
inline constexpr United kUnited[] = {
    {"dwcp_requests_total", "manager {operation, status, version}; phase 3 {region, operation}",
     "one family, all labels, each request counted once"},
    {"dwcp_errors_total", "manager {type, version}; phase 3 {region, operation, error_type}",
     "one family, all labels; type and error_type carry the same kind"},
    {"dwcp_memory_usage_bytes", "manager {type, version}; phase 3 {region}",
     "one family, all labels; sum over type for a region's total"},
    {"dwcp_recovery_attempts_total",
     "manager {component, success, version}; conflict engine {type, result}",
     "one family, all labels; success is true or false, result says the same in words"},
    {"dwcp_circuit_breaker_state",
     "manager {circuit, version}: 1 open, 2 half-open; aggregator {name}: 1 half-open, 2 open",
     "one family, all labels, name equals circuit, with the manager's scale; the other scale is "
     "circuit_breaker_state's"},
    {"dwcp_region_migration_duration_seconds", "phase 3's dwcp_migration_duration_seconds {region}",
     "phase 1's labels of dwcp_migration_duration_seconds are fixed, so phase 3's has a name of "
     "its own"},
};

}  // namespace pharos::client::dwcp

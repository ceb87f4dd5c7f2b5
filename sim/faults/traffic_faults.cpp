// Requests, the canary and the rollout.
#include "sim/faults/fault_tables.hpp"

namespace pharos::sim {

std::span<const FaultKind> traffic_faults() {
  using enum Knob;
  static const FaultKind kTable[] = {
      {.name = "bad_canary",
       .cause = "the canary answers 0.2 to 50 % of its requests with errors",
       .scope = Scope::version,
       .pushes = {{request_errors, 0.002, 0.5}},
       .component = "traffic",
       .cures = kFlagOff | kWeightZero},
      {.name = "latency_regression",
       .cause = "the new version is several times slower",
       .scope = Scope::version,
       .pushes = {{request_latency, 2.5, 12}},
       .component = "traffic",
       .cures = kFlagOff | kWeightZero},
      {.name = "throughput_regression",
       .cause = "the new version moves fewer bytes",
       .scope = Scope::version,
       .pushes = {{version_throughput, 0.6, 0.1}},
       .component = "amst",
       .cures = kFlagOff | kWeightZero},
      {.name = "request_errors",
       .cause = "requests of all regions fail",
       .scope = Scope::fleet,
       .pushes = {{region_errors, 0.07, 0.6}},
       .component = "traffic"},
      {.name = "request_latency",
       .cause = "requests of all regions take long",
       .scope = Scope::fleet,
       .pushes = {{region_latency, 6, 60}},
       .component = "traffic"},
      {.name = "retry_storm",
       .cause = "clients try again, which makes it worse",
       .scope = Scope::region,
       .pushes = {{request_retries, 1, 5}, {region_errors, 0.06, 0.4}, {region_latency, 1.5, 6}},
       .component = "traffic"},
      {.name = "traffic_surge",
       .cause = "a region gets many times its usual requests",
       .scope = Scope::region,
       .pushes = {{request_load, 3, 8}},
       .component = "traffic"},
      {.name = "connection_loss",
       .cause = "clients of a region cannot connect",
       .scope = Scope::region,
       .pushes = {{request_load, 0, 0}},
       .component = "traffic"},
      {.name = "rollout_stuck",
       .cause = "a stage of the rollout does not end",
       .scope = Scope::fleet,
       .pushes = {{rollout_stuck, 1, 1}}},
  };
  return kTable;
}

}  // namespace pharos::sim

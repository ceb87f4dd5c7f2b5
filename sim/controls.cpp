#include "sim/controls.hpp"

#include <algorithm>

namespace pharos::sim {
namespace {

constexpr double kRestartSeconds = 20;
constexpr std::string_view kActions[] = {"weight", "flag", "restart", "drain", "isolate"};
constexpr std::string_view kFlags[] = {
    "dwcp-v3", "amst", "hde", "pba", "acp", "ass", "itp", "rdma", "compression-selector", "maddpg"};

// A bare name is a version, a node, a region or a component, whichever knows it.
Result<FaultTarget> target_of(const codec::Json& target, const Fleet& fleet) {
  if (target.kind() == codec::Json::Kind::object) return parse_target(target, fleet);
  FaultTarget out;
  if (target.kind() == codec::Json::Kind::integer) {
    out.node = TRY(fleet.find_node(std::to_string(target.integer())));
    return out;
  }
  const auto& text = target.string();
  if (text.empty()) return fail(Errc::invalid, "target is missing");
  if (const auto version = find_version(text)) {
    out.version = *version;
  } else if (const auto region = fleet.find_region(text);
             region && text.find_first_not_of("0123456789") != text.npos) {
    out.region = *region;
  } else if (const auto component = find_component(text)) {
    out.component = *component;
  } else {
    out.node = TRY(fleet.find_node(text));
  }
  return out;
}

Result<bool> switch_of(const codec::Json& value, bool otherwise) {
  using Kind = codec::Json::Kind;
  if (value.is_null()) return otherwise;
  if (value.kind() == Kind::boolean) return value.boolean();
  if (value.kind() == Kind::integer || value.kind() == Kind::real) return value.real() != 0;
  if (value.string() == "on" || value.string() == "true") return true;
  if (value.string() == "off" || value.string() == "false") return false;
  return fail(Errc::invalid, "value: expected true or false");
}

Status set_weight(World& world, const FaultTarget& target, const codec::Json& value) {
  using Kind = codec::Json::Kind;
  if (value.kind() != Kind::integer && value.kind() != Kind::real)
    return fail(Errc::invalid, "value: expected a share in 0 to 1");
  const double share = value.real();
  if (!(share >= 0 && share <= 1)) return fail(Errc::invalid, "value: a share is in 0 to 1");
  auto& controls = world.state().controls;
  if (target.version) {
    const double canary = *target.version == kCanary ? share : 1 - share;
    controls.canary_share = canary;
    FaultTarget unused;
    unused.version = canary == 0 ? kCanary : kBaseline;
    if (canary == 0 || canary == 1) world.faults().cure(kWeightZero, unused, world.seconds());
    return {};
  }
  if (!target.node) return fail(Errc::invalid, "target: weight needs a version or a node");
  controls.node_weight[*target.node] = share;
  if (share == 0) world.faults().cure(kWeightZero, target, world.seconds());
  return {};
}

Status set_flag(World& world, const codec::Json& target, const codec::Json& value) {
  std::string name = target.string();
  if (name == "v3" || name == "canary") name = "dwcp-v3";
  if (std::ranges::find(kFlags, name) == std::end(kFlags)) {
    std::string known;
    for (const auto flag : kFlags) known += (known.empty() ? "" : ", ") + std::string(flag);
    return fail(Errc::not_found, "there is no flag '" + name + "': expected one of " + known);
  }
  const bool on = TRY(switch_of(value, false));
  world.state().controls.flags[name] = on;
  if (on) return {};
  FaultTarget off;
  if (name == "dwcp-v3") {
    off.version = kCanary;
  } else if (const auto component = find_component(name)) {
    off.component = *component;
  }
  world.faults().cure(kFlagOff, off, world.seconds());
  return {};
}

Status restart(World& world, const FaultTarget& target) {
  auto& controls = world.state().controls;
  world.faults().cure(kRestart, target, world.seconds());
  if (target.node && !target.component)
    controls.restart_until[*target.node] = world.seconds() + kRestartSeconds;
  return {};
}

}  // namespace

Status control(World& world, const codec::Json& request) {
  if (request.kind() != codec::Json::Kind::object)
    return fail(Errc::invalid, "expected {action, target, value}");
  for (const auto& [key, value] : request.members())
    if (key != "action" && key != "target" && key != "value")
      return fail(Errc::invalid, "unknown key '" + key + "': expected action, target and value");
  const auto& action = request["action"].string();
  if (std::ranges::find(kActions, action) == std::end(kActions))
    return fail(Errc::invalid,
                "action '" + action + "': expected weight, flag, restart, drain or isolate");
  if (action == "flag") return set_flag(world, request["target"], request["value"]);
  const auto target = TRY(target_of(request["target"], world.fleet()));
  if (target.empty()) return fail(Errc::invalid, "target is missing");
  if (action == "weight") return set_weight(world, target, request["value"]);
  if (action == "restart") return restart(world, target);
  const auto nodes = members(target, Scope::node, world.fleet());
  if (!target.node) return fail(Errc::invalid, "target: " + action + " needs a node");
  const bool on = TRY(switch_of(request["value"], true));
  auto& controls = world.state().controls;
  if (on && action == "drain") {
    const auto left = std::ranges::count_if(world.fleet().nodes(), [&](const Node& node) {
      return node.index != *target.node && controls.node_weight[node.index] > 0 &&
             !controls.isolated[node.index];
    });
    if (left == 0) return fail(Errc::conflict, "drain: this is the last node with traffic");
  }
  for (const auto n : nodes) {
    if (action == "drain") controls.node_weight[n] = on ? 0 : 1;
    if (action == "isolate") controls.isolated[n] = on;
  }
  if (on) world.faults().cure(action == "drain" ? kDrain : kIsolate, target, world.seconds());
  return {};
}

}  // namespace pharos::sim

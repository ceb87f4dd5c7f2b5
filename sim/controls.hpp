// What an operator can do to the fleet.
#pragma once
#include <string_view>

#include "codec/json.hpp"
#include "sim/world.hpp"

namespace pharos::sim {

// {action: weight|flag|restart|drain|isolate, target, value}. The target is a name, or an object as
// in faults.
//   weight   a version's share of requests (0..1), or a node's share of its usual traffic
//   flag     a feature, on or off: dwcp-v3 (off: all requests to the old version), amst, hde, rdma
//   … restart  a node (away for 20 s), a region's control plane or a component drain    a node: no
//   traffic and no machines; value false ends it isolate  a node: out of the cluster; value false
//   ends it
// Faults that this cures end. Errors say why it cannot be done.
Status control(World& world, const codec::Json& request);

}  // namespace pharos::sim

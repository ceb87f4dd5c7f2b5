// Targets of a cluster's objects, with Prometheus' __meta_kubernetes_ labels.
#pragma once
#include <functional>
#include <string>

#include "scrape/discovery.hpp"
#include "scrape/kubernetes/objects.hpp"

namespace pharos::scrape::kubernetes {

// How an object finds those it refers to. nullptr: not there (yet).
using FindObject = std::function<const Object*(Kind kind, const std::string& key)>;

struct GroupOptions {
  bool attach_node = false, attach_namespace = false;
};

// "pod/default/web-0": the group's source.
std::string source_of(Kind kind, const std::string& key);
// Pure. Without targets when the object has none (a pod without an address).
TargetGroup group_of(Kind kind, const Object& object, const FindObject& find,
                     const GroupOptions& options);

// [a-zA-Z0-9_] stays, everything else becomes '_'.
std::string sanitized(std::string_view name);

}  // namespace pharos::scrape::kubernetes

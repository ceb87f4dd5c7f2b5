#include "rules/notify/config.hpp"

namespace pharos::rules::notify {
namespace {

// Depth first: true when this node or one below it has taken the alert.
bool collect(const Route& route, const Labels& labels, std::vector<const Route*>& out) {
  if (!matches_all(route.matchers, labels)) return false;
  bool taken = false;
  for (const auto& child : route.routes) {
    if (!collect(child, labels, out)) continue;
    taken = true;
    if (!child.continue_matching) break;
  }
  if (!taken) out.push_back(&route);
  return true;
}

}  // namespace

std::vector<const Route*> match_routes(const Route& root, const Labels& labels) {
  std::vector<const Route*> out;
  collect(root, labels, out);
  return out;
}

Labels group_labels(const Route& route, const Labels& labels) {
  return route.group_by_all ? labels : labels.keep(route.group_by);
}

// Names are never quoted here, whatever they hold: Alertmanager's receivers hash this text.
std::string group_key(const Route& route, const Labels& group_labels) {
  std::string out = route.key + ":{";
  bool first = true;
  for (const auto [name, value] : group_labels) {
    if (!first) out += ", ";
    first = false;
    out.append(name).append("=").append(go_quote(value));
  }
  return out + "}";
}

}  // namespace pharos::rules::notify

#include "rules/evaluation/active_alert.hpp"

namespace pharos::rules {

std::string_view name(AlertState state) {
  switch (state) {
    case AlertState::inactive: return "inactive";
    case AlertState::pending: return "pending";
    case AlertState::firing: return "firing";
    case AlertState::unknown: break;
  }
  return "unknown";
}

}  // namespace pharos::rules

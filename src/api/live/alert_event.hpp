// Beginnings and ends of alerts as the data of an `alerts` event.
#pragma once
#include <span>
#include <string>

#include "rules/notify/alertmanager.hpp"

namespace pharos::api::live {

// The first 500; "more" counts the rest, which the alert history has.
std::string alert_event(std::span<const rules::notify::AlertTransition> transitions);

}  // namespace pharos::api::live

// Delivery records as rows.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rules/notify/alertmanager.hpp"

namespace pharos::rules::notify {

std::string encode(const DeliveryRecord& record);
Result<DeliveryRecord> decode_delivery(std::string_view bytes);

}  // namespace pharos::rules::notify

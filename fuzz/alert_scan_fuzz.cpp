// The scanner of posted alerts against the JSON parser: what one takes the other takes, and the
// labels are the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/alertmanager/alert_scan.hpp"
#include "codec/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto scanned = api::alertmanager::scan_alerts(body);
  const auto json = codec::Json::parse(body);
  if (!scanned || !json) return 0;  // they differ in depth and in broken UTF-8
  if (scanned->alerts.size() != scanned->position.size()) __builtin_trap();
  if (!json->is_null() && scanned->alerts.size() + scanned->refused.size() != json->items().size())
    __builtin_trap();
  for (std::size_t i = 0; i < scanned->alerts.size(); ++i) {
    const auto& item = json->items().at(scanned->position[i]);
    for (const auto label : scanned->alerts[i].labels) {
      const auto* value = item["labels"].find(label.name);
      if (value == nullptr || value->string() != label.value) __builtin_trap();
    }
  }
  return 0;
}

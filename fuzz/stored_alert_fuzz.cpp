// Stored notifications that decode are encoded to the same bytes or to ones that decode alike.
#include <cstdint>
#include <cstdlib>

#include "rules/stored_alert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first =
      pharos::rules::decode_notification({reinterpret_cast<const char*>(data), size});
  if (!first) return 0;
  const auto bytes = pharos::rules::encode_notification(*first);
  const auto second = pharos::rules::decode_notification(bytes);
  if (!second || pharos::rules::encode_notification(*second) != bytes) std::abort();
  return 0;
}

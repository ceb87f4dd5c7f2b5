#include "rules/notify/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 10'000) return 0;
  const auto config = pharos::rules::notify::parse_alertmanager_config(
      {reinterpret_cast<const char*>(data), size}, "fuzz.yml");
  if (!config) return 0;
  // What may be shown is read by others, and by us.
  (void)pharos::rules::notify::parse_alertmanager_config(config->text, "fuzz.yml");
  const auto labels = pharos::Labels{{"a", "b"}, {"severity", "page"}};
  for (const auto* route : pharos::rules::notify::match_routes(config->route, labels))
    (void)pharos::rules::notify::group_key(*route,
                                           pharos::rules::notify::group_labels(*route, labels));
  for (const auto& [name, intervals] : config->intervals)
    for (const auto& interval : intervals) (void)interval.contains(pharos::Time{});
  return 0;
}

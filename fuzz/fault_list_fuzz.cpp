// Lists of faults and operators' actions as they come over HTTP, and schedules as they stand in
// files.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/json.hpp"
#include "sim/controls.hpp"
#include "sim/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  static const auto world = *sim::World::make(
      {.fleet = {.regions = 2, .nodes = 4}, .start = from_unix_millis(1'790'000'000'000)});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto json = codec::Json::parse(text)) {
    (void)sim::parse_faults(*json, world->fleet());
    (void)sim::control(*world, *json);
  }
  if (const auto yaml = codec::Yaml::parse(text, "faults.yml"))
    (void)sim::parse_faults(*yaml, world->fleet());
  return 0;
}

// Whatever an API server sends becomes objects and targets, or an error.
#include <cstdint>

#include "scrape/kubernetes/object_groups.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::scrape::kubernetes;
  if (size < 1) return 0;
  const auto kind = static_cast<Kind>(data[0] % 7);
  const auto json = pharos::codec::Json::parse({reinterpret_cast<const char*>(data) + 1, size - 1});
  if (!json) return 0;
  const auto object = parse_object(kind, *json);
  if (!object) return 0;
  // It refers to itself, where kinds agree.
  const FindObject find = [&](Kind wanted, const std::string&) {
    return wanted == kind ? &*object : nullptr;
  };
  (void)group_of(kind, *object, find, {.attach_node = true, .attach_namespace = true});
  return 0;
}

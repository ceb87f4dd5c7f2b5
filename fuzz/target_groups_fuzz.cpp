#include "scrape/discovery.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 10'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)pharos::scrape::parse_target_groups(text, data[0] % 2 == 0, "fuzz");
  return 0;
}

#include "rules/rule_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 10'000) return 0;
  const auto file =
      pharos::rules::parse_rule_file({reinterpret_cast<const char*>(data), size}, "fuzz.yml");
  (void)pharos::rules::duplicate_rules(file.groups);
  return 0;
}

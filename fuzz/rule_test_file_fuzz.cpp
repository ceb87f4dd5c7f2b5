// Unit-test files of rules: any text is a file or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rules/unit_test/test_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool lenient : {false, true}) {
    const auto file = pharos::rules::unit_test::parse_test_file(text, "t.yml", lenient);
    if (!file && file.error().message.empty()) __builtin_trap();
  }
  return 0;
}

// A dashboard that may be anything: what is found has a place in the text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "server/dashboard_lint.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto lines = 1 + std::ranges::count(text, '\n');
  for (const auto& found : pharos::server::look_at_dashboard(text).findings)
    if (found.line < 1 || found.line > lines || found.column < 1 || found.column > size + 1)
      std::abort();
  return 0;
}

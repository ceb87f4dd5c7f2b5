// The Pushgateway's paths, pages and group files.
#include <cstdint>
#include <string_view>

#include "ingest/push_group.hpp"
#include "ingest/push_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::ingest;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: (void)parse_push_path(bytes); break;
    case 1:
      if (auto families = parse_push_page("text/plain", bytes, {{"job", "j"}}, 1)) {
        PushGroup group;
        group.key = {{"job", "j"}};
        group.families = std::move(*families);
        if (!decode_push_group(encode_push_group(group))) __builtin_trap();
      }
      break;
    default: (void)decode_push_group(bytes); break;
  }
  return 0;
}

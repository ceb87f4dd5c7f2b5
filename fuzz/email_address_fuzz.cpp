#include "rules/receivers/email_message.hpp"

// No address, header or body breaks out of its place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::rules::receivers;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto addresses = email_addresses(text))
    for (const auto& address : *addresses)
      if (address.find_first_of("\r\n<> ") != address.npos) __builtin_trap();
  const auto header = encode_header(text);
  for (std::size_t i = 0; i < header.size(); ++i)
    if (header[i] == '\n' && (i + 1 == header.size() || header[i + 1] != ' ')) __builtin_trap();
  std::size_t line = 0;
  for (const char c : quoted_printable(text)) {
    line = c == '\n' ? 0 : line + 1;
    if (line > 77) __builtin_trap();
  }
  return 0;
}

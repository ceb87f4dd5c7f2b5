// Brotli decoding of arbitrary bytes: ends, stays below its bound, and says what is wrong.
#include "codec/brotli.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text =
      pharos::codec::brotli_decode({reinterpret_cast<const char*>(data), size}, 1 << 20);
  if (text ? text->size() > 1u << 20 : text.error().message.empty()) __builtin_trap();
  return 0;
}

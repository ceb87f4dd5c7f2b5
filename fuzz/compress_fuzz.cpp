// Every decompressor: the first byte chooses it, the limit holds, what comes out goes back in.
#include <cstdlib>

#include "codec/compress.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::codec;
  if (size < 1) return 0;
  constexpr std::size_t kMax = 1 << 16;
  const auto kind = static_cast<Compression>(data[0] % 6);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string out;
  if (decompress(kind, bytes, kMax, out)) {
    if (out.size() > kMax) std::abort();
    const auto back = decompress(kind, compress(kind, out), kMax);
    if (!back || *back != out) std::abort();
  }
  return 0;
}

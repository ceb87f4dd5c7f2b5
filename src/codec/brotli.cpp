#include "codec/brotli.hpp"

#include <brotli/decode.h>

#include <memory>

namespace pharos::codec {

Result<std::string> brotli_decode(std::string_view packed, std::size_t size_max) {
  const std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (!state) return fail(Errc::limit, "brotli: no memory for the decoder");
  std::string out;
  auto* next = reinterpret_cast<const std::uint8_t*>(packed.data());
  std::size_t left = packed.size();
  for (;;) {
    std::size_t room = 0;
    const auto result =
        BrotliDecoderDecompressStream(state.get(), &left, &next, &room, nullptr, nullptr);
    while (BrotliDecoderHasMoreOutput(state.get())) {
      std::size_t size = 0;
      const auto* bytes = BrotliDecoderTakeOutput(state.get(), &size);
      if (out.size() + size > size_max)
        return fail(Errc::limit, "brotli: more than " + std::to_string(size_max) + " bytes");
      out.append(reinterpret_cast<const char*>(bytes), size);
    }
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) continue;
    if (result == BROTLI_DECODER_RESULT_SUCCESS && left == 0) return out;
    if (result == BROTLI_DECODER_RESULT_SUCCESS)
      return fail(Errc::corrupt, "brotli: bytes after the end of the stream");
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
      return fail(Errc::corrupt, "brotli: the stream is cut short");
    return fail(
        Errc::corrupt,
        std::string("brotli: ") + BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state.get())));
  }
}

}  // namespace pharos::codec

// The messages of remote read and the XOR chunk.
#include <cstdint>
#include <string_view>

#include "ingest/read_messages.hpp"
#include "ingest/write_queue.hpp"
#include "ingest/xor_chunk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::ingest;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)decode_read_request(bytes);
  (void)decode_read_response(bytes, 10'000);
  pharos::SampleColumn column;
  (void)decode_xor_chunk(bytes, column);
  (void)decode_position(bytes);
  return 0;
}

// Reads every field of a message by its wire type; byte fields are tried as nested messages.
#include "codec/protobuf.hpp"

namespace {
void read(std::string_view message, int depth) {
  using pharos::codec::Wire;
  for (pharos::codec::ProtoReader in(message); in.next();) {
    switch (in.field() % 7) {
      case 0: in.varint(); break;
      case 1: in.sint64(); break;
      case 2: in.real(); break;
      case 3:
        if (depth < 10) read(in.bytes(), depth + 1);
        break;
      case 4: in.each_varint([](std::uint64_t) {}); break;
      case 5: in.each_real([](double) {}); break;
      default: break;  // skipped
    }
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read({reinterpret_cast<const char*>(data), size}, 0);
  return 0;
}

// What parses is written again and parses to the same text.
#include <cstdlib>

#include "codec/json.hpp"

namespace {
void put(pharos::codec::JsonWriter& writer, const pharos::codec::Json& json) {
  using Kind = pharos::codec::Json::Kind;
  switch (json.kind()) {
    case Kind::null: writer.null(); break;
    case Kind::boolean: writer.value(json.boolean()); break;
    case Kind::integer: writer.value(json.integer()); break;
    case Kind::real: writer.value(json.real()); break;
    case Kind::string: writer.value(std::string_view(json.string())); break;
    case Kind::array:
      writer.begin_array();
      for (const auto& item : json.items()) put(writer, item);
      writer.end_array();
      break;
    case Kind::object:
      writer.begin_object();
      for (const auto& [key, value] : json.members()) put(writer.key(key), value);
      writer.end_object();
      break;
  }
}
std::string write(const pharos::codec::Json& json) {
  std::string out;
  pharos::codec::JsonWriter writer(out);
  put(writer, json);
  return out;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = pharos::codec::Json::parse({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto text = write(*json);
  const auto again = pharos::codec::Json::parse(text);
  if (!again || write(*again) != text) std::abort();
  return 0;
}

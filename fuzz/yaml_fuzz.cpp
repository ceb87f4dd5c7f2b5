#include <algorithm>
#include <string>

#include "codec/yaml.hpp"

namespace {
// A place within a scalar lies in the file.
void place(const pharos::codec::Yaml& node, std::uint32_t lines) {
  static std::uint32_t line = 0, column = 0;
  line = line % 3 + 1;
  column = column % 17 + 1;
  const auto error = node.error_at(line, column, "x").message;
  const auto colon = error.find(':');
  if (std::stoul(error.substr(colon + 1)) > lines) __builtin_trap();
}

void visit(const pharos::codec::Yaml& node) {
  (void)node.text();
  (void)node.boolean();
  (void)node.integer();
  (void)node.real();
  (void)node.duration();
  (void)node.bytes();
  (void)node.texts();
  for (const auto& item : node.items()) visit(item);
  for (const auto& member : node.members()) visit(member.value);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 10'000) return 0;
  const auto yaml =
      pharos::codec::Yaml::parse({reinterpret_cast<const char*>(data), size}, "fuzz.yml");
  if (yaml) {
    visit(*yaml);
    std::uint32_t lines = 2;
    for (std::size_t i = 0; i < size; ++i) lines += data[i] == '\n' || data[i] == '\r';
    const auto& members = yaml->members();
    for (std::size_t i = 0; i < std::min<std::size_t>(members.size(), 20); ++i)
      place(members[i].value, lines);
  }
  return 0;
}

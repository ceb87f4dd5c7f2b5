#include "codec/yaml.hpp"

namespace {
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
  if (yaml) visit(*yaml);
  return 0;
}

#include "codec/yaml.hpp"
#include "rules/receivers/receiver_config.hpp"

// What is read is shown without secrets, and what is shown reads again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  using namespace pharos;
  const auto root =
      codec::Yaml::parse({reinterpret_cast<const char*>(data), size}, "alertmanager.yml");
  if (!root) return 0;
  const auto shown = rules::receivers::masked_text(*root);
  if (root->kind() == codec::Yaml::Kind::map && !codec::Yaml::parse(shown, "shown"))
    __builtin_trap();
  auto section = codec::YamlSection::open(*root, "global");
  if (!section) return 0;
  const auto global = rules::receivers::parse_global(*section);
  (void)rules::receivers::parse_receiver(*root,
                                         global ? *global : rules::receivers::GlobalSettings{});
  return 0;
}

// The web configuration file and http_client_config.
#include <cstdint>
#include <string_view>

#include "net/client_config.hpp"
#include "net/web_config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pharos::net::parse_web_config(text, "web.yml");
  if (const auto node = pharos::codec::Yaml::parse(text, "f.yml")) (void)pharos::net::parse_client_options(*node, "/base");
  return 0;
}

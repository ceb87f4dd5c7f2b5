#include "server/config.hpp"

// Whole configuration files; other files they name do not exist.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 10'000) return 0;
  pharos::server::LoadOptions options;
  options.expand = [](const std::string&) { return std::vector<std::string>{}; };
  options.read_file = [](const std::string& path) -> pharos::Result<std::string> {
    return pharos::fail(pharos::Errc::not_found, path);
  };
  (void)pharos::server::parse_config({reinterpret_cast<const char*>(data), size}, "fuzz.yml",
                                     options);
  return 0;
}

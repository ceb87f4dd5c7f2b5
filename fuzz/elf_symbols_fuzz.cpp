// The tables of an ELF file.
#include <cstdint>

#include "base/elf_symbols.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  const auto file = ElfFile::parse({reinterpret_cast<const char*>(data), size});
  if (!file) return 0;
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x1000}, ~std::uint64_t{0}}) {
    (void)file->function_at(address);
    (void)file->address_of(address);
  }
  return 0;
}

#include "base/elf_symbols.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace pharos {
[[gnu::noinline]] int a_function_that_is_looked_up(int x) { return x * 3 + 1; }

namespace {

std::string own_bytes() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ElfSymbols, FindsTheFunctionsOfThisProgram) {
  const auto file = ElfFile::read("/proc/self/exe");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->has_functions());
  // Where the loader has put the file: the mapping that holds the function.
  const auto at = reinterpret_cast<std::uint64_t>(&a_function_that_is_looked_up);
  std::ifstream maps("/proc/self/maps");
  std::string found;
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0, end = 0, offset = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx", &begin, &end, &offset) != 3 || at < begin || at >= end) continue;
    if (const auto address = file->address_of(at - begin + offset)) found = demangled(file->function_at(*address));
  }
  EXPECT_EQ(found, "pharos::a_function_that_is_looked_up(int)");
  EXPECT_EQ(a_function_that_is_looked_up(2), 7);
}

TEST(ElfSymbols, RefusesWhatIsNoElfFileAndSurvivesDamage) {
  EXPECT_EQ(ElfFile::parse("MZ").error().code, Errc::unsupported);
  EXPECT_EQ(ElfFile::read("/nowhere/at/all").error().code, Errc::not_found);
  const auto bytes = own_bytes();
  const auto head = bytes.substr(0, 4096);  // section headers beyond the end
  EXPECT_EQ(ElfFile::parse(head).error().code, Errc::corrupt);
}

TEST(ElfSymbols, LeavesOtherNamesAlone) {
  EXPECT_EQ(demangled("main"), "main");
  EXPECT_EQ(demangled("_ZN3foo3barEv"), "foo::bar()");
}

}  // namespace
}  // namespace pharos

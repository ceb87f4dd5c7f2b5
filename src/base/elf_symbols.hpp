// Function names of an ELF file (64-bit, little-endian), for profiles of this process.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos {

// What a file says about its code. Names are owned; the bytes may go after parsing.
class ElfFile {
 public:
  // Errc::unsupported for what is no such file, Errc::corrupt for tables that reach beyond it.
  static Result<ElfFile> parse(std::string_view bytes);
  static Result<ElfFile> read(const std::string& path);

  // Where a byte of the file is at run time, before relocation; none outside the executable segments.
  std::optional<std::uint64_t> address_of(std::uint64_t file_offset) const;
  // The function that holds an address, as the linker knows it (mangled); "" when no symbol covers it.
  std::string_view function_at(std::uint64_t address) const;
  bool has_functions() const { return !functions_.empty(); }
  const std::string& build_id() const { return build_id_; }  // hexadecimal, "" without one

 private:
  struct Segment {
    std::uint64_t offset, address, bytes;
  };
  struct Function {
    std::uint64_t begin, bytes;
    std::uint32_t name, name_bytes;  // in names_
  };
  std::vector<Segment> segments_;
  std::vector<Function> functions_;  // sorted by begin
  std::string names_, build_id_;
};

std::string demangled(std::string_view name);  // as it is when it is not a C++ name

}  // namespace pharos

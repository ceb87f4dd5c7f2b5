#include "base/elf_symbols.hpp"

#include <cxxabi.h>
#include <elf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>

namespace pharos {
namespace {

constexpr std::uint64_t kFileBytesMax = 512u << 20;
constexpr std::size_t kNameBytesMax = 4096;

// A part of the file, or nothing when it would reach beyond its end.
std::optional<std::string_view> part(std::string_view file, std::uint64_t offset, std::uint64_t bytes) {
  if (offset > file.size() || bytes > file.size() - offset) return std::nullopt;
  return file.substr(offset, bytes);
}

template <class T>
T record(std::string_view table, std::size_t index) {
  T out;
  std::memcpy(&out, table.data() + index * sizeof(T), sizeof(T));
  return out;
}

// Notes are: name size, descriptor size, type, then both padded to four bytes.
std::string build_id_of(std::string_view notes) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    const auto head = record<Elf64_Nhdr>(notes, 0);
    const auto padded = [](std::uint64_t n) { return (n + 3) / 4 * 4; };
    const auto name = part(notes, sizeof head, head.n_namesz);
    const auto text = part(notes, sizeof head + padded(head.n_namesz), head.n_descsz);
    if (!name || !text) return {};
    if (head.n_type == NT_GNU_BUILD_ID && *name == std::string_view("GNU\0", 4)) {
      std::string out;
      for (const char c : *text) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
      }
      return out;
    }
    notes.remove_prefix(std::min<std::uint64_t>(notes.size(), sizeof head + padded(head.n_namesz) + padded(head.n_descsz)));
  }
  return {};
}

}  // namespace

Result<ElfFile> ElfFile::parse(std::string_view bytes) {
  const auto corrupt = [](const char* what) { return fail(Errc::corrupt, std::string("ELF file: ") + what + " beyond its end"); };
  if (bytes.size() < sizeof(Elf64_Ehdr) || !bytes.starts_with(ELFMAG) || bytes[EI_CLASS] != ELFCLASS64 || bytes[EI_DATA] != ELFDATA2LSB)
    return fail(Errc::unsupported, "not a 64-bit little-endian ELF file");
  const auto head = record<Elf64_Ehdr>(bytes, 0);
  if (head.e_phnum && head.e_phentsize != sizeof(Elf64_Phdr)) return fail(Errc::unsupported, "ELF file: program headers of another size");
  if (head.e_shnum && head.e_shentsize != sizeof(Elf64_Shdr)) return fail(Errc::unsupported, "ELF file: section headers of another size");
  ElfFile out;
  const auto programs = part(bytes, head.e_phoff, std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr));
  if (!programs) return corrupt("program headers");
  for (std::size_t i = 0; i < head.e_phnum; ++i) {
    const auto p = record<Elf64_Phdr>(*programs, i);
    if (p.p_type == PT_LOAD && (p.p_flags & PF_X)) out.segments_.push_back({p.p_offset, p.p_vaddr, p.p_filesz});
    if (p.p_type != PT_NOTE || !out.build_id_.empty()) continue;
    if (const auto notes = part(bytes, p.p_offset, p.p_filesz)) out.build_id_ = build_id_of(*notes);  // not in a file of symbols only
  }
  const auto sections = part(bytes, head.e_shoff, std::uint64_t{head.e_shnum} * sizeof(Elf64_Shdr));
  if (!sections) return corrupt("section headers");
  // The full table where there is one, else what the dynamic linker needs.
  for (const auto wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (std::size_t i = 0; i < head.e_shnum && out.functions_.empty(); ++i) {
      const auto s = record<Elf64_Shdr>(*sections, i);
      if (s.sh_type != static_cast<Elf64_Word>(wanted) || s.sh_link >= head.e_shnum) continue;
      const auto strings = record<Elf64_Shdr>(*sections, s.sh_link);
      if (strings.sh_type != SHT_STRTAB) continue;
      const auto symbols = part(bytes, s.sh_offset, s.sh_size), names = part(bytes, strings.sh_offset, strings.sh_size);
      if (!symbols || !names) return corrupt("symbols");
      for (std::size_t k = 0; k < symbols->size() / sizeof(Elf64_Sym); ++k) {
        const auto symbol = record<Elf64_Sym>(*symbols, k);
        if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names->size()) continue;
        auto name = names->substr(symbol.st_name, kNameBytesMax);
        name = name.substr(0, name.find('\0'));
        if (name.empty() || out.names_.size() > 0xffffffffu - name.size()) continue;
        out.functions_.push_back({symbol.st_value, symbol.st_size, static_cast<std::uint32_t>(out.names_.size()), static_cast<std::uint32_t>(name.size())});
        out.names_ += name;
      }
    }
  }
  std::stable_sort(out.functions_.begin(), out.functions_.end(), [](const Function& a, const Function& b) { return a.begin < b.begin; });
  return out;
}

Result<ElfFile> ElfFile::read(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return fail(Errc::not_found, path + " cannot be opened");
  const auto size = static_cast<std::uint64_t>(in.tellg());
  if (size > kFileBytesMax) return fail(Errc::limit, path + " is larger than 512 MiB");
  std::string bytes(size, '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), static_cast<std::streamsize>(size))) return fail(Errc::io, path + " cannot be read");
  return parse(bytes);
}

std::optional<std::uint64_t> ElfFile::address_of(std::uint64_t file_offset) const {
  for (const auto& s : segments_)
    if (file_offset >= s.offset && file_offset - s.offset < s.bytes) return s.address + (file_offset - s.offset);
  return std::nullopt;
}

std::string_view ElfFile::function_at(std::uint64_t address) const {
  auto at = std::upper_bound(functions_.begin(), functions_.end(), address, [](std::uint64_t a, const Function& f) { return a < f.begin; });
  // Symbols that share an address, or lie within another: the nearest that reaches far enough.
  for (int steps = 0; at != functions_.begin() && steps < 16; ++steps) {
    --at;
    if (address - at->begin < std::max<std::uint64_t>(at->bytes, 1)) return std::string_view(names_).substr(at->name, at->name_bytes);
  }
  return {};
}

std::string demangled(std::string_view name) {
  int status = 0;
  const std::string whole(name);
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(whole.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? std::string(text.get()) : whole;
}

}  // namespace pharos

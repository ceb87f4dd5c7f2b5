#include "api/pprof.hpp"

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "base/elf_symbols.hpp"
#include "codec/compress.hpp"
#include "codec/protobuf.hpp"

namespace pharos::api {
namespace {

using codec::ProtoWriter;

// An executable range of /proc/self/maps and what its file knows.
struct Mapping {
  std::uint64_t begin = 0, end = 0, offset = 0, id = 0;
  std::string file;
  bool looked = false;
  std::optional<ElfFile> code, symbols;

  void look() {
    if (std::exchange(looked, true) || !file.starts_with('/')) return;
    if (auto read = ElfFile::read(file)) code = std::move(*read);
    if (auto read = ElfFile::read(file + ".debug"); read && read->has_functions()) symbols = std::move(*read);
  }
  std::string_view function_at(std::uint64_t address) const {
    if (!code) return {};
    const auto unrelocated = code->address_of(address - begin + offset);
    if (!unrelocated) return {};
    if (symbols)
      if (const auto name = symbols->function_at(*unrelocated); !name.empty()) return name;
    return code->function_at(*unrelocated);
  }
};

std::vector<Mapping> executable_mappings() {
  std::vector<Mapping> out;
  std::ifstream in("/proc/self/maps");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    Mapping m;
    std::string flags, device, inode;
    char dash;
    words >> std::hex >> m.begin >> dash >> m.end >> flags >> m.offset >> device >> inode;
    std::getline(words >> std::ws, m.file);
    if (flags.size() >= 3 && flags[2] == 'x') out.push_back(std::move(m));
  }
  return out;
}

class Encoder {
 public:
  explicit Encoder(const CpuSamples& samples) : samples_(samples), mappings_(executable_mappings()) { text(""); }

  std::string encode(Time ended) {
    value_type(1, "samples", "count");
    value_type(1, "cpu", "nanoseconds");
    const auto thread = text("thread");
    for (const auto& stack : samples_.stacks) {
      std::string locations, values;
      for (const auto address : stack.addresses) codec::put_varint(locations, location(address));
      codec::put_varint(values, stack.count);
      codec::put_varint(values, stack.count * static_cast<std::uint64_t>(samples_.period.count()));
      const auto name = text(stack.thread);
      body_.message(2, [&](ProtoWriter& sample) {
        sample.bytes(1, locations);
        sample.bytes(2, values);
        sample.message(3, [&](ProtoWriter& label) { label.varint(1, thread), label.varint(2, name); });
      });
    }
    for (auto& m : mappings_) {
      if (m.id == 0) continue;
      const bool named = m.symbols || (m.code && m.code->has_functions());
      const auto file = text(m.file), build_id = text(m.code ? m.code->build_id() : "");
      body_.message(3, [&](ProtoWriter& mapping) {
        mapping.varint(1, m.id);
        mapping.varint(2, m.begin);
        mapping.varint(3, m.end);
        mapping.varint(4, m.offset);
        mapping.varint(5, file);
        mapping.varint(6, build_id);
        mapping.varint(7, named);
      });
    }
    body_.int64(9, std::chrono::duration_cast<Nanos>(ended.time_since_epoch()).count() - samples_.took.count());
    body_.int64(10, samples_.took.count());
    value_type(11, "cpu", "nanoseconds");
    body_.int64(12, samples_.period.count());
    if (samples_.dropped) body_.varint(13, text(std::to_string(samples_.dropped) + " samples found no room and are missing"));
    std::string out = std::move(out_);
    ProtoWriter table(out);
    for (const auto& t : texts_) table.bytes(6, t);
    return codec::compress(codec::Compression::gzip, out);
  }

 private:
  std::uint64_t text(const std::string& t) {
    const auto [at, fresh] = text_ids_.try_emplace(t, texts_.size());
    if (fresh) texts_.push_back(t);
    return at->second;
  }
  void value_type(std::uint32_t field, const char* type, const char* unit) {
    const auto t = text(type), u = text(unit);
    body_.message(field, [&](ProtoWriter& w) { w.varint(1, t), w.varint(2, u); });
  }
  std::uint64_t location(std::uint64_t address) {
    const auto [at, fresh] = locations_.try_emplace(address, locations_.size() + 1);
    if (!fresh) return at->second;
    std::uint64_t mapping = 0, named = 0;
    for (auto& m : mappings_) {
      if (address < m.begin || address >= m.end) continue;
      m.look();
      if (m.id == 0) m.id = ++last_mapping_;
      mapping = m.id;
      if (const auto name = m.function_at(address); !name.empty()) named = function(std::string(name), m.file);
      break;
    }
    body_.message(4, [&](ProtoWriter& w) {
      w.varint(1, at->second);
      if (mapping) w.varint(2, mapping);
      w.varint(3, address);
      if (named) w.message(4, [&](ProtoWriter& line) { line.varint(1, named); });
    });
    return at->second;
  }
  std::uint64_t function(const std::string& name, const std::string& file) {
    const auto [at, fresh] = functions_.try_emplace(name, functions_.size() + 1);
    if (!fresh) return at->second;
    const auto shown = text(demangled(name)), mangled = text(name), where = text(file);
    body_.message(5, [&](ProtoWriter& w) {
      w.varint(1, at->second);
      w.varint(2, shown);
      w.varint(3, mangled);
      w.varint(4, where);
    });
    return at->second;
  }

  const CpuSamples& samples_;
  std::vector<Mapping> mappings_;
  std::uint64_t last_mapping_ = 0;
  std::string out_;
  ProtoWriter body_{out_};
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint64_t> text_ids_, functions_;
  std::unordered_map<std::uint64_t, std::uint64_t> locations_;
};

}  // namespace

std::string encode_profile(const CpuSamples& samples, Time ended) {
  return Encoder(samples).encode(ended);
}

}  // namespace pharos::api

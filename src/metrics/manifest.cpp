#include "metrics/manifest.hpp"

#include <charconv>

#include "codec/checksum.hpp"

namespace pharos::metrics {
namespace {

constexpr std::string_view kMagic = "pharos-parts 1";

std::string checksum_line(std::string_view body) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string line = "crc32c ";
  const auto sum = codec::crc32c(body);
  for (int shift = 28; shift >= 0; shift -= 4) line += kHex[sum >> shift & 15];
  return line + "\n";
}

bool is_part_name(std::string_view name) {
  const auto dot = name.find('.');
  if (dot == 0 || dot == name.npos || dot > 20) return false;
  const auto ending = name.substr(dot);
  return (ending == ".hot" || ending == ".cold") && name.find_first_not_of("0123456789") == dot;
}

}  // namespace

std::string Manifest::encode() const {
  std::string out(kMagic);
  out += "\nnext " + std::to_string(next_number) + "\n";
  if (journal_from != 0) out += "journal " + std::to_string(journal_from) + "\n";
  if (departed) out += "departed 1\n";
  for (const auto& part : parts) {
    out += part.tombstoned ? "deleted " : "part ";
    out += part.name + "\n";
  }
  return out + checksum_line(out);
}

Result<Manifest> Manifest::decode(std::string_view text) {
  const auto bad = [](std::string what) { return fail(Errc::corrupt, "manifest: " + std::move(what)); };
  const auto sum_at = text.rfind("crc32c ");
  if (sum_at == text.npos || text.substr(sum_at) != checksum_line(text.substr(0, sum_at))) return bad("checksum does not fit");
  text = text.substr(0, sum_at);
  Manifest manifest;
  bool first = true;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (first) {
      if (line != kMagic) return bad("unknown version '" + std::string(line) + "'");
      first = false;
      continue;
    }
    const auto space = line.find(' ');
    if (space == line.npos) return bad("line '" + std::string(line) + "'");
    const auto word = line.substr(0, space), value = line.substr(space + 1);
    if (word == "next" || word == "journal") {
      auto& number = word == "next" ? manifest.next_number : manifest.journal_from;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
      if (read.ec != std::errc{}) return bad(std::string(word) + " number '" + std::string(value) + "'");
    } else if (word == "departed" && value == "1") {
      manifest.departed = true;
    } else if (word == "part" || word == "deleted") {
      if (!is_part_name(value)) return bad("part name '" + std::string(value) + "'");
      manifest.parts.push_back({std::string(value), word == "deleted"});
    } else {
      return bad("line '" + std::string(line) + "'");
    }
  }
  if (first) return bad("empty");
  return manifest;
}

Result<Manifest> Manifest::load(Disk& disk, const std::string& path) {
  if (!disk.exists(path)) return fail(Errc::not_found, path + ": no manifest");
  const auto text = TRY(disk.read(path));
  return decode(text);
}

Status Manifest::save(Disk& disk, const std::string& path) const { return disk.replace(path, as_bytes(encode())); }

}  // namespace pharos::metrics

#include "rules/edited/rule_folder.hpp"

#include <algorithm>
#include <cstdio>

#include "base/quoted.hpp"
#include "codec/checksum.hpp"
#include "codec/yaml.hpp"
#include "rules/edited/group_file.hpp"
#include "rules/edited/group_text.hpp"

namespace pharos::rules::edited {
namespace {

constexpr std::string_view kEnding = ".yml";
constexpr std::size_t kFileMax = 4 * kTextMax;  // the file indents each line: no more than three times the text
constexpr std::size_t kFileNameMax = 240;  // 255 are allowed, and endings are added

std::string joined(const std::string& folder, const std::string& path) {
  return folder.empty() ? path : folder + "/" + path;
}

Result<Group> read_file(Disk& disk, const std::string& space, const std::string& file_name,
                        const std::string& folder, const RuleFileOptions& options) {
  const auto path = file_name_of(space) + "/" + file_name;
  const auto shown = joined(folder, path);
  const auto text = TRY(disk.read(path));
  if (text.size() > kFileMax) return fail(Errc::limit, shown + " is larger than 1 MiB");
  auto file = parse_rule_file(text, shown, options);
  if (!file.errors.empty()) return fail(std::move(file.errors.front()));
  const auto name = TRY(name_of_file(file_name.substr(0, file_name.size() - kEnding.size())));
  if (path != path_of(space, name))  // else a deletion or a save would miss it
    return fail(Errc::invalid, shown + ": this file must be called " + joined(folder, path_of(space, name)));
  if (file.groups.size() != 1 || file.groups[0].name != name)
    return fail(Errc::invalid, shown + ": this file holds the one group " + quoted(name) +
                                   ", and only that; others go into files of their own");
  Group out{.space = space,
            .text = {},
            .spec = std::move(file.groups[0]),
            .file_hash = codec::hash64(text),
            .file = {}};
  if (auto own = group_of(text)) {
    out.text = std::move(*own);
    return out;
  }
  out.file = text;
  if (const auto around = GroupFile::read(text, options)) {
    out.text = around->text();
    out.line = around->line();
  } else {
    out.text = group_text(out.spec);  // to look at; a save is refused
  }
  return out;
}

// The group's text takes its place in a file that others laid out; in braces where it does not fit as
// it is. Nothing is written unless it says there what it says alone.
Status put_into(Group& group, std::string_view file, const std::string& path,
                const RuleFileOptions& options) {
  const auto around = GroupFile::read(file, options);
  if (!around) return fail(around.error().code, path + ": " + around.error().message);
  const auto wanted = group_text(group.spec);
  const auto fits = [&](std::string_view text) -> Result<bool> {
    auto contents = around->with(text);
    if (contents.size() > kFileMax) return fail(Errc::limit, path + " would be larger than 1 MiB");
    auto kept = parse_rule_file(contents, path, options);
    const auto again = GroupFile::read(contents, options);
    if (!kept.errors.empty() || !again || group_text(kept.groups.front()) != wanted) return false;
    group.spec = std::move(kept.groups.front());
    group.text = again->text();
    group.line = again->line();
    group.file_hash = codec::hash64(contents);
    group.file = std::move(contents);
    return true;
  };
  if (TRY(fits(around->trimmed(group.text)))) return {};
  // A text may end with blank lines that mean something.
  if (TRY(fits(group.text))) return {};
  const auto alone = TRY(codec::Yaml::parse(group.text, path));
  if (TRY(fits(group_in_braces(alone, around->is_json())))) return {};
  return fail(Errc::invalid,
              path + ": the text does not fit into this file, which others laid out: change the "
                     "file itself, or remove the group and save it anew");
}

}  // namespace

std::string Group::version() const {
  char digits[20];
  std::snprintf(digits, sizeof digits, "%016llx",
                static_cast<unsigned long long>(codec::hash64(text)));
  return digits;
}

Status check_name(std::string_view name, std::string_view what) {
  const std::string whose(what);
  if (name.empty()) return fail(Errc::invalid, whose + " must not be empty");
  if (name.size() > kNameMax || file_name_of(name).size() > kFileNameMax)
    return fail(Errc::invalid,
                whose + " is longer than 200 bytes, or than 240 as the name of a file");
  if (!valid_utf8(name)) return fail(Errc::invalid, whose + " is not UTF-8: " + quoted(name));
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    return fail(Errc::invalid, whose + " has control characters: " + quoted(name));
  return {};
}

std::string file_name_of(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      (c >= 'A' && c <= 'Z');
    if (kept) {
      out += c;
    } else {
      out += '%';
      out += "0123456789ABCDEF"[byte >> 4];
      out += "0123456789ABCDEF"[byte & 15];
    }
  }
  return out;
}

Result<std::string> name_of_file(std::string_view file_name) {
  std::string out;
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    if (file_name[i] != '%') {
      out += file_name[i];
      continue;
    }
    const int high = i + 2 < file_name.size() ? digit(file_name[i + 1]) : -1;
    const int low = i + 2 < file_name.size() ? digit(file_name[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(Errc::invalid, quoted(file_name) + " is not the name of an edited rule file");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string path_of(std::string_view space, std::string_view group) {
  return file_name_of(space) + "/" + file_name_of(group) + std::string(kEnding);
}

Result<Group> read_group(std::string_view space, std::string_view text, const std::string& folder,
                         const RuleFileOptions& options, std::string_view file) {
  TRY(check_name(space, "the namespace"));
  if (text.size() > kTextMax) return fail(Errc::limit, "a rule group larger than 256 KiB");
  Group out{.space = std::string(space), .text = {}, .spec = {}, .file = {}};
  for (const char c : text)  // as editors on Windows send it
    if (c != '\r') out.text += c;
  if (!out.text.ends_with('\n')) out.text += '\n';
  auto read = parse_rule_group(out.text, "rules", options);
  if (!read.errors.empty()) {
    std::string all;
    for (const auto& error : read.errors) all += (all.empty() ? "" : "\n") + error.message;
    return fail(Errc::invalid, std::move(all));
  }
  out.spec = std::move(read.groups.front());
  TRY(check_name(out.name(), "the name of a group"));
  if (out.spec.rules.size() > kRulesMax)
    return fail(Errc::limit, "a group with more than 1,000 rules");
  // What the file will say must be what was checked.
  const auto path = joined(folder, path_of(space, out.name()));
  const auto own = file_of(out.text);
  out.file_hash = codec::hash64(own);
  auto kept = parse_rule_file(own, path, options);
  if (!kept.errors.empty() || kept.groups.size() != 1 ||
      group_text(kept.groups.front()) != group_text(out.spec))
    return fail(Errc::invalid,
                "rules:1:1: a group is one YAML mapping, without '---' or '...' around it");
  out.spec = std::move(kept.groups.front());
  if (!file.empty()) TRY(put_into(out, file, path, options));
  return out;
}

Result<std::vector<Group>> read_folder(Disk& disk, const std::string& folder,
                                       const RuleFileOptions& options) {
  std::vector<Group> out;
  for (const auto& entry : TRY(disk.list(""))) {
    if (!entry.directory || entry.name.starts_with('.')) continue;
    const auto space = TRY(name_of_file(entry.name));
    for (const auto& file : TRY(disk.list(entry.name))) {
      if (file.directory || !file.name.ends_with(kEnding) || file.name.starts_with('.')) continue;
      auto group = TRY(read_file(disk, space, file.name, folder, options));
      out.push_back(std::move(group));
      if (out.size() > kGroupsMax)
        return fail(Errc::limit, folder + " holds more than 1,000 groups");
    }
  }
  std::ranges::sort(out, [](const Group& a, const Group& b) {
    return std::tie(a.space, a.spec.name) < std::tie(b.space, b.spec.name);
  });
  return out;
}

}  // namespace pharos::rules::edited

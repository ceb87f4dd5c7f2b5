// The folder of rules that are edited over HTTP: NAMESPACE/GROUP.yml, one group a file.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules::edited {

struct Group {
  std::string space;  // the namespace, as Mimir's API calls it
  std::string text;   // YAML of the group, as it was saved
  RuleGroupSpec spec;
  // Of its file as it was read or written: the hash, the line from 1 where the text begins, and, when
  // its layout is not that of file_of(), the bytes.
  std::uint64_t file_hash = 0;
  std::uint32_t line = 2;
  std::string file;
  const std::string& name() const { return spec.name; }
  std::string version() const;  // of the text: 16 hexadecimal digits
};

inline constexpr std::size_t kNameMax = 200;         // bytes of a namespace or group name
inline constexpr std::size_t kTextMax = 256u << 10;  // bytes of a group
inline constexpr std::size_t kGroupsMax = 1'000, kRulesMax = 1'000;  // groups; rules of one of them

// Errc::invalid, in words, for what is empty, too long, no UTF-8 or has control characters.
Status check_name(std::string_view name, std::string_view what);

// "a/b" → "a%2Fb": what is no letter, digit, '-' or '_' by its bytes, so that no name leaves the
// folder or hides.
std::string file_name_of(std::string_view name);
Result<std::string> name_of_file(std::string_view file_name);
std::string path_of(std::string_view space, std::string_view group);  // below the folder

// All groups, sorted by namespace and name. `folder` is what errors and specs call the disk's root.
// Errors: `file:line:column: what` of a file that hands other than ours have broken; Errc::limit.
Result<std::vector<Group>> read_folder(Disk& disk, const std::string& folder,
                                       const RuleFileOptions& options);

// The text as a group, with every mistake, each `rules:line:column: what`, on a line of its own.
// `file`: bytes of a file laid out by others, in which the text takes its group's place.
Result<Group> read_group(std::string_view space, std::string_view text, const std::string& folder,
                         const RuleFileOptions& options, std::string_view file = {});

}  // namespace pharos::rules::edited

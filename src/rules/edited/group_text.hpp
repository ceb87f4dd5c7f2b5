// Rule groups as YAML text, and the files that hold one group each.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "rules/rule_file.hpp"

namespace pharos::rules::edited {

// The group as YAML, without a file around it: parse_rule_group gives the same group back.
std::string group_text(const RuleGroupSpec& group);

// The text as an item of a list that stands `indent` spaces to the right: "  - name: a\n rules:".
// The lines keep their number and order, so a text's comments and layout stay.
std::string list_item(std::string_view text, std::size_t indent);

// A rule file that holds this group only: its first line is the file's second.
std::string file_of(std::string_view text);
// The group's text out of such a file; none when it was laid out by other hands.
std::optional<std::string> group_of(std::string_view file);

}  // namespace pharos::rules::edited

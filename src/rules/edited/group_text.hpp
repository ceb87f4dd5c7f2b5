// Rule groups as YAML text, and the files that hold one group each.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "codec/yaml.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules::edited {

// The group as YAML, without a file around it: parse_rule_group gives the same group back.
std::string group_text(const RuleGroupSpec& group);

// A group as it was read, in braces on one line; what has no meaning, such as comments, is gone.
std::string group_in_braces(const codec::Yaml& group, bool json);

// The text as an item of a list that stands `indent` spaces to the right: "  - name: a\n rules:".
// The lines keep their number and order, so a text's comments and layout stay.
std::string list_item(std::string_view text, std::size_t indent);

// A rule file that holds this group only: its first line is the file's second.
std::string file_of(std::string_view text);
// The group's text out of such a file; none when it was laid out by other hands.
std::optional<std::string> group_of(std::string_view file);

}  // namespace pharos::rules::edited

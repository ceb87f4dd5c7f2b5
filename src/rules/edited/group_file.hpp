// A rule file that holds one group and was laid out by whoever wrote it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_file.hpp"

namespace pharos::rules::edited {

// The group's text as an editor shows it, and the file with another text in its place: whatever is
// around the group stays byte for byte, as do lines of it that the new text still has.
class GroupFile {
 public:
  // Errc::unsupported when the group cannot be told from what is around it.
  static Result<GroupFile> read(std::string_view file, const RuleFileOptions& options);

  // The text of a group of a file that may hold others, with its comments and those right above it, when
  // it says what `wanted` does; a group that names no interval has `interval_default`.
  // Errc::not_found, Errc::conflict when it says something else, and as `read`.
  static Result<std::string> text_of(std::string_view file, const RuleGroupSpec& wanted,
                                     Millis interval_default, const RuleFileOptions& options);

  const std::string& text() const { return text_; }  // as a document of its own, lines end with \n
  std::uint32_t line() const { return line_; }       // of the file, from 1, where the text begins
  // What it says is to be checked: a text may not fit, such as lines into a list in brackets.
  std::string with(std::string_view text) const;
  // The text without what the file has around the group already: blank lines at its ends, and the
  // comments behind a closing brace.
  std::string_view trimmed(std::string_view text) const;
  bool is_json() const { return json_; }  // the group's keys are in quotes

 private:
  struct Line {
    std::string shown, raw;
    bool odd = false;  // it would look otherwise if it was indented as its neighbours are
  };
  static Result<GroupFile> cut_group(std::string_view file, std::size_t index,
                                     const RuleGroupSpec& spec, const RuleFileOptions& options);
  static GroupFile cut(std::string_view file, std::size_t begin, std::size_t end,
                       std::size_t indent);

  std::string before_, text_, after_;
  std::vector<Line> lines_;  // of the text
  std::string_view break_ = "\n";
  std::size_t indent_ = 0;
  bool breaks_off_ = false;  // the text's last line goes on with after_
  bool json_ = false;
  std::uint32_t line_ = 1;
};

}  // namespace pharos::rules::edited

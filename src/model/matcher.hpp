// A condition on one label. Regular expressions are RE2, anchored at both ends, behind this type.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"

namespace pharos {

enum class MatchOp { equal, not_equal, regex, not_regex };

// Immutable, cheap to copy, thread-safe.
class Matcher {
 public:
  // Errc::invalid with RE2's message for a bad pattern.
  static Result<Matcher> make(MatchOp op, std::string name, std::string value);
  static Matcher equal(std::string name, std::string value);

  MatchOp op() const { return op_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool matches(std::string_view label_value) const;  // "" stands for an absent label
  bool matches_empty() const { return matches({}); }
  bool is_negative() const { return op_ == MatchOp::not_equal || op_ == MatchOp::not_regex; }

  // For index look-ups on regexes. `alternatives`: the finite list of whole values the pattern
  // accepts (a|b|c), when it is one. `prefix`: what every accepted value starts with ("" if nothing).
  const std::vector<std::string>* alternatives() const;
  std::string_view prefix() const;
  bool matches_everything() const;  // .*
  bool matches_nonempty() const;    // .+

  std::string to_string() const;  // name=~"value", Go-quoted
  bool operator==(const Matcher& other) const;

 private:
  struct Pattern;
  MatchOp op_ = MatchOp::equal;
  std::string name_, value_;
  std::shared_ptr<const Pattern> pattern_;
};

bool matches_all(const std::vector<Matcher>& matchers, const Labels& labels);

// A compiled, fully anchored regular expression with capture groups, for relabelling and
// label_replace. Immutable, thread-safe.
class Regex {
 public:
  static Result<Regex> compile(std::string_view pattern);
  Regex();  // (.*)
  const std::string& pattern() const;
  bool full_match(std::string_view text) const;
  // Go's Regexp.Expand of `replacement` ($1, ${name}, $$) with the groups of a full match of `text`.
  std::optional<std::string> expand(std::string_view text, std::string_view replacement) const;
  int group_index(std::string_view name) const;  // -1 when there is none

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace pharos

// What a regular expression gives away without running it: the finite list of texts that it accepts,
// or what every accepted text begins with.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace pharos {

struct RegexShape {
  bool exact = false;               // `texts` are all that the pattern accepts
  std::vector<std::string> texts;   // else: each accepted text begins with one of these (may be "")
  std::string prefix() const;       // common to all of `texts`
};

// Of a fully anchored RE2 pattern that compiles. Patterns with flags such as (?i) give nothing away.
RegexShape shape_of(std::string_view pattern);

}  // namespace pharos

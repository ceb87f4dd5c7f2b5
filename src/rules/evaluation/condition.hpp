// Missing data is not the same as a condition that does not hold: from an alert's expression this
// derives the expression whose elements are those that can be judged at all.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::rules {

struct Condition {
  std::string text;  // the expression as the parser prints it
  // Has an element (by labels, name aside) wherever the condition is known to hold or not to hold:
  // comparisons become `bool` ones, `absent` is always known, of `A and B` it is enough to know
  // that A does not hold, `A unless B` is known where A is.
  std::string known;
};

// Errc::invalid for an expression that does not parse.
Result<Condition> make_condition(std::string_view expr);

}  // namespace pharos::rules

// Which series an expression reads.
#pragma once
#include <string>
#include <vector>

#include "model/matcher.hpp"

namespace pharos::rules {

// The matchers of every selector of the expression, each list once. Empty for one that does not
// parse.
std::vector<std::vector<Matcher>> selectors_of(const std::string& expr);

}  // namespace pharos::rules

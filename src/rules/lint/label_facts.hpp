// What can be said about the labels of an expression's elements without any data.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "query/promql/ast.hpp"

namespace pharos::rules::lint {

struct LabelFacts {
  std::map<std::string, std::string, std::less<>> fixed;  // every element has this value
  bool closed = false;                                    // no labels but these
  std::set<std::string, std::less<>> labels;              // when closed

  bool may_have(std::string_view label) const { return !closed || labels.contains(label); }
};

LabelFacts label_facts(const query::promql::Node& node);

// "" when elements of the two sides of a binary operation may match, else why none can.
std::string why_no_match(const query::promql::Node& binary);

}  // namespace pharos::rules::lint

// Which series of two vectors meet: equal values of the matching labels.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "query/eval/frame.hpp"
#include "query/promql/ast.hpp"

namespace pharos::query {

// Numbers of the distinct values of the matching labels, by row of either side.
struct Signatures {
  Signatures(const promql::VectorMatching& matching, const LabelColumn& left_labels,
             const LabelColumn& right_labels);
  std::size_t count = 0;
  std::vector<std::uint32_t> left, right;
};

// The labels two series are matched on.
Labels matching_labels(const promql::VectorMatching& matching, const Labels& labels);

}  // namespace pharos::query

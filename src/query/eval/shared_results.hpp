// Sub-expressions that several queries of one moment have in common, such as the rules of a group:
// worked out once, by the query that needs them first.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "query/promql/ast.hpp"

namespace pharos::query {

struct Frame;
class Notes;

// Only what costs something to work out is worth keeping.
bool worth_sharing(const promql::Node& node);

// What to share among a set of expressions. Immutable.
class SharedPlan {
 public:
  SharedPlan() = default;
  // The sub-expressions that occur in more than one of `exprs` and read none of the metrics in
  // `written`, which change between the queries; nor metrics that are not named. Expressions that
  // do not parse share nothing.
  SharedPlan(std::span<const std::string> exprs, std::span<const std::string> written,
             const promql::ParseOptions& options = {});
  bool empty() const { return wanted_.empty(); }
  bool wants(const std::string& canonical) const { return wanted_.contains(canonical); }

 private:
  std::unordered_set<std::string> wanted_;
};

// The results so far. For queries one after the other that have the same time, step and settings;
// they may come from snapshots of the store some milliseconds apart. Not thread-safe.
class SharedResults {
 public:
  explicit SharedResults(const SharedPlan& plan);  // which outlives it
  ~SharedResults();
  const SharedPlan& plan() const { return plan_; }

  struct Entry {
    std::shared_ptr<const Frame> frame;
    std::unique_ptr<Notes> notes;
    std::uint32_t begin = 0;  // where the sub-expression began in its query
  };
  const Entry* find(const std::string& key) const;
  // Not kept beyond 64 MB in all.
  void keep(std::string key, Entry entry);
  std::uint64_t hits() const { return hits_; }

 private:
  const SharedPlan& plan_;
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t bytes_ = 0;
  mutable std::uint64_t hits_ = 0;
};

}  // namespace pharos::query

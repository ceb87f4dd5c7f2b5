#include "query/eval/shared_results.hpp"

#include <algorithm>

#include "base/metric.hpp"
#include "query/eval/frame.hpp"
#include "query/eval/notes.hpp"

namespace pharos::query {
namespace {

constexpr std::uint64_t kBytesMax = 64u << 20;

struct Stats {
  Counter hits{"pharos_query_shared_results_total",
               "Sub-expressions of rules that another rule of the same evaluation had worked out."};
  Counter refused{"pharos_query_shared_results_refused_total",
                  "Results that were not kept for others because of the limit of 64 MB."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

// True when every selector below names a metric that does not change between the queries.
bool reads_only_others(const promql::Node& node, std::span<const std::string> written) {
  if (node.kind == promql::NodeKind::selector) {
    const auto name = std::ranges::find_if(node.matchers, [](const Matcher& matcher) {
      return matcher.name() == kMetricName && matcher.op() == MatchOp::equal;
    });
    if (name == node.matchers.end() || name->value().empty()) return false;
    if (std::ranges::find(written, name->value()) != written.end()) return false;
  }
  return std::ranges::all_of(node.children, [&](const auto& child) {
    return !child || reads_only_others(*child, written);
  });
}

void collect(const promql::Node& node, std::span<const std::string> written,
             std::unordered_set<std::string>& out) {
  if (worth_sharing(node) && reads_only_others(node, written)) out.insert(promql::to_string(node));
  for (const auto& child : node.children)
    if (child) collect(*child, written, out);
}

}  // namespace

bool worth_sharing(const promql::Node& node) {
  switch (node.kind) {
    case promql::NodeKind::selector:
    case promql::NodeKind::call:
    case promql::NodeKind::aggregate: return true;
    default: return false;
  }
}

SharedPlan::SharedPlan(std::span<const std::string> exprs, std::span<const std::string> written,
                       const promql::ParseOptions& options) {
  std::unordered_map<std::string, std::uint32_t> occurrences;
  for (const auto& expr : exprs) {
    const auto root = promql::parse(expr, options);
    if (!root) continue;
    std::unordered_set<std::string> parts;
    collect(**root, written, parts);
    for (const auto& part : parts) ++occurrences[part];
  }
  for (auto& [part, count] : occurrences)
    if (count > 1) wanted_.insert(part);
}

SharedResults::SharedResults(const SharedPlan& plan) : plan_(plan) {}
SharedResults::~SharedResults() = default;

const SharedResults::Entry* SharedResults::find(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  ++hits_;
  stats().hits.add();
  return &found->second;
}

void SharedResults::keep(std::string key, Entry entry) {
  const auto bytes = entry.frame->values.size() * (sizeof(double) + sizeof(Cell)) +
                     entry.frame->histograms.size() * sizeof(HistogramPtr);
  if (bytes_ + bytes > kBytesMax) {
    stats().refused.add();
    return;
  }
  bytes_ += bytes;
  entries_.insert_or_assign(std::move(key), std::move(entry));
}

}  // namespace pharos::query

#include "server/rule_lint_live.hpp"

#include <map>
#include <optional>

#include "server/api_client.hpp"

namespace pharos::server {
namespace {

using codec::Json;
using rules::lint::Finding;

class Live {
 public:
  Live(const std::string& url, std::vector<Finding>& out) : client_(url), out_(out) {}

  Status look(const rules::RuleGroupSpec& group, const rules::RuleSpec& rule) {
    const auto root = query::promql::parse(rule.expr);
    if (!root) return {};
    const auto asked = rules::lint::questions(**root);
    const auto find = [&](std::string_view check, bool cannot_fire, std::string what) {
      out_.push_back(
          {std::string(check), group.name, rule.name, rule.line, cannot_fire, std::move(what)});
    };
    bool all_there = true;
    for (const auto& selector : asked.selectors) {
      const bool there = TRY(exists(selector));
      if (there) continue;
      all_there = false;
      find("absent-metric", false, "no series in the last day matches " + selector);
    }
    if (all_there)
      for (const auto& join : asked.joins) {
        const auto left = TRY(count(join.left)), right = TRY(count(join.right));
        if (left == 0 || right == 0) continue;
        const auto both = TRY(count(join.text));
        if (both == 0)
          find("empty-join", true,
               std::to_string(left) + " elements on the left and " + std::to_string(right) +
                   " on the right, and none match: " + join.text);
      }
    for (const auto& metric : asked.counters_wanted) {
      const auto kind = TRY(type(metric));
      if (kind == "gauge")
        find("rate-of-gauge", false, metric + " is exposed as a gauge: use delta() or deriv()");
    }
    for (const auto& metric : asked.gauges_wanted) {
      const auto kind = TRY(type(metric));
      if (kind == "counter")
        find("delta-of-counter", false,
             metric + " is exposed as a counter: use rate() or increase()");
    }
    return {};
  }

 private:
  Result<bool> exists(const std::string& selector) {
    const auto n = TRY(count("present_over_time(" + selector + "[1d])"));
    return n > 0;
  }

  // Elements of an expression now; one that fails counts as none, a join that cannot be made too.
  Result<std::size_t> count(const std::string& expr) {
    if (const auto at = counts_.find(expr); at != counts_.end()) return at->second;
    const auto data =
        TRY(client_.post("/api/v1/query", "query=" + net::url_encode("count(" + expr + ")"), true));
    std::size_t n = 0;
    if (const auto& result = data["result"];
        !result.items().empty() && result.items()[0]["value"].items().size() == 2)
      n = static_cast<std::size_t>(
          std::strtod(result.items()[0]["value"].items()[1].string().c_str(), nullptr));
    counts_.emplace(expr, n);
    return n;
  }

  Result<std::string> type(const std::string& metric) {
    const auto data =
        TRY(client_.get("/api/v1/metadata?limit=1&metric=" + net::url_encode(metric)));
    const auto& entries = data[metric];
    return entries.items().empty() ? std::string() : entries.items()[0]["type"].string();
  }

  ApiClient client_;
  std::vector<Finding>& out_;
  std::map<std::string, std::size_t> counts_;
};

}  // namespace

Result<std::vector<Finding>> lint_against(const std::string& url,
                                          const std::vector<rules::RuleGroupSpec>& groups) {
  std::vector<Finding> out;
  Live live(url, out);
  for (const auto& group : groups)
    for (const auto& rule : group.rules) TRY(live.look(group, rule));
  return out;
}

}  // namespace pharos::server

#include "server/dashboard_live.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "server/api_client.hpp"
#include "server/dashboard_variables.hpp"

namespace pharos::server {
namespace {

using codec::Json;

constexpr std::size_t kAlternativesMax = 200;  // of a variable of which all are chosen

const Json& board_of(const Json& root) {
  if (root["dashboard"].kind() == Json::Kind::object) return root["dashboard"];
  return root["spec"]["panels"].kind() == Json::Kind::array ? root["spec"] : root;
}

class Live {
 public:
  Live(const std::string& url, const Json& board) : client_(url), variables_(board) {}

  // In their order, so that one may stand in the query of the next.
  Status resolve_variables(const Json& board) {
    for (const auto& variable : board["templating"]["list"].items()) {
      if (variable["type"].string() != "query") continue;
      const auto& chosen = variable["current"]["value"];
      const auto& first = chosen.items().empty() ? chosen.string() : chosen.items()[0].string();
      if (!first.empty() && first != "$__all") continue;
      const auto values = TRY(label_values(variable["query"].kind() == Json::Kind::object
                                               ? variable["query"]["query"].string()
                                               : variable["query"].string()));
      if (values.empty()) continue;
      const auto& all = variable["allValue"].string();
      std::string value = values.front();
      if (first == "$__all") {
        value = all;
        for (std::size_t i = 0; all.empty() && i < std::min(values.size(), kAlternativesMax); ++i)
          value += (i ? "|" : "") + values[i];
      }
      variables_.set(variable["name"].string(), value);
    }
    return {};
  }

  // "" when there is something to draw, else what there is.
  Result<std::string> nothing_of(const std::string& expr) {
    std::vector<std::string> unknown;
    const auto filled = variables_.fill(expr, unknown);
    const auto data = TRY(client_.post("/api/v1/query", "query=" + net::url_encode(filled), true));
    if (data.is_null()) return "is refused: " + filled;
    const auto& result = data["result"];
    if (result.items().empty()) return "gives nothing: " + filled;
    if (data["resultType"].string() != "vector") return std::string();
    for (const auto& series : result.items()) {
      const auto& value = series["value"].items();
      if (value.size() != 2 || !std::isnan(std::strtod(value[1].string().c_str(), nullptr)))
        return std::string();
    }
    return "gives nothing but NaN: " + filled;
  }

 private:
  // Of label_values(selector, label) and label_values(label); of anything else none.
  Result<std::vector<std::string>> label_values(const std::string& query) {
    constexpr std::string_view kFunction = "label_values(";
    std::vector<std::string> values;
    if (!query.starts_with(kFunction) || !query.ends_with(')')) return values;
    std::vector<std::string> unknown;
    const auto inner = variables_.fill(
        std::string_view(query).substr(kFunction.size(), query.size() - kFunction.size() - 1),
        unknown);
    const auto comma = inner.rfind(',');
    auto label = comma == inner.npos ? inner : inner.substr(comma + 1);
    label.erase(0, label.find_first_not_of(' '));
    auto path = "/api/v1/label/" + net::url_encode(label) + "/values";
    if (comma != inner.npos) path += "?match%5B%5D=" + net::url_encode(inner.substr(0, comma));
    const auto data = TRY(client_.get(path, true));
    for (const auto& value : data.items()) values.push_back(value.string());
    return values;
  }

  ApiClient client_;
  DashboardVariables variables_;
};

}  // namespace

Result<std::vector<DashboardFinding>> look_at_dashboard_on(const std::string& url,
                                                           std::string_view text,
                                                           const DashboardReport& report) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // as the report counts
  const auto root = TRY(Json::parse(text));
  const auto& board = board_of(root);
  Live live(url, board);
  TRY(live.resolve_variables(board));
  std::vector<DashboardFinding> out;
  for (const auto& query : report.asked) {
    const auto nothing = TRY(live.nothing_of(query.expr));
    if (nothing.empty()) continue;
    const auto place = codec::text_place(text, query.offset);
    out.push_back({"no-data", false, place.line, place.column,
                   query.panel + ", query " + query.reference + " " + nothing});
  }
  return out;
}

}  // namespace pharos::server

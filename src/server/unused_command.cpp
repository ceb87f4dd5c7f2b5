// `pharos tsdb unused`: metrics that no rule, dashboard or recent query of a running server reads.
#include <algorithm>
#include <map>
#include <set>

#include "query/promql/ast.hpp"
#include "rules/rule_file.hpp"
#include "server/alert_flags.hpp"
#include "server/command_client.hpp"
#include "server/config.hpp"
#include "server/table_text.hpp"

namespace pharos::server {
namespace {

using codec::Json;
using query::promql::Node;

// What is known to be read.
class Uses {
 public:
  void expr(const std::string& text) {
    // Dashboards hold variables: `$__rate_interval`, `[[job]]` stand for something that parses.
    const auto root = query::promql::parse(without_variables(text));
    if (root)
      visit(**root);
    else
      words(text);
  }
  bool contains(const std::string& metric) const {
    return names_.contains(metric) ||
           std::ranges::any_of(patterns_, [&](const Matcher& m) { return m.matches(metric); });
  }

 private:
  void visit(const Node& node) {
    for (const auto& matcher : node.matchers) {
      if (matcher.name() != kMetricName) continue;
      if (matcher.op() == MatchOp::equal)
        names_.insert(matcher.value());
      else if (!matcher.matches_everything() && !matcher.is_negative())
        patterns_.push_back(matcher);
    }
    for (const auto& child : node.children) visit(*child);
  }
  // What does not parse still names metrics.
  void words(const std::string& text) {
    std::string word;
    for (const char c : text + " ") {
      const bool part = (std::isalnum(static_cast<unsigned char>(c)) != 0) || c == '_' || c == ':';
      if (part) {
        word += c;
      } else if (!word.empty()) {
        names_.insert(std::exchange(word, {}));
      }
    }
  }
  static std::string without_variables(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$') {
        out += text[i];
        continue;
      }
      const bool braced = i + 1 < text.size() && text[i + 1] == '{';
      std::size_t end = i + (braced ? 2 : 1);
      while (end < text.size() &&
             (braced
                  ? text[end] != '}'
                  : std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
        ++end;
      // In a range or a number a duration fits; within quotes and names it does no harm.
      out += "5m";
      i = braced ? std::min(end, text.size() - 1) : end - 1;
    }
    return out;
  }

  std::set<std::string> names_;
  std::vector<Matcher> patterns_;
};

// Every "expr" (and "query" that is a text) anywhere in a dashboard.
void dashboard(const Json& json, Uses& uses) {
  for (const auto& item : json.items()) dashboard(item, uses);
  for (const auto& [key, member] : json.members()) {
    if ((key == "expr" || key == "query" || key == "definition") &&
        member.kind() == Json::Kind::string)
      uses.expr(member.string());
    dashboard(member, uses);
  }
}

Status gather(ApiClient& client, const UnusedFlags& flags, Uses& uses) {
  const auto rules = TRY(client.get("/api/v1/rules"));
  for (const auto& group : rules["groups"].items())
    for (const auto& rule : group["rules"].items()) uses.expr(rule["query"].string());
  if (const auto queries = client.get("/api/v1/status/queries"); queries) {
    const auto& list = queries->items().empty() ? (*queries)["queries"] : *queries;
    for (const auto& entry : list.items()) {
      const auto& text = entry["query"].string();
      uses.expr(text.empty() ? entry["expr"].string() : text);
    }
    for (const auto& entry : (*queries)["live"].items()) uses.expr(entry["query"].string());
  }
  for (const auto& path : flags.rules) {
    const auto text = TRY(read_text_file(path));
    const auto file = rules::parse_rule_file(text, path);
    if (!file.errors.empty()) return fail(file.errors.front());
    for (const auto& group : file.groups)
      for (const auto& rule : group.rules) uses.expr(rule.expr);
  }
  for (const auto& path : flags.dashboards) {
    const auto text = TRY(read_text_file(path));
    auto json = Json::parse(text);
    if (!json) return fail(std::move(json).error().in(path));
    dashboard(*json, uses);
  }
  return {};
}

}  // namespace

int run_tsdb_unused(const UnusedFlags& flags) {
  auto client = command_client(flags.server, flags.headers);
  if (!client) return complain(client.error().message, 2);
  Uses uses;
  if (const auto done = gather(*client, flags, uses); !done) return complain(done.error());
  const auto counts =
      client->post("/api/v1/query", "query=" + net::url_encode("count by (__name__) "
                                                               "({__name__=~\".+\"})"));
  if (!counts) return complain(counts.error());
  std::vector<std::pair<std::uint64_t, std::string>> unused;
  std::uint64_t series = 0, all = 0;
  for (const auto& item : (*counts)["result"].items()) {
    const auto& name = item["metric"]["__name__"].string();
    const auto& value = item["value"].items();
    const auto n = value.size() == 2 ? std::strtoull(value[1].string().c_str(), nullptr, 10) : 0;
    all += n;
    if (uses.contains(name)) continue;
    unused.emplace_back(n, name);
    series += n;
  }
  std::ranges::sort(unused, std::greater());
  const auto total = unused.size();
  if (flags.limit != 0 && unused.size() > flags.limit) unused.resize(flags.limit);
  std::string json;
  codec::JsonWriter writer(json);
  writer.begin_object().key("metrics").value(static_cast<std::uint64_t>(total));
  writer.key("series").value(series).key("allSeries").value(all).key("unused").begin_array();
  std::vector<std::vector<std::string>> rows{{"SERIES", "METRIC"}};
  for (const auto& [n, name] : unused) {
    writer.begin_object().key("metric").value(std::string_view(name)).key("series");
    writer.value(static_cast<std::uint64_t>(n)).end_object();
    rows.push_back({std::to_string(n), name});
  }
  writer.end_array().end_object();
  const auto parsed = Json::parse(json);
  show(flags.output, *parsed,
       table_text(rows) + std::to_string(total) + " metrics with " + std::to_string(series) +
           " of " + std::to_string(all) +
           " series are read by no rule, no board given and no recent query\n");
  return 0;
}

}  // namespace pharos::server

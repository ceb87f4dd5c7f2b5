#include "api/live/live_request.hpp"

#include <cmath>
#include <set>

#include "api/parameters.hpp"
#include "base/quoted.hpp"
#include "codec/json.hpp"

namespace pharos::api::live {
namespace {

using codec::Json;

constexpr std::size_t kIdMax = 200;
constexpr double kSecondsMax = 366.0 * 86'400 * 10;

Result<std::int64_t> seconds_of(const Json& node, std::string_view what, std::int64_t otherwise) {
  double seconds = 0;
  switch (node.kind()) {
    case Json::Kind::null: return otherwise;
    case Json::Kind::integer: seconds = static_cast<double>(node.integer()); break;
    case Json::Kind::real: seconds = node.real(); break;
    case Json::Kind::string: {
      auto parsed = parse_api_duration(node.string());
      if (!parsed) return fail(std::move(parsed).error().in(what));
      seconds = static_cast<double>(parsed->count()) / 1000;
      break;
    }
    default: return fail(Errc::invalid, std::string(what) + " is neither seconds nor a duration");
  }
  if (!(seconds >= 0) || seconds > kSecondsMax)
    return fail(Errc::invalid, std::string(what) + " is out of range");
  return std::llround(seconds * 1000);
}

Result<std::uint8_t> topic_of(std::string_view name) {
  if (name == "alerts") return static_cast<std::uint8_t>(Topic::alerts);
  if (name == "annotations") return static_cast<std::uint8_t>(Topic::annotations);
  if (name == "dashboards") return static_cast<std::uint8_t>(Topic::dashboards);
  return fail(Errc::invalid,
              "unknown topic " + quoted(name) + ": expected alerts, annotations or dashboards");
}

Status check(const LiveQuery& query) {
  if (query.expr.empty()) return fail(Errc::invalid, "no expr");
  if (query.expr.size() > kExpressionMax) return fail(Errc::invalid, "expr is longer than 64 KiB");
  if (query.id.size() > kIdMax) return fail(Errc::invalid, "id is longer than 200 bytes");
  if (query.step_ms < 1'000) return fail(Errc::invalid, "step is below 1 s");
  if (query.range_ms / query.step_ms > kStepsMax)
    return fail(Errc::invalid, "range has more than 11,000 steps");
  return {};
}

// Checks what the queries are together, each as it is.
Result<LiveRequest> checked(LiveRequest request) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < request.queries.size(); ++i) {
    const auto& query = request.queries[i];
    if (auto fine = check(query); !fine)
      return fail(std::move(fine).error().in("queries[" + std::to_string(i) + "]"));
    if (!ids.insert(query.id).second)
      return fail(Errc::invalid, "two queries have the id " + quoted(query.id));
  }
  return request;
}

Status too_many(std::size_t count) {
  if (count <= kQueriesMax) return {};
  return fail(Errc::limit, std::to_string(count) + " queries in one stream, the limit is " +
                               std::to_string(kQueriesMax));
}

Result<LiveRequest> parse_form(const net::Form& form) {
  const auto exprs = form.all("query"), steps = form.all("step"), ranges = form.all("range"),
             ids = form.all("id");
  TRY(too_many(exprs.size()));
  const auto duration = [](const auto& texts, std::size_t i, std::string_view what,
                           std::int64_t otherwise) -> Result<std::int64_t> {
    if (texts.empty()) return otherwise;
    // One for all, or one each.
    const auto text = texts[texts.size() == 1 ? 0 : i];
    auto parsed = parse_api_duration(text);
    if (!parsed) return fail(std::move(parsed).error().in(what));
    if (parsed->count() < 0 || static_cast<double>(parsed->count()) / 1000 > kSecondsMax)
      return fail(Errc::invalid, std::string(what) + " is out of range");
    return parsed->count();
  };
  for (const auto& [name, count] :
       {std::pair{"step", steps.size()}, {"range", ranges.size()}, {"id", ids.size()}})
    if (count > 1 && count != exprs.size())
      return fail(Errc::invalid, std::string(name) + " is given " + std::to_string(count) +
                                     " times, query " + std::to_string(exprs.size()) + " times");
  LiveRequest out;
  for (std::size_t i = 0; i < exprs.size(); ++i) {
    LiveQuery query{.id = i < ids.size() ? std::string(ids[i]) : std::to_string(i),
                    .expr = std::string(exprs[i])};
    query.step_ms = TRY(duration(steps, i, "step", 1'000));
    query.range_ms = TRY(duration(ranges, i, "range", 0));
    out.queries.push_back(std::move(query));
  }
  for (const auto name : form.all("topic")) out.topics |= TRY(topic_of(name));
  return checked(std::move(out));
}

}  // namespace

Result<LiveRequest> parse_live_body(std::string_view text) {
  const Json body = TRY(Json::parse(text));
  if (body.kind() != Json::Kind::object) return fail(Errc::invalid, "the body is not an object");
  const Json& queries = body["queries"];
  if (!queries.is_null() && queries.kind() != Json::Kind::array)
    return fail(Errc::invalid, "queries is not a list");
  TRY(too_many(queries.items().size()));
  LiveRequest out;
  for (std::size_t i = 0; i < queries.items().size(); ++i) {
    const Json& node = queries.items()[i];
    const std::string where = "queries[" + std::to_string(i) + "]";
    if (node.kind() != Json::Kind::object) return fail(Errc::invalid, where + " is not an object");
    LiveQuery query{.id = node["id"].string(), .expr = node["expr"].string()};
    if (node["id"].kind() == Json::Kind::integer) query.id = std::to_string(node["id"].integer());
    if (query.id.empty()) query.id = std::to_string(i);
    query.step_ms = TRY(seconds_of(node["step"], where + ": step", 1'000));
    query.range_ms = TRY(seconds_of(node["range"], where + ": range", 0));
    out.queries.push_back(std::move(query));
  }
  const Json& topics = body["topics"];
  if (!topics.is_null() && topics.kind() != Json::Kind::array)
    return fail(Errc::invalid, "topics is not a list");
  for (const auto& topic : topics.items()) out.topics |= TRY(topic_of(topic.string()));
  return checked(std::move(out));
}

Result<LiveRequest> parse_live_request(const net::Request& request) {
  const bool form_body =
      request.headers.get("Content-Type").starts_with("application/x-www-form-urlencoded");
  if (!request.body.empty() && !form_body) return parse_live_body(request.body);
  return parse_form(TRY(request.form()));
}

}  // namespace pharos::api::live

#include "tests/conformance/alertmanager_cases.hpp"

#include <algorithm>

#include "rules/notify/config.hpp"
#include "tests/conformance/json_lines.hpp"

namespace pharos::conformance {
namespace {

using codec::Json;
namespace notify = rules::notify;

std::string seconds(Millis duration) {
  return format_duration(duration);
}

// What a row expects of a node of the tree, and what the node has, in the same words.
std::string describe(const std::string& receiver, std::vector<std::string> group_by, bool all,
                     Millis wait, Millis interval, Millis repeat) {
  std::ranges::sort(group_by);
  std::string out = receiver + " by [";
  for (const auto& name : group_by) out += name + " ";
  out += all ? "...]" : "]";
  return out + " " + seconds(wait) + " " + seconds(interval) + " " + seconds(repeat);
}

Millis seconds_of(const Json& number) {
  return Millis{static_cast<std::int64_t>(number.real() * 1000)};
}

Result<notify::Route> route_of(const Json& row) {
  if (row.find("config_yaml") != nullptr) {
    auto config = TRY(notify::parse_alertmanager_config(row["config_yaml"].string(), "config.yml"));
    return std::move(config.route);
  }
  const auto yaml = TRY(codec::Yaml::parse(row["route_yaml"].string(), "route.yml"));
  return notify::parse_route(yaml);
}

std::string run_routing(const Json& row) {
  const auto root = route_of(row);
  if (!root) return "refused: " + root.error().message;
  LabelsBuilder labels;
  for (const auto& [name, value] : row["labels"].members()) labels.set(name, value.string());
  std::vector<std::string> got, keys, receivers, wanted, wanted_keys, wanted_receivers;
  for (const auto* route : notify::match_routes(*root, labels.build())) {
    got.push_back(describe(route->receiver, route->group_by, route->group_by_all, route->group_wait,
                           route->group_interval, route->repeat_interval));
    keys.push_back(route->key);
    receivers.push_back(route->receiver);
  }
  for (const auto& item : row["expect"].items()) {
    std::vector<std::string> group_by;
    for (const auto& name : item["group_by"].items()) group_by.push_back(name.string());
    wanted.push_back(describe(item["receiver"].string(), group_by, item["group_by_all"].boolean(),
                              seconds_of(item["group_wait_s"]),
                              seconds_of(item["group_interval_s"]),
                              seconds_of(item["repeat_interval_s"])));
  }
  for (const auto& key : row["route_keys"].items()) wanted_keys.push_back(key.string());
  for (const auto& name : row["expect_receivers"].items())
    wanted_receivers.push_back(name.string());
  const auto differs = [](const auto& a, const auto& b) {
    std::string out = "got";
    for (const auto& text : a) out += " " + text;
    out += ", expected";
    for (const auto& text : b) out += " " + text;
    return out;
  };
  if (row.find("expect") != nullptr && got != wanted) return differs(got, wanted);
  if (row.find("route_keys") != nullptr && keys != wanted_keys) return differs(keys, wanted_keys);
  if (row.find("expect_receivers") != nullptr && receivers != wanted_receivers)
    return differs(receivers, wanted_receivers);
  if (row.find("expect") == nullptr && row.find("expect_receivers") == nullptr)
    return "the row expects nothing";
  return {};
}

std::string run_matchers(const Json& row) {
  const auto dialect = row["dialect"].string() == "classic" ? notify::MatcherDialect::classic
                                                            : notify::MatcherDialect::utf8;
  const auto text = input_of(row);
  std::vector<Matcher> got;
  Status status;
  if (row["api"].string() == "single matcher") {
    auto one = notify::parse_matcher(text, dialect);
    if (one)
      got.push_back(*one);
    else
      status = Status{std::unexpect, one.error()};
  } else {
    auto list = notify::parse_matchers(text, dialect);
    if (list)
      got = *list;
    else
      status = Status{std::unexpect, list.error()};
  }
  const bool valid = row["valid"].boolean();
  if (status.has_value() != valid) return valid ? "refused: " + status.error().message : "accepted";
  if (!valid) return {};
  std::string have, wanted;
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  for (const auto& matcher : got)
    have += matcher.name() + " " + std::string(kOps[static_cast<std::size_t>(matcher.op())]) + " " +
            matcher.value() + ";";
  for (const auto& item : row["matchers"].items())
    wanted +=
        item["name"].string() + " " + item["op"].string() + " " + item["value"].string() + ";";
  return have == wanted ? "" : "got " + have + " expected " + wanted;
}

std::string run_config(const Json& row) {
  notify::AlertmanagerConfigOptions options;
  if (row["label_names"].string() == "classic") options.dialect = notify::MatcherDialect::classic;
  const auto config =
      notify::parse_alertmanager_config(row["config_yaml"].string(), "config.yml", options);
  const bool valid = row["valid"].boolean();
  if (config.has_value() == valid) return {};
  return valid ? "refused: " + config.error().message : "accepted";
}

std::string run_row(const Json& row) {
  if (row.find("labels") != nullptr) return run_routing(row);
  if (row.find("dialect") != nullptr) return run_matchers(row);
  if (row.find("config_yaml") != nullptr) return run_config(row);
  return "a row of unknown kind";
}

}  // namespace

Result<std::vector<CaseResult>> run_alertmanager_cases(const std::string& file) {
  return for_each_row(file, run_row);
}

}  // namespace pharos::conformance

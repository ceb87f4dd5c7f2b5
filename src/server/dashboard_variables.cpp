#include "server/dashboard_variables.hpp"

#include <algorithm>

namespace pharos::server {
namespace {

using codec::Json;

constexpr std::pair<const char*, const char*> kOwn[] = {
    {"__interval", "1m"},      {"__interval_ms", "60000"},
    {"__rate_interval", "5m"}, {"__rate_interval_ms", "300000"},
    {"__range", "1h"},         {"__range_s", "3600"},
    {"__range_ms", "3600000"}, {"__from", "1700000000000"},
    {"__to", "1700003600000"}, {"__name", "x"},
    {"__dashboard", "x"},      {"__org", "1"},
    {"__user", "x"},           {"__all", ".*"},
    {"__auto_interval", "1m"}, {"timeFilter", "x"},
    {"__timeFilter", "x"},
};
constexpr std::string_view kAll = "$__all";
constexpr std::size_t kReferenceMax = 256;  // of ${name:format}

bool word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
std::string_view word_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && word(text[end])) ++end;
  return text.substr(at, end - at);
}

// A text or the first of several; "" for what stands for all or for an automatic choice.
std::string one_of(const Json& value) {
  const auto& text = value.items().empty() ? value.string() : value.items().front().string();
  return text == kAll || text.starts_with("$__auto_interval") ? std::string() : text;
}

std::string first_of_list(std::string_view list) {
  list = list.substr(0, list.find(','));
  if (const auto colon = list.find(" : "); colon != list.npos)
    list.remove_prefix(colon + 3);  // text : value
  const auto begin = list.find_first_not_of(' ');
  if (begin == list.npos) return {};
  return std::string(list.substr(begin, list.find_last_not_of(' ') + 1 - begin));
}

std::string value_of(const Json& variable) {
  const auto& type = variable["type"].string();
  const auto& query = variable["query"].string();
  if (auto chosen = one_of(variable["current"]["value"]); !chosen.empty()) return chosen;
  if (type == "interval" || type == "custom")
    if (auto first = first_of_list(query); !first.empty()) return first;
  if ((type == "constant" || type == "textbox") && !query.empty()) return query;
  for (const auto& option : variable["options"].items())
    if (auto value = one_of(option["value"]); !value.empty()) return value;
  if (type == "interval") return "1m";
  const auto& all = variable["allValue"].string();
  return all.empty() ? "x" : all;
}

}  // namespace

DashboardVariables::DashboardVariables(const Json& dashboard) {
  for (const auto& [name, value] : kOwn) values_.emplace(name, value);
  for (const auto& input : dashboard["__inputs"].items()) {
    const auto& value = input["value"].string();
    values_.insert_or_assign(input["name"].string(), value.empty() ? "x" : value);
  }
  for (const auto& variable : dashboard["templating"]["list"].items())
    values_.insert_or_assign(variable["name"].string(), value_of(variable));
}

std::string DashboardVariables::fill(std::string_view text,
                                     std::vector<std::string>& unknown) const {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::string_view name;
    std::size_t end = at;
    if (text.substr(at).starts_with("${")) {
      name = word_at(text, at + 2);
      end = text.substr(at, kReferenceMax).find('}');
      end = end == text.npos ? at : at + end + 1;
    } else if (text.substr(at).starts_with("[[")) {
      name = word_at(text, at + 2);
      end = text.substr(at, kReferenceMax).find("]]");
      end = end == text.npos ? at : at + end + 2;
    } else if (text[at] == '$') {
      name = word_at(text, at + 1);
      end = at + 1 + name.size();
    }
    const auto known = values_.find(name);
    if (end > at && !name.empty() && known != values_.end()) {
      out += known->second;
      at = end;
      continue;
    }
    const bool number = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (end > at && !name.empty() && !number && std::ranges::find(unknown, name) == unknown.end())
      unknown.emplace_back(name);
    out += text[at++];
  }
  return out;
}

}  // namespace pharos::server

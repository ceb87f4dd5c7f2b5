// The functions that Alertmanager gives notification templates.
#include <algorithm>

#include "codec/json.hpp"
#include "model/labels.hpp"
#include "rules/template_functions.hpp"
#include "rules/text_case.hpp"

namespace pharos::rules::detail {
namespace {

using V = TemplateValue;
using K = TemplateValue::Kind;
using Arguments = std::span<const TemplateValue>;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::invalid, std::move(what));
}
std::unexpected<Error> wrong_type(std::string_view wanted, const V& got) {
  return wrong("wrong type for value; expected " + std::string(wanted) + "; got " +
               got.type_name());
}
Result<std::string> text_of(const V& value) {
  if (value.kind() != K::text) return wrong_type("string", value);
  return value.as_string();
}

template <std::string (*F)(std::string_view)>
Result<V> of_text(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  return V::string(F(text));
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n\v\f\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\n\v\f\r") - begin + 1));
}

Result<V> join(Arguments a, const CallEnvironment&) {
  const auto separator = TRY(text_of(a[0]));
  if (a[1].kind() != K::list || a[1].type_name() != "[]string") return wrong_type("[]string", a[1]);
  std::string out;
  bool first = true;
  for (const auto& item : a[1].items()) {
    if (!first) out += separator;
    first = false;
    out += item.as_string();
  }
  return V::string(std::move(out));
}

Result<V> string_slice(Arguments a, const CallEnvironment&) {
  std::vector<std::string> items;
  for (const auto& v : a) {
    auto text = TRY(text_of(v));
    items.push_back(std::move(text));
  }
  return V::texts(std::move(items));
}

Result<V> safe_html(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  return V::string(std::move(text), V::Safe::html);
}
Result<V> safe_url(Arguments a, const CallEnvironment&) {
  auto text = TRY(text_of(a[0]));
  return V::string(std::move(text), V::Safe::url);
}

Result<V> url_unescape(Arguments a, const CallEnvironment&) {
  const auto text = TRY(text_of(a[0]));
  std::string out;
  const auto hex = [](char c) -> int {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
        return wrong("invalid URL escape " + go_quote(text.substr(i, 3)));
      out += static_cast<char>(hex(text[i + 1]) << 4 | hex(text[i + 2]));
      i += 2;
    }
  }
  return V::string(std::move(out));
}

Result<V> date(Arguments a, const CallEnvironment&) {
  const auto layout = TRY(text_of(a[0]));
  if (a[1].kind() != K::time) return wrong_type("time.Time", a[1]);
  return V::string(format_layout(a[1].as_time(), layout, a[1].zone()));
}
Result<V> tz(Arguments a, const CallEnvironment&) {
  const auto name = TRY(text_of(a[0]));
  if (a[1].kind() != K::time) return wrong_type("time.Time", a[1]);
  auto zone = TimeZone::find(name);
  if (!zone) return wrong("unknown time zone " + name);
  return V::time(a[1].as_time(), std::move(*zone));
}
Result<V> since(Arguments a, const CallEnvironment& e) {
  if (a[0].kind() != K::time) return wrong_type("time.Time", a[0]);
  // Go's durations end at 292 years.
  constexpr Millis kMost{INT64_MAX / 1'000'000};
  const auto passed = std::clamp(e.context.now - a[0].as_time(), -kMost, kMost);
  return V::duration(std::chrono::duration_cast<Nanos>(passed));
}
Result<V> humanize_duration_(Arguments a, const CallEnvironment&) {
  const double seconds = TRY(a[0].to_real());
  return V::string(humanize_duration(seconds));
}

Result<V> list(Arguments a, const CallEnvironment&) {
  return V::list(V::List(a.begin(), a.end()), "[]interface {}");
}
Result<V> append(Arguments a, const CallEnvironment&) {
  if (a[0].kind() != K::list) return wrong_type("[]interface {}", a[0]);
  auto items = a[0].items();
  if (a[0].type_name() == "[]string")
    for (const auto& v : a.subspan(1))
      if (v.kind() != K::text) return wrong_type("string", v);
  items.insert(items.end(), a.begin() + 1, a.end());
  return V::list(std::move(items), a[0].type_name());
}
Result<V> dict(Arguments a, const CallEnvironment&) {
  if (a.size() % 2 != 0)
    return wrong("expected even number of arguments, got " + std::to_string(a.size()));
  V::Map map;
  for (std::size_t i = 0; i < a.size(); i += 2) {
    auto key = TRY(text_of(a[i]));
    map.members.insert_or_assign(std::move(key), a[i + 1]);
  }
  return V::map(std::move(map));
}

// A field's name in JSON: "GroupLabels" → "groupLabels".
std::string json_name(std::string_view field) {
  std::string out(field);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

constexpr std::size_t kJsonDepthMax = 100;

Status put_json(std::string& out, const V& v, std::size_t depth) {
  if (depth > kJsonDepthMax) return wrong("nested deeper than " + std::to_string(kJsonDepthMax));
  switch (v.kind()) {
    case K::nil: out += "null"; return {};
    case K::boolean:
    case K::integer:
    case K::real: out += v.print(); return {};
    case K::duration: out += std::to_string(v.as_duration().count()); return {};
    case K::text: put_json_string_for_html(out, v.as_string()); return {};
    case K::time:
      out +=
          '"' + format_layout(v.as_time(), "2006-01-02T15:04:05.999999999Z07:00", v.zone()) + '"';
      return {};
    case K::list: {
      out += '[';
      bool first = true;
      for (const auto& item : v.items()) {
        if (!first) out += ',';
        first = false;
        TRY(put_json(out, item, depth + 1));
      }
      out += ']';
      return {};
    }
    case K::map: {
      const auto& map = v.members();
      out += '{';
      bool first = true;
      const auto member = [&](const std::string& key, const V& value) -> Status {
        if (!first) out += ',';
        first = false;
        put_json_string_for_html(
            out, map.is_struct && map.type != "template.Pair" ? json_name(key) : key);
        out += ':';
        return put_json(out, value, depth + 1);
      };
      if (map.order.empty())
        for (const auto& [key, value] : map.members) TRY(member(key, value));
      for (const auto& key : map.order) TRY(member(key, map.members.at(key)));
      out += '}';
      return {};
    }
  }
  return {};
}
Result<V> to_json(Arguments a, const CallEnvironment&) {
  std::string out;
  TRY(put_json(out, a[0], 0));
  return V::string(std::move(out));
}

Result<V> route_labels(Arguments a, const CallEnvironment& e) {
  const auto name = TRY(text_of(a[0]));
  if (!e.context.route_label) return V::string("");
  auto text = TRY(e.context.route_label(name));
  return V::string(std::move(text));
}

constexpr TemplateFunction kNotification[] = {
    {"toUpper", 1, 1, of_text<upper_case>},
    {"toLower", 1, 1, of_text<lower_case>},
    {"title", 1, 1, of_text<title_case>},
    {"trimSpace", 1, 1, of_text<trimmed>},
    {"join", 2, 2, join},
    {"stringSlice", 0, 255, string_slice},
    {"safeHtml", 1, 1, safe_html},
    {"safeUrl", 1, 1, safe_url},
    {"urlUnescape", 1, 1, url_unescape},
    {"date", 2, 2, date},
    {"tz", 2, 2, tz},
    {"since", 1, 1, since},
    {"humanizeDuration", 1, 1, humanize_duration_},
    {"list", 0, 255, list},
    {"append", 1, 255, append},
    {"dict", 0, 255, dict},
    {"toJson", 1, 1, to_json},
    {"routeLabels", 1, 1, route_labels},
};

}  // namespace

std::span<const TemplateFunction> notification_functions() {
  return kNotification;
}

void put_json_string_for_html(std::string& out, std::string_view text) {
  std::string json;
  codec::put_json_string(json, text);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto rest = std::string_view(json).substr(i, 3);
    if (json[i] == '<')
      out += "\\u003c";
    else if (json[i] == '>')
      out += "\\u003e";
    else if (json[i] == '&')
      out += "\\u0026";
    else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {
      out += rest[2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else
      out += json[i];
  }
}

}  // namespace pharos::rules::detail

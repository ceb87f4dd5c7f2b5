#include "api/alertmanager/alert_json.hpp"

#include <algorithm>
#include <cstring>

namespace pharos::api::alertmanager {
namespace {

using codec::Json;
using codec::put_json_string;
using rules::notify::Silence;

char* two(char* at, unsigned value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
  return at + 2;
}

void put_labels(std::string& out, const Labels& labels) {
  out += '{';
  bool first = true;
  for (const auto& [name, value] : labels) {
    if (!first) out += ',';
    first = false;
    put_json_string(out, name);
    out += ':';
    put_json_string(out, value);
  }
  out += '}';
}

void put_texts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    put_json_string(out, texts[i]);
  }
  out += ']';
}

std::string_view state_text(Silence::State state) {
  switch (state) {
    case Silence::State::pending: return "pending";
    case Silence::State::active: return "active";
    case Silence::State::expired: break;
  }
  return "expired";
}

Result<std::string> text_member(const Json& json, std::string_view name, bool required,
                                std::string& missing) {
  const auto* member = json.find(name);
  if (member == nullptr || member->is_null()) {
    if (required) missing += std::string(name) + " in body is required\n";
    return std::string();
  }
  if (member->kind() != Json::Kind::string)
    return fail(Errc::invalid, std::string(name) + " must be a string");
  return member->string();
}

Result<Time> time_member(const Json& json, std::string_view name, std::string& missing) {
  const auto text = TRY(text_member(json, name, true, missing));
  if (text.empty()) return Time{};
  const auto time = parse_time(text);
  if (!time || text.size() < 5 || text[4] != '-')
    return fail(Errc::invalid, std::string(name) + ": '" + text + "' is not an RFC 3339 time");
  return *time;
}

Result<Matcher> read_matcher(const Json& json, std::size_t position, std::string& missing) {
  if (json.kind() != Json::Kind::object)
    return fail(Errc::invalid, "a matcher must be an object with name, value and isRegex");
  const auto prefix = "matchers." + std::to_string(position) + ".";
  std::string wanted;
  auto name = TRY(text_member(json, "name", true, wanted));
  auto value = TRY(text_member(json, "value", true, wanted));
  const auto* regex = json.find("isRegex");
  if (regex == nullptr || regex->is_null()) wanted += "isRegex in body is required\n";
  for (const auto* flag : {regex, json.find("isEqual")})
    if (flag != nullptr && !flag->is_null() && flag->kind() != Json::Kind::boolean)
      return fail(Errc::invalid, "isRegex and isEqual must be true or false");
  while (!wanted.empty()) {
    const auto end = wanted.find('\n');
    missing += prefix + wanted.substr(0, end + 1);
    wanted.erase(0, end + 1);
  }
  const bool equal = json["isEqual"].boolean(true), is_regex = json["isRegex"].boolean();
  const auto op = is_regex ? (equal ? MatchOp::regex : MatchOp::not_regex)
                           : (equal ? MatchOp::equal : MatchOp::not_equal);
  return Matcher::make(op, std::move(name), std::move(value));
}

}  // namespace

void put_time(std::string& out, Time t) {
  if (t == Time{}) {
    out += "0001-01-01T00:00:00.000Z";
    return;
  }
  const auto days = std::chrono::floor<std::chrono::days>(t);
  // Alerts share their day: the calendar is asked once for all of them.
  thread_local std::chrono::sys_days last_days{std::chrono::days{-1}};
  thread_local char date[11] = "1969-12-31";
  if (days != last_days) {
    const std::chrono::year_month_day ymd{days};
    const int year = static_cast<int>(ymd.year());
    if (year < 0 || year > 9999) {
      out += format_time(t);
      return;
    }
    char* at = two(two(date, static_cast<unsigned>(year) / 100), static_cast<unsigned>(year) % 100);
    at = two(at + 1, static_cast<unsigned>(ymd.month()));
    two(at + 1, static_cast<unsigned>(ymd.day()));
    last_days = days;
  }
  const auto left = static_cast<unsigned>((t - days).count());
  char text[25];
  std::memcpy(text, date, 10);
  text[10] = 'T';
  two(text + 11, left / 3'600'000);
  text[13] = ':';
  two(text + 14, left / 60'000 % 60);
  text[16] = ':';
  two(text + 17, left / 1000 % 60);
  text[19] = '.';
  text[20] = static_cast<char>('0' + left % 1000 / 100);
  two(text + 21, left % 100);
  text[23] = 'Z';
  out.append(text, 24);
}

void put_alert(std::string& out, const rules::notify::AlertView& view, std::uint64_t fingerprint) {
  const auto& marks = view.marks;
  out += "{\"annotations\":";
  put_labels(out, view.alert.annotations);
  out += ",\"endsAt\":\"";
  put_time(out, view.alert.ends_at);
  out += "\",\"fingerprint\":\"";
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[fingerprint >> shift & 15];
  out += "\",\"receivers\":[";
  for (std::size_t i = 0; i < view.receivers.size(); ++i) {
    out += i > 0 ? ",{\"name\":" : "{\"name\":";
    put_json_string(out, view.receivers[i]);
    out += '}';
  }
  out += "],\"startsAt\":\"";
  put_time(out, view.alert.starts_at);
  out += "\",\"status\":{\"inhibitedBy\":";
  put_texts(out, marks.inhibited_by);
  out += ",\"mutedBy\":";
  put_texts(out, marks.muted_by);
  out += ",\"silencedBy\":";
  put_texts(out, marks.silenced_by);
  const bool suppressed =
      !marks.inhibited_by.empty() || !marks.silenced_by.empty() || !marks.muted_by.empty();
  out += ",\"state\":\"";
  out += suppressed ? "suppressed" : marks.processed ? "active" : "unprocessed";
  out += "\"},\"updatedAt\":\"";
  put_time(out, view.alert.updated_at);
  out += '"';
  if (!view.alert.generator_url.empty()) {
    out += ",\"generatorURL\":";
    put_json_string(out, view.alert.generator_url);
  }
  out += ",\"labels\":";
  put_labels(out, view.alert.labels);
  out += '}';
}

void put_group(std::string& out, const rules::notify::GroupView& group) {
  out += "{\"alerts\":[";
  for (std::size_t i = 0; i < group.alerts.size(); ++i) {
    if (i > 0) out += ',';
    put_alert(out, group.alerts[i], rules::fingerprint(group.alerts[i].alert.labels));
  }
  out += "],\"labels\":";
  put_labels(out, group.labels);
  out += ",\"receiver\":{\"name\":";
  put_json_string(out, group.receiver);
  out += "}}";
}

void put_silence(std::string& out, const Silence& silence, Time now) {
  out += "{\"id\":";
  put_json_string(out, silence.id);
  out += ",\"status\":{\"state\":\"";
  out += state_text(silence.state_at(now));
  out += "\"},\"updatedAt\":\"";
  put_time(out, silence.updated_at);
  out += '"';
  if (!silence.annotations.empty()) {
    out += ",\"annotations\":{";
    bool first = true;
    for (const auto& [name, value] : silence.annotations) {
      if (!first) out += ',';
      first = false;
      put_json_string(out, name);
      out += ':';
      put_json_string(out, value);
    }
    out += '}';
  }
  out += ",\"comment\":";
  put_json_string(out, silence.comment);
  out += ",\"createdBy\":";
  put_json_string(out, silence.created_by);
  out += ",\"endsAt\":\"";
  put_time(out, silence.ends_at);
  out += "\",\"matchers\":[";
  for (std::size_t i = 0; i < silence.matchers.size(); ++i) {
    const auto& matcher = silence.matchers[i];
    const bool regex = matcher.op() == MatchOp::regex || matcher.op() == MatchOp::not_regex;
    out += i > 0 ? ",{\"isEqual\":" : "{\"isEqual\":";
    out += matcher.is_negative() ? "false" : "true";
    out += ",\"isRegex\":";
    out += regex ? "true" : "false";
    out += ",\"name\":";
    put_json_string(out, matcher.name());
    out += ",\"value\":";
    put_json_string(out, matcher.value());
    out += '}';
  }
  out += "],\"startsAt\":\"";
  put_time(out, silence.starts_at);
  out += "\"}";
}

Result<Silence> read_silence(std::string_view body) {
  const auto json = TRY(Json::parse(body));
  if (json.kind() != Json::Kind::object) return fail(Errc::invalid, "a silence must be an object");
  Silence silence;
  std::string missing;
  silence.id = TRY(text_member(json, "id", false, missing));
  silence.comment = TRY(text_member(json, "comment", true, missing));
  silence.created_by = TRY(text_member(json, "createdBy", true, missing));
  silence.starts_at = TRY(time_member(json, "startsAt", missing));
  silence.ends_at = TRY(time_member(json, "endsAt", missing));
  const auto& matchers = json["matchers"];
  if (matchers.is_null()) {
    missing += "matchers in body is required\n";
  } else if (matchers.kind() != Json::Kind::array) {
    return fail(Errc::invalid, "matchers must be a list");
  } else if (matchers.items().empty()) {
    missing += "matchers in body should have at least 1 items\n";
  }
  for (std::size_t i = 0; i < matchers.items().size(); ++i) {
    auto matcher = TRY(read_matcher(matchers.items()[i], i, missing));
    silence.matchers.push_back(std::move(matcher));
  }
  if (const auto& annotations = json["annotations"]; !annotations.is_null()) {
    if (annotations.kind() != Json::Kind::object)
      return fail(Errc::invalid, "annotations must be a map of strings");
    for (const auto& [name, value] : annotations.members()) {
      if (value.kind() != Json::Kind::string)
        return fail(Errc::invalid, "annotations must be a map of strings");
      silence.annotations[name] = value.string();
    }
  }
  if (!missing.empty()) {
    missing.pop_back();
    return fail(Errc::conflict, "validation failure list:\n" + missing);
  }
  return silence;
}

void sort_silences(std::vector<Silence>& silences, Time now) {
  const auto order = [now](const Silence& s) {
    const auto state = s.state_at(now);
    return state == Silence::State::active ? 0 : state == Silence::State::pending ? 1 : 2;
  };
  std::ranges::stable_sort(silences, [&](const Silence& a, const Silence& b) {
    const int left = order(a), right = order(b);
    if (left != right) return left < right;
    if (left == 0) return a.ends_at < b.ends_at;
    if (left == 1) return a.starts_at < b.starts_at;
    return a.ends_at > b.ends_at;
  });
}

}  // namespace pharos::api::alertmanager

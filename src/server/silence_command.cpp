// `pharos silence …`: silences of a running server.
#include <cstdlib>

#include "base/clock.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "server/alert_flags.hpp"
#include "server/command_client.hpp"
#include "server/table_text.hpp"

namespace pharos::server {
namespace {

using codec::Json;

template <class Body>
int with_client(const SilenceFlags& flags, Body body) {
  auto client = command_client(flags.server, flags.headers);
  if (!client) return complain(client.error().message, 2);
  const Status done = body(*client);
  return done ? 0 : complain(done.error());
}

std::string matchers_text(const Json& matchers) {
  std::string out;
  for (const auto& matcher : matchers.items()) {
    const bool equal = matcher["isEqual"].boolean(true), regex = matcher["isRegex"].boolean();
    out += (out.empty() ? "" : " ") + matcher["name"].string() +
           (regex ? (equal ? "=~" : "!~") : (equal ? "=" : "!=")) +
           go_quote(matcher["value"].string());
  }
  return out;
}

Result<std::string> silence_body(const SilenceFlags& flags) {
  const auto now = system_clock().now();
  const auto start = TRY(time_argument(flags.start, now, now, "--start"));
  const auto lasts = TRY(parse_duration(flags.duration));
  const auto end = TRY(time_argument(flags.end, start + lasts, now, "--end"));
  std::string author = flags.author;
  if (const char* user = std::getenv("USER"); author.empty() && user != nullptr) author = user;
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object();
  if (!flags.id.empty()) writer.key("id").value(std::string_view(flags.id));
  writer.key("matchers").begin_array();
  for (const auto& word : flags.words) {
    const auto matchers = TRY(rules::notify::parse_matchers(matcher_argument(word)));
    for (const auto& matcher : matchers) {
      const bool regex = matcher.op() == MatchOp::regex || matcher.op() == MatchOp::not_regex;
      writer.begin_object().key("name").value(std::string_view(matcher.name()));
      writer.key("value").value(std::string_view(matcher.value())).key("isRegex").value(regex);
      writer.key("isEqual").value(!matcher.is_negative()).end_object();
    }
  }
  writer.end_array();
  writer.key("startsAt").value(std::string_view(format_time(start)));
  writer.key("endsAt").value(std::string_view(format_time(end)));
  writer.key("createdBy").value(std::string_view(author));
  writer.key("comment").value(std::string_view(flags.comment)).end_object();
  return body;
}

}  // namespace

int run_silence_add(const SilenceFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto body = TRY(silence_body(flags));
    const auto made = TRY(client.call("POST", "/api/v2/silences", body));
    std::fputs((made["silenceID"].string() + "\n").c_str(), stdout);
    return {};
  });
}

int run_silence_list(const SilenceFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    QueryText query;
    for (const auto& word : flags.words) query.add("filter", matcher_argument(word));
    const auto found = TRY(client.call("GET", "/api/v2/silences" + query.text()));
    std::vector<std::vector<std::string>> rows{
        {"ID", "STATE", "ENDS", "BY", "MATCHERS", "COMMENT"}};
    std::string ids;
    for (const auto& item : found.items()) {
      const auto& state = item["status"]["state"].string();
      if ((state == "expired") != flags.expired) continue;
      ids += item["id"].string() + "\n";
      rows.push_back({item["id"].string(), state, item["endsAt"].string(),
                      item["createdBy"].string(), matchers_text(item["matchers"]),
                      item["comment"].string()});
    }
    show(flags.output, found, flags.ids_only ? ids : table_text(rows));
    return {};
  });
}

int run_silence_expire(const SilenceFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    for (const auto& id : flags.words) {
      const auto gone = client.call("DELETE", "/api/v2/silence/" + net::url_encode(id));
      if (!gone && gone.error().code == Errc::not_found)
        return fail(Errc::not_found, "there is no silence " + id);
      if (!gone) return fail(gone.error());
    }
    return {};
  });
}

int run_silence_preview(const SilenceFlags& flags) {
  return with_client(flags, [&](ApiClient& client) -> Status {
    const auto now = system_clock().now();
    const auto end = TRY(time_argument(flags.end, now, now, "--end"));
    const auto last = TRY(parse_duration(flags.last));
    const auto start = TRY(time_argument(flags.start, end - last, now, "--start"));
    QueryText query;
    query.add("start", format_time(start)).add("end", format_time(end));
    for (const auto& word : flags.words) query.add("filter", matcher_argument(word));
    const auto found = TRY(client.get("/api/v1/silences/preview" + query.text()));
    const auto count = [&](const char* key) { return std::to_string(found[key].integer()); };
    std::string text = "from " + format_time(start) + " to " + format_time(end) + "\n";
    text += count("alerts") + " alerts would have been silenced\n";
    text += count("notifications") + " notifications had such alerts in them, " +
            count("wholeNotifications") + " nothing else: these would not have been sent\n";
    for (const auto& labels : found["examples"].items()) text += "  " + labels_text(labels) + "\n";
    show(flags.output, found, text);
    return {};
  });
}

}  // namespace pharos::server

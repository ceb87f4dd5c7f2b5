// `pharos query instant|range`: asks a server over HTTP and shows the answer.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/clock.hpp"
#include "codec/json.hpp"
#include "model/labels.hpp"
#include "net/http_client.hpp"
#include "server/answer_text.hpp"
#include "server/flags.hpp"

namespace pharos::server {
namespace {

using codec::Json;

int complain(const std::string& text, int status) {
  std::fputs(("pharos: " + text + "\n").c_str(), stderr);
  return status;
}

std::string seconds_text(Time t) {
  const auto millis = to_unix_millis(t);
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%lld.%03lld", static_cast<long long>(millis / 1000),
                static_cast<long long>(std::abs(millis % 1000)));
  return buffer;
}

Result<Time> time_of(const std::string& text, Time otherwise, std::string_view flag) {
  if (text.empty()) return otherwise;
  auto parsed = parse_time(text);
  if (!parsed) return fail(std::move(parsed).error().in(flag));
  return *parsed;
}

// "15s" or "15".
Result<double> step_of(const std::string& text) {
  if (auto duration = parse_duration(text)) return static_cast<double>(duration->count()) / 1000;
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0 || !(seconds > 0))
    return fail(Errc::invalid,
                "--step: '" + text + "' is neither a duration nor a number of seconds");
  return seconds;
}

Result<net::ClientReply> ask(const QueryFlags& flags, const std::string& path, std::string form) {
  net::ClientRequest request;
  request.method = "POST";
  std::string base = flags.server;
  if (base.find("://") == base.npos) base = "http://" + base;
  while (base.ends_with('/')) base.pop_back();
  request.url = base + path;
  request.body = std::move(form);
  request.timeout = std::chrono::minutes(3);
  request.body_max = std::uint64_t{1} << 30;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"User-Agent", "pharos-cli"}};
  for (const auto& header : flags.headers) {
    const auto colon = header.find(':');
    if (colon == header.npos)
      return fail(Errc::invalid, "--header: expected 'Name: value', got '" + header + "'");
    auto value = header.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    request.headers.emplace_back(header.substr(0, colon), value);
  }
  auto client = net::HttpClient::create();
  return client->fetch(std::move(request));
}

int show(const QueryFlags& flags, Result<net::ClientReply> reply) {
  if (!reply) return complain(reply.error().message, reply.error().code == Errc::invalid ? 2 : 1);
  auto answer = Json::parse(reply->body);
  if (!answer)
    return complain(
        flags.server + " answered with status " + std::to_string(reply->status) + " and no JSON",
        1);
  if ((*answer)["status"].string() != "success")
    return complain((*answer)["errorType"].string() + ": " + (*answer)["error"].string(), 1);
  for (const auto& warning : (*answer)["warnings"].items())
    complain("warning: " + warning.string(), 0);
  for (const auto& info : (*answer)["infos"].items()) complain("info: " + info.string(), 0);
  const auto& data = (*answer)["data"];
  switch (flags.output) {
    case OutputFormat::json:
      std::fputs((reply->body + (reply->body.ends_with('\n') ? "" : "\n")).c_str(), stdout);
      break;
    case OutputFormat::yaml: std::fputs(answer_yaml(data).c_str(), stdout); break;
    case OutputFormat::table: std::fputs(answer_table(data).c_str(), stdout); break;
  }
  return 0;
}

std::string form_of(const QueryFlags& flags) {
  std::string form = "query=" + net::url_encode(flags.expr);
  if (!flags.timeout.empty()) form += "&timeout=" + net::url_encode(flags.timeout);
  return form;
}

}  // namespace

int run_query_instant(const QueryFlags& flags) {
  std::string form = form_of(flags);
  if (!flags.time.empty()) {
    auto time = time_of(flags.time, Time{}, "--time");
    if (!time) return complain(time.error().message, 2);
    form += "&time=" + seconds_text(*time);
  }
  return show(flags, ask(flags, "/api/v1/query", std::move(form)));
}

int run_query_range(const QueryFlags& flags) {
  const auto end = time_of(flags.end, system_clock().now(), "--end");
  if (!end) return complain(end.error().message, 2);
  const auto start = time_of(flags.start, *end - std::chrono::minutes(5), "--start");
  if (!start) return complain(start.error().message, 2);
  if (*end < *start) return complain("--end is before --start", 2);
  double step = std::max(1.0, static_cast<double>((*end - *start).count()) / 1000 / 250);
  step = static_cast<double>(static_cast<std::int64_t>(step));
  if (!flags.step.empty()) {
    const auto parsed = step_of(flags.step);
    if (!parsed) return complain(parsed.error().message, 2);
    step = *parsed;
  }
  std::string form = form_of(flags) + "&start=" + seconds_text(*start) +
                     "&end=" + seconds_text(*end) + "&step=" + std::to_string(step);
  return show(flags, ask(flags, "/api/v1/query_range", std::move(form)));
}

}  // namespace pharos::server

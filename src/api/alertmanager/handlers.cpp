// Alertmanager's API v2, below /api/v2 and /alertmanager/api/v2.
#include <algorithm>
#include <memory>

#include "api/alertmanager/alert_json.hpp"
#include "api/alertmanager/alert_scan.hpp"
#include "api/handlers.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::api {
namespace {

using namespace alertmanager;
using rules::notify::Alertmanager;
using rules::notify::AlertQuery;
using rules::notify::AlertView;
using rules::notify::GroupView;
using rules::notify::Silence;

// An alert is some 300 bytes: some 200,000 of them in one request.
constexpr std::uint64_t kAlertBodyMax = 64u << 20;
constexpr std::size_t kPieceItems = 512, kPieces = 8;  // of a long list, made at the same time
// Longer lists are streamed; shorter ones may be compressed and have a length.
constexpr std::size_t kStreamFrom = 2'000;

net::Response answer(std::string body) {
  auto response = net::Response::json(200, std::move(body));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

// The payload of Alertmanager's errors is a bare string …
net::Response refuse(int status, std::string_view message) {
  std::string body;
  codec::put_json_string(body, message);
  body += '\n';
  return net::Response::json(status, std::move(body));
}

// … but those of its request checks are objects.
net::Response refuse_request(int status, int code, std::string_view message) {
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object().key("code").value(code).key("message").value(message).end_object();
  return net::Response::json(status, std::move(body));
}

net::Response refuse(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
    case Errc::conflict:
    case Errc::limit: return refuse(400, error.message);
    case Errc::not_found: return refuse(404, error.message);
    case Errc::unavailable: return refuse(503, error.message);
    default: return refuse(500, error.message);
  }
}

// As the request parser of Alertmanager reads a boolean: everything else is false.
bool flag(const net::Form& form, std::string_view name, bool otherwise) {
  const auto value = form.find(name);
  if (!value) return otherwise;
  std::string lower(*value);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::string_view kTrue[] = {"true", "1",        "yes",     "ok", "y",
                                        "on",   "selected", "checked", "t",  "enabled"};
  return std::ranges::find(kTrue, lower) != std::end(kTrue);
}

Result<std::vector<Matcher>> filters(const net::Form& form) {
  std::vector<Matcher> out;
  for (const auto text : form.all("filter")) {
    auto matcher = TRY(rules::notify::parse_matcher(text));
    out.push_back(std::move(matcher));
  }
  return out;
}

Result<AlertQuery> alert_query(const net::Request& request) {
  const auto form = TRY(net::Form::parse(request.query));
  AlertQuery query;
  query.matchers = TRY(filters(form));
  query.active = flag(form, "active", true);
  query.silenced = flag(form, "silenced", true);
  query.inhibited = flag(form, "inhibited", true);
  query.muted = flag(form, "muted", true);
  query.unprocessed = flag(form, "unprocessed", true);
  if (const auto receiver = form.find("receiver")) {
    auto regex = Regex::compile(*receiver);
    if (!regex) return fail(std::move(regex).error().in("failed to parse receiver param"));
    query.wants_receiver = [regex = std::move(*regex)](const std::string& name) {
      return regex.full_match(name);
    };
  }
  return query;
}

// Items [from, to) of a list, the commas before them included.
using PutItems = std::function<void(std::string& out, std::size_t from, std::size_t to)>;

PutItems each(std::function<void(std::string&, std::size_t)> put) {
  return [put = std::move(put)](std::string& out, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (i > 0) out += ',';
      put(out, i);
    }
  };
}

// A list of `count` items. A long one is written by the workers together, some pieces at a time,
// and streamed as it is made.
net::Response list(const Context& context, std::size_t count, PutItems put) {
  if (count < kStreamFrom) {
    std::string body = "[";
    put(body, 0, count);
    return answer(body + "]\n");
  }
  auto response = answer({});
  response.stream = [workers = context.services.workers, count,
                     put = std::move(put)](const net::Response::Sink& sink) {
    std::vector<std::string> pieces(workers ? kPieces : 1);
    if (!sink("[")) return;
    for (std::size_t from = 0; from < count; from += pieces.size() * kPieceItems) {
      const auto write = [&](std::size_t piece) {
        pieces[piece].clear();
        const auto begin = from + piece * kPieceItems;
        if (begin < count) put(pieces[piece], begin, std::min(count, begin + kPieceItems));
      };
      if (workers)
        workers->parallel_for(pieces.size(), write);
      else
        write(0);
      for (const auto& piece : pieces)
        if (!piece.empty() && !sink(piece)) return;
    }
    sink("]\n");
  };
  return response;
}

net::Response get_alerts(const Context& context, const Alertmanager& manager,
                         const net::Request& request) {
  const auto query = alert_query(request);
  if (!query) return refuse(query.error());
  struct Listed {
    std::vector<AlertView> views;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;  // by fingerprint
  };
  auto listed = std::make_shared<Listed>();
  listed->views = manager.alerts(*query);
  listed->order.reserve(listed->views.size());
  for (std::uint32_t i = 0; i < listed->views.size(); ++i)
    listed->order.emplace_back(rules::fingerprint(listed->views[i].alert.labels), i);
  std::ranges::sort(listed->order);
  const auto count = listed->views.size();
  return list(context, count, each([listed](std::string& out, std::size_t i) {
                const auto& [fingerprint, place] = listed->order[i];
                put_alert(out, listed->views[place], fingerprint);
              }));
}

net::Response get_groups(const Context& context, const Alertmanager& manager,
                         const net::Request& request) {
  const auto query = alert_query(request);
  if (!query) return refuse(query.error());
  auto groups = std::make_shared<std::vector<GroupView>>(manager.groups(*query));
  const auto count = groups->size();
  return list(context, count,
              each([groups](std::string& out, std::size_t i) { put_group(out, (*groups)[i]); }));
}

net::Response post_alerts(Alertmanager& manager, const net::Request& request) {
  auto scanned = scan_alerts(request.body);
  if (!scanned)
    return refuse_request(
        400, 400, "parsing alerts body from \"\" failed, because " + scanned.error().message);
  std::vector<std::pair<std::size_t, std::string>> refused;
  for (auto& item : scanned->refused) refused.emplace_back(item.position, std::move(item.error));
  auto posted = manager.post(std::move(scanned->alerts));
  if (!posted)
    return refuse(posted.error().code == Errc::invalid ? 400 : 500, posted.error().message);
  for (auto& item : *posted)
    refused.emplace_back(scanned->position.at(item.index), std::move(item.error.message));
  if (refused.empty()) {
    net::Response response;
    response.headers.set("Cache-Control", "no-store");
    return response;
  }
  std::ranges::sort(refused);
  std::string message;
  constexpr std::size_t kNamed = 100;
  for (std::size_t i = 0; i < std::min(refused.size(), kNamed); ++i)
    message += (i > 0 ? "; " : "") + ("alert " + std::to_string(refused[i].first)) + ": " +
               refused[i].second;
  if (refused.size() > kNamed)
    message += "; and " + std::to_string(refused.size() - kNamed) + " more";
  return refuse(400, message);
}

net::Response get_silences(const Context& context, const Alertmanager& manager,
                           const net::Request& request) {
  const auto form = net::Form::parse(request.query);
  if (!form) return refuse(form.error());
  const auto matchers = filters(*form);
  if (!matchers) return refuse(matchers.error());
  const auto now = context.services.clock->now();
  auto silences = std::make_shared<std::vector<Silence>>(manager.silences(*matchers));
  sort_silences(*silences, now);
  const auto count = silences->size();
  return list(context, count, each([silences, now](std::string& out, std::size_t i) {
                put_silence(out, (*silences)[i], now);
              }));
}

net::Response post_silence(Alertmanager& manager, const Clock& clock, const net::Request& request) {
  auto silence = read_silence(request.body);
  if (!silence) {
    if (silence.error().code == Errc::conflict)
      return refuse_request(422, 602, silence.error().message);
    return refuse_request(
        400, 400, "parsing silence body from \"\" failed, because " + silence.error().message);
  }
  if (silence->starts_at >= silence->ends_at)
    return refuse(400, "Failed to create silence: start time must be before end time");
  if (silence->ends_at < clock.now())
    return refuse(400, "Failed to create silence: end time can't be in the past");
  const auto id = manager.set_silence(std::move(*silence));
  if (!id) return refuse(id.error());
  std::string body = "{\"silenceID\":";
  codec::put_json_string(body, *id);
  return answer(body + "}\n");
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

std::optional<net::Response> refuse_id(std::string_view id) {
  if (is_uuid(id)) return std::nullopt;
  return refuse_request(422, 601,
                        "silenceID in path must be of type uuid: " + go_quote(id.substr(0, 100)));
}

net::Response get_silence(const Alertmanager& manager, const Clock& clock,
                          const net::Request& request) {
  const std::string id(request.param("id"));
  if (auto refused = refuse_id(id)) return std::move(*refused);
  const auto silence = manager.silence(id);
  if (!silence && silence.error().code == Errc::not_found) return net::Response::json(404, "");
  if (!silence) return refuse(silence.error());
  std::string body;
  put_silence(body, *silence, clock.now());
  return answer(body + "\n");
}

net::Response delete_silence(Alertmanager& manager, const net::Request& request) {
  const std::string id(request.param("id"));
  if (auto refused = refuse_id(id)) return std::move(*refused);
  const auto done = manager.expire_silence(id);
  if (!done && done.error().code == Errc::not_found) return net::Response::json(404, "");
  // Expiring what has expired is Alertmanager's internal error too.
  if (!done) return refuse(500, done.error().message);
  return answer({});
}

net::Response get_status(const Context& context, const Alertmanager& manager) {
  const auto config = manager.config();
  const auto& build = context.services.build;
  std::string body, uptime;
  put_time(uptime, context.services.runtime ? context.services.runtime().start_time : Time{});
  codec::JsonWriter writer(body);
  writer.begin_object().key("cluster").begin_object();
  writer.key("peers").begin_array().end_array().key("status").value("disabled").end_object();
  writer.key("config").begin_object().key("original");
  writer.value(config ? std::string_view(config->text) : std::string_view()).end_object();
  writer.key("uptime").value(std::string_view(uptime));
  writer.key("versionInfo").begin_object();
  writer.key("branch").value(build.branch).key("buildDate").value(build.build_date);
  writer.key("buildUser").value(build.build_user).key("goVersion").value(build.compiler);
  writer.key("revision").value(build.revision).key("version").value(build.version);
  writer.end_object().end_object();
  return answer(body + "\n");
}

net::Response get_receivers(const Alertmanager& manager) {
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_array();
  if (const auto config = manager.config())
    for (const auto& receiver : config->receivers)
      writer.begin_object().key("name").value(receiver->name).end_object();
  writer.end_array();
  return answer(body + "\n");
}

}  // namespace

void add_alertmanager(Routes& routes) {
  const auto context = routes.context();
  auto* const manager = context->services.alertmanager;
  if (manager == nullptr) return;
  const Clock& clock = *context->services.clock;
  using net::Request;
  routes.alertmanager("GET", "/status", [context, manager](const Request&) {
    return get_status(*context, *manager);
  });
  routes.alertmanager("GET", "/receivers",
                      [manager](const Request&) { return get_receivers(*manager); });
  routes.alertmanager("GET", "/alerts", [context, manager](const Request& request) {
    return get_alerts(*context, *manager, request);
  });
  routes.alertmanager(
      "POST", "/alerts",
      [manager](const Request& request) { return post_alerts(*manager, request); }, kAlertBodyMax);
  routes.alertmanager("GET", "/alerts/groups", [context, manager](const Request& request) {
    return get_groups(*context, *manager, request);
  });
  routes.alertmanager("GET", "/silences", [context, manager](const Request& request) {
    return get_silences(*context, *manager, request);
  });
  const Routes::Refused refused = [](const std::string& why) { return refuse(403, why); };
  routes.alertmanager("POST", "/silences",
                      routes.changing(
                          [manager, &clock](const Request& request) {
                            return post_silence(*manager, clock, request);
                          },
                          refused));
  routes.alertmanager("GET", "/silence/:id", [manager, &clock](const Request& request) {
    return get_silence(*manager, clock, request);
  });
  routes.alertmanager(
      "DELETE", "/silence/:id",
      routes.changing(
          [manager](const Request& request) { return delete_silence(*manager, request); },
          refused));
}

}  // namespace pharos::api

// Requests made of templates, for ticket systems and whatever else speaks HTTP.
//
// A notification first looks for the open ticket of its group (search), then creates one, updates
// it or resolves it. Templates see, beside the notification: .Ticket (the id found), .Key (32
// hexadecimal digits that stand for the group), .Title, .Text, .BaseURL and .Project.
#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kTitleRunesMax = 160, kTextRunesMax = 30'000, kKeyDigits = 32;

using Request = TemplatedSettings::Request;

TemplatedSettings servicenow(TemplatedSettings c) {
  const std::string table = "{{ .BaseURL }}/api/now/table/{{ urlquery .Project }}";
  if (!c.search.given()) {
    c.search = Request{.method = "GET",
                       .url = table +
                              "?sysparm_query=correlation_id%3Dpharos-{{ .Key }}%5Eactive%3D"
                              "true&sysparm_fields=sys_id&sysparm_limit=1",
                       .body = {},
                       .headers = {{"Accept", "application/json"}}};
    c.id_path = "result.0.sys_id";
  }
  if (!c.create.given())
    c.create.url = table,
    c.create.body =
        R"({{ dict "short_description" .Title "description" .Text "correlation_id" (printf "pharos-%s" .Key) )"
        R"("correlation_display" "Pharos" "urgency" (or (and (eq .CommonLabels.severity "critical") "1") "2") }})";
  if (!c.update.given())
    c.update = Request{.method = "PATCH",
                       .url = table + "/{{ urlquery .Ticket }}",
                       .body = R"({{ dict "work_notes" .Text }})",
                       .headers = {}};
  if (!c.resolve.given())
    c.resolve = Request{
        .method = "PATCH",
        .url = table + "/{{ urlquery .Ticket }}",
        .body = R"({{ dict "state" "6" "close_code" "Resolved by caller" "close_notes" .Text }})",
        .headers = {}};
  return c;
}

TemplatedSettings github(TemplatedSettings c) {
  const std::string issues = "{{ .BaseURL }}/repos/{{ .Project }}/issues";
  const StringMap headers{{"Accept", "application/vnd.github+json"},
                          {"X-GitHub-Api-Version", "2022-11-28"}};
  if (!c.search.given()) {
    // By a label, not by the search index: that one lags behind.
    c.search = Request{.method = "GET",
                       .url = issues + "?state=open&labels=pharos-{{ .Key }}&per_page=1",
                       .body = {},
                       .headers = headers};
    c.id_path = "0.number";
  }
  if (!c.create.given())
    c.create = Request{
        .method = "POST",
        .url = issues,
        .body =
            R"({{ dict "title" .Title "body" .Text "labels" (list "alert" (printf "pharos-%s" .Key)) }})",
        .headers = headers};
  if (!c.update.given())
    c.update = Request{.method = "POST",
                       .url = issues + "/{{ .Ticket }}/comments",
                       .body = R"({{ dict "body" .Text }})",
                       .headers = headers};
  if (!c.resolve.given())
    c.resolve = Request{.method = "PATCH",
                        .url = issues + "/{{ .Ticket }}",
                        .body = R"({{ dict "state" "closed" "state_reason" "completed" }})",
                        .headers = headers};
  return c;
}

// Preset bodies are dicts: written as JSON.
std::string as_json(const std::string& given) {
  std::string body = given;
  constexpr std::string_view kEnd = " }}";
  if (body.starts_with("{{ dict ") && body.ends_with(kEnd))
    body.replace(body.size() - kEnd.size(), kEnd.size(), " | toJson }}");
  return body;
}

class Ticket final : public HttpIntegration {
 public:
  Ticket(TemplatedSettings settings, const Place& place)
      : HttpIntegration("pharos_webhook", place.index, settings, place.options,
                        place.allow_link_local),
        settings_(std::move(settings)) {
    for (auto* request : {&settings_.create, &settings_.update, &settings_.resolve})
      request->body = as_json(request->body);
  }

 private:
  Millis own_timeout() const override { return settings_.timeout; }

  // Not sent is what a failed template of a request gives: a request with half its text could do
  // harm.
  notify::SendOutcome run(const notify::Notification& n, const Request& what, std::string_view step,
                          Texts& texts, Sender& sender, net::ClientReply* reply = nullptr) const {
    net::ClientRequest request;
    request.method = what.method;
    request.url = texts(what.url);
    request.body = texts(what.body);
    bool typed = false;
    for (const auto& [name, value] : what.headers) {
      request.headers.emplace_back(name, texts(value));
      typed = typed || name == "Content-Type";
    }
    if (!texts.error().empty() &&
        (request.url.empty() || (request.body.empty() && !what.body.empty())))
      return failed(std::string(step) + ": " + texts.error());
    if (!typed && !request.body.empty())
      request.headers.emplace_back("Content-Type", "application/json");
    if (!n.idempotency_key.empty())
      request.headers.emplace_back("Idempotency-Key", n.idempotency_key + "-" + std::string(step));
    const Sender::Rules rules{.retry_statuses = settings_.retry_statuses, .detail = {}};
    auto outcome = reply != nullptr ? sender.exchange(std::move(request), rules, *reply)
                                    : sender.exchange(std::move(request), rules);
    if (reply != nullptr) outcome.unconfirmed = false;  // it only asked
    if (outcome.kind != notify::SendOutcome::Kind::sent)
      outcome.error = std::string(step) + ": " + outcome.error;
    return outcome;
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto& c = settings_;
    const bool firing = is_firing(n);
    texts.set("Key", group_key_hash(n).substr(0, kKeyDigits));
    texts.set("BaseURL", c.base_url);
    texts.set("Project", c.project);
    texts.set("Title", limit_runes(texts.subject(c.title), kTitleRunesMax));
    texts.set("Text", limit_runes(texts.body(c.text), kTextRunesMax));
    std::string ticket;
    if (c.search.given()) {
      net::ClientReply reply;
      auto outcome = run(n, c.search, "search", texts, sender, &reply);
      if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
      const auto json = codec::Json::parse(reply.body);
      if (!json) return failed("search: the answer is not JSON", reply.status);
      ticket = indexed_path(*json, c.id_path);
      texts.set("Ticket", ticket);
    }
    notify::SendOutcome nothing;  // there is nothing to do: as good as sent
    if (!firing) {
      if (!c.resolve.given() || (c.search.given() && ticket.empty())) return nothing;
      return run(n, c.resolve, "resolve", texts, sender);
    }
    if (ticket.empty()) return run(n, c.create, "create", texts, sender);
    if (!c.update.given()) return nothing;
    return run(n, c.update, "update", texts, sender);
  }

  TemplatedSettings settings_;
};

}  // namespace

Made make_ticket(const TemplatedSettings& settings, const Place& place) {
  if (settings.preset == "servicenow") return std::make_unique<Ticket>(servicenow(settings), place);
  if (settings.preset == "github") return std::make_unique<Ticket>(github(settings), place);
  if (settings.preset != "jira") return std::make_unique<Ticket>(settings, place);
  JiraSettings jira;
  static_cast<Common&>(jira) = settings;
  jira.api_url = settings.base_url + "/rest/api/2";
  jira.project = settings.project;
  jira.issue_type = "Task";
  jira.summary = settings.title;
  jira.description = settings.text;
  jira.labels = {"pharos"};
  jira.resolve_transition = "Done";
  jira.reopen_transition = "To Do";
  return make_jira(jira, place, "pharos_webhook");
}

}  // namespace pharos::rules::receivers

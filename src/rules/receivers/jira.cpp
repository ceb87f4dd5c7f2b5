// Jira: one issue per group, found again by its label ALERT{hash of the group}.
#include <algorithm>

#include "net/url.hpp"
#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kSummaryRunesMax = 255, kDescriptionRunesMax = 32767;

// A YAML value as JSON, its texts expanded. Unquoted numbers and booleans keep their type.
void put_yaml(std::string& out, const codec::Yaml& node, Texts& texts) {
  using K = codec::Yaml::Kind;
  switch (node.kind()) {
    case K::null: out += "null"; return;
    case K::sequence: {
      out += '[';
      bool first = true;
      for (const auto& item : node.items()) {
        if (!first) out += ',';
        first = false;
        put_yaml(out, item, texts);
      }
      out += ']';
      return;
    }
    case K::map: {
      out += '{';
      bool first = true;
      for (const auto& [key, value] : node.members()) {
        if (!first) out += ',';
        first = false;
        out += json_text(texts(key.scalar())) + ':';
        put_yaml(out, value, texts);
      }
      out += '}';
      return;
    }
    case K::scalar: {
      const auto& text = node.scalar();
      if (!node.quoted() && (text == "true" || text == "false")) {
        out += text;
        return;
      }
      const auto number = codec::Json::parse(text);
      const bool numeric = !node.quoted() && number &&
                           (number->kind() == codec::Json::Kind::integer ||
                            number->kind() == codec::Json::Kind::real);
      out += numeric ? text : json_text(texts(text));
    }
  }
}

class Jira final : public HttpIntegration {
 public:
  Jira(std::string_view kind, const JiraSettings& settings, const Place& place)
      : HttpIntegration(kind, place.index, settings, place.options, place.allow_link_local),
        settings_(settings) {
    while (settings_.api_url.ends_with('/')) settings_.api_url.pop_back();
  }

 private:
  struct Issue {
    std::string key, status_category;
  };

  // `reply`: for requests whose answer matters beyond its status.
  notify::SendOutcome call(Sender& sender, std::string method, const std::string& url,
                           std::string body, net::ClientReply* reply = nullptr) const {
    net::ClientRequest request;
    request.method = std::move(method);
    request.url = url;
    request.headers = {{"Content-Type", "application/json"}, {"Accept-Language", "en"}};
    request.body = std::move(body);
    auto outcome = reply != nullptr ? sender.exchange(std::move(request), {}, *reply)
                                    : sender.exchange(std::move(request));
    if (reply != nullptr) outcome.unconfirmed = false;  // it only asked
    if (outcome.kind != notify::SendOutcome::Kind::sent) outcome.error = "jira: " + outcome.error;
    return outcome;
  }

  std::string search_url() const {
    auto host = net::split_url(settings_.api_url).host;
    host = host.substr(0, host.find(':'));
    const bool cloud = settings_.api_type == "cloud" ||
                       (settings_.api_type == "auto" && host.ends_with("atlassian.net"));
    if (!cloud) return settings_.api_url + "/search";
    // Jira Cloud has search in version 3 only.
    std::string url = settings_.api_url + "/search/jql";
    constexpr std::string_view kTwo = "/rest/api/2/";
    if (const auto at = url.find(kTwo); at != url.npos)
      url.replace(at, kTwo.size(), "/rest/api/3/");
    return url;
  }

  notify::SendOutcome find_issue(const notify::Notification& n, Texts& texts, Sender& sender,
                                 Issue& issue) const {
    std::string jql;
    if (!settings_.wont_fix_resolution.empty())
      jql += "resolution != " + go_quote(settings_.wont_fix_resolution) + " and ";
    const auto minutes =
        std::chrono::duration_cast<std::chrono::minutes>(settings_.reopen_duration).count();
    if (is_firing(n) && !settings_.reopen_transition.empty() && minutes > 0)
      jql +=
          "(resolutiondate is EMPTY OR resolutiondate >= -" + std::to_string(minutes) + "m) and ";
    else
      jql += "statusCategory != Done and ";
    jql += "project=" + go_quote(texts(settings_.project)) +
           " and labels=" + go_quote("ALERT{" + group_key_hash(n) + "}") +
           " order by status ASC,resolutiondate DESC";
    net::ClientReply reply;
    auto outcome =
        call(sender, "POST", search_url(),
             "{\"jql\":" + json_text(jql) + ",\"maxResults\":2,\"fields\":[\"status\"]}\n", &reply);
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    const auto json = codec::Json::parse(reply.body);
    if (!json) return failed("jira: the answer to a search is not JSON", reply.status);
    if ((*json)["issues"].items().empty()) return outcome;
    const auto& found = (*json)["issues"].items()[0];
    issue.key = found["key"].string();
    issue.status_category = found["fields"]["status"]["statusCategory"]["key"].string();
    return outcome;
  }

  // Version 3 of the API takes a document: ours when the text is not one already.
  std::string description_json(const std::string& text) const {
    if (!settings_.api_url.ends_with("/3")) return json_text(text);
    if (const auto json = codec::Json::parse(text);
        json && json->kind() == codec::Json::Kind::object)
      return text;
    return "{\"type\":\"doc\",\"version\":1,\"content\":[{\"type\":\"paragraph\",\"content\":[{"
           "\"type\":\"text\",\"text\":" +
           json_text(text) + "}]}]}";
  }

  std::string fields(const notify::Notification& n, Texts& texts, bool update) const {
    const auto& c = settings_;
    std::string out = "{\"fields\":";
    codec::JsonWriter json(out);
    json.begin_object();
    json.key("project").begin_object();
    put(json, "key", texts(c.project));
    json.end_object().key("issuetype").begin_object();
    put(json, "name", texts(c.issue_type));
    json.end_object();
    const std::string summary = limit_runes(texts.subject(c.summary), kSummaryRunesMax);
    const std::string description = limit_runes(texts.body(c.description), kDescriptionRunesMax);
    if (!update || c.update_summary) put(json, "summary", summary);
    if ((!update || c.update_description) && !description.empty())
      json.key("description").raw(description_json(description));
    std::vector<std::string> labels{"ALERT{" + group_key_hash(n) + "}"};
    for (const auto& label : c.labels) {
      labels.push_back(texts(label));
      std::ranges::replace(labels.back(), ' ', '_');  // Jira's labels are words
    }
    std::ranges::sort(labels);
    json.key("labels").begin_array();
    for (const auto& label : labels) json.raw(json_text(label));
    json.end_array();
    if (const auto priority = texts(c.priority); !priority.empty()) {
      json.key("priority").begin_object();
      put(json, "name", priority);
      json.end_object();
    }
    for (const auto& [key, value] : c.fields.members()) {
      std::string own;
      put_yaml(own, value, texts);
      json.key(key.scalar()).raw(own);
    }
    json.end_object();
    return out + "}\n";
  }

  notify::SendOutcome move(Sender& sender, const Issue& issue,
                           const std::string& transition) const {
    const std::string url = settings_.api_url + "/issue/" + issue.key + "/transitions";
    net::ClientReply reply;
    auto outcome = call(sender, "GET", url, {}, &reply);
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    const auto json = codec::Json::parse(reply.body);
    if (!json) return failed("jira: the answer to transitions is not JSON", reply.status);
    for (const auto& one : (*json)["transitions"].items())
      if (one["name"].string() == transition)
        return call(sender, "POST", url,
                    "{\"transition\":{\"id\":" + json_text(one["id"].string()) + "}}\n");
    return failed("can't find transition " + transition + " for issue " + issue.key, reply.status);
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const bool firing = is_firing(n);
    Issue issue;
    auto outcome = find_issue(n, texts, sender, issue);
    if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
    if (issue.key.empty() && !firing) return outcome;  // nothing to resolve
    const bool update = !issue.key.empty();
    outcome = call(sender, update ? "PUT" : "POST",
                   settings_.api_url + "/issue" + (update ? "/" + issue.key : ""),
                   fields(n, texts, update));
    if (outcome.kind != notify::SendOutcome::Kind::sent || !update) return outcome;
    const bool done = issue.status_category == "done";
    const auto& transition = firing ? settings_.reopen_transition : settings_.resolve_transition;
    if (firing != done || transition.empty()) return outcome;
    return move(sender, issue, transition);
  }

  JiraSettings settings_;
};

}  // namespace

Made make_jira(const JiraSettings& settings, const Place& place, std::string_view kind) {
  return std::make_unique<Jira>(kind, settings, place);
}

}  // namespace pharos::rules::receivers

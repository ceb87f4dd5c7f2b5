#include "rules/receivers/integrations_fixture_test.hpp"

namespace pharos::rules::receivers {
namespace {

// Jira as its REST API behaves: issues are searched by label, changed, moved.
struct FakeJira {
  std::string issues = "[]";
  net::Response operator()(const net::Request& r) const {
    if (r.path.ends_with("/search") || r.path.ends_with("/search/jql"))
      return net::Response::json(200, "{\"issues\":" + issues + "}");
    if (r.method == "GET")
      return net::Response::json(
          200, R"({"transitions":[{"id":"11","name":"To Do"},{"id":"31","name":"Done"}]})");
    return r.method == "POST" && r.path.ends_with("/issue")
               ? net::Response::json(201, R"({"key":"OPS-1"})")
               : net::Response::text(204, "");
  }
};

TEST(Tickets, JiraMakesUpdatesReopensAndResolvesOneIssue) {
  FakeJira jira;
  Recorder recorder([&](const net::Request& r) { return jira(r); });
  const auto made = make(
      "{name: a, jira_configs: [{api_url: '" + recorder.url() +
      "/rest/api/2/', project: OPS, issue_type: Bug, labels: [alertmanager, '{{ .Status }}'], "
      "resolve_transition: Done, reopen_transition: To Do, reopen_duration: 2h, "
      "wont_fix_resolution: "
      "WF, fields: {customfield_1: '{{ .Status }}', customfield_2: {value: x}, customfield_3: [1, "
      "'1', true]}}]}");
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  auto requests = recorder.take();
  ASSERT_EQ(steps(requests),
            (std::vector<std::string>{"POST /rest/api/2/search", "POST /rest/api/2/issue"}));
  const std::string label =
      "ALERT{f6e581e960f3b1acb7df6b47eb7d5afc7e19450bdc1058e65435281d773306bf}";
  EXPECT_EQ(body_of(requests[0])["jql"].string(),
            "resolution != \"WF\" and (resolutiondate is EMPTY OR resolutiondate >= -120m) and "
            "project=\"OPS\" and labels=\"" +
                label + "\" order by status ASC,resolutiondate DESC");
  const auto fields = body_of(requests[1])["fields"];
  EXPECT_EQ(fields["project"]["key"].string(), "OPS");
  EXPECT_EQ(fields["issuetype"]["name"].string(), "Bug");
  EXPECT_EQ(fields["summary"].string(), "[FIRING:2] HighLatency x (critical)");
  EXPECT_EQ(fields["priority"]["name"].string(), "High");
  EXPECT_EQ(fields["labels"].items()[0].string(), label);
  EXPECT_EQ(fields["labels"].items()[2].string(), "firing");
  EXPECT_EQ(fields["customfield_1"].string(), "firing");
  EXPECT_EQ(fields["customfield_3"].items()[0].kind(), codec::Json::Kind::integer);
  EXPECT_EQ(fields["customfield_3"].items()[1].kind(), codec::Json::Kind::string);

  EXPECT_EQ(send(made, resolved()).kind, SendOutcome::Kind::sent);  // there is no open issue
  EXPECT_EQ(steps(recorder.take()), (std::vector<std::string>{"POST /rest/api/2/search"}));

  jira.issues = R"([{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"new"}}}}])";
  EXPECT_EQ(send(made, resolved()).kind, SendOutcome::Kind::sent);
  requests = recorder.take();
  EXPECT_EQ(steps(requests),
            (std::vector<std::string>{"POST /rest/api/2/search", "PUT /rest/api/2/issue/OPS-1",
                                      "GET /rest/api/2/issue/OPS-1/transitions",
                                      "POST /rest/api/2/issue/OPS-1/transitions"}));
  EXPECT_EQ(body_of(requests[3])["transition"]["id"].string(), "31");

  jira.issues = R"([{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"done"}}}}])";
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(body_of(recorder.take()[3])["transition"]["id"].string(), "11");
}

TEST(Tickets, JiraCloudSearchesWithVersion3AndTakesDocuments) {
  FakeJira jira;
  Recorder recorder([&](const net::Request& r) { return jira(r); });
  send(
      make("{name: a, jira_configs: [{api_url: '" + recorder.url() +
           "/rest/api/3', api_type: cloud, project: OPS, issue_type: Bug, description: 'plain'}]}"),
      firing());
  const auto requests = recorder.take();
  ASSERT_EQ(steps(requests),
            (std::vector<std::string>{"POST /rest/api/3/search/jql", "POST /rest/api/3/issue"}));
  EXPECT_EQ(body_of(requests[1])["fields"]["description"]["content"]
                .items()[0]["content"]
                .items()[0]["text"]
                .string(),
            "plain");
}

TEST(Tickets, GithubPresetKeepsOneIssuePerGroup) {
  std::string open = "[]";
  Recorder recorder([&](const net::Request& r) {
    return net::Response::json(r.method == "GET" ? 200 : 201, r.method == "GET" ? open : "{}");
  });
  const auto made =
      make("{name: a, pharos_webhook_configs: [{preset: github, base_url: '" + recorder.url() +
           "', project: org/repo, http_config: {authorization: {credentials: gh}}}]}");
  EXPECT_EQ(send(made, firing()).error, "");
  auto requests = recorder.take();
  ASSERT_EQ(steps(requests), (std::vector<std::string>{"GET /repos/org/repo/issues",
                                                       "POST /repos/org/repo/issues"}));
  EXPECT_EQ(requests[0].query,
            "state=open&labels=pharos-f6e581e960f3b1acb7df6b47eb7d5afc&per_page=1");
  EXPECT_EQ(requests[1].headers.get("Authorization"), "Bearer gh");
  EXPECT_EQ(requests[1].headers.get("Content-Type"), "application/json");
  const auto created = body_of(requests[1]);
  EXPECT_EQ(created["title"].string(), "[FIRING:2] HighLatency x (critical)");
  EXPECT_EQ(created["labels"].items()[1].string(), "pharos-f6e581e960f3b1acb7df6b47eb7d5afc");
  EXPECT_THAT(created["body"].string(), HasSubstr("instance = a:1"));

  open = R"([{"number":42}])";
  send(made, firing());
  EXPECT_EQ(steps(recorder.take()).back(), "POST /repos/org/repo/issues/42/comments");
  send(made, resolved());
  requests = recorder.take();
  EXPECT_EQ(steps(requests).back(), "PATCH /repos/org/repo/issues/42");
  EXPECT_EQ(body_of(requests[1])["state"].string(), "closed");
  open = "[]";
  EXPECT_EQ(send(made, resolved()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(recorder.take().size(), 1u);
}

TEST(Tickets, ServicenowPresetKeepsOneIncidentPerGroup) {
  std::string open = R"({"result":[]})";
  Recorder recorder([&](const net::Request& r) {
    return net::Response::json(200, r.method == "GET" ? open : "{}");
  });
  const auto made = make("{name: a, pharos_webhook_configs: [{preset: servicenow, base_url: '" +
                         recorder.url() + "'}]}");
  EXPECT_EQ(send(made, firing()).error, "");
  auto requests = recorder.take();
  ASSERT_EQ(steps(requests), (std::vector<std::string>{"GET /api/now/table/incident",
                                                       "POST /api/now/table/incident"}));
  EXPECT_EQ(body_of(requests[1])["correlation_id"].string(),
            "pharos-f6e581e960f3b1acb7df6b47eb7d5afc");
  EXPECT_EQ(body_of(requests[1])["urgency"].string(), "1");
  open = R"({"result":[{"sys_id":"abc"}]})";
  send(made, resolved());
  requests = recorder.take();
  EXPECT_EQ(steps(requests).back(), "PATCH /api/now/table/incident/abc");
  EXPECT_EQ(body_of(requests[1])["state"].string(), "6");
}

TEST(Tickets, TemplatedRequestsMayBeAnything) {
  Recorder recorder(
      [](const net::Request& r) { return net::Response::text(r.method == "PUT" ? 409 : 200, ""); });
  const auto made =
      make("{name: a, pharos_webhook_configs: [{create: {method: PUT, url: '" + recorder.url() +
           "/x/{{ .Key }}', headers: {X-A: '{{ .Status }}', Content-Type: text/plain}, body: "
           "'{{ .Title }}'}, resolve: {method: DELETE, url: '" +
           recorder.url() + "/x/{{ .Key }}'}, retry_statuses: [409]}]}");
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::retry);
  EXPECT_EQ(send(made, resolved()).kind, SendOutcome::Kind::sent);
  const auto requests = recorder.take();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].headers.get("X-A"), "firing");
  EXPECT_EQ(requests[0].headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(requests[0].body, "[FIRING:2] HighLatency x (critical)");
  EXPECT_EQ(requests[0].headers.get("Idempotency-Key"), "0123-4567-create");
  EXPECT_EQ(requests[1].method, "DELETE");
}

TEST(Tickets, JiraPresetKeepsOneTaskPerGroup) {
  FakeJira jira;
  Recorder recorder([&](const net::Request& r) { return jira(r); });
  const auto made =
      make("{name: a, pharos_webhook_configs: [{preset: jira, base_url: '" + recorder.url() +
           "', project: OPS, title: '{{ .CommonLabels.alertname }} again', "
           "http_config: {basic_auth: {username: a, password: b}}}]}");
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0]->kind(), "pharos_webhook");
  EXPECT_EQ(send(made, firing()).error, "");
  auto requests = recorder.take();
  ASSERT_EQ(steps(requests),
            (std::vector<std::string>{"POST /rest/api/2/search", "POST /rest/api/2/issue"}));
  EXPECT_EQ(requests[1].headers.get("Authorization"), "Basic YTpi");
  const auto fields = body_of(requests[1])["fields"];
  EXPECT_EQ(fields["project"]["key"].string(), "OPS");
  EXPECT_EQ(fields["issuetype"]["name"].string(), "Task");
  EXPECT_EQ(fields["summary"].string(), "HighLatency again");
  EXPECT_THAT(fields["description"].string(), HasSubstr("instance = a:1"));
  EXPECT_EQ(fields["labels"].items()[1].string(), "pharos");

  jira.issues = R"([{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"new"}}}}])";
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(steps(recorder.take()),
            (std::vector<std::string>{"POST /rest/api/2/search", "PUT /rest/api/2/issue/OPS-1"}));
  EXPECT_EQ(send(made, resolved()).kind, SendOutcome::Kind::sent);
  requests = recorder.take();
  ASSERT_EQ(steps(requests).back(), "POST /rest/api/2/issue/OPS-1/transitions");
  EXPECT_EQ(body_of(requests.back())["transition"]["id"].string(), "31") << "Done";
  jira.issues = R"([{"key":"OPS-1","fields":{"status":{"statusCategory":{"key":"done"}}}}])";
  EXPECT_EQ(send(made, firing()).kind, SendOutcome::Kind::sent);
  EXPECT_EQ(body_of(recorder.take().back())["transition"]["id"].string(), "11") << "To Do";
}

}  // namespace
}  // namespace pharos::rules::receivers

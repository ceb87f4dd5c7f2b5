#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_services_test.hpp"
#include "base/sim_disk.hpp"
#include "rules/edited/edited_rules.hpp"

namespace pharos::api {
namespace {

using rules::edited::EditedRules;
using rules::edited::Group;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kGroup =
    "name: g\nrules:\n  - alert: Down  # why\n    expr: up == 0\n    for: 5m\n";

struct RuleEditing : testing::Test {
  std::shared_ptr<SimDisk> disk = std::make_shared<SimDisk>();
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  FakeServer server;
  std::mutex gate;
  std::size_t in_force = 0;
  std::unique_ptr<EditedRules> rules;

  void start(bool read_only = false) {
    auto opened = EditedRules::open(
        {.database = *database,
         .clock = server.clock,
         .gate = gate,
         .open_folder = [this](const std::string&) { return Result<std::shared_ptr<Disk>>(disk); },
         .prepare = [this](const std::vector<Group>& groups) -> Result<Commit> {
           return Commit([this, n = groups.size()] { in_force = n; });
         },
         .options = [] { return rules::RuleFileOptions{}; }});
    ASSERT_TRUE(opened);
    rules = std::move(*opened);
    rules->adopt("rules", {});
    server.services.edited_rules = rules.get();
    server.services.rule_group_text = [](const std::string& file, const std::string& group) {
      return file == "ops.yml" && group == "theirs" ? std::optional<std::string>("name: theirs\n")
                                                    : std::nullopt;
    };
    server.options.read_only = read_only;
    server.start();
  }
  net::Response post(const std::string& body,
                     std::vector<std::pair<std::string, std::string>> headers = {}) {
    return server.ask("POST", "/config/v1/rules/team%20a", body, std::move(headers));
  }
  codec::Json json(const net::Response& response) {
    auto read = codec::Json::parse(response.body);
    EXPECT_TRUE(read) << response.body;
    return read ? (*read)["data"] : codec::Json();
  }
};

TEST_F(RuleEditing, SpeaksMimirsPaths) {
  start();
  EXPECT_EQ(server.get("/config/v1/rules").status, 404);
  const auto saved = post(kGroup);
  EXPECT_EQ(saved.status, 202) << saved.body;
  EXPECT_EQ(saved.body, R"({"status":"success","data":null,"errorType":"","error":""})");
  EXPECT_EQ(in_force, 1U);
  const auto one = server.get("/prometheus/config/v1/rules/team%20a/g");
  EXPECT_EQ(one.body, kGroup);
  EXPECT_THAT(std::string(one.headers.get("Content-Type")), StartsWith("application/yaml"));
  const auto all = server.get("/config/v1/rules");
  EXPECT_THAT(all.body, StartsWith("\"team a\":\n  - name: g\n    rules:\n"));
  EXPECT_EQ(server.get("/config/v1/rules/team%20a").body, all.body);
  EXPECT_EQ(server.get("/config/v1/rules/other").status, 404);
  EXPECT_EQ(server.ask("DELETE", "/config/v1/rules/team%20a/g").status, 202);
  EXPECT_EQ(server.ask("DELETE", "/config/v1/rules/team%20a/g").status, 404);
  EXPECT_EQ(server.ask("DELETE", "/config/v1/rules/team%20a").status, 404);
  EXPECT_EQ(in_force, 0U);
}

TEST_F(RuleEditing, AStaleVersionIs412) {
  start();
  const auto first = post(kGroup, {{"If-None-Match", "*"}});
  const std::string tag(first.headers.get("ETag"));
  EXPECT_EQ(tag.size(), 18U) << tag;
  EXPECT_EQ(post(kGroup, {{"If-None-Match", "*"}}).status, 412);
  EXPECT_EQ(post(kGroup + "interval: 1m\n", {{"If-Match", tag}}).status, 202);
  const auto late = post(kGroup + "interval: 2m\n", {{"If-Match", tag}});
  EXPECT_EQ(late.status, 412);
  EXPECT_THAT(late.body, HasSubstr("changed by someone else"));
  EXPECT_EQ(server.ask("DELETE", "/config/v1/rules/team%20a/g", "", {{"If-Match", tag}}).status,
            412);
}

TEST_F(RuleEditing, RefusesWhatIsWrongWithItsPlace) {
  start();
  const auto bad = post("name: g\nrules:\n  - alert: A\n    expr: sum(\n");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, HasSubstr("rules:4:"));
  const auto checked = json(server.ask("POST", "/api/v1/rule_groups/check",
                                       "name: g\nfoo: 1\nrules:\n  - alert: A\n    expr: sum(\n"));
  const auto& errors = checked["errors"].items();
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0]["line"].integer(), 2);
  EXPECT_EQ(errors[1]["line"].integer(), 5);
  EXPECT_THAT(errors[1]["message"].string(), HasSubstr("could not parse expression"));
  EXPECT_TRUE(checked["group"].is_null());
  EXPECT_EQ(server.get("/config/v1/rules").status, 404);
}

TEST_F(RuleEditing, ACheckGivesTheGroupAndWhatLooksWrong) {
  start();
  const auto checked = json(server.ask("POST", "/api/v1/rule_groups/check",
                                       "name: g\ninterval: 90s\nrules:\n  - alert: A\n    expr: "
                                       "'a{x=\"1\"} and sum by (y) (b)'\n"
                                       "    for: 5m\n    labels: {severity: page}\n"));
  EXPECT_THAT(checked["errors"].items(), testing::IsEmpty());
  EXPECT_EQ(checked["group"]["interval"].string(), "1m30s");
  const auto& rule = checked["group"]["rules"].items().at(0);
  EXPECT_EQ(rule["for"].string(), "5m");
  EXPECT_EQ(rule["line"].integer(), 4);
  EXPECT_EQ(rule["labels"]["severity"].string(), "page");
  const auto& warnings = checked["warnings"].items();
  ASSERT_FALSE(warnings.empty());
  EXPECT_EQ(warnings[0]["line"].integer(), 4);
}

TEST_F(RuleEditing, RenamesAGroupInOneAct) {
  start();
  ASSERT_EQ(server.ask("POST", "/config/v1/rules/s", kGroup).status, 202);
  std::string renamed(kGroup);
  renamed.replace(renamed.find("name: g"), 7, "name: h");
  EXPECT_EQ(
      server.ask("POST", "/config/v1/rules/t?renames=none&renamesNamespace=s", renamed).status,
      404);
  ASSERT_EQ(server.ask("POST", "/config/v1/rules/t?renames=g&renamesNamespace=s", renamed).status,
            202);
  EXPECT_EQ(server.get("/config/v1/rules/s/g").status, 404);
  const auto history = json(server.get("/api/v1/rule_groups/history?namespace=t&group=h"));
  ASSERT_EQ(history.items().size(), 3U);
  EXPECT_EQ(history.items()[2]["namespace"].string(), "s");
  EXPECT_EQ(history.items()[2]["group"].string(), "g");
  const auto id = std::to_string(history.items()[2]["id"].integer());
  ASSERT_EQ(
      server.ask("POST", "/api/v1/rule_groups/restore", "id=" + id + "&namespace=t&group=h").status,
      200);
  EXPECT_EQ(server.get("/config/v1/rules/t/h").status, 404);
  EXPECT_EQ(server.get("/config/v1/rules/s/g").status, 200);
}

TEST_F(RuleEditing, TellsWhatWasAndBringsItBack) {
  start();
  ASSERT_EQ(server.ask("POST", "/config/v1/rules/s?message=first", kGroup).status, 202);
  ASSERT_EQ(server.ask("DELETE", "/config/v1/rules/s/g?message=oops").status, 202);
  const auto history = json(server.get("/api/v1/rule_groups/history?namespace=s&group=g"));
  ASSERT_EQ(history.items().size(), 2U);
  EXPECT_TRUE(history.items()[0]["removed"].boolean());
  EXPECT_EQ(history.items()[1]["message"].string(), "first");
  EXPECT_EQ(history.items()[1]["text"].string(), kGroup);
  const auto id = std::to_string(history.items()[1]["id"].integer());
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/restore", "id=" + id + "&version=x").status,
            412);
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/restore", "id=" + id + "&version=").status,
            200);
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/restore", "id=99").status, 404);
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/restore", "id=x").status, 400);
  const auto groups = json(server.get("/api/v1/rule_groups"));
  EXPECT_EQ(groups["folder"].string(), "rules");
  EXPECT_EQ(groups["groups"].items().at(0)["file"].string(), "rules/s/g.yml");
}

TEST_F(RuleEditing, SaysWhenAHistoryIsLongerThanAnAnswer) {
  start();
  const auto path = "/api/v1/rule_groups/history?namespace=s&group=g";
  const auto warnings = [&] { return (*codec::Json::parse(server.get(path).body))["warnings"]; };
  ASSERT_EQ(server.ask("POST", "/config/v1/rules/s", kGroup).status, 202);
  EXPECT_TRUE(warnings().is_null());
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(database->transaction([](Database& db) {
      return rules::edited::RuleHistory::add_in(
          db, {.space = "s", .group = "g", .text = std::string(rules::edited::kTextMax, 'x')});
    }));
  EXPECT_LT(server.get(path).body.size(), rules::edited::kHistoryBytesMax + (1u << 20));
  EXPECT_THAT(warnings().items().at(0).string(),
              HasSubstr("older revisions than these are left out"));
}

TEST_F(RuleEditing, ShowsGroupsOfOtherFiles) {
  start();
  EXPECT_EQ(
      json(server.get("/api/v1/rule_groups/source?file=ops.yml&group=theirs"))["text"].string(),
      "name: theirs\n");
  EXPECT_EQ(server.get("/api/v1/rule_groups/source?file=/etc/passwd&group=x").status, 404);
}

TEST_F(RuleEditing, NothingChangesInReadOnlyModeOrFromElsewhere) {
  start(true);
  EXPECT_EQ(post(kGroup).status, 403);
  EXPECT_EQ(server.ask("DELETE", "/config/v1/rules/s").status, 403);
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/restore", "id=1").status, 403);
  EXPECT_EQ(server.ask("POST", "/api/v1/rule_groups/check", kGroup).status, 200);
  EXPECT_TRUE(json(server.get("/api/v1/rule_groups"))["readOnly"].boolean());
  EXPECT_TRUE(json(server.get("/api/v1/status/runtimeinfo"))["readOnly"].boolean());
}

TEST_F(RuleEditing, APageOfAnotherOriginIsRefused) {
  server.options.own_hosts = {"pharos"};
  start();
  EXPECT_EQ(post(kGroup, {{"Origin", "http://evil.example"}, {"Host", "pharos:9090"}}).status, 403);
  EXPECT_EQ(post(kGroup, {{"Origin", "http://pharos:9090"}, {"Host", "pharos:9090"}}).status, 202);
}

}  // namespace
}  // namespace pharos::api

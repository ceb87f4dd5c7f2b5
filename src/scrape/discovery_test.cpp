#include "scrape/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "base/manual_clock.hpp"

namespace pharos::scrape {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Keeps the newest group of each source and lets a test wait for updates.
class Collector {
 public:
  Discovery::Changed callback() {
    return [this](const std::vector<TargetGroup>& groups) {
      std::lock_guard lock(mutex_);
      for (const auto& group : groups) {
        if (group.targets.empty())
          groups_.erase(group.source);
        else
          groups_[group.source] = group;
      }
      ++updates_;
      changed_.notify_all();
    };
  }
  void wait_for_updates(std::size_t n) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return updates_ >= n; }));
  }
  std::vector<std::string> addresses() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const auto& [source, group] : groups_)
      for (const auto& target : group.targets) out.emplace_back(target.get("__address__"));
    return out;
  }
  std::map<std::string, TargetGroup> groups() {
    std::lock_guard lock(mutex_);
    return groups_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, TargetGroup> groups_;
  std::size_t updates_ = 0;
};

class FakeResolver final : public DnsResolver {
 public:
  Result<std::vector<DnsAnswer>> look_up(const std::string& host, DnsRecord) override {
    std::lock_guard lock(mutex);
    if (failing) return fail(Errc::io, "server failure");
    if (!answers.contains(host)) return fail(Errc::not_found, "no such name");
    return answers[host];
  }
  std::mutex mutex;
  bool failing = false;
  std::map<std::string, std::vector<DnsAnswer>> answers;
};

class FakeClient final : public net::HttpClient {
 public:
  void start(net::ClientRequest request, std::shared_ptr<const net::ClientOptions>,
             std::function<void(Result<net::ClientReply>)> done) override {
    last = std::move(request);
    net::ClientReply answer;
    answer.status = status;
    answer.headers.set("Content-Type", type);
    answer.body = body;
    done(answer);
  }
  net::ClientRequest last;
  int status = 200;
  std::string type = "application/json; charset=utf-8", body;
};

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/pharos-discovery-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/.new") << text;
    std::filesystem::rename(path + "/.new", path + "/" + name);
  }
  std::string path;
};

DiscoveryConfig of(auto kind) {
  return {.kind = std::move(kind), .fingerprint = ""};
}

TEST(Discovery, StaticGroupsComeAtOnce) {
  ManualClock clock;
  DiscoveryRunner runner(std::make_shared<FakeClient>(), clock, std::make_shared<FakeResolver>());
  Collector seen;
  auto d = runner.make(
      of(StaticDiscoveryConfig{{TargetGroup{"0", {Labels{{"__address__", "h:1"}}}, {}}}}), "job");
  d->start(seen.callback());
  EXPECT_THAT(seen.addresses(), ElementsAre("h:1"));
}

TEST(Discovery, FilesAreFollowed) {
  Folder folder;
  folder.write("a.json", R"([{"targets": ["h:1", "h:2"], "labels": {"x": "y"}}])");
  ManualClock clock;
  DiscoveryRunner runner(std::make_shared<FakeClient>(), clock, std::make_shared<FakeResolver>());
  Collector seen;
  auto d = runner.make(
      of(FileDiscoveryConfig{.files = {folder.path + "/*.json", folder.path + "/*.yml"}}), "job");
  d->start(seen.callback());
  seen.wait_for_updates(1);
  EXPECT_THAT(seen.addresses(), ElementsAre("h:1", "h:2"));
  EXPECT_EQ(seen.groups().begin()->second.labels.get("__meta_filepath"), folder.path + "/a.json");

  folder.write("b.yml", "- targets: ['h:3']\n");
  clock.wait_for_sleepers(1);
  clock.advance(std::chrono::seconds(1));
  seen.wait_for_updates(2);
  EXPECT_THAT(seen.addresses(), ElementsAre("h:1", "h:2", "h:3"));

  // A damaged file keeps its last good targets; a removed one loses them.
  folder.write("a.json", "[{");
  std::filesystem::remove(folder.path + "/b.yml");
  clock.wait_for_sleepers(1);
  clock.advance(std::chrono::seconds(1));
  seen.wait_for_updates(3);
  EXPECT_THAT(seen.addresses(), ElementsAre("h:1", "h:2"));
  d->stop();
}

TEST(Discovery, HttpListsReplaceEachOther) {
  auto client = std::make_shared<FakeClient>();
  client->body = R"([{"targets": ["h:1"]}, {"targets": ["h:2"]}])";
  ManualClock clock;
  DiscoveryRunner runner(client, clock, std::make_shared<FakeResolver>());
  Collector seen;
  auto d = runner.make(of(HttpDiscoveryConfig{.url = "http://sd/"}), "job");
  d->start(seen.callback());
  seen.wait_for_updates(1);
  EXPECT_THAT(seen.addresses(), ElementsAre("h:1", "h:2"));
  clock.wait_for_sleepers(1);
  client->body = R"([{"targets": ["h:3"]}])";
  clock.advance(std::chrono::seconds(60));
  seen.wait_for_updates(2);
  EXPECT_THAT(seen.addresses(), ElementsAre("h:3"));
  EXPECT_EQ(seen.groups().begin()->second.labels.get("__meta_url"), "http://sd/");
  d->stop();
}

TEST(Discovery, DnsAnswersBecomeTargets) {
  auto resolver = std::make_shared<FakeResolver>();
  resolver->answers["srv.x"] = {{"a.x", 80}, {"b.x", 81}};
  ManualClock clock;
  DiscoveryRunner runner(std::make_shared<FakeClient>(), clock, resolver);
  Collector seen;
  auto d = runner.make(of(DnsDiscoveryConfig{.names = {"srv.x"}}), "job");
  d->start(seen.callback());
  seen.wait_for_updates(1);
  EXPECT_THAT(seen.addresses(), ElementsAre("a.x:80", "b.x:81"));
  EXPECT_EQ(seen.groups()["srv.x"].targets[0].get("__meta_dns_srv_record_target"), "a.x.");
  clock.wait_for_sleepers(1);
  {
    std::lock_guard lock(resolver->mutex);
    resolver->answers.clear();  // the name is gone: an empty answer, not a failure
  }
  clock.advance(std::chrono::seconds(30));
  seen.wait_for_updates(2);
  EXPECT_THAT(seen.addresses(), IsEmpty());
  d->stop();
}

TEST(Discovery, DnsFailureKeepsTheLastTargets) {
  auto resolver = std::make_shared<FakeResolver>();
  resolver->answers["h"] = {{"2001:db8::1", 0}};
  ManualClock clock;
  DiscoveryRunner runner(std::make_shared<FakeClient>(), clock, resolver);
  Collector seen;
  auto d = runner.make(
      of(DnsDiscoveryConfig{.names = {"h"}, .type = DnsRecord::aaaa, .port = 9100}), "job");
  d->start(seen.callback());
  seen.wait_for_updates(1);
  clock.wait_for_sleepers(1);
  {
    std::lock_guard lock(resolver->mutex);
    resolver->failing = true;
  }
  clock.advance(std::chrono::seconds(30));
  clock.wait_for_sleepers(1);
  EXPECT_THAT(seen.addresses(), ElementsAre("[2001:db8::1]:9100"));
  d->stop();
}

TEST(TargetGroups, MistakesHavePlaces) {
  EXPECT_THAT(parse_target_groups("- targets: [a]\n  label: {}\n", false, "t.yml").error().message,
              HasSubstr("t.yml:2:3: "));
  EXPECT_THAT(parse_target_groups(R"([{"targets": [1]}])", true, "t.json").error().message,
              HasSubstr("targets must be a list of strings"));
  EXPECT_THAT(parse_target_groups("[null]", true, "t.json").error().message,
              HasSubstr("nil target group item found (index 0)"));
}

}  // namespace
}  // namespace pharos::scrape

#include "server/alertmanager_targets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<AlertmanagerConfig> parse(const std::string& alertmanagers) {
  auto config = parse_config("alerting:\n  alertmanagers:\n" + alertmanagers, "p.yml");
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return {};
  }
  return std::move(config->alertmanagers);
}

struct Targets : testing::Test {
  std::vector<std::vector<std::string>> published;
  AlertmanagerTargets targets{net::HttpClient::create(), system_clock(),
                              [this](std::vector<rules::sender::Endpoint> endpoints) {
                                std::vector<std::string> urls;
                                for (const auto& e : endpoints) urls.push_back(e.url);
                                published.push_back(std::move(urls));
                              }};
};

TEST_F(Targets, MakesUrlsOfApiV2) {
  targets.set_config(
      parse("  - static_configs: [{targets: ['a:9093', 'b:9093']}]\n"
            "  - {scheme: https, path_prefix: /am/, static_configs: [{targets: [c]}]}\n"));
  EXPECT_THAT(published.back(),
              ElementsAre("http://a:9093/api/v2/alerts", "http://b:9093/api/v2/alerts",
                          "https://c/am/api/v2/alerts"));
}

TEST_F(Targets, RelabellingChoosesAndRewrites) {
  targets.set_config(parse(
      "  - static_configs: [{targets: ['a:1', 'b:1'], labels: {role: spare}},{targets: ['c:1']}]\n"
      "    relabel_configs:\n"
      "      - {source_labels: [role], regex: spare, action: drop}\n"
      "      - {target_label: __address__, replacement: proxy:80}\n"));
  EXPECT_THAT(published.back(), ElementsAre("http://proxy:80/api/v2/alerts"));
  const auto [active, dropped] = targets.urls();
  EXPECT_THAT(active, ElementsAre("http://proxy:80/api/v2/alerts"));
  EXPECT_THAT(dropped, ElementsAre("http://a:1/api/v2/alerts", "http://b:1/api/v2/alerts"));
}

TEST_F(Targets, EntriesThatGoAreForgotten) {
  targets.set_config(parse("  - static_configs: [{targets: ['a:1']}]\n"));
  targets.set_config({});
  EXPECT_THAT(published.back(), IsEmpty());
}

TEST_F(Targets, AnEntryThatChangedIsANewOne) {
  const auto before = parse("  - static_configs: [{targets: ['a:1']}]\n");
  const auto after = parse("  - {timeout: 3s, static_configs: [{targets: ['a:1']}]}\n");
  EXPECT_NE(before[0].fingerprint, after[0].fingerprint);
  EXPECT_EQ(before[0].fingerprint,
            parse("  - static_configs: [{targets:  [\"a:1\"]}]\n")[0].fingerprint);
}

}  // namespace
}  // namespace pharos::server

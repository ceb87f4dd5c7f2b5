#include "server/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/loaded_config.hpp"

namespace pharos::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string error(const std::string& text, LoadOptions options = {}) {
  auto parsed = parse_config(text, "p.yml", options);
  return parsed ? "" : parsed.error().message;
}

TEST(Config, AnEmptyFileIsValid) {
  for (const char* text : {"", "# nothing\n", "global:\nscrape_configs:\n", "{}"})
    EXPECT_EQ(error(text), "") << text;
}

TEST(Config, UnknownKeysSuggestTheNearest) {
  EXPECT_THAT(error("globl: {}"), AllOf(HasSubstr("p.yml:1:1: "), HasSubstr("global")));
  EXPECT_THAT(error("global:\n  scrape_intervall: 5s"),
              AllOf(HasSubstr("p.yml:2:3: "), HasSubstr("scrape_interval")));
  EXPECT_THAT(error("storage: {syncs: os}"), HasSubstr("sync"));
}

TEST(Config, PharosOwnKeys) {
  const auto config = parse_config(R"(
host: {enabled: true, interval: 5s}
storage:
  sync: always
  retention: {time: 30d, size: 10GB, policies: [{match: '{job="debug"}', keep: 2d, roll_up: false}]}
  downsampling: {5m: 90d, 1h: 1y}
  limits: {series: 1000, labels_per_series: 40}
)",
                                   "p.yml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->host.enabled);
  EXPECT_EQ(config->host.interval, std::chrono::seconds(5));
  const auto store = store_config({}, config->storage, 0);
  ASSERT_TRUE(store);
  EXPECT_EQ(store->sync, metrics::SyncMode::always);
  EXPECT_EQ(store->retention_bytes, std::uint64_t{10} << 30);
  EXPECT_TRUE(store->downsample);
  EXPECT_EQ(store->retention_1h, std::chrono::hours(24 * 365));
  EXPECT_EQ(store->series_max, 1000U);
  ASSERT_THAT(store->policies, SizeIs(1));
  EXPECT_EQ(store->policies[0].keep_raw, std::chrono::hours(48));
  EXPECT_EQ(retention_text(*store), "30d or 10GiB");
}

TEST(Config, TheFileWinsOverFlags) {
  ServeFlags flags;
  flags.retention_time = "7d";
  EXPECT_EQ(store_config(flags, {}, 0)->retention_time, std::chrono::hours(24 * 7));
  StorageConfig storage;
  storage.retention_time = std::chrono::hours(24);
  EXPECT_EQ(store_config(flags, storage, 0)->retention_time, std::chrono::hours(24));
  storage.retention_percentage = 50;
  EXPECT_EQ(store_config(flags, storage, 1000)->retention_bytes, 500U);
  flags.retention_size = "nonsense";
  EXPECT_THAT(store_config(flags, {}, 0).error().message, HasSubstr("--storage.retention.size"));
}

TEST(Config, RemoteSections) {
  const auto config = parse_config(
      "remote_write: [{url: http://x/w, queue_config: {capacity: 5}}]\nremote_read: [{url: "
      "http://x/r}]",
      "p.yml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->remote_write[0].queue.capacity, 5U);
  EXPECT_FALSE(config->remote_write[0].http->http2);
  EXPECT_TRUE(config->remote_read[0].http->http2);
  EXPECT_THAT(error("remote_write:\n- url: http://x\n  headers: {Authorization: x}"),
              HasSubstr("p.yml:3:13: authorization header must be changed via"));
  EXPECT_THAT(error("remote_write: [{url: http://x, name: a}, {url: http://y, name: a}]"),
              HasSubstr("found multiple remote write configs with job name \"a\""));
  EXPECT_EQ(parse_config("remote_write: [{url: http://x, sigv4: {}}]", "p.yml").error().code,
            Errc::unsupported);
}

TEST(Config, AgentModeHasNoRules) {
  EXPECT_THAT(error("rule_files: [a.yml]", {.agent = true}),
              HasSubstr("field rule_files is not allowed in agent mode"));
  EXPECT_EQ(error("remote_write: [{url: http://x}]", {.agent = true}), "");
}

TEST(Config, JobFilesAreAdded) {
  LoadOptions options;
  options.expand = [](const std::string& pattern) { return std::vector<std::string>{pattern}; };
  options.read_file = [](const std::string& path) -> Result<std::string> {
    return "scrape_configs: [{job_name: '" + path + "'}]";
  };
  const auto config = parse_config(
      "scrape_config_files: [a.yml, b.yml]\nscrape_configs: [{job_name: own}]", "p.yml", options);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->jobs, SizeIs(3));
  EXPECT_THAT(error("scrape_config_files: [a.yml]\nscrape_configs: [{job_name: a.yml}]", options),
              HasSubstr("found multiple scrape configs with job name \"a.yml\", first found in "
                        "main config file"));
  EXPECT_THAT(error("scrape_config_files: ['x/*/y']"),
              HasSubstr("invalid scrape config file path"));
}

TEST(Config, ShownWithoutSecrets) {
  const auto config = parse_config(
      "scrape_configs: [{job_name: a, basic_auth: {username: u, password: hunter2}}]", "p.yml");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->text,
              AllOf(HasSubstr("password: <secret>"), testing::Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace pharos::server

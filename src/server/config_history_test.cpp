#include "server/config_history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/manual_clock.hpp"

namespace pharos::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Loads : testing::Test {
  std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("pharos-config-" + std::to_string(::getpid()));
  std::unique_ptr<Database> database = std::move(*Database::open(":memory:"));
  ManualClock clock{from_unix_millis(1'764'360'000'000)};
  std::unique_ptr<ConfigHistory> history = std::move(*ConfigHistory::open(*database, clock));
  ServeFlags flags;

  void SetUp() override {
    std::filesystem::create_directories(folder);
    flags.config_file = (folder / "pharos.yml").string();
    flags.storage_path = (folder / "data").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void load(const std::string& text) {
    std::ofstream(flags.config_file) << text;
    const auto loaded = load_everything(flags, "");
    history->note(flags, loaded ? loaded->get() : nullptr,
                  loaded ? Status{} : Status{std::unexpect, loaded.error()});
  }
};

const std::string kSecret = R"(scrape_configs:
- job_name: a
  basic_auth: {username: u, password: hunter2}
  static_configs: [{targets: ['127.0.0.1:1']}]
)";

TEST_F(Loads, AreKeptWithoutSecrets) {
  load(kSecret);
  const auto all = *history->list();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].error, "");
  EXPECT_EQ(all[0].at, clock.now());
  const auto one = *history->get(all[0].id);
  EXPECT_THAT(one.yaml, HasSubstr("job_name: a"));
  EXPECT_THAT(one.yaml, Not(HasSubstr("hunter2")));
  EXPECT_EQ(history->get(999).error().code, Errc::not_found);
}

TEST_F(Loads, AFailureSaysWhyAndShowsNoTextThatCannotBeRead) {
  load(kSecret + "globl: {}\n");
  const auto one = *history->get(history->list()->at(0).id);
  EXPECT_THAT(one.error, HasSubstr("globl"));
  EXPECT_EQ(one.yaml, "");
}

TEST_F(Loads, AFailureOfARuleFileShowsTheConfiguration) {
  std::ofstream(folder / "rules.yml") << "groups: [{name: ''}]\n";
  load("rule_files: [rules.yml]\n" + kSecret);
  const auto one = *history->get(history->list()->at(0).id);
  EXPECT_THAT(one.error, HasSubstr("rules.yml:1:"));
  EXPECT_THAT(one.yaml, HasSubstr("rule_files"));
  EXPECT_THAT(one.yaml, Not(HasSubstr("hunter2")));
}

TEST_F(Loads, TheLastTwentyStay) {
  for (int i = 0; i < 25; ++i) {
    clock.advance(std::chrono::seconds(1));
    load("global: {scrape_interval: " + std::to_string(i + 1) + "s}\n");
  }
  const auto all = *history->list();
  ASSERT_EQ(all.size(), 20U);
  EXPECT_THAT(history->get(all.front().id)->yaml, HasSubstr("25s"));
  EXPECT_THAT(history->get(all.back().id)->yaml, HasSubstr("6s"));
}

TEST_F(Loads, OfTheFilesAsTheyAreNow) {
  std::ofstream(flags.config_file) << kSecret;
  auto now = config_on_disk(flags, "", clock.now());
  EXPECT_EQ(now.error, "");
  EXPECT_THAT(now.yaml, Not(HasSubstr("hunter2")));
  std::ofstream(flags.config_file) << "nonsense: 1\n";
  now = config_on_disk(flags, "", clock.now());
  EXPECT_THAT(now.error, HasSubstr("nonsense"));
}

struct EditedFolder : Loads {
  void put(const std::string& path, const std::string& text) {
    const auto at = folder / path;
    std::filesystem::create_directories(at.parent_path());
    std::ofstream(at) << text;
  }
};

TEST_F(EditedFolder, IsReadBesideTheOperatorsFilesAndNotTwice) {
  put("data/rules/s/g.yml", "groups:\n  - name: g\n    rules: [{record: r, expr: 1}]\n");
  put("mine.yml", "groups: [{name: h, rules: [{record: q, expr: 1}]}]\n");
  std::ofstream(flags.config_file) << "rule_files: [mine.yml, 'data/rules/s/*.yml']\n";
  const auto loaded = load_everything(flags, "");
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto all = (*loaded)->all_rule_groups();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "h");
  EXPECT_EQ(all[1].name, "g");
  EXPECT_EQ(all[1].interval, std::chrono::minutes(1));
}

TEST_F(EditedFolder, FilesOfTheOperatorBesideItsOwnAreHis) {
  put("rules/s/g.yml", "groups:\n  - name: g\n    rules: [{record: r, expr: 1}]\n");
  put("rules/mine.yml", "groups: [{name: h, rules: [{record: q, expr: 1}]}]\n");
  put("rules/s/more.yaml", "groups: [{name: i, rules: [{record: p, expr: 1}]}]\n");
  std::ofstream(flags.config_file)
      << "rules: {edited: rules}\nrule_files: ['rules/*.yml', 'rules/s/*']\n";
  const auto loaded = load_everything(flags, "");
  ASSERT_TRUE(loaded) << loaded.error().message;
  std::vector<std::string> names;
  for (const auto& group : (*loaded)->all_rule_groups()) names.push_back(group.name);
  EXPECT_THAT(names, ElementsAre("h", "i", "g"));
}

TEST_F(EditedFolder, MayBeNamedAndSaysWhereItIsBroken) {
  put("elsewhere/s/g.yml", "groups:\n  - name: g\n    rules: [{record: r, expr: 'sum('}]\n");
  std::ofstream(flags.config_file) << "rules: {edited: elsewhere}\n";
  const auto loaded = load_everything(flags, "");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("elsewhere/s/g.yml:3:"));
}

}  // namespace
}  // namespace pharos::server

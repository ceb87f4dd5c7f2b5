#include "rules/oncall/escalation_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace pharos::rules::oncall {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A book over a file, reopened at will; what it hands over is kept by idempotency key.
struct Bench {
  std::filesystem::path file = std::filesystem::temp_directory_path() /
                               ("pharos-book-" + std::to_string(::getpid()) + ".db");
  std::unique_ptr<Database> database;
  std::unique_ptr<EscalationBook> book;
  std::map<std::string, notify::Notification> outbox;
  std::vector<std::string> sent;  // receivers, new keys only
  bool refuse = false;
  Time now = from_unix_millis(1'000'000);

  Bench() { open(); }
  ~Bench() {
    book.reset();
    database.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
  }
  void open() {
    book.reset();
    database.reset();
    database = *Database::open(file.string());
    book = *EscalationBook::open(*database);
    auto config = std::make_shared<OnCallConfig>();
    config->users = {{"ada", {"ada-phone", "ada-mail"}}, {"grace", {"grace-phone"}}};
    using Kind = EscalationStep::Kind;
    config->policies = {{"page",
                         {{.kind = Kind::users, .names = {"ada"}},
                          {.kind = Kind::wait, .delay = std::chrono::minutes(5)},
                          {.kind = Kind::users, .names = {"grace"}}}}};
    book->set_config(config);
    book->set_world({[this](const std::string& receiver, notify::Notification n) -> Status {
                       if (refuse) return fail(Errc::io, "disk full");
                       if (outbox.emplace(n.idempotency_key, n).second) sent.push_back(receiver);
                       return {};
                     },
                     [](const std::string&, Time) { return std::vector<std::string>(); }});
  }
  notify::Notification group(std::vector<std::pair<std::string, bool>> severities) {
    notify::Notification n{.receiver = "team", .group_key = "{}:{}"};
    int i = 0;
    for (const auto& [severity, burns] : severities)
      n.alerts.push_back(
          {.labels = Labels{{"alertname", "x"}, {"n", std::to_string(i++)}, {"severity", severity}},
           .starts_at = now,
           .ends_at = burns ? Time{} : now});
    return n;
  }
  std::vector<std::string> take() { return std::exchange(sent, {}); }
  std::vector<std::string> after(int minutes) {
    now += std::chrono::minutes(minutes);
    book->run(now);
    return take();
  }
};

TEST(EscalationBook, TellsInTurnAndEndsWhenAllIsWell) {
  Bench bench;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  EXPECT_THAT(bench.take(), ElementsAre("ada-phone", "ada-mail"));
  ASSERT_TRUE(
      bench.book->notify("page", bench.group({{"critical", true}}), bench.now));  // a repeat
  EXPECT_THAT(bench.take(), IsEmpty());
  EXPECT_THAT(bench.after(5), ElementsAre("grace-phone"));
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", false}}), bench.now));
  EXPECT_THAT(bench.take(), UnorderedElementsAre("ada-phone", "ada-mail", "grace-phone"));
  EXPECT_TRUE(bench.book->list().empty());
  // The next fire is a new escalation.
  bench.now += std::chrono::minutes(1);
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  EXPECT_THAT(bench.take(), ElementsAre("ada-phone", "ada-mail"));
}

TEST(EscalationBook, GoesOnAfterARestartWithoutTellingTwice) {
  Bench bench;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  bench.take();
  bench.open();
  EXPECT_THAT(bench.after(4), IsEmpty());
  bench.open();
  EXPECT_THAT(bench.after(1), ElementsAre("grace-phone"));
  bench.open();
  EXPECT_THAT(bench.after(60), IsEmpty());
  ASSERT_EQ(bench.book->list().size(), 1u);
  EXPECT_THAT(bench.book->list()[0].told,
              UnorderedElementsAre("ada-phone", "ada-mail", "grace-phone"));
}

TEST(EscalationBook, AnAcknowledgementSurvivesARestartAndEndsAtItsExpiry) {
  Bench bench;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  bench.take();
  const auto id = bench.book->list()[0].escalation.id;
  ASSERT_TRUE(bench.book->acknowledge(id, "ada", "on it", bench.now + std::chrono::hours(1)));
  bench.open();
  EXPECT_EQ(bench.book->list()[0].escalation.owner, "ada");
  EXPECT_THAT(bench.after(59), IsEmpty());
  EXPECT_THAT(bench.after(1), ElementsAre("grace-phone"));
}

TEST(EscalationBook, AWorseSeverityBreaksTheAcknowledgement) {
  Bench bench;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"warning", true}}), bench.now));
  bench.take();
  ASSERT_TRUE(
      bench.book->acknowledge(bench.book->list()[0].escalation.id, "ada", "", std::nullopt));
  bench.now += std::chrono::minutes(1);
  ASSERT_TRUE(
      bench.book->notify("page", bench.group({{"warning", true}, {"warning", true}}), bench.now));
  EXPECT_THAT(bench.take(), IsEmpty());
  ASSERT_TRUE(
      bench.book->notify("page", bench.group({{"warning", true}, {"critical", true}}), bench.now));
  EXPECT_THAT(bench.take(), ElementsAre("ada-phone", "ada-mail"));
}

TEST(EscalationBook, AStepThatCannotBeHandedOverIsTriedAgain) {
  Bench bench;
  bench.refuse = true;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  EXPECT_THAT(bench.take(), IsEmpty());
  bench.refuse = false;
  bench.now += std::chrono::seconds(5);
  bench.book->run(bench.now);
  EXPECT_THAT(bench.take(), ElementsAre("ada-phone", "ada-mail"));
}

TEST(EscalationBook, AnEscalationWhoseAlertsAreGoneEndsAndTellsSo) {
  Bench bench;
  ASSERT_TRUE(bench.book->notify("page", bench.group({{"critical", true}}), bench.now));
  bench.take();
  const auto gone = [](std::uint64_t) { return false; };
  EXPECT_EQ(bench.book->end_orphans(bench.now, gone), 0u);
  bench.now += std::chrono::minutes(1);
  EXPECT_EQ(bench.book->end_orphans(bench.now, [](std::uint64_t) { return true; }), 0u);  // back
  EXPECT_EQ(bench.book->end_orphans(bench.now, gone), 0u);
  bench.now += std::chrono::minutes(1);
  EXPECT_EQ(bench.book->end_orphans(bench.now, gone), 1u);
  EXPECT_THAT(bench.take(), UnorderedElementsAre("ada-phone", "ada-mail"));
  EXPECT_TRUE(bench.book->empty());
}

TEST(EscalationBook, AnUnknownPolicyIsAnError) {
  Bench bench;
  const auto done = bench.book->notify("none", bench.group({{"critical", true}}), bench.now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::not_found);
}

}  // namespace
}  // namespace pharos::rules::oncall

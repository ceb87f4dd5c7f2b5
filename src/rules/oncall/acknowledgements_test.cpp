#include "rules/oncall/acknowledgements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace pharos::rules::oncall {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow = from_unix_millis(1'700'000'000'000);

Alert alert(std::string_view name) {
  return {.labels = Labels{{"alertname", name}}, .starts_at = kNow - 1min};
}
Acknowledgement taken(std::string_view name, Time at = kNow) {
  const auto labels = alert(name).labels;
  return {.alert = fingerprint(labels), .labels = labels, .owner = "ada", .at = at};
}

TEST(Acknowledgements, WhoAsksNeverWaitsForTheDisk) {
  const auto database = *Database::open(":memory:");
  const auto book = *Acknowledgements::open(*database);
  ASSERT_TRUE(book->add({taken("a")}));
  std::promise<void> busy, done;
  std::jthread disk([&] {
    (void)database->transaction([&](Database&) -> Status {
      busy.set_value();
      done.get_future().wait();
      return {};
    });
  });
  busy.get_future().wait();
  auto adding = std::async(std::launch::async, [&] { return book->add({taken("b")}).has_value(); });
  auto asking = std::async(std::launch::async, [&] {
    for (int i = 0; i < 1'000; ++i)
      if (!book->find(alert("a"), kNow) || book->empty()) return false;
    return true;
  });
  EXPECT_EQ(asking.wait_for(20s), std::future_status::ready);
  EXPECT_FALSE(book->find(alert("b"), kNow)) << "not yet acknowledged";
  done.set_value();
  EXPECT_TRUE(asking.get());
  EXPECT_TRUE(adding.get());
  EXPECT_TRUE(book->find(alert("b"), kNow));
}

TEST(Acknowledgements, TheHistoryKeepsWhatIsOver) {
  const auto database = *Database::open(":memory:");
  {
    const auto book = *Acknowledgements::open(*database);
    ASSERT_TRUE(book->add({taken("old", kNow - 31 * 24h), taken("a", kNow - 1h), taken("b")}));
    ASSERT_TRUE(book->remove({taken("a").alert}));
    ASSERT_TRUE(book->sweep(kNow, [](std::uint64_t) { return false; }));
    EXPECT_TRUE(book->empty());
  }
  const auto book = *Acknowledgements::open(*database);
  const auto seen = *book->history({kNow - 365 * 24h, kNow + 1ms});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].alert, taken("a").alert);
  EXPECT_EQ(seen[0].owner, "ada");
  EXPECT_EQ(seen[1].at, kNow);
  EXPECT_EQ(book->history({kNow - 2h, kNow})->size(), 1U);
}

}  // namespace
}  // namespace pharos::rules::oncall

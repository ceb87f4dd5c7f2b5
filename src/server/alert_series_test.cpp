#include "server/alert_series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/manual_clock.hpp"

namespace pharos::server {
namespace {

using namespace std::chrono_literals;
using rules::notify::Alertmanager;
using rules::notify::AlertTransition;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps what is written as "A=1", "A=end", and refuses times that do not rise.
class Recorder final : public Appender {
 public:
  std::vector<std::string> take() { return std::exchange(written_, {}); }

  Result<SeriesRef> resolve(const Labels& labels) override {
    EXPECT_EQ(labels.get(kMetricName), "pharos_alert_active");
    const std::string name(labels.get("alertname"));
    if (name == "Refused") return fail(Errc::limit, "too many series");
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return static_cast<SeriesRef>(i + 1);
    names_.push_back(name);
    newest_.push_back(0);
    return static_cast<SeriesRef>(names_.size());
  }
  void resolve(std::span<const LabelView>, std::span<const std::uint32_t>, std::span<SeriesRef>,
               std::vector<ResolveError>&) override {
    FAIL() << "not used";
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions&) override {
    for (const auto& sample : batch.floats) {
      const auto i = static_cast<std::size_t>(sample.ref) - 1;
      EXPECT_GT(sample.t_ms, newest_[i]) << names_[i];
      newest_[i] = sample.t_ms;
      written_.push_back(names_[i] + (std::isnan(sample.value) ? "=end" : "=1"));
    }
    std::ranges::sort(written_);
    return AppendOutcome{.accepted = batch.floats.size()};
  }

 private:
  std::vector<std::string> names_, written_;
  std::vector<UnixMillis> newest_;
};

struct AlertSeriesTest : testing::Test {
  Recorder store;
  ManualClock clock{from_unix_millis(1'000'000'000)};
  AlertSeries series{store, clock, {.alerts_max = 2}};

  void tell(AlertTransition::Kind kind, const std::string& name) {
    AlertTransition transition{kind, clock.now(), {}};
    transition.alert.labels = Labels{{"alertname", name}, {"severity", "page"}};
    series.observe({&transition, 1});
  }
  std::vector<std::string> write(bool all = false) {
    series.write(all);
    return store.take();
  }
};

TEST_F(AlertSeriesTest, IsOneWhileAnAlertIsActiveAndEndsWithIt) {
  tell(AlertTransition::Kind::firing, "A");
  tell(AlertTransition::Kind::firing, "B");
  EXPECT_THAT(write(), ElementsAre("A=1", "B=1"));
  EXPECT_THAT(write(), IsEmpty()) << "nothing new";
  clock.advance(1min);
  EXPECT_THAT(write(true), ElementsAre("A=1", "B=1"));
  tell(AlertTransition::Kind::resolved, "A");
  EXPECT_THAT(write(), ElementsAre("A=end")) << "in the same millisecond";
  tell(AlertTransition::Kind::expired, "B");
  EXPECT_THAT(write(), ElementsAre("B=end"));
  clock.advance(1min);
  EXPECT_THAT(write(true), IsEmpty());
}

TEST_F(AlertSeriesTest, ShortAndReturningAlertsBetweenTwoWrites) {
  tell(AlertTransition::Kind::firing, "A");
  tell(AlertTransition::Kind::resolved, "A");
  EXPECT_THAT(write(), ElementsAre("A=1", "A=end"));
  tell(AlertTransition::Kind::firing, "A");
  EXPECT_THAT(write(), ElementsAre("A=1"));
  tell(AlertTransition::Kind::resolved, "A");
  tell(AlertTransition::Kind::firing, "A");
  EXPECT_THAT(write(), ElementsAre("A=1")) << "it has not ended";
}

TEST_F(AlertSeriesTest, KeepsToItsBoundAndOutlivesRefusals) {
  for (const auto* name : {"A", "Refused", "C"}) tell(AlertTransition::Kind::firing, name);
  EXPECT_THAT(write(true), ElementsAre("A=1")) << "C is over the bound";
  tell(AlertTransition::Kind::resolved, "C");
  EXPECT_THAT(write(), IsEmpty());
  tell(AlertTransition::Kind::resolved, "A");
  tell(AlertTransition::Kind::firing, "C");
  EXPECT_THAT(write(), ElementsAre("A=end", "C=1"));
}

TEST_F(AlertSeriesTest, TakesUpWhatWasActiveBefore) {
  const auto database = std::move(*Database::open(":memory:"));
  auto opened = Alertmanager::open(
      *database, clock, {},
      [](const auto&,
         const auto&) -> Result<std::vector<std::unique_ptr<rules::notify::Integration>>> {
        return std::vector<std::unique_ptr<rules::notify::Integration>>();
      });
  ASSERT_TRUE(opened) << opened.error().message;
  auto config = rules::notify::parse_alertmanager_config(
      "route: {receiver: r}\nreceivers: [{name: r}]\n", "am.yml");
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_TRUE((*opened)->set_config(
      std::make_shared<const rules::notify::AlertmanagerConfig>(std::move(*config))));
  std::vector<rules::Alert> alerts(3);
  for (std::size_t i = 0; i < alerts.size(); ++i)
    alerts[i].labels = Labels{{"alertname", "N" + std::to_string(i)}};
  ASSERT_TRUE((*opened)->post(std::move(alerts)));
  series.start(**opened);
  series.stop();
  EXPECT_EQ(store.take().size(), 2U) << "the bound holds here too";
}

}  // namespace
}  // namespace pharos::server

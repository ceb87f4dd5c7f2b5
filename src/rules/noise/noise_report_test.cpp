#include "rules/noise/noise_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules::noise {
namespace {

using namespace std::chrono_literals;
using notify::AlertTransition;
using notify::DeliveryRecord;
using ::testing::SizeIs;

Labels labels(std::string_view name, std::string_view host) {
  return {{"alertname", name}, {"host", host}};
}
AlertTransition at(int minute, AlertTransition::Kind kind, const Labels& labels) {
  AlertTransition out;
  out.kind = kind;
  out.at = from_unix_millis(minute * 60'000LL);
  out.alert.labels = labels;
  return out;
}
DeliveryRecord sent(std::string outcome, const Labels& alert) {
  DeliveryRecord out;
  out.outcome = std::move(outcome);
  out.firing = 1;
  out.alerts = {fingerprint(alert)};
  return out;
}

TEST(NoiseReport, CountsFlapsBriefAlertsAndPagesByRule) {
  const auto fires = AlertTransition::Kind::firing, ends = AlertTransition::Kind::resolved;
  const auto flappy = labels("Flappy", "a"), steady = labels("Steady", "a");
  const std::vector<AlertTransition> history{
      at(0, fires, flappy), at(2, ends, flappy),   at(5, fires, flappy),
      at(6, ends, flappy),  at(60, fires, flappy), at(90, ends, flappy),
      at(0, fires, steady), at(100, ends, steady), at(10, fires, labels("Flappy", "b"))};
  std::vector<DeliveryRecord> deliveries{sent("sent", flappy), sent("sent", flappy),
                                         sent("silenced", flappy), sent("sent", steady),
                                         sent("acknowledged", flappy)};
  const auto takes = [&](int minute) {
    return oncall::Taken{from_unix_millis(minute * 60'000LL), fingerprint(flappy), "ada"};
  };
  // At 1 and again, at 62 for long, and at 7 when it was over.
  const std::vector<oncall::Taken> taken{takes(1), takes(1), takes(7), takes(62)};
  deliveries.push_back(sent("sent", steady));
  deliveries.back().firing = 0;  // a resolve is no page
  const auto rows = report(history, deliveries, taken);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0].alertname, "Flappy");
  EXPECT_EQ(rows[0].fired, 4U);
  EXPECT_EQ(rows[0].alerts, 2U);
  EXPECT_EQ(rows[0].flaps, 1U);
  EXPECT_EQ(rows[0].brief, 2U);
  EXPECT_EQ(rows[0].pages, 2U);
  EXPECT_EQ(rows[0].suppressed, 2U);
  EXPECT_EQ(rows[0].acknowledged, 2U);
  EXPECT_EQ(rows[0].acknowledged_brief, 1U);
  EXPECT_EQ(rows[0].median_duration, 2min);
  EXPECT_EQ(rows[1].alertname, "Steady");
  EXPECT_EQ(rows[1].pages, 1U);
  EXPECT_EQ(rows[1].flaps, 0U);
}

TEST(NoiseReport, CountsWhatIsTakenAndStillOn) {
  const auto on = labels("On", "a");
  const std::vector<AlertTransition> history{at(0, AlertTransition::Kind::firing, on)};
  const std::vector<oncall::Taken> taken{{from_unix_millis(60'000), fingerprint(on), "ada"}};
  const auto rows = report(history, {}, taken);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].acknowledged, 1U);
  EXPECT_EQ(rows[0].acknowledged_brief, 0U) << "it has not ended";
}

TEST(NoiseReport, IsEmptyWithoutHistory) {
  EXPECT_THAT(report({}, {}), SizeIs(0));
}

}  // namespace
}  // namespace pharos::rules::noise

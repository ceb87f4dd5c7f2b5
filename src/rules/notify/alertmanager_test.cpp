#include "base/metric.hpp"
#include "rules/notify/alertmanager_fixture_test.hpp"
#include "rules/notify/metrics.hpp"

namespace pharos::rules::notify {
namespace {

TEST_F(AlertmanagerTest, PostsFillInTimesAndKeepTheValidOnesOfAMixedBatch) {
  start(kPlain);
  const Time now = clock_.now();
  const auto refused = am_->post({{.labels = kUp1},
                                  {.labels = {}},
                                  {.labels = kUp2, .starts_at = now, .ends_at = now - 1s},
                                  {.labels = kUp3, .ends_at = now + 1min}});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 2u);
  EXPECT_EQ((*refused)[0].index, 1u);
  EXPECT_EQ((*refused)[1].error.message, "start time must be before end time");
  const auto alerts = am_->alerts({});
  ASSERT_EQ(alerts.size(), 2u);
  for (const auto& view : alerts) {
    const bool open_end = view.alert.labels == kUp1;
    EXPECT_EQ(view.alert.timeout, open_end);
    EXPECT_EQ(view.alert.starts_at, open_end ? now : now + 1min);
    EXPECT_EQ(view.alert.ends_at, open_end ? now + 5min : now + 1min);
  }
}

TEST_F(AlertmanagerTest, AlertsThatAreTooLargeAreRefusedByNameAndTheOthersKept) {
  start(kPlain);
  AlertmanagerOptions options;
  options.alert_bytes_max = 1000;
  options.alerts_bytes_max = 2500;
  restart(options);
  const auto of = [&](const char* name, std::size_t bytes) {
    return Alert{.labels = Labels{{"alertname", name}},
                 .annotations = Labels{{"text", std::string(bytes, 'x')}},
                 .ends_at = clock_.now() + 1h};
  };
  auto refused = am_->post({of("Small", 10), of("Large", 1000), of("A", 900), of("B", 900)});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ(refused->at(0).index, 1u);
  EXPECT_EQ(refused->at(0).error.message,
            "labels and annotations of Large have 1018 bytes, the limit is 1000");
  // All together: 500 are left.
  refused = am_->post({of("C", 900), of("A", 950), of("D", 100)});
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ(refused->at(0).index, 0u);
  EXPECT_EQ(refused->at(0).error.message, "the limit of 2500 bytes of alerts is reached");
  EXPECT_EQ(am_->alerts({}).size(), 4u);
  // What ends is heard, and its room is free again when it has been forgotten.
  auto ended = of("A", 950);
  ended.ends_at = clock_.now();
  ASSERT_THAT(*am_->post({ended}), IsEmpty());
  pass(1h);
  EXPECT_THAT(*am_->post({of("C", 900)}), IsEmpty());
}

}  // namespace
}  // namespace pharos::rules::notify

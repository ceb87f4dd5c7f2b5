#include "rules/stored_alert.hpp"

#include <gtest/gtest.h>

namespace pharos::rules {
namespace {

notify::Notification example() {
  notify::Notification n;
  n.receiver = "team";
  n.group_key = "{}:{alertname=\"x\"}";
  n.group_labels = Labels{{"alertname", "x"}};
  n.route_labels = Labels{{"team", "a"}};
  n.alerts.push_back({.labels = Labels{{"alertname", "x"}, {"node", "1"}},
                      .annotations = Labels{{"summary", "ümlaut"}},
                      .starts_at = from_unix_millis(1'000),
                      .ends_at = from_unix_millis(-1),
                      .updated_at = from_unix_millis(2'000),
                      .generator_url = "http://a/b",
                      .timeout = true});
  n.now = from_unix_millis(3'000);
  n.repeat_interval = std::chrono::hours(4);
  n.external_url = "http://pharos";
  n.idempotency_key = "k";
  n.reason = "first";
  n.test = true;
  return n;
}

TEST(StoredAlert, ANotificationComesBackAsItWent) {
  const auto bytes = encode_notification(example());
  const auto back = decode_notification(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encode_notification(*back), bytes);
  EXPECT_EQ(back->alerts[0].labels, example().alerts[0].labels);
  EXPECT_EQ(back->alerts[0].ends_at, from_unix_millis(-1));
  EXPECT_EQ(back->repeat_interval, std::chrono::hours(4));
}

TEST(StoredAlert, EveryTruncationIsFound) {
  const auto bytes = encode_notification(example());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_notification(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(decode_notification(bytes + "x"));
}

// An alert without anything takes seven bytes, the least that the reader's bound has to allow.
TEST(StoredAlert, EmptyAlertsComeBack) {
  notify::Notification many;
  many.alerts.resize(300);
  const auto bytes = encode_notification(many);
  const auto back = decode_notification(bytes);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->alerts.size(), 300u);
  EXPECT_EQ(encode_notification(*back), bytes);
}

}  // namespace
}  // namespace pharos::rules

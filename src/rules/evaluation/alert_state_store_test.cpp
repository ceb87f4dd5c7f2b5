#include "rules/evaluation/alert_state_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pharos::rules {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

ActiveAlert alert(std::string_view host) {
  ActiveAlert out;
  out.labels = Labels{{"alertname", "A"}, {"host", host}};
  out.annotations = Labels{{"text", std::string_view("a\0b", 3)}};
  out.element = Labels{{"host", host}};
  out.state = AlertState::firing;
  out.value = 2.5;
  out.active_at = from_unix_millis(1);
  out.fired_at = from_unix_millis(2);
  out.keep_firing_since = from_unix_millis(3);
  out.resolved_at = from_unix_millis(4);
  out.last_sent = from_unix_millis(5);
  out.early_fired = from_unix_millis(6);
  out.told = ActiveAlert::Told::firing;
  out.flapping = true;
  out.flap_bits = 0xf0000001;
  return out;
}

TEST(AlertStateStore, GivesBackWhatWasSaved) {
  const auto database = Database::open(":memory:").value();
  auto store = AlertStateStore::open(*database).value();
  const AlertStateChange change{"r", {alert("a"), alert("b")}, {}};
  ASSERT_TRUE(store.save("g", {&change, 1}).has_value());
  const auto loaded = store.load("g").value();
  ASSERT_THAT(loaded, SizeIs(1));
  ASSERT_THAT(loaded.at("r"), SizeIs(2));
  const auto& back = loaded.at("r")[0];
  const auto was = alert("a");
  EXPECT_EQ(back.labels, was.labels);
  EXPECT_EQ(back.annotations, was.annotations);
  EXPECT_EQ(back.element, was.element);
  EXPECT_EQ(back.state, was.state);
  EXPECT_EQ(back.value, was.value);
  EXPECT_EQ(back.active_at, was.active_at);
  EXPECT_EQ(back.fired_at, was.fired_at);
  EXPECT_EQ(back.keep_firing_since, was.keep_firing_since);
  EXPECT_EQ(back.resolved_at, was.resolved_at);
  EXPECT_EQ(back.last_sent, was.last_sent);
  EXPECT_EQ(back.early_fired, was.early_fired);
  EXPECT_EQ(back.early_resolved, std::nullopt);
  EXPECT_EQ(back.told, was.told);
  EXPECT_TRUE(back.flapping);
  EXPECT_FALSE(back.unknown);
  EXPECT_EQ(back.flap_bits, was.flap_bits);
  EXPECT_THAT(store.load("other").value(), IsEmpty());
}

TEST(AlertStateStore, RemovesAlertsAndRulesThatWent) {
  const auto database = Database::open(":memory:").value();
  auto store = AlertStateStore::open(*database).value();
  const std::vector<AlertStateChange> first{{"r", {alert("a"), alert("b")}, {}},
                                            {"q", {alert("a")}, {}}};
  ASSERT_TRUE(store.save("g", first).has_value());
  ASSERT_TRUE(store.save("h", first).has_value());
  const AlertStateChange removal{"r", {}, {alert("a").labels}};
  ASSERT_TRUE(store.save("g", {&removal, 1}).has_value());
  EXPECT_THAT(store.load("g").value().at("r"), SizeIs(1));
  ASSERT_TRUE(store.keep_only({{"g", {"r"}}}).has_value());
  EXPECT_THAT(store.load("g").value(), SizeIs(1));
  EXPECT_THAT(store.load("h").value(), IsEmpty());
}

TEST(AlertStateStore, BytesThatAreNoLabelSetAreCorrupt) {
  const auto bytes = encode_labels(Labels{{"a", "b"}, {"c", "d"}});
  for (std::size_t n = 1; n < bytes.size(); ++n) {
    const bool whole = n == bytes.size() / 2;  // the first label alone
    EXPECT_EQ(decode_labels(bytes.substr(0, n)).has_value(), whole) << n;
  }
  EXPECT_EQ(decode_labels(bytes).value(), (Labels{{"a", "b"}, {"c", "d"}}));
  EXPECT_FALSE(decode_labels(std::string(8, '\xff')).has_value());
}

}  // namespace
}  // namespace pharos::rules

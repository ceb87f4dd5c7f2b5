#include "metrics/series_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "metrics/label_index_postings.hpp"
#include "metrics/symbol_table.hpp"

namespace pharos::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kNoSlot = SeriesTable::kNoSlot;

struct Resolved {
  std::vector<Slot> slots, created;
  std::vector<Appender::ResolveError> errors;
};

Resolved resolve(SeriesTable& table, const std::vector<Labels>& sets) {
  std::vector<LabelView> views;
  std::vector<std::uint32_t> offsets{0};
  for (const auto& set : sets) {
    for (const auto label : set) views.push_back(label);
    offsets.push_back(static_cast<std::uint32_t>(views.size()));
  }
  Resolved out;
  out.slots.resize(sets.size());
  table.resolve(views, offsets, out.slots, out.created, out.errors);
  return out;
}
Slot make(SeriesTable& table, const Labels& labels) { return resolve(table, {labels}).slots.front(); }

std::vector<Slot> matched(const SeriesTable& table, const std::vector<Matcher>& matchers) { return **table.match(matchers); }
Matcher matcher(MatchOp op, std::string name, std::string value) { return *Matcher::make(op, std::move(name), std::move(value)); }

TEST(SeriesTable, GivesEachLabelSetOneSlotAndOneId) {
  SeriesTable table(SeriesLimits{});
  const Labels up{{"__name__", "up"}, {"job", "a"}}, down{{"__name__", "down"}, {"job", "a"}};
  const auto first = resolve(table, {up, down, up});
  EXPECT_EQ(first.slots[0], first.slots[2]);
  EXPECT_THAT(first.created, ElementsAre(first.slots[0], first.slots[1]));
  const auto again = resolve(table, {down, up});
  EXPECT_THAT(again.slots, ElementsAre(first.slots[1], first.slots[0]));
  EXPECT_THAT(again.created, IsEmpty());
  EXPECT_EQ(table.live(), 2u);
  EXPECT_NE(table.id(first.slots[0]), table.id(first.slots[1]));
  EXPECT_EQ(table.slot_of(table.id(first.slots[1])), first.slots[1]);
  EXPECT_EQ(table.labels(first.slots[0]), up);
  EXPECT_GT(table.next_id(), table.id(first.slots[1]));
}

TEST(SeriesTable, AReferenceDiesWithItsSeriesAlsoWhenTheSlotServesAgain) {
  SeriesTable table(SeriesLimits{});
  const auto slot = make(table, {{"a", "1"}});
  const auto ref = table.ref(slot);
  const auto id = table.id(slot);
  EXPECT_NE(ref, SeriesRef::none);
  EXPECT_EQ(table.slot_of(ref), slot);
  table.release(std::span(&slot, 1));
  EXPECT_EQ(table.slot_of(ref), kNoSlot);
  EXPECT_EQ(table.slot_of(id), kNoSlot);
  EXPECT_FALSE(table.alive(slot));
  EXPECT_TRUE(table.labels(slot).empty());
  const auto next = make(table, {{"a", "2"}});
  EXPECT_EQ(next, slot);
  EXPECT_EQ(table.slot_of(ref), kNoSlot);
  EXPECT_NE(table.ref(next), ref);
  EXPECT_NE(table.id(next), id);
  EXPECT_EQ(table.slot_of(SeriesRef::none), kNoSlot);
  EXPECT_EQ(table.slot_of(static_cast<SeriesRef>(~0ull)), kNoSlot);
}

TEST(SeriesTable, LimitsNameThemselvesAndTheMetric) {
  SeriesTable table(SeriesLimits{.series_max = 3, .series_per_metric_max = 2, .labels_max = 3, .label_name_bytes_max = 10, .label_value_bytes_max = 8});
  const auto metric = [](std::string_view name, std::string_view i) { return Labels{{"__name__", name}, {"i", i}}; };
  auto out = resolve(table, {metric("up", "1"), metric("up", "2"), metric("up", "3"), metric("down", "1"), metric("down", "2"), metric("up", "2")});
  ASSERT_EQ(out.errors.size(), 2u);
  EXPECT_EQ(out.errors[0].index, 2u);
  EXPECT_EQ(out.errors[0].error.code, Errc::limit);
  EXPECT_THAT(out.errors[0].error.message, ::testing::AllOf(HasSubstr("'up'"), HasSubstr("series_per_metric_max")));
  EXPECT_EQ(out.errors[1].index, 4u);
  EXPECT_THAT(out.errors[1].error.message, ::testing::AllOf(HasSubstr("'down'"), HasSubstr("series_max")));
  EXPECT_EQ(out.slots[2], kNoSlot);
  EXPECT_EQ(out.slots[5], out.slots[1]);

  // The per-metric count holds for slots that serve again, too.
  table.release(out.created);
  out = resolve(table, {metric("up", "7"), metric("up", "8"), metric("up", "9")});
  ASSERT_EQ(out.errors.size(), 1u);
  EXPECT_EQ(out.errors[0].index, 2u);

  table.set_limits({.labels_max = 3, .label_name_bytes_max = 10, .label_value_bytes_max = 8});
  out = resolve(table, {Labels{{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}}, Labels{{"__name__", "m"}, {"long_label_name", "1"}},
                        Labels{{"__name__", "m"}, {"a", "123456789"}}, Labels{}});
  ASSERT_EQ(out.errors.size(), 4u);
  EXPECT_THAT(out.errors[0].error.message, HasSubstr("labels_max"));
  EXPECT_THAT(out.errors[1].error.message, ::testing::AllOf(HasSubstr("'m'"), HasSubstr("label_name_bytes_max")));
  EXPECT_THAT(out.errors[2].error.message, HasSubstr("label_value_bytes_max"));
  EXPECT_EQ(out.errors[3].error.code, Errc::invalid);
}

TEST(SeriesTable, InsertKeepsIdsAndRefusesAnotherOwner) {
  SeriesTable table(SeriesLimits{});
  const std::vector<LabelView> a{{"a", "1"}}, b{{"b", "1"}}, unsorted{{"b", "1"}, {"a", "1"}};
  const auto slot = table.insert(SeriesId{40}, a);
  ASSERT_TRUE(slot);
  EXPECT_EQ(table.id(*slot), SeriesId{40});
  EXPECT_EQ(table.next_id(), SeriesId{41});
  EXPECT_EQ(*table.insert(SeriesId{40}, a), *slot);
  EXPECT_EQ(table.insert(SeriesId{40}, b).error().code, Errc::conflict);
  EXPECT_EQ(table.insert(SeriesId{41}, a).error().code, Errc::conflict);
  EXPECT_EQ(table.insert(SeriesId{50}, unsorted).error().code, Errc::invalid);
  EXPECT_EQ(table.insert(SeriesId{0}, b).error().code, Errc::invalid);
  table.reserve_ids(SeriesId{100});
  EXPECT_EQ(table.id(make(table, {{"c", "1"}})), SeriesId{100});
  EXPECT_EQ(matched(table, {Matcher::equal("a", "1")}), std::vector<Slot>{*slot});
}

TEST(SeriesTable, AnAbsentLabelIsAnEmptyOne) {
  SeriesTable table(SeriesLimits{});
  const auto with = make(table, {{"__name__", "m"}, {"a", "x"}}), without = make(table, {{"__name__", "m"}});
  EXPECT_THAT(matched(table, {matcher(MatchOp::equal, "a", "")}), ElementsAre(without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_equal, "a", "")}), ElementsAre(with));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_equal, "a", "x")}), ElementsAre(without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::regex, "a", "x|")}), ElementsAre(with, without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::regex, "a", ".*")}), ElementsAre(with, without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_regex, "a", ".*")}), IsEmpty());
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_regex, "b", ".*")}), IsEmpty());
  EXPECT_THAT(matched(table, {matcher(MatchOp::regex, "a", ".+")}), ElementsAre(with));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_regex, "a", ".+")}), ElementsAre(without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_regex, "a", "x|y")}), ElementsAre(without));
  EXPECT_THAT(matched(table, {matcher(MatchOp::not_regex, "a", "y|")}), ElementsAre(with));
  EXPECT_THAT(matched(table, {}), ElementsAre(with, without));
  EXPECT_THAT(*table.all(), ElementsAre(with, without));
}

TEST(SeriesTable, RemembersAMatchUntilASeriesComesOrGoes) {
  SeriesTable table(SeriesLimits{});
  const auto first = make(table, {{"a", "1"}, {"b", "1"}});
  const std::vector<Matcher> matchers{Matcher::equal("a", "1")};
  const auto before = *table.match(matchers);
  EXPECT_EQ(before, *table.match(matchers));
  const auto second = make(table, {{"a", "1"}, {"b", "2"}});
  EXPECT_THAT(**table.match(matchers), ElementsAre(first, second));
  EXPECT_THAT(*before, ElementsAre(first));
  table.release(std::span(&first, 1));
  EXPECT_THAT(**table.match(matchers), ElementsAre(second));
  for (int i = 0; i < 200; ++i) EXPECT_THAT(matched(table, {Matcher::equal("a", std::to_string(i))}).size(), i == 1 ? 1u : 0u);
}

TEST(SeriesTable, ListsNamesAndValuesOfLiveSeriesSorted) {
  SeriesTable table(SeriesLimits{});
  const auto b = make(table, {{"x", "b"}, {"only_b", "1"}}), a = make(table, {{"x", "a"}}), c = make(table, {{"x", "c"}});
  EXPECT_THAT(table.label_names(nullptr, 0), ElementsAre("only_b", "x"));
  EXPECT_THAT(table.label_names(nullptr, 1), ElementsAre("only_b"));
  EXPECT_THAT(table.label_values("x", nullptr, 0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(table.label_values("x", nullptr, 2), ElementsAre("a", "b"));
  EXPECT_THAT(table.label_values("nope", nullptr, 0), IsEmpty());
  const std::vector<Slot> among{a, c};
  EXPECT_THAT(table.label_names(&among, 0), ElementsAre("x"));
  EXPECT_THAT(table.label_values("x", &among, 0), ElementsAre("a", "c"));
  EXPECT_THAT(table.label_values("only_b", &among, 0), IsEmpty());
  table.release(std::span(&b, 1));
  EXPECT_THAT(table.label_names(nullptr, 0), ElementsAre("x"));
  EXPECT_THAT(table.label_values("x", nullptr, 0), ElementsAre("a", "c"));
  make(table, {{"x", "aa"}});
  make(table, {{"x", "0"}});
  EXPECT_THAT(table.label_values("x", nullptr, 0), ElementsAre("0", "a", "aa", "c"));
  table.collect_pairs();
  make(table, {{"x", "z"}});
  EXPECT_THAT(table.label_values("x", nullptr, 0), ElementsAre("0", "a", "aa", "c", "z"));
}

TEST(SeriesTable, GroupsInOrderOfFirstAppearance) {
  SeriesTable table(SeriesLimits{});
  const std::vector<Labels> sets{{{"__name__", "m"}, {"a", "2"}, {"b", "1"}}, {{"__name__", "m"}, {"a", "1"}, {"b", "1"}},
                                 {{"__name__", "n"}, {"a", "2"}, {"b", "1"}}, {{"__name__", "m"}, {"b", "2"}}};
  const auto slots = resolve(table, sets).slots;
  const auto by = [&](std::vector<std::string> names, bool without) { return table.group(slots, names, without); };
  auto g = by({"a"}, false);
  EXPECT_THAT(g.group_of, ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(g.labels, ElementsAre(Labels{{"a", "2"}}, Labels{{"a", "1"}}, Labels{}));
  g = by({"b", "a", "b", "unknown"}, false);
  EXPECT_THAT(g.group_of, ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(g.labels, ElementsAre(Labels{{"a", "2"}, {"b", "1"}}, Labels{{"a", "1"}, {"b", "1"}}, Labels{{"b", "2"}}));
  g = by({"a"}, true);
  EXPECT_THAT(g.group_of, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(g.labels, ElementsAre(Labels{{"b", "1"}}, Labels{{"b", "2"}}));
  EXPECT_THAT(by({}, false).labels, ElementsAre(Labels{}));
  EXPECT_THAT(by({"nope"}, false).group_of, ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(by({}, true).labels.size(), 3u);
  EXPECT_THAT(by({"__name__"}, false).labels, ElementsAre(Labels{{"__name__", "m"}}, Labels{{"__name__", "n"}}));
  EXPECT_THAT(table.group({}, {}, false).labels, IsEmpty());
}

TEST(SeriesTable, StatisticsAreThoseOfLiveSeries) {
  SeriesTable table(SeriesLimits{});
  make(table, {{"__name__", "up"}, {"job", "long"}});
  make(table, {{"__name__", "up"}, {"job", "x"}});
  const auto gone = make(table, {{"__name__", "down"}, {"job", "gone"}});
  table.release(std::span(&gone, 1));
  StoreStatistics out;
  table.statistics(1, out);
  EXPECT_EQ(out.series, 2u);
  EXPECT_EQ(out.label_pairs, 3u);
  ASSERT_EQ(out.series_by_metric.size(), 1u);
  EXPECT_EQ(out.series_by_metric[0].name, "up");
  EXPECT_EQ(out.series_by_metric[0].value, 2u);
  EXPECT_EQ(out.values_by_label[0].name, "job");
  EXPECT_EQ(out.values_by_label[0].value, 2u);
  EXPECT_EQ(out.bytes_by_label[0].name, "job");
  EXPECT_EQ(out.bytes_by_label[0].value, 5u);
  EXPECT_EQ(out.series_by_pair[0].name, "__name__=up");
}

// The table against its plain twin: a map of label sets, asked matcher by matcher.
class Twin {
 public:
  explicit Twin(std::uint64_t seed) : random_(seed) {}

  void churn(std::size_t make, std::size_t drop) {
    std::vector<Slot> gone;
    for (std::size_t i = 0; i < drop && !series_.empty(); ++i) {
      const auto at = std::next(series_.begin(), static_cast<std::ptrdiff_t>(random_.below(series_.size())));
      gone.push_back(at->first);
      series_.erase(at);
    }
    table.release(gone);
    std::vector<Labels> sets;
    for (std::size_t i = 0; i < make; ++i) sets.push_back(random_labels());
    const auto out = resolve(table, sets);
    for (std::size_t i = 0; i < make; ++i) {
      ASSERT_NE(out.slots[i], kNoSlot);
      series_.insert_or_assign(out.slots[i], sets[i]);
    }
    if (random_.below(2) == 0) table.collect_pairs();
    ASSERT_EQ(table.live(), series_.size());
  }

  // Names and values of those of `series` that count, which the table knows as `among`.
  void ask_texts(const std::vector<Slot>& series, const std::vector<Slot>* among, const SeriesTable::Counts& counts,
                 const std::string& text) {
    std::map<std::string, std::set<std::string>> values;
    for (const auto slot : series)
      if (!counts || counts(slot))
        for (const auto label : series_.at(slot)) values[std::string(label.name)].emplace(label.value);
    std::vector<std::string> names;
    for (const auto& [name, some] : values) {
      names.push_back(name);
      ASSERT_EQ(table.label_values(name, among, 0, counts), std::vector<std::string>(some.begin(), some.end())) << text << name;
    }
    ASSERT_EQ(table.label_names(among, 0, counts), names) << text;
    ASSERT_EQ(table.label_names(among, 2, counts).size(), std::min<std::size_t>(2, names.size()));
    for (const auto* name : {"id", "job", "zone"})
      if (!values.contains(name)) ASSERT_THAT(table.label_values(name, among, 0, counts), IsEmpty()) << text << name;
  }

  void ask(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      std::vector<Matcher> matchers;
      std::string text;
      for (auto n = random_.below(4); n > 0; --n) {
        matchers.push_back(random_matcher());
        text += matchers.back().to_string() + " ";
      }
      std::vector<Slot> expected;
      for (const auto& [slot, labels] : series_)
        if (matches_all(matchers, labels)) expected.push_back(slot);
      const auto got = matched(table, matchers);
      ASSERT_EQ(got, expected) << text;
      const auto divisor = 1 + random_.below(40);
      const auto counts = [&](Slot slot) { return slot % divisor == 0; };
      ask_texts(got, &got, counts, text);
      ask_texts(got, &got, {}, text);
      if (matchers.empty()) ask_texts(got, nullptr, counts, text);
      const std::vector<std::string> by{"job", "zone"};
      for (const bool without : {false, true}) {
        const auto grouping = table.group(got, by, without);
        for (std::size_t k = 0; k < got.size(); ++k) {
          const auto& labels = series_.at(got[k]);
          ASSERT_EQ(grouping.labels[grouping.group_of[k]], without ? labels.without_metric_name().remove(by) : labels.keep(by));
        }
      }
    }
  }

  SeriesTable table{SeriesLimits{}};

 private:
  std::string pick(std::initializer_list<const char*> texts) { return *(texts.begin() + random_.below(texts.size())); }
  Labels random_labels() {
    LabelsBuilder labels;
    labels.set("__name__", pick({"up", "down", "http_requests_total"}));
    if (random_.below(10) > 0) labels.set("job", pick({"node", "api", "db"}));
    if (random_.below(2) == 0) labels.set("zone", pick({"a", "b", "c", "d"}));
    if (random_.below(3) > 0) labels.set("id", "pod-" + std::to_string(random_.below(7000)));
    return labels.build();
  }
  Matcher random_matcher() {
    const auto op = static_cast<MatchOp>(random_.below(4));
    const auto name = pick({"__name__", "job", "zone", "id", "id", "nope"});
    if (op == MatchOp::equal || op == MatchOp::not_equal)
      return matcher(op, name, pick({"", "up", "node", "a", "b", "pod-7", "pod-8", "none"}));
    return matcher(op, name, pick({".*", ".+", "", "a|b", "|a", "node|api|api", "pod-1.*", "pod-(11|12).?", "pod-.*7", ".*o.*", "(up|down)", "x?", "[ab]?", "pod-12.+|"}));
  }

  Random random_;
  std::map<Slot, Labels> series_;
};

TEST(SeriesTable, MatchesGroupsAndListsLikeItsPlainTwin) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Twin twin(seed);
    for (const auto size : {0, 5, 300, 300}) {
      twin.churn(static_cast<std::size_t>(size), static_cast<std::size_t>(size) / 2);
      twin.ask(150);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(SeriesTable, MatchesLikeItsPlainTwinOverThousandsOfValues) {
  Twin twin(4);
  twin.churn(12'000, 0);
  twin.ask(40);
  twin.churn(3'000, 4'000);
  twin.ask(40);
}

TEST(SeriesTable, ManyThreadsMakeReadAndRelease) {
  SeriesTable table(SeriesLimits{});
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> seen{0};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      Random random(static_cast<std::uint64_t>(t));
      for (int round = 0; round < 60; ++round) {
        std::vector<Labels> sets;
        for (int i = 0; i < 40; ++i)
          sets.push_back({{"__name__", "m"}, {"i", std::to_string(random.below(500))}, {"t", std::to_string(t)}});
        const auto out = resolve(table, sets);
        for (const auto slot : out.slots) ASSERT_EQ(table.slot_of(table.ref(slot)), slot);
        if (round % 3 == 2) table.release(out.slots);  // own series only: `t` differs
        if (round % 20 == 19) table.collect_pairs();
      }
    });
  threads.emplace_back([&] {
    const std::vector<std::string> by{"t"};
    const std::vector<Matcher> matchers{Matcher::equal("__name__", "m"), matcher(MatchOp::regex, "i", "1.*")};
    while (!stop) {
      const auto slots = *table.match(matchers);
      seen += slots->size();
      table.group(*slots, by, false);
      table.label_values("i", nullptr, 0);
      for (const auto slot : *slots) {
        const auto ref = table.ref(slot);
        table.slot_of(ref);
        table.labels(slot);
        table.id(slot);
      }
    }
  });
  threads[0].join();
  threads[1].join();
  stop = true;
  threads[2].join();
  EXPECT_EQ(table.all()->size(), table.live());
}

TEST(Postings, StayRisingThroughAppendsMergesAndRemovals) {
  Random random(5);
  std::set<std::uint32_t> expected;
  Postings postings;
  std::uint32_t end = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto what = random.below(6);
    if (what < 3) {
      postings.append(end);
      expected.insert(end);
      end += 1 + static_cast<std::uint32_t>(random.below(3));
    } else if (end > 0) {
      std::set<std::uint32_t> some;
      for (auto n = random.below(what == 5 ? 200 : 5); n > 0; --n) {
        const auto slot = static_cast<std::uint32_t>(random.below(end));
        if (what == 3 ? !expected.contains(slot) : true) some.insert(slot);
      }
      const std::vector<std::uint32_t> slots(some.begin(), some.end());
      if (what == 3) postings.merge(slots), expected.insert(slots.begin(), slots.end());
      else postings.remove(slots), std::erase_if(expected, [&](std::uint32_t s) { return some.contains(s); });
    }
    ASSERT_TRUE(std::ranges::equal(postings.slots(), expected));
  }
}

TEST(NumberTable, FindsWhatIsInItAfterAnyErasures) {
  Random random(6);
  NumberTable table;
  std::map<std::uint32_t, std::uint32_t> expected;  // number to hash
  for (std::uint32_t i = 0; i < 4000; ++i) {
    const auto hash = static_cast<std::uint32_t>(random.below(4) == 0 ? 0xfffffff0 + random.below(16) : random.next() >> 32);  // some collide at the end
    table.insert(hash, i);
    expected[i] = hash;
    if (random.below(3) > 0) {
      const auto gone = std::next(expected.begin(), static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(expected.size(), 50))));
      table.erase(gone->second, gone->first);
      expected.erase(gone);
    }
  }
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [number, hash] : expected) EXPECT_EQ(table.find(hash, [&](std::uint32_t n) { return n == number; }), number);
}

}  // namespace
}  // namespace pharos::metrics

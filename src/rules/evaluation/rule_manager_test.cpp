#include "rules/evaluation/rule_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "base/manual_clock.hpp"
#include "base/metric.hpp"
#include "query/memory_store.hpp"
#include "query/promql/ast.hpp"

namespace pharos::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Time kStart = from_unix_millis(1'700'000'000'000);

// A store whose appends and queries may run on several threads, with a watch that tests touch.
class SharedStore final : public Querier, public Appender, public SeriesWatch {
 public:
  void put(std::string_view metric, Time at, double value) {
    const std::lock_guard lock(mutex_);
    store_.put(query::promql::parse_metric(metric).value(), to_unix_millis(at), value);
  }
  void touch(std::vector<std::uint32_t> selectors) {
    std::function<void()> touched;
    {
      const std::lock_guard lock(mutex_);
      touched_ = std::move(selectors);
      touched = call_;
    }
    if (touched) touched();
  }
  std::size_t watched() {
    const std::lock_guard lock(mutex_);
    return selectors_.size();
  }
  void watch(std::vector<std::vector<Matcher>> selectors, std::function<void()> touched) override {
    const std::lock_guard lock(mutex_);
    selectors_ = std::move(selectors);
    call_ = std::move(touched);
  }
  std::vector<std::uint32_t> take_touched() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(touched_, {});
  }

  // Queries for this metric wait until it is set to another.
  void block(std::string metric) {
    const std::lock_guard lock(mutex_);
    blocked_ = std::move(metric);
    unblocked_.notify_all();
  }
  bool wait_blocked() {
    std::unique_lock lock(mutex_);
    return unblocked_.wait_for(lock, 20s, [&] { return waiting_ > 0; });
  }

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> m, UnixMillis from,
                                                  UnixMillis to, const SelectHints& h) override {
    wait_while_blocked(m);
    const std::lock_guard lock(mutex_);
    auto selection = store_.select(m, from, to, h);
    if (!selection) return selection;
    return std::shared_ptr<const Selection>(
        std::make_shared<Locked>(mutex_, std::move(*selection)));
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher> m, UnixMillis a,
                                               UnixMillis b, std::size_t n) override {
    return store_.label_names(m, a, b, n);
  }
  Result<std::vector<std::string>> label_values(std::string_view l, std::span<const Matcher> m,
                                                UnixMillis a, UnixMillis b,
                                                std::size_t n) override {
    return store_.label_values(l, m, a, b, n);
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> m, UnixMillis a, UnixMillis b,
                                     std::size_t n) override {
    return store_.series(m, a, b, n);
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher> m, UnixMillis a,
                                                UnixMillis b) override {
    return store_.exemplars(m, a, b);
  }
  std::vector<Metadata> metadata(std::string_view, std::size_t) const override { return {}; }
  Result<SeriesRef> resolve(const Labels& labels) override {
    const std::lock_guard lock(mutex_);
    return store_.resolve(labels);
  }
  void resolve(std::span<const LabelView> l, std::span<const std::uint32_t> o,
               std::span<SeriesRef> r, std::vector<ResolveError>& e) override {
    const std::lock_guard lock(mutex_);
    store_.resolve(l, o, r, e);
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions& options) override {
    const std::lock_guard lock(mutex_);
    return store_.append(batch, options);
  }

 private:
  struct Locked final : Selection {
    std::mutex& mutex;
    std::shared_ptr<const Selection> inner;
    Locked(std::mutex& m, std::shared_ptr<const Selection> s) : mutex(m), inner(std::move(s)) {}
    std::size_t size() const override { return inner->size(); }
    const Labels& labels(std::size_t i) const override { return inner->labels(i); }
    Status read(std::size_t i, UnixMillis from, UnixMillis to, SampleColumn& out) const override {
      const std::lock_guard lock(mutex);
      return inner->read(i, from, to, out);
    }
  };
  void wait_while_blocked(std::span<const Matcher> matchers) {
    std::unique_lock lock(mutex_);
    const auto is_blocked = [&] {
      return std::ranges::any_of(matchers, [&](const Matcher& m) { return m.value() == blocked_; });
    };
    if (!is_blocked()) return;
    ++waiting_;
    unblocked_.notify_all();
    unblocked_.wait(lock, [&] { return !is_blocked(); });
    --waiting_;
  }
  std::mutex mutex_;
  std::condition_variable unblocked_;
  std::string blocked_ = "-";
  int waiting_ = 0;
  query::MemoryStore store_;
  std::vector<std::vector<Matcher>> selectors_;
  std::function<void()> call_;
  std::vector<std::uint32_t> touched_;
};

struct Inbox final : AlertSink {
  std::mutex mutex;
  std::condition_variable came;
  std::vector<Alert> alerts;
  bool refuses = false;
  Status deliver(std::span<const Alert> batch) override {
    const std::lock_guard lock(mutex);
    if (refuses) return fail(Errc::unavailable, "full");
    alerts.insert(alerts.end(), batch.begin(), batch.end());
    came.notify_all();
    return {};
  }
  bool empty() {
    const std::lock_guard lock(mutex);
    return alerts.empty();
  }
  // Waits until there are so many, and takes them.
  std::vector<Alert> take(std::size_t n) {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(came.wait_for(lock, 20s, [&] { return alerts.size() >= n; }));
    return std::exchange(alerts, {});
  }
};

class RuleManagerTest : public testing::Test {
 protected:
  ManualClock clock{kStart};
  std::shared_ptr<SharedStore> store = std::make_shared<SharedStore>();
  std::shared_ptr<ThreadPool> threads = std::make_shared<ThreadPool>("t", 2);
  query::Engine engine{{}, threads, clock};
  std::unique_ptr<Database> database = Database::open(":memory:").value();
  Inbox inbox;
  RuleManagerOptions options;
  std::unique_ptr<RuleManager> manager;

  void start() {
    manager = RuleManager::open({.clock = clock,
                                 .engine = engine,
                                 .querier = [this] { return store; },
                                 .appender = *store,
                                 .database = *database,
                                 .sink = inbox,
                                 .pool = threads,
                                 .watch = store.get()},
                                options)
                  .value();
  }
  static std::vector<RuleGroupSpec> specs(std::string_view yaml) {
    auto file = parse_rule_file(yaml, "r.yml");
    EXPECT_THAT(file.errors, IsEmpty());
    return std::move(file.groups);
  }
  void set(std::string_view yaml) {
    ASSERT_TRUE(manager->set_groups(specs(yaml), options).has_value());
  }
  // Moves on until the first group has been evaluated at or after `until`.
  void run_until(Time until) {
    for (int i = 0; i < 10'000; ++i) {
      const auto groups = manager->groups();
      if (!groups.empty() && groups[0].last_evaluation && *groups[0].last_evaluation >= until)
        return;
      if (clock.now() < until + 11s) clock.advance(500ms);
      std::this_thread::sleep_for(1ms);
    }
    FAIL() << "no evaluation";
  }
  std::size_t count(const std::string& expr) {
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = request.end_ms = to_unix_millis(clock.now());
    return std::get<query::Vector>(engine.run(*store, request).value().value).series.size();
  }
};

constexpr std::string_view kHot =
    "groups:\n- name: g\n  interval: 10s\n  rules:\n  - alert: Hot\n    expr: t > 1\n";

TEST_F(RuleManagerTest, EvaluatesOnTheGrid) {
  store->put("t", kStart, 5);
  start();
  set(kHot);
  run_until(kStart + 20s);
  EXPECT_THAT(inbox.take(1), SizeIs(1));
  const auto groups = manager->groups();
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_EQ(groups[0].rules[0].state, AlertState::firing);
  EXPECT_EQ(groups[0].rules[0].health, "ok");
  const auto offset = grid_offset("r.yml", "g", 10s, GridHash::length_prefixed);
  const auto at = groups[0].rules[0].alerts.at(0).active_at;
  EXPECT_EQ((Nanos(at.time_since_epoch()) - std::chrono::floor<Millis>(offset)) % 10s, Nanos(0));
  EXPECT_EQ(count("ALERTS"), 1U);
}

TEST_F(RuleManagerTest, AnUndeliveredAlertGoesOutWithTheNextEvaluation) {
  store->put("t", kStart, 5);
  inbox.refuses = true;
  start();
  set(kHot);
  run_until(kStart + 10s);
  {
    const std::lock_guard lock(inbox.mutex);
    inbox.refuses = false;
  }
  run_until(kStart + 25s);
  EXPECT_THAT(inbox.take(1), SizeIs(1));
}

TEST_F(RuleManagerTest, AReloadKeepsStateAndEndsSeriesOfGroupsThatWent) {
  store->put("t", kStart, 5);
  start();
  set(kHot);
  run_until(kStart + 10s);
  EXPECT_THAT(inbox.take(1), SizeIs(1));
  const auto active_at = manager->groups()[0].rules[0].alerts.at(0).active_at;
  set("groups:\n- name: g\n  interval: 10s\n  rules:\n  - record: r\n    expr: t\n  - alert: Hot\n "
      "   expr: t > 2\n");
  EXPECT_EQ(manager->groups()[0].rules[1].alerts.at(0).active_at, active_at);
  store->put("t", clock.now(), 5);
  run_until(clock.now() + 10s);
  EXPECT_EQ(count("{__name__=~\"r|ALERTS\"}"), 2U);
  set("groups:\n- name: other\n  interval: 10s\n  rules:\n  - record: q\n    expr: t\n");
  run_until(clock.now() + 30s);
  for (int i = 0; i < 2000 && count("{__name__=~\"r|ALERTS\"}") > 0; ++i)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(count("{__name__=~\"r|ALERTS\"}"), 0U);
}

TEST_F(RuleManagerTest, MetricsOfAGroupGoWithIt) {
  using ::testing::HasSubstr;
  using ::testing::Not;
  const std::string interval = "prometheus_rule_group_interval_seconds{";
  const std::string key = "rule_group=\"r.yml;g\"}", other = "rule_group=\"r.yml;other\"}";
  const std::string_view next =
      "groups:\n- name: other\n  interval: 10s\n  rules:\n  - record: q\n    expr: t\n";
  start();
  set(kHot);
  run_until(kStart + 10s);
  EXPECT_THAT(metrics_text(), HasSubstr(interval + key + " 10\n"));
  auto wrong = specs(next);
  wrong.push_back(wrong[0]);
  EXPECT_FALSE(manager->set_groups(wrong, options).has_value());
  EXPECT_THAT(metrics_text(), Not(HasSubstr(other))) << "it never came to be";
  set("groups:\n- name: g\n  interval: 20s\n  rules:\n  - record: q\n    expr: t\n");
  EXPECT_THAT(metrics_text(), HasSubstr(interval + key + " 20\n"));
  EXPECT_THAT(metrics_text(),
              HasSubstr("prometheus_rule_group_last_evaluation_timestamp_seconds{" + key))
      << "the group goes on under its key";
  set(next);
  EXPECT_THAT(metrics_text(), Not(HasSubstr(key)));
  EXPECT_THAT(metrics_text(), HasSubstr(interval + other + " 10\n"));
}

TEST_F(RuleManagerTest, AWrongGroupLeavesTheOldOnesActive) {
  start();
  set(kHot);
  auto wrong = specs(kHot);
  wrong[0].name = "new";
  wrong[0].rules[0].expr = "t >";
  EXPECT_FALSE(manager->set_groups(wrong, options).has_value());
  EXPECT_THAT(manager->groups(), SizeIs(1));
  EXPECT_EQ(manager->groups()[0].spec.name, "g");
}

TEST_F(RuleManagerTest, WhatIsPreparedAndDroppedChangesNothing) {
  const std::string_view next =
      "groups:\n- name: other\n  interval: 10s\n  rules:\n  - record: q\n    expr: t\n";
  start();
  set(kHot);
  { ASSERT_TRUE(manager->prepare(specs(next), options)); }
  ASSERT_THAT(manager->groups(), SizeIs(1));
  EXPECT_EQ(manager->groups()[0].spec.name, "g");
  run_until(clock.now() + 10s);
  set(next);
  EXPECT_EQ(manager->groups()[0].spec.name, "other");
}

constexpr std::string_view kPatient =
    "groups:\n- name: g\n  interval: 10s\n  rules:\n  - alert: Hot\n    expr: t > 1\n    for: 30s\n"
    "    keep_firing_for: 1h\n";

TEST_F(RuleManagerTest, DurableStateOutlivesTheProcess) {
  options.resend_delay = 1h;  // the clock runs ahead of a slow machine: nothing is sent again
  start();
  set(kPatient);
  for (int i = 0; i <= 5; ++i) {
    store->put("t", clock.now(), 5);
    run_until(clock.now() + 10s);
  }
  EXPECT_THAT(inbox.take(1), SizeIs(1));
  const auto was = manager->groups()[0].rules[0].alerts.at(0);
  manager.reset();
  start();
  set(kPatient);
  const auto is = manager->groups()[0].rules[0].alerts.at(0);
  EXPECT_EQ(is.state, AlertState::firing);
  EXPECT_EQ(is.active_at, was.active_at);
  EXPECT_EQ(is.fired_at, was.fired_at);
  store->put("t", clock.now(), 0);
  run_until(clock.now() + 20s);
  EXPECT_EQ(manager->groups()[0].rules[0].state, AlertState::firing) << "kept for an hour";
  EXPECT_THAT(inbox.take(0), IsEmpty()) << "told once";
}

TEST_F(RuleManagerTest, PrometheusModeWritesSeriesAfterTheSecondEvaluation) {
  store->put("t", kStart, 5);
  options.restore = RuleManagerOptions::Restore::prometheus;
  start();
  set(kHot);
  run_until(kStart + 1s);
  EXPECT_EQ(count("ALERTS"), 0U);
  run_until(kStart + 25s);
  EXPECT_EQ(count("ALERTS"), 1U);
}

TEST_F(RuleManagerTest, ATouchedRuleFiresWithoutWaitingForTheGrid) {
  start();
  set(kHot);
  ASSERT_EQ(store->watched(), 1U);
  store->put("t", clock.now(), 5);
  store->touch({0});
  const auto fired = inbox.take(1);
  ASSERT_THAT(fired, SizeIs(1));
  EXPECT_EQ(fired[0].starts_at, clock.now());
  EXPECT_EQ(count("ALERTS"), 0U) << "series are the grid's";
  clock.advance(20ms);
  store->put("t", clock.now(), 0);
  store->touch({0});
  for (int i = 0; i < 300 && inbox.empty(); ++i) {  // it may be put off by a round
    clock.advance(10ms);
    std::this_thread::sleep_for(2ms);
  }
  const auto resolved = inbox.take(1);
  ASSERT_THAT(resolved, SizeIs(1));
  EXPECT_TRUE(resolved[0].resolved_at(clock.now()));
}

TEST_F(RuleManagerTest, ASlowQueryKeepsNobodyFromLookingNorOtherRulesFromFiring) {
  store->block("slow");
  start();
  set(R"(
groups:
- {name: g, interval: 10s, rules: [{alert: Slow, expr: slow > 0, for: 1s}, {alert: Hot, expr: t > 0}]}
)");
  clock.advance(20s);
  ASSERT_TRUE(store->wait_blocked());
  const auto looked = manager->groups();
  EXPECT_EQ(looked.at(0).rules.at(0).health, "unknown");
  store->put("t", clock.now(), 5);
  store->touch({0});
  const auto fired = inbox.take(1);
  ASSERT_THAT(fired, SizeIs(1));
  EXPECT_EQ(fired[0].labels.get("alertname"), "Hot");
  for (int i = 0; i < 5'000 && manager->groups()[0].rules[1].alerts.empty(); ++i)
    std::this_thread::sleep_for(1ms);  // told first, then published
  EXPECT_THAT(manager->groups()[0].rules[1].alerts, SizeIs(1));
  EXPECT_EQ(manager->groups()[0].rules[0].health, "unknown") << "it is still being evaluated";
  store->block("-");
}

TEST_F(RuleManagerTest, RulesWithForWaitForTheGrid) {
  start();
  set(kPatient);
  EXPECT_EQ(store->watched(), 0U);
  options.evaluate_on_ingest = false;
  set(kHot);
  EXPECT_EQ(store->watched(), 0U);
}

TEST_F(RuleManagerTest, AClockSetBackDoesNotStopEvaluation) {
  store->put("t", kStart - 1h, 5);
  start();
  set(kHot);
  run_until(kStart + 10s);
  clock.set(kStart - 1h);
  const auto before = manager->groups()[0].last_evaluation;
  for (int i = 0; i < 5'000 && manager->groups()[0].last_evaluation == before; ++i) {
    clock.advance(100ms);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_LT(*manager->groups()[0].last_evaluation, kStart);
}

}  // namespace
}  // namespace pharos::rules

#include "api/live/hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/fake_services_test.hpp"
#include "api/live/plan.hpp"
#include "codec/json.hpp"

namespace pharos::api::live {
namespace {

using codec::Json;
using testing::ElementsAre;
using testing::HasSubstr;

// One series whose value is its time in seconds, at every step asked for.
query::Output counting(const query::QueryRequest& request, const std::string& job = "a") {
  query::Output out;
  query::Series series{.labels = Labels{{"job", job}}};
  const auto step = std::max<std::int64_t>(request.step_ms, 1);
  for (auto t = request.start_ms; t <= request.end_ms; t += step)
    series.points.push_back({.t_ms = t, .value = static_cast<double>(t) / 1000});
  if (request.step_ms == 0)
    out.value = query::Vector{{series}};
  else
    out.value = query::Matrix{{series}};
  return out;
}

struct Event {
  std::string name;
  Json data;
};

struct Reader {  // a stream on a thread of its own, its events taken apart
  Reader(Hub& hub, LiveRequest request) {
    auto opened = hub.open(std::move(request));
    if (!opened) throw std::runtime_error(opened.error().message);
    thread = std::jthread([this, &hub, lease = std::move(*opened)](std::stop_token stop) {
      hub.serve(
          *lease, [this](std::string_view bytes) { return take(bytes); }, stop);
    });
  }
  bool take(std::string_view bytes) {
    std::unique_lock lock(mutex);
    text += bytes;
    changed.notify_all();
    changed.wait(lock, [&] { return !blocked; });
    return true;
  }
  void block(bool on) {
    std::lock_guard lock(mutex);
    blocked = on;
    changed.notify_all();
  }
  // The events so far, once there are `count`.
  std::vector<Event> events(std::size_t count) {
    std::unique_lock lock(mutex);
    std::vector<Event> out;
    changed.wait_for(lock, std::chrono::seconds(20), [&] {
      out.clear();
      std::string_view rest = text;
      while (!rest.empty()) {
        const auto end = rest.find("\n\n");
        const auto one = rest.substr(0, end);
        rest.remove_prefix(end + 2);
        if (one.starts_with(":")) continue;
        const auto line = one.find('\n');
        auto data = Json::parse(one.substr(line + 7));
        if (!data) throw std::runtime_error(data.error().message);
        out.push_back({std::string(one.substr(7, line - 7)), std::move(*data)});
      }
      return out.size() >= count;
    });
    return out;
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  bool blocked = false;
  std::jthread thread;
};

struct LiveHub : testing::Test {
  ManualClock clock{from_unix_millis(1'000'300)};
  std::shared_ptr<FakeQuerier> data = std::make_shared<FakeQuerier>();
  std::atomic<int> ranges = 0, instants = 0;
  std::function<Result<query::Output>(const query::QueryRequest&)> answer =
      [](const query::QueryRequest& request) { return counting(request); };
  HubConfig config;
  std::unique_ptr<Hub> hub;

  void make() {
    hub =
        std::make_unique<Hub>(HubSources{.clock = &clock,
                                         .querier = [this] { return data; },
                                         .run_query =
                                             [this](Querier&, const query::QueryRequest& request) {
                                               ++(request.step_ms == 0 ? instants : ranges);
                                               return answer(request);
                                             }},
                              config);
  }
  static LiveQuery query(std::string id, std::string expr, std::int64_t step_ms = 1'000,
                         std::int64_t range_ms = 3'000) {
    return {std::move(id), std::move(expr), step_ms, range_ms};
  }
  void second() {
    clock.advance(Millis(1'000));
    hub->evaluate();
  }
};

std::vector<std::string> names(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.push_back(event.name);
  return out;
}

TEST_F(LiveHub, BeginsWithHistoryAndGoesOnWithNewPointsOnly) {
  make();
  Reader reader(*hub, {.queries = {query("a", "x")}});
  ASSERT_EQ(reader.events(2).size(), 2u);
  second();
  second();
  const auto events = reader.events(4);
  ASSERT_THAT(names(events), ElementsAre("hello", "history", "tick", "tick"));
  const auto& history = events[1].data;
  EXPECT_EQ(history["id"].string(), "a");
  EXPECT_EQ(history["start"].integer(), 997);
  EXPECT_EQ(history["end"].integer(), 1000);
  const auto& series = history["series"].items().at(0).items();
  EXPECT_EQ(series[0].integer(), 0);
  EXPECT_EQ(series[1]["job"].string(), "a");
  ASSERT_EQ(series[2].items().size(), 4u);
  EXPECT_EQ(series[2].items()[3].real(), 1000);
  EXPECT_EQ(events[2].data["t"].integer(), 1001);
  EXPECT_EQ(events[2].data["v"].items().at(0).items()[1].real(), 1001);
  EXPECT_TRUE(events[2].data["new"].is_null());
  EXPECT_EQ(events[3].data["t"].integer(), 1002);
  hub->stop();
}

TEST_F(LiveHub, AHistoryThatFailsAgainAndAgainIsNoSilence) {
  answer = [](const query::QueryRequest&) -> Result<query::Output> {
    return fail(Errc::timeout, "query timed out");
  };
  config.heartbeat = std::chrono::minutes(1);
  make();
  Reader reader(*hub, {.queries = {query("a", "x"), query("b", "y")}});
  ASSERT_EQ(reader.events(3).size(), 3u);  // hello and two errors
  const std::lock_guard lock(reader.mutex);
  EXPECT_THAT(reader.text, testing::HasSubstr("\n\n: beat\n\n: beat\n\nevent: error"));
}

TEST_F(LiveHub, EvaluatesEqualQueriesOnceForAll) {
  make();
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 5; ++i) {
    readers.push_back(std::make_unique<Reader>(
        *hub, LiveRequest{.queries = {query("p", "x"), query("q", "x"), query("r", "y", 2'000)}}));
    readers.back()->events(4);
  }
  EXPECT_EQ(hub->plans(), 2u);
  EXPECT_EQ(ranges.load(), 2);  // the answer is kept until the next step
  second();                     // 1001: not on the grid of two seconds
  EXPECT_EQ(instants.load(), 1);
  second();
  EXPECT_EQ(instants.load(), 3);
  for (auto& reader : readers) EXPECT_EQ(reader->events(9).size(), 9u);
  hub->stop();
}

TEST_F(LiveHub, NamesSeriesThatAppear) {
  make();
  Reader reader(*hub, {.queries = {query("a", "x")}});
  reader.events(2);
  answer = [](const query::QueryRequest& request) {
    auto out = counting(request);
    std::get<query::Vector>(out.value).series.push_back(
        {.labels = Labels{{"job", "</script>"}}, .points = {{.value = std::nan("")}}});
    return out;
  };
  second();
  second();
  const auto events = reader.events(4);
  EXPECT_EQ(events[2].data["new"].items().at(0).items()[0].integer(), 1);
  EXPECT_EQ(events[2].data["new"].items().at(0).items()[1]["job"].string(), "</script>");
  EXPECT_EQ(events[2].data["v"].items().at(1).items()[1].string(), "NaN");
  EXPECT_TRUE(events[3].data["new"].is_null());
  // Who comes later has the name from its history, with no value in it.
  answer = [](const query::QueryRequest& request) { return counting(request); };
  Reader later(*hub, {.queries = {query("b", "x")}});
  const auto history = later.events(2)[1].data;
  ASSERT_EQ(history["series"].items().size(), 2u);
  EXPECT_TRUE(history["series"].items()[1].items()[2].items().empty());
  hub->stop();
}

TEST_F(LiveHub, ASlowReaderLosesWhatWaitsAndBeginsAnew) {
  config.waiting_bytes_max = 300;
  make();
  Reader slow(*hub, {.queries = {query("a", "x")}}), quick(*hub, {.queries = {query("a", "x")}});
  slow.events(2);
  quick.events(2);
  slow.block(true);
  for (int i = 1; i <= 20; ++i) {
    second();
    quick.events(2 + static_cast<std::size_t>(i));
  }
  slow.block(false);
  std::vector<Event> events;  // how many ticks came before is the machine's business
  for (std::size_t n = 5; n < 40 && std::ranges::count(events, "history", &Event::name) < 2; ++n)
    events = slow.events(n);
  const auto dropped = std::ranges::find(events, "dropped", &Event::name);
  ASSERT_NE(dropped, events.end());
  EXPECT_GT(dropped->data["events"].integer(), 1);
  const auto again =
      std::find_if(dropped, events.end(), [](auto& e) { return e.name == "history"; });
  ASSERT_NE(again, events.end());
  EXPECT_TRUE(again->data["resync"].boolean());
  EXPECT_EQ(again->data["end"].integer(), 1020);
  EXPECT_EQ(quick.events(22).back().data["t"].integer(), 1020);
  hub->stop();
}

TEST_F(LiveHub, AHistoryBeyondTheBoundIsNoReasonToBeginAnew) {
  config.waiting_bytes_max = 400;
  make();
  Reader reader(*hub, {.queries = {query("a", "x", 1'000, 3'000'000)}});
  reader.events(2);
  // Its history comes while a tick of the first waits already.
  reader.block(true);
  answer = [&](const query::QueryRequest& request) {
    if (request.step_ms > 0) hub->evaluate();
    return counting(request);
  };
  const auto id = reader.events(2)[0].data["stream"].string();
  ASSERT_TRUE(hub->update(
      id, {.queries = {query("a", "x", 1'000, 3'000'000), query("b", "y", 1'000, 900'000)}}));
  second();
  reader.block(false);
  const auto events = reader.events(4);
  EXPECT_EQ(std::ranges::count(events, "history", &Event::name), 2);
  EXPECT_EQ(std::ranges::count(events, "dropped", &Event::name), 0);
  hub->stop();
}

TEST_F(LiveHub, SaysOnceThatAQueryFailsAndThatItIsWellAgain) {
  make();
  Reader reader(*hub, {.queries = {query("a", "x")}});
  reader.events(2);
  answer = [](const query::QueryRequest&) -> Result<query::Output> {
    return fail(Errc::timeout, "query timed out");
  };
  second();
  second();
  answer = [](const query::QueryRequest& request) { return counting(request); };
  second();
  const auto events = reader.events(4);
  ASSERT_THAT(names(events), ElementsAre("hello", "history", "error", "tick"));
  EXPECT_EQ(events[2].data["errorType"].string(), "timeout");
  hub->stop();
}

TEST_F(LiveHub, AQueryThatDoesNotParseIsNotAskedAgain) {
  answer = [](const query::QueryRequest&) -> Result<query::Output> {
    return fail(Errc::invalid, "1:1: parse error");
  };
  make();
  Reader reader(*hub, {.queries = {query("a", "(")}});
  EXPECT_EQ(reader.events(2)[1].name, "error");
  second();
  second();
  EXPECT_EQ(instants.load(), 0);
  hub->stop();
}

TEST_F(LiveHub, ListsWhatIsFollowedWithItsCostTheDearestFirst) {
  answer = [this](const query::QueryRequest& request) -> Result<query::Output> {
    if (request.step_ms == 0) clock.advance(Millis(request.expr == "dear" ? 50 : 1));
    if (request.step_ms == 0 && request.expr == "sick") return fail(Errc::timeout, "too slow");
    auto out = counting(request);
    out.stats.samples_read = 7;
    return out;
  };
  make();
  EXPECT_THAT(hub->queries(), testing::IsEmpty());
  Reader one(*hub, {.queries = {query("a", "dear"), query("b", "sick")}});
  Reader other(*hub, {.queries = {query("a", "dear"), query("b", "rare", 60'000)}});
  one.events(3);
  other.events(3);
  second();
  second();
  auto listed = hub->queries();
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0].expr, "dear");
  EXPECT_EQ(listed[0].step_ms, 1'000);
  EXPECT_EQ(listed[0].followers, 2u);
  EXPECT_EQ(listed[0].evaluations, 2u);
  EXPECT_EQ(listed[0].failures, 0u);
  EXPECT_EQ(listed[0].samples, 7u);
  EXPECT_EQ(listed[0].latest, Nanos(Millis(50)));
  EXPECT_EQ(listed[0].spent, Nanos(Millis(100)));
  EXPECT_EQ(listed[1].expr, "sick");
  EXPECT_EQ(listed[1].failures, 2u);
  EXPECT_EQ(listed[1].error, "too slow");
  EXPECT_EQ(listed[2].expr, "rare");  // its step has not come yet
  EXPECT_EQ(listed[2].evaluations, 0u);
  clock.advance(Millis(3'000));
  hub->evaluate();
  listed = hub->queries();
  EXPECT_EQ(listed[0].evaluations, 3u);
  EXPECT_GE(listed[0].skipped, 2u);
  hub->stop();
}

// What threads may do to one another: readers come, change what they follow and go, topics are
// published and the list is read while both evaluators work and queries begin to fail.
TEST_F(LiveHub, StandsReadersThatComeAndGoWhileItEvaluates) {
  constexpr int kReaders = 4, kRounds = 12;
  std::atomic<int> asked = 0;
  answer = [&](const query::QueryRequest& request) -> Result<query::Output> {
    if (++asked % 7 == 0) return fail(Errc::timeout, "query timed out");
    return counting(request);
  };
  config.heartbeat = Millis(20);  // histories that failed are tried again soon
  make();
  hub->start();
  std::atomic<int> left = kReaders;
  std::vector<std::jthread> people;
  for (int i = 0; i < kReaders; ++i)
    people.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        LiveRequest wanted{.queries = {query("a", "x"), query("b", "y" + std::to_string(i))}};
        wanted.topics = static_cast<std::uint8_t>(Topic::alerts);
        Reader reader(*hub, wanted);
        const auto id = reader.events(3).at(0).data["stream"].string();
        EXPECT_TRUE(hub->update(id, {.queries = {query("a", "x"), query("c", "z", 2'000)}}));
        EXPECT_GE(reader.events(5).size(), 5u);
        if (round % 2 == 0) continue;  // this one just goes
        EXPECT_TRUE(hub->end(id));
      }
      --left;
    });
  while (left > 0) {
    clock.wait_for_sleepers(2);
    clock.advance(Millis(1'000));
    hub->publish(Topic::alerts, R"({"transitions":[]})");
    for (const auto& query : hub->queries()) EXPECT_GE(query.followers, 1u) << query.expr;
  }
  people.clear();
  EXPECT_EQ(hub->streams(), 0u);
  hub->stop();
  EXPECT_EQ(hub->plans(), 0u);
}

TEST_F(LiveHub, ChangesItsQueriesWithoutDisturbingTheOthers) {
  make();
  Reader reader(*hub, {.queries = {query("a", "x"), query("b", "y")}});
  const auto id = reader.events(3)[0].data["stream"].string();
  ASSERT_TRUE(hub->update(id, {.queries = {query("a", "x"), query("c", "z")}}));
  const auto events = reader.events(4);
  EXPECT_EQ(events[3].name, "history");
  EXPECT_EQ(events[3].data["id"].string(), "c");
  EXPECT_EQ(hub->plans(), 2u);
  second();
  EXPECT_EQ(reader.events(6).size(), 6u);
  EXPECT_EQ(hub->update("gone", {}).error().code, Errc::not_found);
  ASSERT_TRUE(hub->end(id));
  reader.thread.join();
  EXPECT_EQ(hub->streams(), 0u);
  EXPECT_EQ(hub->plans(), 0u);
}

TEST_F(LiveHub, HasBounds) {
  config.streams_max = 1;
  config.plans_max = 2;
  make();
  EXPECT_EQ(
      hub->open({.queries = {query("a", "x"), query("b", "y"), query("c", "z")}}).error().code,
      Errc::limit);
  const auto held = hub->open({.queries = {query("a", "x")}});
  ASSERT_TRUE(held);
  EXPECT_EQ(hub->open({}).error().code, Errc::unavailable);
  hub->stop();
  EXPECT_EQ(hub->open({}).error().code, Errc::unavailable);
}

TEST_F(LiveHub, TellsOfWhatItsTopicsAre) {
  make();
  LiveRequest wanted;
  wanted.topics = static_cast<std::uint8_t>(Topic::alerts);
  Reader reader(*hub, wanted);
  reader.events(1);
  EXPECT_TRUE(hub->followed(Topic::alerts));
  EXPECT_FALSE(hub->followed(Topic::annotations));
  hub->publish(Topic::annotations, "{}");
  hub->publish(Topic::alerts, R"({"transitions":[]})");
  EXPECT_THAT(names(reader.events(2)), ElementsAre("hello", "alerts"));
  hub->stop();
  reader.thread.join();
  EXPECT_FALSE(hub->followed(Topic::alerts));
}

TEST(LivePlan, RefusesMoreSeriesThanMayBeAndTexts) {
  Plan plan("x", 1'000);
  query::Vector many;
  for (std::size_t i = 0; i <= kSeriesMax; ++i)
    many.series.push_back({.labels = Labels{{"i", std::to_string(i)}}, .points = {{}}});
  EXPECT_EQ(plan.tick(many, 0).error().code, Errc::limit);
  EXPECT_EQ(plan.tick(query::Text{}, 0).error().code, Errc::invalid);
}

TEST(LivePlan, WritesGapsAsNull) {
  Plan plan("x", 1'000);
  query::Series series;
  series.points = {{.t_ms = 2'000, .value = 1}, {.t_ms = 4'000, .value = -INFINITY}};
  EXPECT_EQ(plan.history(query::Matrix{{series}}, 1'000, 5'000)->series,
            R"([[0,{},[null,1,null,"-Inf",null]]])");
}

TEST(LiveRequestBody, SaysWhatIsWrong) {
  const auto error = [](std::string_view body) { return parse_live_body(body).error().message; };
  EXPECT_THAT(error("["), HasSubstr("expected"));
  EXPECT_EQ(error("[]"), "the body is not an object");
  EXPECT_EQ(error(R"({"queries":{}})"), "queries is not a list");
  EXPECT_EQ(error(R"({"queries":[{"step":1}]})"), "queries[0]: no expr");
  EXPECT_EQ(error(R"({"queries":[{"expr":"x","step":0.5}]})"), "queries[0]: step is below 1 s");
  EXPECT_EQ(error(R"({"queries":[{"expr":"x","step":-1}]})"), "queries[0]: step is out of range");
  EXPECT_EQ(error(R"({"queries":[{"expr":"x","step":1,"range":20000}]})"),
            "queries[0]: range has more than 11,000 steps");
  EXPECT_EQ(error(R"({"queries":[{"expr":"x","id":"a"},{"expr":"y","id":"a"}]})"),
            "two queries have the id \"a\"");
  EXPECT_THAT(error(R"({"topics":["all"]})"), HasSubstr("unknown topic \"all\""));
  net::Request asked;
  asked.query = "query=x&step=9e9";
  EXPECT_EQ(parse_live_request(asked).error().message, "step is out of range");
  std::string many = R"({"queries":[{"expr":"x"})";
  for (std::size_t i = 0; i < kQueriesMax; ++i) many += R"(,{"expr":"x"})";
  EXPECT_EQ(parse_live_body(many + "]}").error().code, Errc::limit);
  const auto fine = parse_live_body(
      R"({"queries":[{"expr":"x","step":"15s","range":"1h"},{"id":7,"expr":"y"}],"topics":["alerts"]})");
  ASSERT_TRUE(fine);
  EXPECT_EQ(fine->queries[0], (LiveQuery{"0", "x", 15'000, 3'600'000}));
  EXPECT_EQ(fine->queries[1].id, "7");
  EXPECT_TRUE(fine->wants(Topic::alerts));
}

TEST(LiveRequestQuery, ReadsRepeatedParameters) {
  net::Request request;
  request.method = "GET";
  request.query = "query=up&query=down&step=5&range=1m&topic=annotations";
  const auto wanted = parse_live_request(request);
  ASSERT_TRUE(wanted) << wanted.error().message;
  EXPECT_EQ(wanted->queries[1], (LiveQuery{"1", "down", 5'000, 60'000}));
  request.query = "query=up&query=down&query=x&step=5&step=6";
  EXPECT_EQ(parse_live_request(request).error().message, "step is given 2 times, query 3 times");
}

}  // namespace
}  // namespace pharos::api::live

// Trace context as W3C writes it, spans and their parents, sampling, and log lines that carry the
// ids.
#include "pharos/trace.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "pharos/log.hpp"

namespace pharos::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Kept : SpanSink {
  std::vector<SpanData> spans;
  void take(const SpanData& span) noexcept override {
    spans.push_back(SpanData{span.context, span.parent, span.service, span.name, span.kind,
                             span.begin_ns, span.end_ns, span.fields, span.events, span.links,
                             span.failed, span.status});
  }
};

TEST(TraceContext, ReadsAndWritesTraceparent) {
  const std::string_view text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto context = TraceContext::parse(text);
  ASSERT_TRUE(context);
  EXPECT_EQ(context.traceparent(), text);
  EXPECT_EQ(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context.span_id(), "00f067aa0ba902b7");
  EXPECT_TRUE(context.sampled);
  EXPECT_TRUE(TraceContext::parse(
      "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-what-comes-later"));
  EXPECT_FALSE(
      TraceContext::parse("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").sampled);
  for (const char* wrong : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
                            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(TraceContext::parse(wrong)) << wrong;
  }
}

TEST(Trace, SpansNestByScopeAndGoOutWhenTheyEnd) {
  auto sink = std::make_shared<Kept>();
  const Tracer tracer{"manager", Sampling{}, sink};
  const auto remote =
      TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  {
    Span outer = tracer.start("serve", remote, SpanKind::server);
    EXPECT_EQ(current_context().span, outer.context().span);
    {
      Span inner = tracer.start("query");
      inner.set({"rows", 12})
          .set({"rows", 13})
          .event("cache miss", {{"key", "a"}})
          .link(remote)
          .fail("timeout");
    }
    EXPECT_EQ(current_context().span, outer.context().span);
  }
  EXPECT_FALSE(current_context());
  ASSERT_EQ(sink->spans.size(), 2U);
  const auto& inner = sink->spans[0];
  const auto& outer = sink->spans[1];
  EXPECT_EQ(inner.parent, outer.context.span);
  EXPECT_EQ(outer.parent, remote.span);
  EXPECT_EQ(inner.context.trace_id(), remote.trace_id());
  ASSERT_EQ(inner.fields.size(), 1U);
  EXPECT_EQ(inner.fields[0].integer, 13);
  EXPECT_TRUE(inner.failed);
  EXPECT_GE(outer.end_ns, inner.end_ns);
  EXPECT_EQ(outer.service, "manager");
}

TEST(Trace, ASendersDecisionStandsAndUnsampledSpansStillHandOnTheirIds) {
  auto sink = std::make_shared<Kept>();
  const Tracer all{"a", Sampling{1}, sink}, none{"b", Sampling{0}, sink};
  {
    Span kept = none.start("x", TraceContext{1, 2, 3, true});
    Span dropped = all.start("y", TraceContext{1, 2, 3, false});
    EXPECT_TRUE(kept.sampled());
    EXPECT_FALSE(dropped.sampled());
    EXPECT_EQ(dropped.context().trace_low, 2U);
    EXPECT_NE(dropped.context().span, 3U);
  }
  EXPECT_EQ(sink->spans.size(), 1U);
}

TEST(Trace, AShareOfTracesIsKeptPerService) {
  auto sink = std::make_shared<Kept>();
  for (const auto& [sampling, low, high] : {std::tuple{Sampling::standard(), 800, 1200},
                                            {Sampling::critical(), 10'000, 10'000},
                                            {Sampling::background(), 60, 150}}) {
    const Tracer tracer{"s", sampling, sink};
    for (int i = 0; i < 10'000; ++i) Span span = tracer.start("x");
    EXPECT_GE(static_cast<int>(tracer.stats().sampled), low);
    EXPECT_LE(static_cast<int>(tracer.stats().sampled), high);
    EXPECT_EQ(tracer.stats().started, 10'000U);
  }
}

TEST(Trace, TheShareSinksUnderLoadButNotBelowItsFloor) {
  const Tracer tracer{"s", Sampling{1, 10, 0.05}, nullptr};
  EXPECT_EQ(tracer.ratio(), 1);
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(2200);  // over two turns of the second
  while (std::chrono::steady_clock::now() < until && tracer.ratio() == 1) {
    for (int i = 0; i < 1000; ++i) Span span = tracer.start("x");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(tracer.ratio(), 0.05);
}

TEST(Trace, DetachedSpansEndWhereTheyAreHeld) {
  auto sink = std::make_shared<Kept>();
  const Tracer tracer{"s", Sampling{}, sink};
  auto span = tracer.start_detached("work", {});
  EXPECT_FALSE(current_context());
  std::thread([moved = std::move(span)]() mutable { moved.reset(); }).join();
  EXPECT_EQ(sink->spans.size(), 1U);
}

std::string line_of(const std::function<void(const Logger&)>& say, LogOptions options = {}) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  options.descriptor = ends[1];
  say(Logger{"manager", options});
  std::string all(100'000, '\0');
  const ssize_t n = read(ends[0], &all[0], all.size());
  all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  close(ends[0]), close(ends[1]);
  return all;
}

TEST(Log, ALineIsOneJsonObjectWithTheIdsOfItsSpan) {
  const Tracer tracer{"manager", Sampling{}, std::make_shared<Kept>()};
  std::string ids;
  const std::string line = line_of([&](const Logger& log) {
    Span span = tracer.start("x");
    ids = "\"trace_id\":\"" + span.context().trace_id() + "\",\"span_id\":\"" +
          span.context().span_id() + "\"";
    log.warn("said \"so\"\n", {{"n", 3},
                               {"share", 0.25},
                               {"on", true},
                               {"text", "a\tb\xff"},
                               {"level", "mine"},
                               {"nan", 0.0 / 0.0}});
  });
  EXPECT_THAT(
      line,
      AllOf(
          HasSubstr(R"("level":"WARN","service":"manager","message":"said \"so\"\n",)" + ids),
          HasSubstr(
              R"("n":3,"share":0.25,"on":true,"text":"a\u0009b\ufffd","field.level":"mine","nan":"NaN"})")));
  EXPECT_EQ(line.substr(0, 10), "{\"time\":\"2");
  EXPECT_EQ(line.back(), '\n');
}

TEST(Log, LevelsAreSampledButTracesKeepTheirLines) {
  LogOptions options;
  options.least = Level::debug;
  options.share = {0, 0.1, 1, 1, 1};
  const Tracer tracer{"m", Sampling{}, std::make_shared<Kept>()};
  const std::string lines = line_of(
      [&](const Logger& log) {
        for (int i = 0; i < 100; ++i) log.debug("debug"), log.info("info"), log.fatal("fatal");
        EXPECT_GE(log.stats().sampled_away, 185U);
        EXPECT_LE(log.stats().sampled_away, 195U);
        Span span = tracer.start("x");
        log.debug("within");
      },
      options);
  EXPECT_THAT(lines,
              AllOf(Not(HasSubstr("\"debug\"")), HasSubstr("\"within\""), HasSubstr("FATAL")));
}

TEST(Log, ALineIsBounded) {
  const std::string line = line_of([](const Logger& log) {
    log.info(std::string(100'000, 'm'), {{"big", std::string(100'000, 'x')}, {"n", 1}});
  });
  EXPECT_LT(line.size(), 20'000U);
  EXPECT_THAT(line, HasSubstr("\"truncated\":true}"));
}

}  // namespace
}  // namespace pharos::client

#include "sim/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "model/exposition/exposition.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr auto kRequests = client::counter("requests_total", "Requests.", "code");
constexpr auto kTime = client::histogram("seconds", "Time.", client::kSeconds, "path");
constexpr auto kLevel = client::gauge("level", "A \"level\".");

struct Fixture : testing::Test {
  ShapeTable shapes;
  Page page{{.job = "j", .path = "/p", .region = "r", .node = "n", .version = "v"}, shapes};
};
using PageTest = Fixture;

TEST_F(PageTest, FractionsOfEventsAreCarriedToLaterTicks) {
  auto counter = page.counter(kRequests, "200");
  for (int i = 0; i < 1000; ++i) counter.add(0.3);
  EXPECT_NEAR(counter.value(), 300, 1);
  EXPECT_EQ(counter.value(), std::floor(counter.value()));
}

TEST_F(PageTest, SpreadEventsFillBucketsInProportionAndKeepTheirNumber) {
  auto histogram = page.histogram(kTime, "/");
  double whole = 0;
  for (int i = 0; i < 1000; ++i) whole += histogram.observe({0.1, 0.5}, 10.5);
  EXPECT_NEAR(whole, 10'500, 12);
  EXPECT_EQ(histogram.count(), whole);
  EXPECT_NEAR(*page.cells()[4] / whole, 0.5, 0.02) << "half lies below the median, 0.1";
  for (std::size_t i = 1; i <= client::kSeconds.size(); ++i)
    EXPECT_GE(*page.cells()[i], *page.cells()[i - 1]);
  EXPECT_NEAR(histogram.sum() / whole, 0.1 * std::exp(0.125), 0.03);
}

TEST_F(PageTest, TheSameLabelsAreTheSameSeries) {
  auto a = page.counter(kRequests, "200"), b = page.counter(kRequests, "200");
  a.add(2);
  EXPECT_EQ(b.value(), 2);
  EXPECT_EQ(page.series_count(), 1u);
}

TEST_F(PageTest, ARestartZeroesCountersAndKeepsGauges) {
  page.counter(kRequests, "200").add(3);
  page.histogram(kTime, "/").observe(0.2);
  page.gauge(kLevel).set(5);
  page.reset();
  std::string text;
  page.write(text, Page::Format::text);
  EXPECT_THAT(text, testing::HasSubstr("requests_total{code=\"200\"} 0\n"));
  EXPECT_THAT(text, testing::HasSubstr("seconds_count{path=\"/\"} 0\n"));
  EXPECT_THAT(text, testing::HasSubstr("level 5\n"));
}

// What a scraper with honor_labels makes of the text is what a virtual run stores.
TEST(Page, AVirtualRunStoresTheLabelsThatAScrapeWouldStore) {
  auto world = *World::make(
      {.fleet = {.regions = 2, .nodes = 4}, .start = from_unix_millis(1'790'000'000'000)});
  for (const auto& page : world->pages()) {
    std::set<std::string> scraped, stored;
    std::string text;
    page->write(text, Page::Format::text);
    const auto parser = exposition::make_parser(exposition::Format::text, text);
    exposition::Entry entry;
    for (auto more = parser->next(entry); more && *more; more = parser->next(entry)) {
      if (entry.kind != exposition::EntryKind::sample) continue;
      LabelsBuilder labels(parser->labels());
      const auto& target = page->target();
      for (const auto& [name, value] : {std::pair<const char*, std::string>{"instance", "host:1"},
                                        {"job", target.job},
                                        {"region", target.region},
                                        {"node", target.node},
                                        {"version", target.version}})
        if (labels.get(name).empty()) labels.set(name, value);
      scraped.insert(labels.build().to_metric_string());
    }
    for (const auto& labels : page->stored_labels("host:1"))
      stored.insert(labels.to_metric_string());
    EXPECT_EQ(scraped, stored) << page->target().path;
  }
}

}  // namespace
}  // namespace pharos::sim

#include "scrape/page_cache.hpp"

#include <gtest/gtest.h>

#include "scrape/fake_store_test.hpp"

namespace pharos::scrape {
namespace {

// A target that is scraped once a second, with a page given each time.
class PageCacheTest : public testing::Test {
 protected:
  PageCacheTest() { job_.job_name = "j"; }

  // Scrapes and stores; "" or the error.
  std::string scrape(std::string page) {
    t_ms_ += 1000;
    context_.job = &job_;
    context_.t_ms = t_ms_;
    const auto status = cache_.read(std::move(page), context_, store_, out_);
    std::vector<SeriesRef> stale;
    if (status) {
      EXPECT_TRUE(store_.append(out_.batch(), {}));
      cache_.commit(stale);
    } else {
      cache_.abandon(stale);
    }
    std::vector<FloatSample> markers;
    for (const auto ref : stale) markers.push_back({ref, t_ms_, stale_nan()});
    EXPECT_TRUE(store_.append({.floats = markers}, {.in_order_only = true}));
    return status ? "" : status.error().message;
  }

  ScrapeConfig job_;
  PageContext context_{.target = Labels{{"job", "j"}}};
  FakeStore store_;
  PageCache cache_;
  Gathered out_;
  UnixMillis t_ms_ = 0;
};

TEST_F(PageCacheTest, UnchangedLinesAndChangedNumbersAreNotParsed) {
  EXPECT_EQ(scrape("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n"), "");
  EXPECT_EQ(cache_.lines_parsed(), 2u);
  EXPECT_EQ(scrape("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2.5e1\n"), "");
  EXPECT_EQ(cache_.lines_parsed(), 0u);
  EXPECT_EQ(store_.text("a{job=\"j\", x=\"1\"}"), "1@1000 1@2000");
  EXPECT_EQ(store_.text("a{job=\"j\", x=\"2\"}"), "2@1000 25@2000");
  EXPECT_EQ(out_.series_added, 0u);
  EXPECT_EQ(out_.scraped, 2u);
}

TEST_F(PageCacheTest, InsertedRemovedAndMovedLinesAreFoundAgain) {
  scrape("a 1\nb 2\nc 3\nd 4\n");
  EXPECT_EQ(scrape("a 1\nnew 9\nb 2\nd 5\nc 3\n"), "");
  EXPECT_EQ(out_.series_added, 1u);
  EXPECT_LE(cache_.lines_parsed(), 3u);
  EXPECT_EQ(store_.text("d{job=\"j\"}"), "4@1000 5@2000");
  scrape("d 6\nc 3\n");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 1@2000 stale@3000");
  EXPECT_EQ(store_.text("new{job=\"j\"}"), "9@2000 stale@3000");
  EXPECT_EQ(store_.text("d{job=\"j\"}"), "4@1000 5@2000 6@3000");
  scrape("a 7\nd 6\nc 3\n");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 1@2000 stale@3000 7@4000");
  EXPECT_EQ(out_.series_added, 0u);  // its reference was kept
}

TEST_F(PageCacheTest, APageCutShortOrGrownAtItsEndIsSeen) {
  scrape("a 1\nb 2");
  EXPECT_EQ(scrape("a 1\nb 25"), "");
  EXPECT_EQ(store_.text("b{job=\"j\"}"), "2@1000 25@2000");
  EXPECT_EQ(scrape("a 1\nb 25\nc 3"), "");
  EXPECT_EQ(scrape("a 1"), "");
  EXPECT_EQ(store_.text("b{job=\"j\"}"), "2@1000 25@2000 25@3000 stale@4000");
  EXPECT_EQ(scrape(""), "");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 1@2000 1@3000 1@4000 stale@5000");
}

// Found by the fuzz target: without a space between them, the digits of a new number are part of the name.
TEST_F(PageCacheTest, ANumberRightBehindANameIsNotStretchedIntoIt) {
  EXPECT_EQ(scrape("c.5\nd{x=\"1\"}.5\n"), "");
  EXPECT_EQ(store_.text("c{job=\"j\"}"), "0.5@1000");
  EXPECT_NE(scrape("c55\nd{x=\"1\"}.5\n"), "");
  EXPECT_EQ(scrape("c.5\nd{x=\"1\"}.5\n"), "");
  EXPECT_EQ(scrape("c.5\nd{x=\"1\"}7\n"), "");
  EXPECT_EQ(store_.text("d{job=\"j\", x=\"1\"}"), "0.5@1000 stale@2000 0.5@3000 7@4000");
}

TEST_F(PageCacheTest, AFailedScrapeMakesEverythingStaleAndRecovers) {
  scrape("a 1\nb 2\n");
  EXPECT_EQ(scrape("a 1\nb x\n"), "2:4: invalid number \"x\" while parsing: \"b x\\n\"");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 stale@2000");
  EXPECT_EQ(scrape("a {\n").empty(), false);
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 stale@2000");  // once is enough
  EXPECT_EQ(scrape("a 1\nb 3\n"), "");
  EXPECT_EQ(store_.text("b{job=\"j\"}"), "2@1000 stale@2000 3@4000");
}

TEST_F(PageCacheTest, AChangedTypeRenamesTheBuckets) {
  scrape("# TYPE h gauge\nh_bucket{le=\"1\"} 1\n");
  scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 1\n");
  EXPECT_EQ(store_.text("h_bucket{job=\"j\", le=\"1\"}"), "1@1000 stale@2000");
  EXPECT_EQ(store_.text("h_bucket{job=\"j\", le=\"1.0\"}"), "1@2000");
  EXPECT_EQ(store_.metadata["h"].type, MetricType::histogram);
  EXPECT_EQ(scrape("# TYPE h histogram\nh_bucket{le=\"1\"} 2\n# TYPE h gauge\n"), "");
}

TEST_F(PageCacheTest, OwnTimestampsAreKeptAndGiveNoStaleMarkers) {
  scrape("a 1 500\nb 2\n");
  EXPECT_EQ(scrape("a 1 700\n"), "");
  EXPECT_EQ(scrape("b 1\n"), "");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@500 1@700");
  job_.honor_timestamps = false;
  EXPECT_EQ(scrape("a 1 700\n"), "");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@500 1@700 1@4000");
  job_.honor_timestamps = true;
  scrape("a 1 99999999999\n");
  EXPECT_EQ(out_.out_of_bounds, 1u);
}

TEST_F(PageCacheTest, TheSameSeriesTwiceCountsAsADuplicate) {
  EXPECT_EQ(scrape("a 1\na 2\n"), "");
  EXPECT_EQ(out_.duplicates, 1u);
  EXPECT_EQ(out_.kept, 2u);
  EXPECT_EQ(scrape("a 1\na 2\n"), "");
  EXPECT_EQ(out_.duplicates, 1u);
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 1@2000");
}

TEST_F(PageCacheTest, SampleAndLabelLimitsFailTheWholeScrape) {
  job_.sample_limit = 2;
  EXPECT_EQ(scrape("a 1\nb 2\n"), "");
  EXPECT_EQ(scrape("a 1\nb 2\nc 3\n"), "sample limit exceeded");
  EXPECT_EQ(out_.scraped, 3u);
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 stale@2000");
  EXPECT_EQ(store_.text("c{job=\"j\"}"), "");
  job_.sample_limit = 0;
  job_.label_limit = 2;
  EXPECT_EQ(scrape("a{b=\"1\"} 1\n"), "label_limit exceeded (metric: a, number of labels: 3, limit: 2)");
}

TEST_F(PageCacheTest, MetricRelabellingDropsAndRenames) {
  RelabelRule drop{.source_labels = {"__name__"}, .regex = *Regex::compile("b.*"), .action = RelabelAction::drop};
  job_.metric_relabel = {drop};
  EXPECT_EQ(scrape("a 1\nb1 2\nb2 3\n"), "");
  EXPECT_EQ(out_.scraped, 3u);
  EXPECT_EQ(out_.kept, 1u);
  EXPECT_EQ(scrape("a 1\nb1 3\nb2 3\n"), "");
  EXPECT_EQ(cache_.lines_parsed(), 0u);
  job_.metric_relabel.clear();
  cache_.invalidate();
  EXPECT_EQ(scrape("a 1\nb1 3\nb2 3\n"), "");
  EXPECT_EQ(store_.text("b1{job=\"j\"}"), "3@3000");
  EXPECT_EQ(store_.text("a{job=\"j\"}"), "1@1000 1@2000 1@3000");
}

TEST_F(PageCacheTest, HonourLabelsLetsThePageWinEvenWithNothing) {
  scrape("a{job=\"x\"} 1\n");
  EXPECT_EQ(store_.text("a{exported_job=\"x\", job=\"j\"}"), "1@1000");
  job_.honor_labels = true;
  cache_.invalidate();
  scrape("a{job=\"x\"} 1\nb{job=\"\"} 2\n");
  EXPECT_EQ(store_.text("a{job=\"x\"}"), "1@2000");
  EXPECT_EQ(store_.text("b"), "2@2000");
}

TEST_F(PageCacheTest, StartTimesFollowTheirCreatedLines) {
  context_.format = exposition::Format::openmetrics;
  const auto page = [](int value, double created) {
    return "# TYPE a counter\na_total " + std::to_string(value) + "\na_created " + std::to_string(created) + "\n# EOF\n";
  };
  EXPECT_EQ(scrape(page(1, 0.5)), "");
  EXPECT_EQ(scrape(page(2, 0.5)), "");
  EXPECT_EQ(cache_.lines_parsed(), 0u);
  EXPECT_EQ(scrape(page(1, 2.5)), "");
  EXPECT_EQ(store_.text("a_total{job=\"j\"}"), "1@1000^500 2@2000^500 1@3000^2500");
  EXPECT_EQ(scrape("# TYPE a counter\na_total 1\n"), "3:1: data does not end with # EOF while parsing: \"\"");
}

TEST_F(PageCacheTest, ExemplarsAndMetadataComeOnceWhileTheyDoNotChange) {
  context_.format = exposition::Format::openmetrics;
  const std::string page = "# HELP a An a.\n# TYPE a counter\na_total 1 # {id=\"x\"} 1\n# EOF\n";
  scrape(page);
  EXPECT_EQ(store_.metadata["a"].help, "An a.");
  ASSERT_EQ(store_.exemplars.size(), 1u);
  EXPECT_EQ(store_.exemplars[0].t_ms, 1000);
  scrape(page);
  EXPECT_TRUE(out_.metadata.empty());
  EXPECT_TRUE(out_.exemplars.empty());
}

TEST_F(PageCacheTest, MetadataOfAFailedScrapeComesWithTheNextGoodOne) {
  scrape("# HELP a An a.\n# TYPE a gauge\na 1\nbroken\n");
  EXPECT_EQ(store_.metadata.count("a"), 0u);
  scrape("# HELP a An a.\n# TYPE a gauge\na 1\n");
  EXPECT_EQ(store_.metadata["a"].help, "An a.");
}

TEST_F(PageCacheTest, SeriesThatTheStoreRefusesAreLeftOut) {
  store_.series_max = 1;
  EXPECT_EQ(scrape("a 1\nb 2\n"), "");
  EXPECT_EQ(out_.unresolved, 1u);
  store_.series_max = 10;
  EXPECT_EQ(scrape("a 1\nb 2\n"), "");
  EXPECT_EQ(store_.text("b{job=\"j\"}"), "2@2000");
}

TEST_F(PageCacheTest, ConvertedHistogramsAndProtobufShareTheRules) {
  job_.convert_classic_histograms_to_nhcb = true;
  const std::string page = "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 5\nh_count 3\n";
  EXPECT_EQ(scrape(page), "");
  EXPECT_EQ(scrape("x 1\n"), "");
  EXPECT_EQ(store_.text("h{job=\"j\"}"), "{count:3, sum:5, [-Inf,1]:2, (1,+Inf]:1}@1000 stale@2000");
}

TEST_F(PageCacheTest, ManyPagesOfNewSeriesDoNotGrowTheCache) {
  for (int i = 0; i < 50; ++i) {
    std::string page;
    for (int k = 0; k < 100; ++k) page += "a{n=\"" + std::to_string(i * 100 + k) + "\"} 1\n";
    EXPECT_EQ(scrape(page), "");
  }
  EXPECT_LE(cache_.series(), 1400u);
  EXPECT_EQ(scrape("a{n=\"4999\"} 2\n"), "");
  EXPECT_EQ(store_.text("a{job=\"j\", n=\"4999\"}"), "1@50000 2@51000");
}

// The walk must give what parsing everything gives, whatever happens to the page.
TEST_F(PageCacheTest, WalkingEqualsParsingOnRandomEdits) {
  std::uint64_t seed = 7;
  const auto random = [&](std::uint64_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % n;
  };
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) lines.push_back("m" + std::to_string(i) + "{a=\"b\"} ");
  std::vector<int> values(200, 1);
  for (int round = 0; round < 300; ++round) {
    switch (random(6)) {
      case 0: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(random(lines.size()))); break;
      case 1: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random(lines.size())), "n" + std::to_string(round) + " "); break;
      case 2: std::swap(lines[random(lines.size())], lines[random(lines.size())]); break;
      case 3: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(random(lines.size())), "# a comment\n"); break;
      default: ++values[random(values.size())];
    }
    if (lines.size() < 20) lines.push_back("k" + std::to_string(round) + " ");
    std::string page;
    for (std::size_t i = 0; i < lines.size(); ++i) page += lines[i].starts_with('#') ? lines[i] : lines[i] + std::to_string(values[i % values.size()]) + "\n";
    PageCache plain;
    Gathered wanted;
    FakeStore other;
    context_.job = &job_;
    ASSERT_EQ(scrape(page), "");
    context_.t_ms = t_ms_;
    ASSERT_TRUE(plain.read(page, context_, other, wanted));
    ASSERT_EQ(out_.floats.size(), wanted.floats.size()) << round;
    ASSERT_EQ(out_.scraped, wanted.scraped);
    for (std::size_t i = 0; i < wanted.floats.size(); ++i) ASSERT_EQ(out_.floats[i].value, wanted.floats[i].value) << round << " " << i;
  }
}

}  // namespace
}  // namespace pharos::scrape

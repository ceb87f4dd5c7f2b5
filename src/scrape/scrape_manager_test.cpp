#include "scrape/scrape_manager.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "base/manual_clock.hpp"
#include "scrape/fake_store_test.hpp"
#include "scrape/scrape_schedule.hpp"

namespace pharos::scrape {
namespace {

using namespace std::chrono_literals;

DiscoveryConfig targets(std::vector<std::string> addresses) {
  TargetGroup group{.source = "0"};
  DiscoveryConfig out;
  for (const auto& address : addresses) {
    group.targets.push_back(Labels{{"__address__", address}});
    out.fingerprint += address + ",";
  }
  out.kind = StaticDiscoveryConfig{{group}};
  return out;
}

ScrapeConfig job(std::string name, std::vector<std::string> addresses) {
  ScrapeConfig out;
  out.job_name = std::move(name);
  out.scrape_interval = 1s;
  out.scrape_timeout = 1s;
  out.discovery = {targets(addresses)};
  out.http = std::make_shared<net::ClientOptions>();
  out.fingerprint = out.discovery[0].fingerprint;
  return out;
}

class ScrapeManagerTest : public testing::Test {
 protected:
  ScrapeManagerTest() {
    client_->answer = [this](const net::ClientRequest&) -> Result<net::ClientReply> {
      if (down) return fail(Errc::io, "connection refused");
      return page_reply("a " + std::to_string(++calls) + "\n");
    };
    manager_ = std::make_unique<ScrapeManager>(store_, clock_, client_, ScrapeOptions{.worker_threads = 1});
  }
  // Moves time on in small steps until `done`; gives up after long enough for any machine.
  void run(const std::function<bool()>& done) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!done() && std::chrono::steady_clock::now() < give_up) {
      clock_.wait_for_sleepers(1);
      clock_.advance(10ms);
      std::this_thread::sleep_for(100us);  // workers run beside the clock
    }
    EXPECT_TRUE(done());
  }
  std::size_t samples(const std::string& series) { return store_.points(series).size(); }

  std::atomic<bool> down{false};
  std::atomic<int> calls{0};
  FakeStore store_;
  ManualClock clock_{from_unix_millis(1'000'000)};
  std::shared_ptr<FakeClient> client_ = std::make_shared<FakeClient>();
  std::unique_ptr<ScrapeManager> manager_;
};

TEST_F(ScrapeManagerTest, ScrapesEveryTargetAtItsInterval) {
  manager_->apply({job("j", {"h:1"})});
  run([&] { return samples("up{instance=\"h:1\", job=\"j\"}") >= 4; });
  const auto points = store_.points("a{instance=\"h:1\", job=\"j\"}");
  ASSERT_GE(points.size(), 3u);
  EXPECT_LT(points[0].t_ms, points[1].t_ms);
  EXPECT_LT(points[1].t_ms, points[2].t_ms);
  EXPECT_EQ(store_.points("scrape_samples_scraped{instance=\"h:1\", job=\"j\"}")[0].value, 1);
  EXPECT_EQ(store_.points("scrape_series_added{instance=\"h:1\", job=\"j\"}")[1].value, 0);
  const auto request = client_->requests().at(0);
  EXPECT_EQ(request.url, "http://h:1/metrics");
  EXPECT_EQ(request.headers[2], (std::pair<std::string, std::string>("X-Prometheus-Scrape-Timeout-Seconds", "1")));
  const auto status = manager_->targets();
  ASSERT_EQ(status.active.size(), 1u);
  EXPECT_EQ(status.active[0].health, Health::up);
  EXPECT_EQ(status.active[0].pool, "j");
}

TEST_F(ScrapeManagerTest, AFailingTargetIsDownAndSaysWhy) {
  manager_->apply({job("j", {"h:1"})});
  run([&] { return samples("up{instance=\"h:1\", job=\"j\"}") >= 1; });
  down = true;
  run([&] { return manager_->targets().active[0].health == Health::down; });
  const auto status = manager_->targets().active[0];
  EXPECT_EQ(status.last_error, "Get \"http://h:1/metrics\": connection refused");
  run([&] { return is_stale(store_.points("a{instance=\"h:1\", job=\"j\"}").back().value); });
  EXPECT_TRUE(is_stale(store_.points("a{instance=\"h:1\", job=\"j\"}").back().value));
  EXPECT_EQ(store_.points("up{instance=\"h:1\", job=\"j\"}").back().value, 0);
}

TEST_F(ScrapeManagerTest, ATargetThatGoesAwayGetsStaleMarkersAndOneThatStaysIsUndisturbed) {
  manager_->apply({job("j", {"h:1", "h:2"})});
  run([&] { return samples("up{instance=\"h:1\", job=\"j\"}") >= 2 && samples("up{instance=\"h:2\", job=\"j\"}") >= 2; });
  const auto before = store_.series_count();
  manager_->apply({job("j", {"h:1"})});
  EXPECT_EQ(manager_->targets().active.size(), 1u);
  run([&] { return is_stale(store_.points("up{instance=\"h:2\", job=\"j\"}").back().value); });
  EXPECT_TRUE(is_stale(store_.points("up{instance=\"h:2\", job=\"j\"}").back().value));
  EXPECT_TRUE(is_stale(store_.points("a{instance=\"h:2\", job=\"j\"}").back().value));
  EXPECT_EQ(store_.series_count(), before);
  for (const auto& p : store_.points("a{instance=\"h:1\", job=\"j\"}")) EXPECT_FALSE(is_stale(p.value));
  manager_->apply({});
  EXPECT_TRUE(manager_->pools().empty());
}

TEST_F(ScrapeManagerTest, TooManyTargetsFailEachScrape) {
  auto config = job("j", {"h:1", "h:2"});
  config.target_limit = 1;
  manager_->apply({config});
  run([&] { return samples("up{instance=\"h:1\", job=\"j\"}") >= 1; });
  EXPECT_EQ(store_.points("up{instance=\"h:1\", job=\"j\"}").back().value, 0);
  EXPECT_TRUE(client_->requests().empty());
  EXPECT_EQ(manager_->targets().active[0].last_error, "target_limit exceeded (number of targets: 2, limit: 1)");
}

TEST_F(ScrapeManagerTest, DroppedTargetsAreShown) {
  auto config = job("j", {"h:1", "h:2"});
  config.relabel = {{.source_labels = {"__address__"}, .regex = *Regex::compile("h:2"), .action = RelabelAction::drop}};
  manager_->apply({config});
  const auto status = manager_->targets();
  EXPECT_EQ(status.active.size(), 1u);
  ASSERT_EQ(status.dropped.size(), 1u);
  EXPECT_EQ(status.dropped[0].discovered.get("__address__"), "h:2");
  EXPECT_EQ(status.dropped_counts.at("j"), 1u);
}

TEST_F(ScrapeManagerTest, SeriesThatTheStoreForgotAreResolvedAgain) {
  manager_->apply({job("j", {"h:1"})});
  run([&] { return samples("up{instance=\"h:1\", job=\"j\"}") >= 2; });
  store_.forget();
  const auto before = samples("a{instance=\"h:1\", job=\"j\"}");
  run([&] { return samples("a{instance=\"h:1\", job=\"j\"}") > before + 1; });
  EXPECT_GT(samples("a{instance=\"h:1\", job=\"j\"}"), before);
  EXPECT_GT(samples("up{instance=\"h:1\", job=\"j\"}"), 2u);
}

TEST(AlignedTick, SmallJitterIsRemovedLargeIsKept) {
  Time anchor = from_unix_millis(10'000);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(11'002), anchor, 1s)), 11'000);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(11'999), anchor, 1s)), 12'000);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(13'005), anchor, 1s)), 13'005);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(14'004), anchor, 1s)), 14'005);
  anchor = from_unix_millis(0);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(101), anchor, 100ms)), 100);
  EXPECT_EQ(to_unix_millis(aligned_tick(from_unix_millis(202), anchor, 100ms)), 202);
}

}  // namespace
}  // namespace pharos::scrape

// The whole way of a sample over real sockets: server, client, negotiation, compression, page, store.
#include <gtest/gtest.h>

#include <atomic>

#include "net/http_server.hpp"
#include "scrape/fake_store_test.hpp"
#include "scrape/scrape_manager.hpp"

namespace pharos::scrape {
namespace {

using namespace std::chrono_literals;

TEST(ScrapeOverHttp, PagesOfEveryFormArriveCompressed) {
  std::atomic<int> served{0};
  std::string accept;
  std::mutex mutex;
  auto router = std::make_shared<net::Router>();
  router->add("GET", "/metrics", [&](const net::Request& request) {
    {
      std::lock_guard lock(mutex);
      accept = request.headers.get("Accept");
    }
    ++served;
    std::string page = "# TYPE a counter\n";
    for (int i = 0; i < 500; ++i) page += "a_total{n=\"" + std::to_string(i) + "\"} " + std::to_string(served.load()) + "\n";
    net::Response response = net::Response::text(200, page + "# EOF\n");
    response.headers.set("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
    return response;
  });
  router->add("GET", "/broken", [](const net::Request&) { return net::Response::text(503, "no"); });
  const auto pool = std::make_shared<ThreadPool>("test", 2);
  auto server = net::HttpServer::start({.listen = "127.0.0.1:0"}, router, pool, system_clock());
  ASSERT_TRUE(server);
  const auto address = "127.0.0.1:" + std::to_string((*server)->port());

  FakeStore store;
  const auto job = [&](std::string name, std::string path) {
    ScrapeConfig out;
    out.job_name = name;
    out.metrics_path = std::move(path);
    out.scrape_interval = out.scrape_timeout = 50ms;
    out.scrape_protocols = {ScrapeProtocol::openmetrics_text_1_0_0, ScrapeProtocol::prometheus_text_0_0_4};
    out.http = std::make_shared<net::ClientOptions>();
    out.discovery = {{StaticDiscoveryConfig{{TargetGroup{.source = "0", .targets = {Labels{{"__address__", address}, {"instance", "i"}}}}}}, "x"}};
    out.fingerprint = name;
    return out;
  };
  std::shared_ptr<net::HttpClient> client = net::HttpClient::create();
  {
    ScrapeManager manager(store, system_clock(), client);
    manager.apply({job("good", "/metrics"), job("bad", "/broken")});
    const auto up = [&](const std::string& name) { return store.points("up{instance=\"i\", job=\"" + name + "\"}"); };
    for (int i = 0; i < 6000 && (up("good").size() < 3 || up("bad").empty()); ++i) std::this_thread::sleep_for(5ms);
    ASSERT_GE(up("good").size(), 3u);
    EXPECT_EQ(up("good")[0].value, 1);
    ASSERT_FALSE(up("bad").empty());
    EXPECT_EQ(up("bad")[0].value, 0);
    EXPECT_GE(store.points("a_total{instance=\"i\", job=\"good\", n=\"499\"}").size(), 2u);
    EXPECT_EQ(store.points("scrape_samples_scraped{instance=\"i\", job=\"good\"}")[0].value, 500);
    for (const auto& target : manager.targets().active)
      EXPECT_EQ(target.last_error, target.pool == "bad" ? "server returned HTTP status 503 Service Unavailable" : "");
    std::lock_guard lock(mutex);
    EXPECT_EQ(accept, "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.4");
  }
  (*server)->drain(1s);
}

}  // namespace
}  // namespace pharos::scrape

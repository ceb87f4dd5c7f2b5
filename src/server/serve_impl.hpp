// What a running server consists of. Included by serve*.cpp only: open and drain (serve.cpp), what
// the API is given (serve_services.cpp), its ports (serve_listen.cpp), its configuration
// (serve_reload.cpp).
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/live/hub.hpp"
#include "api/services.hpp"
#include "base/clock.hpp"
#include "base/commit.hpp"
#include "base/database.hpp"
#include "base/disk.hpp"
#include "base/threads.hpp"
#include "ingest/otlp.hpp"
#include "ingest/pushgateway.hpp"
#include "ingest/write_queue.hpp"
#include "metrics/store.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "query/engine.hpp"
#include "rules/edited/edited_rules.hpp"
#include "scrape/host/host_collector.hpp"
#include "scrape/scrape_manager.hpp"
#include "server/alert_service.hpp"
#include "server/config_history.hpp"
#include "server/dashboard_service.hpp"
#include "server/loaded_config.hpp"
#include "server/query_log.hpp"
#include "server/reload_state.hpp"
#include "server/rule_service.hpp"
#include "server/serve.hpp"

namespace pharos::server {

std::uint64_t disk_bytes(const std::string& folder);  // of its file system; 0 when nobody knows

struct Server::Impl {
  Impl(ServeFlags f, std::function<void()> q)
      : flags(std::move(f)), quit(std::move(q)), reload_state(clock) {}
  ~Impl() { drain(); }

  ServeFlags flags;
  std::function<void()> quit;
  const Clock& clock = system_clock();
  const Time started = clock.now();
  ReloadState reload_state;
  QueryLog query_log{clock};
  std::atomic<bool> ready{false};
  std::atomic<bool> drained{false};
  std::mutex reload_mutex;  // one reload, or change of edited rules, at a time
  mutable std::mutex loaded_mutex;
  std::shared_ptr<const LoadedConfig> loaded;  // guarded by loaded_mutex
  std::shared_ptr<Querier> querier;  // the store, and the remotes of the configuration; as well
  std::string own_job, external_url, prefix;

  // In the order of their making; destroyed the other way round.
  std::shared_ptr<ThreadPool> requests, workers;
  std::shared_ptr<Disk> disk;
  std::shared_ptr<metrics::Store> store;
  std::unique_ptr<query::Engine> engine;
  std::unique_ptr<api::live::Hub> live;
  std::unique_ptr<Database> database;  // alert state and what else must not be forgotten
  std::shared_ptr<net::HttpClient> client;
  std::unique_ptr<AlertService> alerts;
  std::unique_ptr<RuleService> rules;
  std::unique_ptr<rules::edited::EditedRules> edited_rules;
  std::unique_ptr<ConfigHistory> config_history;
  std::unique_ptr<DashboardService> dashboards;
  std::shared_ptr<ingest::SeriesCache> series_cache;
  std::unique_ptr<scrape::ScrapeManager> scraper;
  std::unique_ptr<scrape::host::HostCollector> host;
  HostSection host_section;  // of the running collector
  std::shared_ptr<ingest::OtlpReceiver> otlp;
  std::shared_ptr<ingest::Pushgateway> pushgateway;
  std::unique_ptr<ingest::RemoteWriter> remote_writer;
  std::vector<std::unique_ptr<net::HttpServer>> servers;

  std::shared_ptr<const LoadedConfig> current() const {
    std::lock_guard lock(loaded_mutex);
    return loaded;
  }
  std::shared_ptr<Querier> current_querier() const {
    std::lock_guard lock(loaded_mutex);
    return querier;
  }

  Status open();
  Status listen();
  Status listen_otlp(const std::string& address, bool configured, std::string_view flag);
  Result<std::shared_ptr<net::Router>> make_router();
  api::Services services();
  void apply(std::shared_ptr<const LoadedConfig> next);
  void apply_host(const HostSection& section);
  Status take(const std::shared_ptr<const LoadedConfig>& next);
  Status open_rules();
  Result<Commit> prepare_edited(const std::vector<rules::edited::Group>& groups);
  Status reload();
  void drain();
};

}  // namespace pharos::server

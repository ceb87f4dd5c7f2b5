#include "server/serve.hpp"

#include <malloc.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "api/live/alert_event.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "server/outside_url.hpp"
#include "server/serve_impl.hpp"
#include "server/version.hpp"

namespace pharos::server {
namespace {

constexpr Millis kDrainGrace = std::chrono::seconds(10);

query::EngineOptions engine_options(const ServeFlags& flags, const scrape::GlobalConfig& global) {
  query::EngineOptions options;
  if (auto v = parse_duration(flags.lookback_delta)) options.lookback = *v;
  if (auto v = parse_duration(flags.query_timeout)) options.timeout = *v;
  options.samples_max = flags.query_max_samples;
  options.concurrent_max = flags.query_max_concurrency;
  options.compat = flags.query_compat;
  options.subquery_step_default = global.evaluation_interval;
  return options;
}

Result<std::shared_ptr<Disk>> open_folder(const std::string& folder) {
  auto opened = TRY(open_real_disk(folder));
  return std::shared_ptr<Disk>(std::move(opened));
}

bool has_feature(const ServeFlags& flags, std::string_view name) {
  return std::find(flags.features.begin(), flags.features.end(), name) != flags.features.end();
}

}  // namespace

std::uint64_t disk_bytes(const std::string& folder) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0
             ? static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize
             : 0;
}

Status Server::Impl::open() {
  loaded = TRY(load_everything(flags, ""));
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  requests = std::make_shared<ThreadPool>("http", std::clamp<std::size_t>(cores * 2, 4, 64), 8'192);
  workers = std::make_shared<ThreadPool>("work", cores);
  auto opened = open_real_disk(flags.storage_path, true);
  if (!opened) {
    if (opened.error().code == Errc::conflict)
      return fail(Errc::conflict, flags.storage_path + " is locked: another process uses it");
    return fail(std::move(opened).error().in("--storage.path"));
  }
  disk = std::move(*opened);
  const auto config =
      TRY(store_config(flags, loaded->config.storage, disk_bytes(flags.storage_path)));
  store = TRY(metrics::Store::open(disk, "metrics", clock, workers, config));
  const auto& recovery = store->recovery();
  log::info("store opened", {{"series", recovery.series},
                             {"samples_replayed", recovery.samples_replayed},
                             {"journal_bytes", recovery.journal_bytes},
                             {"bytes_lost", recovery.bytes_lost},
                             {"milliseconds", recovery.took.count() / 1'000'000}});
  for (const auto& damage : recovery.damage)
    log::warn("damage found and left out",
              {{"file", damage.file}, {"offset", damage.offset}, {"what", damage.what}});
  engine =
      std::make_unique<query::Engine>(engine_options(flags, loaded->config.global), workers, clock);
  live = std::make_unique<api::live::Hub>(api::live::HubSources{
      .clock = &clock,
      .querier = [this] { return current_querier(); },
      // Past the query log: one line a second and panel would hide what people ask.
      .run_query = [this](
                       Querier& from,
                       const query::QueryRequest& request) { return engine->run(from, request); }});
  client = net::HttpClient::create();
  querier = store->querier();
  remote_writer =
      std::make_unique<ingest::RemoteWriter>(ingest::make_store_feed(store), disk, client, clock);
  series_cache = std::make_shared<ingest::SeriesCache>();
  database = TRY(Database::open(flags.storage_path + "/state.db"));
  external_url = TRY(url_from_outside(flags));
  alerts = TRY(AlertService::open({.database = *database,
                                   .clock = clock,
                                   .client = client,
                                   .querier = [this] { return current_querier(); },
                                   .appender = *store,
                                   .observe =
                                       [this](auto transitions) {
                                         if (live->followed(api::live::Topic::alerts))
                                           live->publish(api::live::Topic::alerts,
                                                         api::live::alert_event(transitions));
                                       }},
                                  flags, external_url));
  TRY(open_rules());
  dashboards = TRY(DashboardService::open(*database, clock, *live));
  config_history = TRY(ConfigHistory::open(*database, clock));
  return {};
}

Status Server::Impl::open_rules() {
  rules = TRY(RuleService::open({.clock = clock,
                                 .engine = *engine,
                                 .querier = [this] { return current_querier(); },
                                 .appender = *store,
                                 .database = *database,
                                 .sink = alerts->sink(),
                                 .pool = workers,
                                 .watch = store.get()},
                                flags));
  edited_rules = TRY(rules::edited::EditedRules::open(
      {.database = *database,
       .clock = clock,
       .gate = reload_mutex,
       .open_folder = open_folder,
       .prepare = [this](const auto& groups) { return prepare_edited(groups); },
       .options = [this] { return rule_options(flags, current()->config); }}));
  return {};
}

void Server::Impl::drain() {
  if (drained.exchange(true)) return;
  ready = false;
  if (live) live->stop();  // streams would hold the drain until its end
  for (auto& server : servers) server->drain(kDrainGrace);
  if (scraper) scraper->stop();
  if (host) host->stop();
  if (rules) rules->stop();
  if (alerts) alerts->stop();
  if (dashboards) dashboards->stop();
  servers.clear();
  host.reset();
  remote_writer.reset();
  pushgateway.reset();
  otlp.reset();
  scraper.reset();
  edited_rules.reset();
  rules.reset();
  alerts.reset();
  dashboards.reset();
  config_history.reset();
  database.reset();
  live.reset();
  querier.reset();
  client.reset();
  engine.reset();
  store.reset();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(ServeFlags flags, std::function<void()> quit) {
  // Two arenas: per-thread ones would hold tens of megabytes that nobody uses.
  ::mallopt(M_ARENA_MAX, 2);
  raise_fd_limit();
  expose_process_metrics();
  auto impl = std::make_unique<Impl>(std::move(flags), std::move(quit));
  TRY(impl->open());
  TRY(impl->listen());
  scrape::ScrapeOptions options;
  options.external_url = impl->external_url;
  options.user_agent = "Pharos/" + version();
  options.type_and_unit_labels = has_feature(impl->flags, "type-and-unit-labels");
  options.extra_scrape_metrics = has_feature(impl->flags, "extra-scrape-metrics");
  impl->scraper =
      std::make_unique<scrape::ScrapeManager>(*impl->store, impl->clock, impl->client, options);
  TRY(impl->reload());
  impl->live->start();
  impl->ready = true;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->servers.empty() ? 0 : impl_->servers[0]->port();
}
Status Server::reload() {
  return impl_->reload();
}
void Server::drain() {
  impl_->drain();
}

}  // namespace pharos::server

#include "server/serve.hpp"

#include <malloc.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "api/api.hpp"
#include "api/change_gate.hpp"
#include "api/live/alert_event.hpp"
#include "api/live/hub.hpp"
#include "base/disk.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/threads.hpp"
#include "ingest/otlp.hpp"
#include "ingest/pushgateway.hpp"
#include "ingest/remote_read.hpp"
#include "ingest/remote_write.hpp"
#include "ingest/write_queue.hpp"
#include "net/http_server.hpp"
#include "net/web_config.hpp"
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
#include "server/remote_targets.hpp"
#include "server/rule_service.hpp"
#include "server/runbooks.hpp"
#include "server/version.hpp"

namespace pharos::server {
namespace {

constexpr Millis kDrainGrace = std::chrono::seconds(10);

std::string hostname() {
  char name[256] = "localhost";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::uint64_t disk_bytes(const std::string& folder) {
  struct statvfs info {};
  return ::statvfs(folder.c_str(), &info) == 0
             ? static_cast<std::uint64_t>(info.f_blocks) * info.f_frsize
             : 0;
}

// "http://h:9090/prom/" → "/prom"
std::string path_of_url(const std::string& url) {
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == url.npos ? 0 : scheme + 3);
  std::string path = slash == url.npos ? std::string() : url.substr(slash);
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::string clean_prefix(std::string prefix);

// What links in notifications begin with. With a port that the system chooses it is known only
// after listening; until then the links of this process lack it.
Result<std::string> url_from_outside(const ServeFlags& flags) {
  if (!flags.external_url.empty()) return flags.external_url;
  net::HttpServerConfig config;
  if (!flags.web_config_file.empty()) TRY(net::apply_web_config(flags.web_config_file, config));
  const auto& address = flags.listen.front();
  return std::string(config.tls ? "https" : "http") + "://" + hostname() +
         address.substr(std::min(address.rfind(':'), address.size())) +
         clean_prefix(flags.route_prefix);
}

std::string clean_prefix(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty() && prefix.front() != '/') prefix.insert(0, "/");
  return prefix;
}

}  // namespace

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

namespace {

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

api::Targets targets_of(const scrape::ScrapeManager& scraper) {
  auto from = scraper.targets();
  api::Targets out;
  for (auto& t : from.active)
    out.active.push_back({.discovered = std::move(t.discovered),
                          .labels = std::move(t.labels),
                          .scrape_pool = std::move(t.pool),
                          .scrape_url = std::move(t.url),
                          .global_url = std::move(t.global_url),
                          .last_error = std::move(t.last_error),
                          .last_scrape = t.last_scrape,
                          .last_scrape_seconds = t.last_duration_seconds,
                          .health = static_cast<api::Health>(t.health),
                          .interval = t.interval,
                          .timeout = t.timeout});
  for (auto& t : from.dropped)
    out.dropped.push_back(
        {.discovered = std::move(t.discovered), .scrape_pool = std::move(t.pool)});
  out.dropped_counts = std::move(from.dropped_counts);
  return out;
}

}  // namespace

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
       .options =
           [this] {
             return rules::RuleFileOptions{.names = current()->config.global.name_validation,
                                           .compat = flags.query_compat};
           }}));
  return {};
}

// Under reload_mutex: the configuration in force with other edited rules.
Result<Commit> Server::Impl::prepare_edited(const std::vector<rules::edited::Group>& groups) {
  if (flags.agent) return fail(Errc::unsupported, "an agent evaluates no rules");
  const auto next = std::make_shared<LoadedConfig>(*current());
  next->edited_rules = groups;
  auto evaluation = TRY(rules->prepare(*next, external_url));
  return Commit([this, next, evaluation = std::move(evaluation)]() mutable {
    evaluation();
    const std::lock_guard lock(loaded_mutex);
    loaded = next;
  });
}

api::Services Server::Impl::services() {
  api::Services s;
  s.clock = &clock;
  s.workers = workers;
  s.querier = [this] { return current_querier(); };
  s.store = store.get();
  s.stored_from = [this]() -> std::optional<Time> {
    if (!current()->config.remote_read.empty()) return {};
    const auto oldest = store->oldest_ms();
    return oldest ? std::optional(from_unix_millis(*oldest)) : std::nullopt;
  };
  s.run_query = [this](Querier& querier, const query::QueryRequest& request) {
    auto output = engine->run(querier, request);
    query_log.write(request, output);
    return output;
  };
  s.queries = [this] { return engine->queries(); };
  s.kill_query = [this](std::uint64_t id) { return engine->kill(id); };
  s.targets = [this] { return scraper ? targets_of(*scraper) : api::Targets{}; };
  s.scrape_pools = [this] { return scraper ? scraper->pools() : std::vector<std::string>{}; };
  s.target_metadata = [this] {
    std::vector<api::TargetMetadata> out;
    if (scraper)
      for (auto& m : scraper->metadata())
        out.push_back({std::move(m.target), std::move(m.metadata)});
    return out;
  };
  s.rules = [this] { return rules->listing(); };
  s.edited_rules = edited_rules.get();
  s.rule_group_text = [this](const std::string& file, const std::string& group) {
    return rules->text(file, group);
  };
  s.alertmanager = &alerts->alertmanager();
  s.oncall = &alerts->oncall();
  s.live = live.get();
  s.boards = &dashboards->boards();
  s.annotations = &dashboards->annotations();
  s.dashboard_files = &dashboards->files();
  s.alertmanagers = [this] { return alerts->urls(); };
  s.external_labels = [this] { return current()->config.global.external_labels; };
  s.scrape_interval = [this] { return current()->config.global.scrape_interval; };
  s.config_yaml = [this] { return current()->config.text; };
  s.config_loads = [this] { return config_history->list(); };
  s.runbook = [this](std::string_view name) { return read_runbook(flags.runbooks_path, name); };
  s.config_load = [this](std::int64_t id) { return config_history->get(id); };
  s.config_on_disk = [this]() -> Result<api::ConfigLoad> {
    return config_on_disk(flags, own_job, clock.now());
  };
  s.flags = [this] { return flags.shown; };
  s.runtime = [this] {
    const auto view = reload_state.view();
    std::error_code code;
    api::RuntimeInfo info{.start_time = started,
                          .working_folder = std::filesystem::current_path(code).string(),
                          .hostname = hostname()};
    info.reload_succeeded = view.succeeded;
    info.last_reload = view.last;
    info.last_reload_error = view.error;
    info.last_reload_failure = view.last_failure;
    info.corruption_count = store->recovery().damage.size();
    if (auto config =
            store_config(flags, current()->config.storage, disk_bytes(flags.storage_path)))
      info.storage_retention = retention_text(*config);
    return info;
  };
  s.wal_replay = [this] {  // it is over before anybody can ask
    return api::WalReplay{.min = store->feed_begin().segment,
                          .max = store->feed_end().segment,
                          .current = store->feed_end().segment};
  };
  s.build = {.version = version(), .revision = revision(), .compiler = compiler()};
  s.ready = [this] { return ready.load(); };
  s.reload = [this] { return reload(); };
  s.quit = [this] {
    if (quit) quit();
  };
  return s;
}

Result<std::shared_ptr<net::Router>> Server::Impl::make_router() {
  auto router = std::make_shared<net::Router>();
  api::Options options{
      .admin_api = flags.enable_admin_api,
      .lifecycle = flags.enable_lifecycle,
      .route_prefix = prefix,
      .cors_origin = flags.cors_origin,
      .ui = api::ui_assets(),
      .base_path = flags.external_url.empty() ? prefix : path_of_url(flags.external_url),
      .external_url = flags.external_url,
      .own_hosts = flags.allowed_hosts,
      .read_only = flags.read_only,
      .query_compat = flags.query_compat,
      .page_title = flags.page_title};
  for (auto& name : api::names_of_machine(hostname())) options.own_hosts.push_back(std::move(name));
  if (auto v = parse_duration(flags.lookback_delta)) options.lookback = *v;
  TRY(api::install(*router, services(), options));
  router->set_prefix(prefix);
  ingest::register_remote_read(*router, store->querier(),
                               [this] { return current()->config.global.external_labels; });
  if (flags.remote_write_receiver) ingest::register_remote_write(*router, store, series_cache);
  if (flags.otlp_receiver) {
    otlp = std::make_shared<ingest::OtlpReceiver>(store, series_cache, loaded->config.otlp,
                                                  store->querier());
    ingest::register_otlp(*router, otlp);
  }
  const ingest::PushgatewayConfig push{.interval = loaded->config.global.scrape_interval,
                                       .admin = flags.enable_admin_api};
  pushgateway = TRY(ingest::Pushgateway::open(disk, store, clock, push));
  ingest::register_pushgateway(*router, pushgateway, push);
  return router;
}

Status Server::Impl::listen() {
  prefix = clean_prefix(flags.route_prefix.empty() ? path_of_url(flags.external_url)
                                                   : flags.route_prefix);
  const std::shared_ptr<const net::Router> router = TRY(make_router());
  bool guarded = false, tls = false;
  for (const auto& address : flags.listen) {
    net::HttpServerConfig config{.listen = address};
    config.connections_max = flags.max_connections;
    if (auto v = parse_duration(flags.read_timeout)) config.idle_timeout = *v;
    if (!flags.web_config_file.empty()) TRY(net::apply_web_config(flags.web_config_file, config));
    guarded = static_cast<bool>(config.gate);
    tls = config.tls.has_value();
    auto server = net::HttpServer::start(std::move(config), router, requests, clock);
    if (!server) return fail(std::move(server).error().in("--web.listen-address " + address));
    servers.push_back(std::move(*server));
  }
  if (flags.otlp_receiver) {
    TRY(listen_otlp(flags.otlp_grpc_listen, flags.otlp_grpc_given, "--otlp.grpc.listen-address"));
    TRY(listen_otlp(flags.otlp_http_listen, flags.otlp_http_given, "--otlp.http.listen-address"));
  }
  const std::string scheme = tls ? "https" : "http", port = std::to_string(servers[0]->port());
  external_url = flags.external_url.empty() ? scheme + "://" + hostname() + ":" + port + prefix
                                            : flags.external_url;
  // With no file the server watches itself; behind a password it cannot.
  if (flags.config_file.empty() && !guarded)
    own_job = "scrape_configs:\n  - job_name: pharos\n    scheme: " + scheme +
              "\n    metrics_path: " + prefix + "/metrics\n" +
              (tls ? "    tls_config:\n      insecure_skip_verify: true\n" : "") +
              "    static_configs:\n      - targets: ['127.0.0.1:" + port + "']\n";
  return {};
}

// A side port that nobody asked for may be taken by a collector on the same host: then it is left
// out.
Status Server::Impl::listen_otlp(const std::string& address, bool configured,
                                 std::string_view flag) {
  if (address.empty() || address == "off") return {};
  auto router = std::make_shared<net::Router>();
  ingest::register_otlp(*router, otlp);
  net::HttpServerConfig config{.listen = address, .loops = 1};
  config.connections_max = flags.max_connections;
  auto server = net::HttpServer::start(std::move(config), std::move(router), requests, clock);
  if (server) {
    servers.push_back(std::move(*server));
    return {};
  }
  if (configured) return fail(std::move(server).error().in(std::string(flag) + " " + address));
  log::warn("default side port is taken, OTLP is on the main port only",
            {{"address", address}, {"flag", flag}, {"error", server.error().message}});
  return {};
}

void Server::Impl::apply(std::shared_ptr<const LoadedConfig> next) {
  std::shared_ptr<const LoadedConfig> before;
  {
    auto view = query_view(next->config, store, client);
    std::lock_guard lock(loaded_mutex);
    before = std::exchange(loaded, next);
    querier = std::move(view);
  }
  if (auto config = store_config(flags, next->config.storage, disk_bytes(flags.storage_path)))
    store->set_config(*config);
  // Names may change with this section, so it is handed over only when it did.
  if (otlp && before->config.otlp_text != next->config.otlp_text)
    otlp->set_config(next->config.otlp);
  pushgateway->set_interval(next->config.global.scrape_interval);
  auto boards = next->config.dashboards;
  for (const auto& path : flags.dashboard_paths) boards.push_back(dashboard_folder(path));
  dashboards->apply(std::move(boards));
  apply_host(next->config.host);
  scraper->apply(next->config.jobs);
}

void Server::Impl::apply_host(const HostSection& section) {
  if (host && section.enabled && section.interval == host_section.interval) return;
  host.reset();
  if (!section.enabled) return;
  host = std::make_unique<scrape::host::HostCollector>(
      *store, clock, scrape::host::HostOptions{.interval = section.interval});
  host->start();
  host_section = section;
}

// All or nothing.
Status Server::Impl::take(const std::shared_ptr<const LoadedConfig>& next) {
  auto routing = TRY(alerts->prepare(next));
  auto evaluation = TRY(rules->prepare(*next, external_url));
  const auto before = current();
  TRY(query_log.open(next->config.global.query_log_file));
  const auto writing =
      remote_writer->set_targets(write_targets(next->config), next->config.global.external_labels);
  if (!writing) {  // a disk that is full or gone
    (void)query_log.open(before->config.global.query_log_file);
    (void)remote_writer->set_targets(write_targets(before->config),
                                     before->config.global.external_labels);
    return writing;
  }
  routing();
  evaluation();
  apply(next);
  edited_rules->adopt(next->edited_folder, next->edited_rules);
  return {};
}

Status Server::Impl::reload() {
  std::lock_guard one_at_a_time(reload_mutex);
  const auto next = load_everything(flags, own_job);
  const Status status = next ? take(*next) : Status{std::unexpect, next.error()};
  if (status) {
    for (const auto& path : (*next)->missing)
      log::warn("a file of the configuration is not there, it counts as empty", {{"file", path}});
    log::info("configuration loaded",
              {{"file", flags.config_file.empty() ? "built-in" : flags.config_file}});
  } else {
    log::error("configuration not loaded, the old one goes on",
               {{"file", flags.config_file}, {"error", status.error().message}});
  }
  reload_state.note(status);
  config_history->note(flags, next ? next->get() : nullptr, status);
  dashboards->note_reload(status);
  return status;
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

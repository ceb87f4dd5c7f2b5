// What the API is given of a running server.
#include <filesystem>

#include "base/time.hpp"
#include "server/outside_url.hpp"
#include "server/runbooks.hpp"
#include "server/serve_impl.hpp"
#include "server/version.hpp"

namespace pharos::server {
namespace {

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
    const auto loaded = current();
    return rules->text(file, group, loaded->config.global.evaluation_interval,
                       rule_options(flags, loaded->config));
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

}  // namespace pharos::server

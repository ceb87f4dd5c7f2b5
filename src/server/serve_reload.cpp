// What of the configuration is in force in a running server: taken as a whole, or not at all.
#include "base/log.hpp"
#include "server/remote_targets.hpp"
#include "server/serve_impl.hpp"

namespace pharos::server {

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

}  // namespace pharos::server

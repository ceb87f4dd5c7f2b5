#include "server/alertmanager_targets.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"

namespace pharos::server {
namespace {

constexpr std::string_view kScheme = "__scheme__", kAddress = "__address__",
                           kPath = "__alerts_path__";

// Go's path.Join: one slash between parts, none at the end.
std::string alerts_path(std::string_view prefix) {
  std::string out = "/";
  for (const char c : std::string(prefix) + "/api/v2/alerts")
    if (c != '/' || out.back() != '/') out += c;
  return out;
}

}  // namespace

struct AlertmanagerTargets::Entry {
  AlertmanagerConfig config;
  std::vector<std::unique_ptr<scrape::Discovery>> discoveries;
  // By discovery and source; guarded by the owner's mutex_.
  std::map<std::pair<std::size_t, std::string>, scrape::TargetGroup> groups;
};

AlertmanagerUrl alertmanager_url(const AlertmanagerConfig& config, const Labels& target,
                                 const Labels& group) {
  LabelsBuilder labels(target);
  const auto set_default = [&](std::string_view name, std::string_view value) {
    if (labels.get(name).empty()) labels.set(name, value);
  };
  for (const auto label : group) set_default(label.name, label.value);
  labels.set(kScheme, config.scheme);
  labels.set(kPath, alerts_path(config.path_prefix));
  const auto url = [&] {
    std::string out(labels.get(kScheme));
    return out.append("://").append(labels.get(kAddress)).append(labels.get(kPath));
  };
  const auto before = url();
  if (!relabel(config.relabel, labels)) return {before, true};
  if (labels.get(kAddress).empty()) return {};
  return {url(), false};
}

AlertmanagerTargets::AlertmanagerTargets(std::shared_ptr<net::HttpClient> client,
                                         const Clock& clock, Changed changed)
    : runner_(std::move(client), clock), changed_(std::move(changed)) {}

AlertmanagerTargets::~AlertmanagerTargets() {
  stop();
}

void AlertmanagerTargets::stop() {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    std::lock_guard lock(mutex_);
    entries = std::exchange(entries_, {});
  }
  for (const auto& entry : entries)
    for (const auto& discovery : entry->discoveries) discovery->stop();
}

void AlertmanagerTargets::set_config(const std::vector<AlertmanagerConfig>& configs) {
  std::vector<std::shared_ptr<Entry>> next, fresh, gone;
  {
    std::lock_guard lock(mutex_);
    gone = entries_;
    for (const auto& config : configs) {
      const auto same = std::ranges::find_if(
          gone, [&](const auto& entry) { return entry->config.fingerprint == config.fingerprint; });
      if (same != gone.end()) {
        next.push_back(*same);
        gone.erase(same);
        continue;
      }
      auto entry = std::make_shared<Entry>();
      entry->config = config;
      for (const auto& discovery : config.discovery)
        entry->discoveries.push_back(runner_.make(discovery, "alertmanagers"));
      next.push_back(entry);
      fresh.push_back(std::move(entry));
    }
    entries_ = std::move(next);
  }
  for (const auto& entry : gone)
    for (const auto& discovery : entry->discoveries) discovery->stop();
  for (const auto& entry : fresh)
    for (std::size_t i = 0; i < entry->discoveries.size(); ++i)
      entry->discoveries[i]->start(
          [this, raw = entry.get(), i](const std::vector<scrape::TargetGroup>& groups) {
            groups_changed(*raw, i, groups);
          });
  publish();
}

void AlertmanagerTargets::groups_changed(Entry& entry, std::size_t discovery,
                                         const std::vector<scrape::TargetGroup>& groups) {
  {
    std::lock_guard lock(mutex_);
    for (const auto& group : groups) {
      const auto key = std::pair(discovery, group.source);
      if (group.targets.empty())
        entry.groups.erase(key);
      else
        entry.groups[key] = group;
    }
  }
  publish();
}

void AlertmanagerTargets::publish() {
  std::lock_guard publishing(publish_mutex_);
  std::vector<rules::sender::Endpoint> endpoints;
  std::set<std::string> seen;
  {
    std::lock_guard lock(mutex_);
    for (const auto& entry : entries_)
      for (const auto& [key, group] : entry->groups)
        for (const auto& target : group.targets) {
          auto [url, dropped] = alertmanager_url(entry->config, target, group.labels);
          if (dropped || url.empty() || !seen.insert(url).second) continue;
          endpoints.push_back({.url = std::move(url),
                               .timeout = entry->config.timeout,
                               .http = entry->config.http,
                               .alert_relabel = entry->config.alert_relabel,
                               .fingerprint = entry->config.fingerprint});
        }
  }
  changed_(std::move(endpoints));
}

std::pair<std::vector<std::string>, std::vector<std::string>> AlertmanagerTargets::urls() const {
  std::lock_guard lock(mutex_);
  std::set<std::string> active, left_out;
  for (const auto& entry : entries_)
    for (const auto& [key, group] : entry->groups)
      for (const auto& target : group.targets) {
        auto [url, dropped] = alertmanager_url(entry->config, target, group.labels);
        if (!url.empty()) (dropped ? left_out : active).insert(std::move(url));
      }
  return {{active.begin(), active.end()}, {left_out.begin(), left_out.end()}};
}

}  // namespace pharos::server

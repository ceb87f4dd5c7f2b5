// `alerting: alertmanagers:` at work: discovery finds them, relabelling chooses, the sender is
// told.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "rules/sender/alert_sender.hpp"
#include "scrape/discovery.hpp"
#include "server/config.hpp"

namespace pharos::server {

// Thread-safe. `changed` gets the whole list after every change, from any thread; calls do not
// overlap.
class AlertmanagerTargets {
 public:
  using Changed = std::function<void(std::vector<rules::sender::Endpoint> endpoints)>;
  AlertmanagerTargets(std::shared_ptr<net::HttpClient> client, const Clock& clock, Changed changed);
  ~AlertmanagerTargets();
  // Entries that stay the same keep what they have found.
  void set_config(const std::vector<AlertmanagerConfig>& configs);
  void stop();
  // URLs: active, and dropped by relabelling.
  std::pair<std::vector<std::string>, std::vector<std::string>> urls() const;

 private:
  struct Entry;
  void groups_changed(Entry& entry, std::size_t discovery,
                      const std::vector<scrape::TargetGroup>& groups);
  void publish();

  scrape::DiscoveryRunner runner_;
  Changed changed_;
  std::mutex publish_mutex_;  // taken before mutex_
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Entry>> entries_;  // guarded by mutex_
};

// The URL of one found target, or none when it is to be left out; `dropped` says whether it was by
// relabelling.
struct AlertmanagerUrl {
  std::string url;
  bool dropped = false;
};
AlertmanagerUrl alertmanager_url(const AlertmanagerConfig& config, const Labels& target,
                                 const Labels& group);

}  // namespace pharos::server

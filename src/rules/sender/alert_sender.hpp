// Pharos as a client of other Alertmanagers: what rules find goes to each of them over API v2.
#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/relabel.hpp"
#include "net/http_client.hpp"
#include "rules/alert.hpp"

namespace pharos::rules::sender {

struct Endpoint {
  std::string url;  // "http://host:9093/api/v2/alerts"
  Millis timeout = std::chrono::seconds(10);
  std::shared_ptr<const net::ClientOptions> http;
  std::vector<RelabelRule> alert_relabel;  // of this Alertmanager alone, after the global ones

  std::string fingerprint;  // changes with any of the above: equal ones keep their queue
};

struct SenderOptions {
  std::size_t queue_max = 10'000, batch_max = 256;  // alerts, of each endpoint
  std::size_t endpoints_max = 64;                   // those beyond are left out
  Millis backoff_min{100}, backoff_max{5'000};
};

// Thread-safe. Each Alertmanager has a queue and a thread of its own, so that one that hangs delays
// no other. Of an alert that is still waiting only the newest report is kept. What cannot be sent
// is tried again until it could, or until the queue is full: then the oldest goes, and is counted.
class AlertSender {
 public:
  AlertSender(std::shared_ptr<net::HttpClient> client, const Clock& clock,
              SenderOptions options = {});
  ~AlertSender();
  // Replaces the list. Alerts queued for one that goes are dropped.
  void set_endpoints(std::vector<Endpoint> endpoints);
  std::vector<std::string> urls() const;
  void enqueue(std::span<const Alert> alerts);  // never blocks on the network
  // Sends what is queued, for as long as `grace`; then drops the rest. Nothing is taken afterwards.
  void stop(Millis grace);

 private:
  class Loop;
  std::shared_ptr<net::HttpClient> client_;
  const Clock& clock_;
  SenderOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Loop>> loops_;  // guarded by mutex_
};

// The body of POST /api/v2/alerts, as Prometheus writes it.
std::string alerts_json(std::span<const Alert> alerts);

}  // namespace pharos::rules::sender

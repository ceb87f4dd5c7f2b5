#include "rules/sender/alert_sender.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <unordered_map>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "codec/json.hpp"

namespace pharos::rules::sender {
namespace {

struct Stats {
  Counter sent{
      "prometheus_notifications_sent_total", "Total number of alerts sent.", {"alertmanager"}};
  Counter errors{"prometheus_notifications_errors_total",
                 "Total number of sent alerts affected by errors.",
                 {"alertmanager"}};
  Counter dropped{"prometheus_notifications_dropped_total",
                  "Total number of alerts dropped due to errors when sending to Alertmanager.",
                  {"alertmanager"}};
  Gauge queue{"prometheus_notifications_queue_length",
              "The number of alert notifications in the queue.",
              {"alertmanager"}};
  Gauge capacity{"prometheus_notifications_queue_capacity",
                 "The capacity of the alert notifications queue.",
                 {"alertmanager"}};
  Gauge discovered{"prometheus_notifications_alertmanagers_discovered",
                   "The number of alertmanagers discovered and active."};
  Distribution seconds{"prometheus_notifications_latency_seconds",
                       "Latency quantiles for sending alert notifications.",
                       {0.005, 0.02, 0.1, 0.5, 2, 10},
                       {"alertmanager"}};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

}  // namespace

class AlertSender::Loop {
 public:
  Loop(Endpoint endpoint, net::HttpClient& client, const Clock& clock, const SenderOptions& options)
      : endpoint_(std::move(endpoint)),
        client_(client),
        clock_(clock),
        options_(options),
        sent_(stats().sent.with({endpoint_.url})),
        errors_(stats().errors.with({endpoint_.url})),
        dropped_(stats().dropped.with({endpoint_.url})),
        queue_length_(stats().queue.with({endpoint_.url})),
        seconds_(stats().seconds.with({endpoint_.url})) {
    stats().capacity.with({endpoint_.url}).set(static_cast<double>(options.queue_max));
    thread_ = start_thread("alert-send", [this](std::stop_token stop) { run(stop); });
  }
  ~Loop() {
    thread_.request_stop();
    thread_ = {};
    std::lock_guard lock(mutex_);
    dropped_.add(static_cast<double>(queue_.size()));
    queue_length_.set(0);
  }

  const Endpoint& endpoint() const { return endpoint_; }

  void enqueue(std::span<const Alert> alerts) {
    std::lock_guard lock(mutex_);
    for (const auto& alert : alerts) {
      if (endpoint_.alert_relabel.empty()) {
        push(alert);
        continue;
      }
      LabelsBuilder labels(alert.labels);
      if (!relabel(endpoint_.alert_relabel, labels)) continue;
      Alert changed = alert;
      changed.labels = labels.build();
      if (!changed.labels.empty()) push(changed);
    }
    queue_length_.set(static_cast<double>(queue_.size()));
    changed_.notify_all();
  }

  // True when everything has gone out.
  bool wait_empty(Nanos deadline) {
    std::unique_lock lock(mutex_);
    const auto left = std::chrono::nanoseconds(deadline - clock_.monotonic());
    return changed_.wait_for(lock, left, [&] { return queue_.empty() && !sending_; });
  }

 private:
  using Queue = std::list<Alert>;

  void push(const Alert& alert) {
    if (const auto at = places_.find(alert.labels); at != places_.end()) {
      *at->second = alert;
      return;
    }
    if (queue_.size() >= options_.queue_max) {
      places_.erase(queue_.front().labels);
      queue_.pop_front();
      dropped_.add();
    }
    queue_.push_back(alert);
    places_.emplace(alert.labels, std::prev(queue_.end()));
  }

  std::vector<Alert> take() {
    std::vector<Alert> batch;
    while (!queue_.empty() && batch.size() < options_.batch_max) {
      places_.erase(queue_.front().labels);
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    queue_length_.set(static_cast<double>(queue_.size()));
    return batch;
  }

  // What failed goes back to the front, but for alerts that were reported anew meanwhile.
  void put_back(std::vector<Alert> batch) {
    for (auto alert = batch.rbegin(); alert != batch.rend(); ++alert) {
      if (places_.contains(alert->labels)) continue;
      if (queue_.size() >= options_.queue_max) {
        dropped_.add();
        continue;
      }
      queue_.push_front(std::move(*alert));
      places_.emplace(queue_.front().labels, queue_.begin());
    }
    queue_length_.set(static_cast<double>(queue_.size()));
  }

  void run(std::stop_token stop) {
    Millis backoff{0};
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !queue_.empty(); })) {
      auto batch = take();
      sending_ = true;
      lock.unlock();
      const bool again = !send(batch, stop);
      if (again)
        backoff = std::clamp(backoff * 2, options_.backoff_min, options_.backoff_max);
      else
        backoff = Millis{0};
      lock.lock();
      if (again) put_back(std::move(batch));
      sending_ = false;
      changed_.notify_all();
      if (!again) continue;
      lock.unlock();
      const bool goes_on = clock_.sleep_for(backoff, stop);
      lock.lock();
      if (!goes_on) return;
    }
  }

  // False: worth another try.
  bool send(const std::vector<Alert>& batch, std::stop_token stop) {
    const auto count = static_cast<double>(batch.size());
    net::ClientRequest request{.method = "POST", .url = endpoint_.url};
    request.headers = {{"Content-Type", "application/json"}};
    request.body = alerts_json(batch);
    request.timeout = endpoint_.timeout;
    request.body_max = 1 << 20;
    const auto begin = clock_.monotonic();
    const auto reply = client_.fetch(std::move(request), endpoint_.http, stop);
    seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - begin).count());
    if (reply && reply->status / 100 == 2) {
      sent_.add(count);
      failing_ = false;
      return true;
    }
    errors_.add(count);
    const bool hopeless = reply && reply->status / 100 == 4 && reply->status != 429;
    if (hopeless) dropped_.add(count);
    if (!failing_ || hopeless)
      log::warn("alerts not sent", {{"alertmanager", endpoint_.url},
                                    {"alerts", batch.size()},
                                    {"dropped", hopeless},
                                    {"error", reply ? "status " + std::to_string(reply->status) +
                                                          " " + reply->body.substr(0, 200)
                                                    : reply.error().message}});
    failing_ = !hopeless;  // said once, until something gets through
    return hopeless;
  }

  Endpoint endpoint_;
  net::HttpClient& client_;
  const Clock& clock_;
  const SenderOptions& options_;
  Counter sent_, errors_, dropped_;
  Gauge queue_length_;
  Distribution seconds_;
  bool failing_ = false;  // the thread's own
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Queue queue_;                                         // guarded by mutex_
  std::unordered_map<Labels, Queue::iterator> places_;  // guarded by mutex_
  bool sending_ = false;                                // guarded by mutex_
  std::jthread thread_;
};

AlertSender::AlertSender(std::shared_ptr<net::HttpClient> client, const Clock& clock,
                         SenderOptions options)
    : client_(std::move(client)), clock_(clock), options_(options) {}

AlertSender::~AlertSender() = default;

void AlertSender::set_endpoints(std::vector<Endpoint> endpoints) {
  if (endpoints.size() > options_.endpoints_max) {
    log::warn("more alertmanagers than are sent to",
              {{"found", endpoints.size()}, {"limit", options_.endpoints_max}});
    endpoints.resize(options_.endpoints_max);
  }
  std::vector<std::unique_ptr<Loop>> next, gone;
  {
    std::lock_guard lock(mutex_);
    for (auto& endpoint : endpoints) {
      const auto same = std::ranges::find_if(loops_, [&](const auto& loop) {
        return loop && loop->endpoint().url == endpoint.url &&
               loop->endpoint().fingerprint == endpoint.fingerprint;
      });
      if (same != loops_.end())
        next.push_back(std::move(*same));
      else
        next.push_back(std::make_unique<Loop>(std::move(endpoint), *client_, clock_, options_));
    }
    gone = std::exchange(loops_, std::move(next));
    stats().discovered.set(static_cast<double>(loops_.size()));
  }
}

std::vector<std::string> AlertSender::urls() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& loop : loops_) out.push_back(loop->endpoint().url);
  return out;
}

void AlertSender::enqueue(std::span<const Alert> alerts) {
  std::lock_guard lock(mutex_);
  for (const auto& loop : loops_) loop->enqueue(alerts);
}

void AlertSender::stop(Millis grace) {
  std::vector<std::unique_ptr<Loop>> loops;
  {
    std::lock_guard lock(mutex_);
    loops = std::exchange(loops_, {});
  }
  const auto deadline = clock_.monotonic() + grace;
  for (const auto& loop : loops) loop->wait_empty(deadline);
}

std::string alerts_json(std::span<const Alert> alerts) {
  std::string out;
  codec::JsonWriter writer(out);
  const auto labels = [&](const Labels& set) {
    writer.begin_object();
    for (const auto& [name, value] : set) writer.key(name).value(value);
    writer.end_object();
  };
  const auto time = [&](std::string_view key, Time t) {
    const auto text = t == Time{} ? "0001-01-01T00:00:00Z" : format_time(t);
    writer.key(key).value(std::string_view(text));
  };
  writer.begin_array();
  for (const auto& alert : alerts) {
    writer.begin_object().key("annotations");
    labels(alert.annotations);
    time("endsAt", alert.ends_at);
    time("startsAt", alert.starts_at);
    writer.key("generatorURL").value(std::string_view(alert.generator_url)).key("labels");
    labels(alert.labels);
    writer.end_object();
  }
  writer.end_array();
  return out;
}

}  // namespace pharos::rules::sender

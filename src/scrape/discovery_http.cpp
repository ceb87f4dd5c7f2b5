// http_sd_configs: a JSON list of target groups from a URL.
#include <algorithm>
#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "scrape/discovery_kinds.hpp"
#include "scrape/discovery_stats.hpp"

namespace pharos::scrape {
namespace {

bool is_json(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type == "application/json";
}

class HttpDiscovery final : public Discovery {
 public:
  HttpDiscovery(HttpDiscoveryConfig config, std::string job, RefreshTimers& timers,
                std::shared_ptr<net::HttpClient> client)
      : config_(std::move(config)),
        job_(std::move(job)),
        timers_(timers),
        client_(std::move(client)),
        failures_(discovery_stats().refresh_failures.with({"http", job_})) {}
  ~HttpDiscovery() override { stop(); }

  void start(Changed changed) override {
    changed_ = std::move(changed);
    mail_ = std::make_shared<Mail>();
    std::lock_guard lock(mail_->mutex);  // the first step waits until it knows its own number
    mail_->task = timers_.add([this] { return step(); });
  }
  void stop() override {
    if (mail_ == nullptr) return;
    {
      std::lock_guard lock(mail_->mutex);
      mail_->open = false;
    }
    timers_.remove(mail_->task);
    mail_ = nullptr;
  }

 private:
  // Where the client's thread leaves the answer; outlives the discovery while a request is under
  // way.
  struct Mail {
    std::mutex mutex;
    bool open = true;
    std::optional<Result<net::ClientReply>> reply;
    std::uint64_t task = 0;
  };

  // Fetch and come back when the answer is there; take the answer and come back for the next fetch.
  Nanos step() {
    std::optional<Result<net::ClientReply>> reply;
    {
      std::lock_guard lock(mail_->mutex);
      reply.swap(mail_->reply);
    }
    if (reply) return accept(std::move(*reply));
    net::ClientRequest request;
    request.url = config_.url;
    request.headers = {
        {"Accept", "application/json"},
        {"X-Prometheus-Refresh-Interval-Seconds",
         std::to_string(std::max<std::int64_t>(1, config_.refresh_interval.count() / 1000))}};
    request.timeout = config_.refresh_interval;
    client_->start(std::move(request), config_.http,
                   [mail = mail_, &timers = timers_](Result<net::ClientReply> answer) {
                     std::lock_guard lock(mail->mutex);
                     if (!mail->open) return;  // then the timers may be gone too
                     mail->reply = std::move(answer);
                     timers.kick(mail->task);
                   });
    return Nanos::max();
  }

  Nanos accept(Result<net::ClientReply> reply) {
    auto groups = parse(std::move(reply));
    if (groups) {
      failing_ = false;
      changed_(with_removals(std::move(*groups), sources_));
    } else {
      discovery_stats().http_failures.add();
      failures_.add();
      if (!failing_)
        log::error("http discovery failed, the last good targets stay",
                   {{"job", job_}, {"url", config_.url}, {"error", groups.error().message}});
      failing_ = true;
    }
    return config_.refresh_interval;
  }

  Result<std::vector<TargetGroup>> parse(Result<net::ClientReply> reply) {
    if (!reply) return fail(std::move(reply).error());
    if (reply->status != 200)
      return fail(Errc::io, "server returned HTTP status " + std::to_string(reply->status));
    const auto type = reply->headers.get("Content-Type");
    if (!is_json(type)) return fail(Errc::invalid, "unsupported content type " + go_quote(type));
    auto groups = TRY(parse_target_groups(reply->body, true, config_.url));
    for (auto& group : groups) group.labels = group.labels.with("__meta_url", config_.url);
    return groups;
  }

  const HttpDiscoveryConfig config_;
  const std::string job_;
  RefreshTimers& timers_;
  std::shared_ptr<net::HttpClient> client_;
  Counter failures_;
  Changed changed_;
  std::shared_ptr<Mail> mail_;
  std::vector<std::string> sources_;
  bool failing_ = false;
};

}  // namespace

std::unique_ptr<Discovery> make_http_discovery(HttpDiscoveryConfig config, std::string job,
                                               RefreshTimers& timers,
                                               std::shared_ptr<net::HttpClient> client) {
  return std::make_unique<HttpDiscovery>(std::move(config), std::move(job), timers,
                                         std::move(client));
}

}  // namespace pharos::scrape

#include "pharos/otlp.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "otlp_encode.hpp"
#include "pharos/page.hpp"

namespace pharos::client {
namespace {

using Clock = std::chrono::steady_clock;
using Ms = std::chrono::milliseconds;

std::int64_t unix_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What waits of one signal, encoded, by service: few services, so a list.
struct Queue {
  struct Part {
    std::string service, items;
    std::size_t count = 0;
  };
  std::vector<Part> parts;
  std::size_t count = 0, bytes = 0;

  std::string& of(std::string_view service) {
    for (auto& part : parts) {
      if (part.service == service) return ++part.count, part.items;
    }
    parts.push_back({std::string(service), {}, 1});
    return parts.back().items;
  }
};

std::size_t ignore(char*, std::size_t size, std::size_t n, void*) {
  return size * n;
}

}  // namespace

struct OtlpExporter::Worker {
  OtlpOptions options;
  const std::int64_t start_ns = unix_ns();
  CURL* curl = nullptr;
  curl_slist* headers = nullptr;

  mutable std::mutex mutex;
  std::condition_variable wake, delivered;
  Queue spans, logs;  // guarded by mutex, like all below
  Stats stats;
  bool stopping = false;
  Clock::time_point stop_at{};  // when stopping: the end of all trying
  std::uint64_t flushes_asked = 0, flushes_done = 0;
  std::uint64_t losses = 0;  // items given up, of all signals
  std::thread thread;

  explicit Worker(OtlpOptions given) : options(std::move(given)) {
    static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)once;
    curl = curl_easy_init();
    while (!options.endpoint.empty() && options.endpoint.back() == '/') options.endpoint.pop_back();
    for (const char* fixed :
         {"Content-Type: application/x-protobuf", "Content-Encoding: gzip", "Expect:"})
      headers = curl_slist_append(headers, fixed);
    for (const auto& [name, value] : options.headers)
      headers = curl_slist_append(headers, (name + ": " + value).c_str());
  }
  ~Worker() {
    curl_slist_free_all(headers);
    if (curl) curl_easy_cleanup(curl);
  }

  template <class Encode>
  void queue(Queue& into, Signal& signal, std::string_view service, Encode encode) {
    std::lock_guard lock(mutex);
    if (stopping || into.count >= options.queue_items_max ||
        into.bytes >= options.queue_bytes_max) {
      ++signal.dropped;
      return;
    }
    std::string& items = into.of(service);
    const std::size_t before = items.size();
    encode(items);
    into.bytes += items.size() - before;
    ++signal.queued;
    if (++into.count == options.batch_items_max) wake.notify_one();
  }

  // One POST; true when taken. `again`: worth another try.
  bool post(const std::string& url, const std::string& body, bool& again) {
    again = false;
    if (!curl) return false;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout_ms));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS,
                     0L);  // looks about once a second whether it should end
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(
        curl, CURLOPT_XFERINFOFUNCTION,
        +[](void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) -> int {
          auto* worker = static_cast<Worker*>(self);
          std::lock_guard lock(worker->mutex);
          return worker->stopping && Clock::now() > worker->stop_at;
        });
    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    again = code != CURLE_OK || status == 429 || status == 502 || status == 503 || status == 504;
    return code == CURLE_OK && status >= 200 && status < 300;
  }

  // Tries until taken, refused for good, or out of time. Waits 0.1 s, doubled each time, 5 s at
  // most.
  bool deliver(const char* path, const std::string& body) {
    const std::string zipped = gzip(body);
    const std::string url = options.endpoint + path;
    const auto give_up = Clock::now() + Ms(options.retry_ms_max);
    for (Ms pause(100);; pause = std::min(pause * 2, Ms(5000))) {
      bool again;
      const bool taken = post(url, zipped, again);
      std::unique_lock lock(mutex);
      ++stats.requests;
      if (taken) return true;
      const auto end = stopping ? std::min(give_up, stop_at) : give_up;
      if (!again || Clock::now() + pause > end) {
        ++stats.failures;
        break;
      }
      ++stats.retries;
      wake.wait_for(lock, pause, [&] { return stopping && Clock::now() > stop_at; });
    }
    detail::report(Problem::export_failed, url, "a batch could not be delivered: it is dropped");
    return false;
  }

  void send(Queue batch, Signal& signal, const char* path) {
    if (!batch.count) return;
    std::string body;
    for (const auto& part : batch.parts)
      detail::put_otlp_resource(body, part.service, options.resource, part.items);
    const bool taken = deliver(path, body);
    std::lock_guard lock(mutex);
    (taken ? signal.sent : signal.dropped) += batch.count;
    if (!taken) losses += batch.count;
  }

  void send_metrics() {
    std::string items, body;
    detail::put_otlp_metrics(items, *options.metrics, start_ns, unix_ns());
    detail::put_otlp_resource(body, options.metrics_service, options.resource, items);
    {
      std::lock_guard lock(mutex);
      ++stats.metrics.queued;
    }
    const bool taken = deliver("/v1/metrics", body);
    std::lock_guard lock(mutex);
    ++(taken ? stats.metrics.sent : stats.metrics.dropped);
    if (!taken) ++losses;
  }

  void run() {
    pthread_setname_np(pthread_self(), "pharos-otlp");
    auto next_metrics = Clock::now() + Ms(options.metrics_interval_ms);
    for (bool last = false; !last;) {
      Queue ready_spans, ready_logs;
      std::uint64_t flush = 0;
      {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, Ms(options.batch_ms), [&] {
          return stopping || flushes_asked > flushes_done ||
                 spans.count >= options.batch_items_max || logs.count >= options.batch_items_max;
        });
        last = stopping;
        flush = flushes_asked;
        std::swap(ready_spans, spans);
        std::swap(ready_logs, logs);
      }
      send(std::move(ready_spans), stats.spans, "/v1/traces");
      send(std::move(ready_logs), stats.logs, "/v1/logs");
      if (options.metrics && (last || flush > flushes_done || Clock::now() >= next_metrics)) {
        send_metrics();
        next_metrics = Clock::now() + Ms(options.metrics_interval_ms);
      }
      std::lock_guard lock(mutex);
      flushes_done = flush;
      delivered.notify_all();
    }
  }
};

OtlpExporter::OtlpExporter(OtlpOptions options)
    : worker_(std::make_unique<Worker>(std::move(options))) {
  worker_->thread = std::thread([worker = worker_.get()] { worker->run(); });
}

OtlpExporter::~OtlpExporter() {
  {
    std::lock_guard lock(worker_->mutex);
    worker_->stopping = true;
    worker_->stop_at = Clock::now() + Ms(worker_->options.stop_ms_max);
  }
  worker_->wake.notify_all();
  worker_->thread.join();
}

void OtlpExporter::take(const SpanData& span) noexcept {
  worker_->queue(worker_->spans, worker_->stats.spans, span.service,
                 [&](std::string& out) { detail::put_otlp_span(out, span); });
}

void OtlpExporter::take(const LogRecord& record) noexcept {
  worker_->queue(worker_->logs, worker_->stats.logs, record.service,
                 [&](std::string& out) { detail::put_otlp_log(out, record); });
}

bool OtlpExporter::flush(std::uint32_t wait_ms) {
  std::unique_lock lock(worker_->mutex);
  const auto mine = ++worker_->flushes_asked;
  const auto losses = worker_->losses;
  worker_->wake.notify_all();
  return worker_->delivered.wait_for(lock, Ms(wait_ms), [&] {
    return worker_->flushes_done >= mine;
  }) && worker_->losses == losses;
}

OtlpExporter::Stats OtlpExporter::stats() const {
  std::lock_guard lock(worker_->mutex);
  return worker_->stats;
}

}  // namespace pharos::client

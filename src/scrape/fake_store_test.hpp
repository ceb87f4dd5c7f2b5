// A store in memory and an HTTP client without network, for the tests of this module.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/appender.hpp"
#include "net/http_client.hpp"

namespace pharos::scrape {

// Keeps every sample by series text; refuses what a store refuses: unknown refs, samples that are too old.
class FakeStore final : public Appender {
 public:
  struct Point {
    UnixMillis t_ms;
    double value;
    UnixMillis start_ms = 0;
    std::string histogram;
  };

  Result<SeriesRef> resolve(const Labels& labels) override {
    std::lock_guard lock(mutex_);
    return resolve_locked(labels);
  }
  void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets, std::span<SeriesRef> refs,
               std::vector<ResolveError>& errors) override {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < refs.size(); ++i) {
      if (by_labels_.size() >= series_max) {
        errors.push_back({static_cast<std::uint32_t>(i), Error{Errc::limit, "series limit"}});
        continue;
      }
      refs[i] = resolve_locked(Labels::from_sorted(labels.subspan(offsets[i], offsets[i + 1] - offsets[i])));
    }
  }
  Result<AppendOutcome> append(const AppendBatch& batch, const AppendOptions& options) override {
    std::lock_guard lock(mutex_);
    ++appends;
    if (failing) return fail(Errc::io, "disk is full");
    AppendOutcome out;
    const auto reject = [&](Rejection::Kind kind, RejectReason reason, std::size_t i) {
      out.rejections.push_back({kind, reason, static_cast<std::uint32_t>(i)});
      ++out.rejected;
    };
    const auto put = [&](Rejection::Kind kind, SeriesRef ref, Point point, std::size_t i) {
      const auto at = series_.find(ref);
      if (at == series_.end()) return reject(kind, RejectReason::unknown_ref, i);
      auto& points = at->second.second;
      if (!points.empty() && points.back().t_ms == point.t_ms && points.back().value != point.value) return reject(kind, RejectReason::duplicate, i);
      if (!points.empty() && points.back().t_ms > point.t_ms && options.in_order_only) return reject(kind, RejectReason::out_of_order, i);
      if (points.empty() || points.back().t_ms != point.t_ms) points.push_back(std::move(point));
      ++out.accepted;
    };
    for (std::size_t i = 0; i < batch.floats.size(); ++i)
      put(Rejection::Kind::floating, batch.floats[i].ref,
          {batch.floats[i].t_ms, batch.floats[i].value, batch.float_start_ms.empty() ? 0 : batch.float_start_ms[i], {}}, i);
    for (std::size_t i = 0; i < batch.histograms.size(); ++i)
      put(Rejection::Kind::histogram, batch.histograms[i].ref, {batch.histograms[i].t_ms, 0, 0, batch.histograms[i].histogram->to_string()}, i);
    for (const auto& sample : batch.exemplars) exemplars.push_back(sample.exemplar);
    for (const auto& entry : batch.metadata) metadata[entry.family] = entry;
    return out;
  }

  std::vector<Point> points(const std::string& series) const {
    std::lock_guard lock(mutex_);
    for (const auto& [ref, entry] : series_)
      if (entry.first.to_metric_string() == series) return entry.second;
    return {};
  }
  // "1@1000 stale@2000": the samples of a series.
  std::string text(const std::string& series) const {
    std::string out;
    for (const auto& p : points(series)) {
      if (!out.empty()) out += ' ';
      out += is_stale(p.value) ? "stale" : p.histogram.empty() ? go_float(p.value) : p.histogram;
      out += "@" + std::to_string(p.t_ms);
      if (p.start_ms != 0) out += "^" + std::to_string(p.start_ms);
    }
    return out;
  }
  std::vector<std::pair<std::string, double>> last_values() const {
    std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, double>> out;
    for (const auto& [ref, entry] : series_)
      if (!entry.second.empty()) out.emplace_back(entry.first.to_metric_string(), entry.second.back().value);
    return out;
  }
  std::size_t series_count() const {
    std::lock_guard lock(mutex_);
    return series_.size();
  }
  void forget() {  // as a store does with series that left its memory
    std::lock_guard lock(mutex_);
    std::map<SeriesRef, std::pair<Labels, std::vector<Point>>> renamed;
    for (auto& [ref, entry] : series_) {
      const auto fresh = static_cast<SeriesRef>(++next_);
      by_labels_[entry.first] = fresh;
      renamed[fresh] = std::move(entry);
    }
    series_ = std::move(renamed);
  }

  bool failing = false;
  std::size_t series_max = 1'000'000;
  std::uint64_t appends = 0;
  std::vector<Exemplar> exemplars;
  std::map<std::string, Metadata> metadata;

 private:
  SeriesRef resolve_locked(const Labels& labels) {
    const auto [at, fresh] = by_labels_.try_emplace(labels, static_cast<SeriesRef>(next_ + 1));
    if (fresh) series_[at->second] = {labels, {}}, ++next_;
    return at->second;
  }
  mutable std::mutex mutex_;
  std::map<Labels, SeriesRef> by_labels_;
  std::map<SeriesRef, std::pair<Labels, std::vector<Point>>> series_;
  std::uint64_t next_ = 0;
};

// Answers at once, on the caller's thread, with what `answer` says.
class FakeClient final : public net::HttpClient {
 public:
  std::function<Result<net::ClientReply>(const net::ClientRequest&)> answer;
  void start(net::ClientRequest request, std::shared_ptr<const net::ClientOptions>, std::function<void(Result<net::ClientReply>)> done) override {
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    done(answer(request));
  }
  std::vector<net::ClientRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<net::ClientRequest> requests_;
};

inline net::ClientReply page_reply(std::string body, std::string_view content_type = "text/plain; version=0.0.4") {
  net::ClientReply reply;
  reply.status = 200;
  reply.headers.set("Content-Type", content_type);
  reply.body = std::move(body);
  return reply;
}

}  // namespace pharos::scrape

#include <algorithm>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "codec/compress.hpp"
#include "ingest/read_messages.hpp"
#include "ingest/remote_read.hpp"

namespace pharos::ingest {
namespace {

struct Stats {
  Counter reads{"pharos_remote_read_requests_total", "Remote reads asked of other servers."};
  Counter failures{"pharos_remote_read_failures_total", "Remote reads of other servers that failed."};
};
Stats& stats() {
  static Stats s;
  return s;
}

class MemorySelection final : public Selection {
 public:
  explicit MemorySelection(std::vector<ReadSeries> series) : series_(std::move(series)) {}
  std::size_t size() const override { return series_.size(); }
  const Labels& labels(std::size_t i) const override { return series_[i].labels; }
  Status read(std::size_t i, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const override {
    const auto& all = series_[i].samples;
    out.clear();
    const auto begin = static_cast<std::size_t>(std::lower_bound(all.t_ms.begin(), all.t_ms.end(), from_ms) - all.t_ms.begin());
    const auto end = static_cast<std::size_t>(std::upper_bound(all.t_ms.begin(), all.t_ms.end(), to_ms) - all.t_ms.begin());
    if (begin >= end) return {};
    const auto b = static_cast<std::ptrdiff_t>(begin), e = static_cast<std::ptrdiff_t>(end);
    out.t_ms.assign(all.t_ms.begin() + b, all.t_ms.begin() + e);
    out.value.assign(all.value.begin() + b, all.value.begin() + e);
    if (!all.histograms.empty()) out.histograms.assign(all.histograms.begin() + b, all.histograms.begin() + e);
    return {};
  }

 private:
  std::vector<ReadSeries> series_;
};

class RemoteQuerier final : public Querier {
 public:
  RemoteQuerier(RemoteReadTarget target, std::shared_ptr<net::HttpClient> client, Labels external, std::function<UnixMillis()> local_begin)
      : target_(std::move(target)), client_(std::move(client)), external_(std::move(external)), local_begin_(std::move(local_begin)) {}

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms,
                                                  const SelectHints& hints) override {
    std::vector<ReadSeries> series;
    const auto nothing = [&] { return std::shared_ptr<const Selection>(std::make_shared<MemorySelection>(std::vector<ReadSeries>{})); };
    for (const auto& [name, value] : target_.required_matchers) {
      const bool asked = std::any_of(matchers.begin(), matchers.end(), [&, n = name, v = value](const Matcher& m) {
        return m.op() == MatchOp::equal && m.name() == n && m.value() == v;
      });
      if (!asked) return nothing();
    }
    if (!target_.read_recent && local_begin_) {
      const auto begin = local_begin_();
      if (from_ms >= begin) return nothing();
      to_ms = std::min(to_ms, begin);
    }
    ReadRequest request;
    auto& query = request.queries.emplace_back();
    query.start_ms = from_ms;
    query.end_ms = to_ms;
    query.hints = hints;
    query.matchers.assign(matchers.begin(), matchers.end());
    std::vector<std::string> added;
    if (target_.filter_external_labels)
      for (const auto& [name, value] : external_) {
        if (std::any_of(matchers.begin(), matchers.end(), [&, n = name](const Matcher& m) { return m.name() == n; })) continue;
        query.matchers.push_back(Matcher::equal(std::string(name), std::string(value)));
        added.emplace_back(name);
      }
    request.accepted = {0};
    auto results = fetch(request);
    stats().reads.add();
    if (!results) {
      stats().failures.add();
      return fail(std::move(results).error().in("remote_read " + (target_.name.empty() ? target_.url : target_.name)));
    }
    if (!results->empty()) series = std::move(results->front());
    if (!added.empty())
      for (auto& s : series) s.labels = s.labels.remove(added);
    if (hints.series_max && series.size() > hints.series_max) return fail(Errc::limit, "remote read returned more than " + std::to_string(hints.series_max) + " series");
    return std::shared_ptr<const Selection>(std::make_shared<MemorySelection>(std::move(series)));
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher>, UnixMillis, UnixMillis, std::size_t) override { return std::vector<std::string>{}; }
  Result<std::vector<std::string>> label_values(std::string_view, std::span<const Matcher>, UnixMillis, UnixMillis, std::size_t) override {
    return std::vector<std::string>{};
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from_ms, UnixMillis to_ms, std::size_t limit) override {
    const auto found = TRY(select(matchers, from_ms, to_ms, {}));
    std::vector<Labels> out;
    for (std::size_t i = 0; i < found->size() && (limit == 0 || out.size() < limit); ++i) out.push_back(found->labels(i));
    return out;
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher>, UnixMillis, UnixMillis) override { return std::vector<ExemplarSeries>{}; }
  std::vector<Metadata> metadata(std::string_view, std::size_t) const override { return {}; }

 private:
  Result<std::vector<std::vector<ReadSeries>>> fetch(const ReadRequest& request) {
    net::ClientRequest http;
    http.method = "POST";
    http.url = target_.url;
    http.timeout = target_.timeout;
    http.body_max = target_.body_max;
    http.headers = target_.headers;
    http.headers.emplace_back("Content-Type", "application/x-protobuf");
    http.headers.emplace_back("Content-Encoding", "snappy");
    http.headers.emplace_back("X-Prometheus-Remote-Read-Version", "0.1.0");
    http.accept_compressed = false;  // the body is snappy already
    http.body = codec::compress(codec::Compression::snappy, encode_read_request(request));
    const auto reply = TRY(client_->fetch(std::move(http), target_.http));
    if (reply.status / 100 != 2)
      return fail(Errc::io, "remote server returned HTTP status " + std::to_string(reply.status) + ": " + reply.body.substr(0, 200));
    const auto body = TRY(codec::decompress(codec::Compression::snappy, reply.body, target_.body_max));
    return decode_read_response(body, target_.samples_max);
  }

  RemoteReadTarget target_;
  std::shared_ptr<net::HttpClient> client_;
  Labels external_;
  std::function<UnixMillis()> local_begin_;
};

}  // namespace

std::shared_ptr<Querier> make_remote_querier(RemoteReadTarget target, std::shared_ptr<net::HttpClient> client, Labels external_labels,
                                             std::function<UnixMillis()> local_begin_ms) {
  return std::make_shared<RemoteQuerier>(std::move(target), std::move(client), std::move(external_labels), std::move(local_begin_ms));
}

}  // namespace pharos::ingest

// A querier over a list of series in memory, and a server of handlers around it.
#pragma once
#include <algorithm>
#include <set>

#include "api/api.hpp"
#include "base/manual_clock.hpp"
#include "codec/json.hpp"

namespace pharos::api {

struct FakeSeries {
  Labels labels;
  SampleColumn samples;
};

class FakeQuerier final : public Querier {
 public:
  std::vector<FakeSeries> all;
  std::vector<Metadata> families;
  std::vector<ExemplarSeries> exemplar_series;

  void add(const Labels& labels, std::vector<std::pair<UnixMillis, double>> samples) {
    FakeSeries series{labels, {}};
    for (const auto& [t, v] : samples) {
      series.samples.t_ms.push_back(t);
      series.samples.value.push_back(v);
    }
    all.push_back(std::move(series));
  }

  Result<std::shared_ptr<const Selection>> select(std::span<const Matcher> matchers,
                                                  UnixMillis from, UnixMillis to,
                                                  const SelectHints&) override {
    struct Found final : Selection {
      std::vector<FakeSeries> series;
      std::size_t size() const override { return series.size(); }
      const Labels& labels(std::size_t i) const override { return series[i].labels; }
      Status read(std::size_t i, UnixMillis from_ms, UnixMillis to_ms,
                  SampleColumn& out) const override {
        out.clear();
        const auto& in = series[i].samples;
        for (std::size_t k = 0; k < in.size(); ++k) {
          if (in.t_ms[k] < from_ms || in.t_ms[k] > to_ms) continue;
          out.t_ms.push_back(in.t_ms[k]);
          out.value.push_back(in.value[k]);
          if (!in.histograms.empty()) out.histograms.push_back(in.histograms[k]);
        }
        return {};
      }
    };
    auto found = std::make_shared<Found>();
    for (const auto& one : all)
      if (hit(one, matchers, from, to)) found->series.push_back(one);
    return std::shared_ptr<const Selection>(std::move(found));
  }
  Result<std::vector<std::string>> label_names(std::span<const Matcher> matchers, UnixMillis from,
                                               UnixMillis to, std::size_t limit) override {
    std::set<std::string> names;
    for (const auto& one : all)
      if (hit(one, matchers, from, to))
        for (const auto& [name, value] : one.labels) names.emplace(name);
    return cut(names, limit);
  }
  Result<std::vector<std::string>> label_values(std::string_view name,
                                                std::span<const Matcher> matchers, UnixMillis from,
                                                UnixMillis to, std::size_t limit) override {
    std::set<std::string> values;
    for (const auto& one : all)
      if (hit(one, matchers, from, to) && one.labels.contains(name))
        values.emplace(one.labels.get(name));
    return cut(values, limit);
  }
  Result<std::vector<Labels>> series(std::span<const Matcher> matchers, UnixMillis from,
                                     UnixMillis to, std::size_t) override {
    std::vector<Labels> out;
    for (const auto& one : all)
      if (hit(one, matchers, from, to)) out.push_back(one.labels);
    return out;
  }
  Result<std::vector<ExemplarSeries>> exemplars(std::span<const Matcher>, UnixMillis,
                                                UnixMillis) override {
    return exemplar_series;
  }
  std::vector<Metadata> metadata(std::string_view family, std::size_t) const override {
    std::vector<Metadata> out;
    for (const auto& entry : families)
      if (family.empty() || entry.family == family) out.push_back(entry);
    return out;
  }

 private:
  static bool hit(const FakeSeries& one, std::span<const Matcher> matchers, UnixMillis from,
                  UnixMillis to) {
    const bool in_range =
        std::ranges::any_of(one.samples.t_ms, [&](UnixMillis t) { return t >= from && t <= to; });
    return in_range &&
           matches_all(std::vector<Matcher>(matchers.begin(), matchers.end()), one.labels);
  }
  static std::vector<std::string> cut(const std::set<std::string>& set, std::size_t limit) {
    std::vector<std::string> out(set.begin(), set.end());
    if (limit > 0 && out.size() > limit) out.resize(limit);
    return out;
  }
};

struct FakeServer {
  ManualClock clock{from_unix_millis(1'000'000)};
  std::shared_ptr<FakeQuerier> data = std::make_shared<FakeQuerier>();
  Services services;
  Options options;
  net::Router router;
  query::QueryRequest last_query;
  Result<query::Output> next_output = query::Output{};

  FakeServer() {
    services.clock = &clock;
    services.querier = [this] { return data; };
    services.run_query = [this](Querier&, const query::QueryRequest& request) {
      last_query = request;
      return next_output;
    };
  }
  void start() {
    const auto done = install(router, services, options);
    if (!done) throw std::runtime_error(done.error().message);
  }
  net::Response ask(const std::string& method, const std::string& target,
                    const std::string& body = "",
                    std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::Request request;
    request.method = method;
    const auto mark = target.find('?');
    request.raw_path = target.substr(0, mark);
    request.path = *net::url_decode(request.raw_path);
    if (mark != target.npos) request.query = target.substr(mark + 1);
    request.body = body;
    request.peer = "10.0.0.1:1234";
    if (!body.empty()) request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    for (const auto& [name, value] : headers) request.headers.set(name, value);
    const auto match = router.find(method, request.path);
    if (match.handler == nullptr) return net::Response::text(match.path_known ? 405 : 404, "");
    request.path_params = match.params;
    return (*match.handler)(request);
  }
  net::Response get(const std::string& target) { return ask("GET", target); }
};

}  // namespace pharos::api

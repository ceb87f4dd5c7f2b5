// The series of one target: a node, a region's control plane, a service.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/labels.hpp"
#include "model/sample.hpp"
#include "pharos/definition.hpp"
#include "sim/series.hpp"

namespace pharos::sim {

// What service discovery says of it. Series' own labels stand over these (honor_labels).
struct Target {
  std::string job, path;  // /region/0/node/3/metrics
  std::string region, node, version;
};

// Handles stay good as long as the page. Not thread-safe: the world's owner locks.
class Page {
 public:
  Page(Target target, ShapeTable& shapes) : target_(std::move(target)), shapes_(&shapes) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  // The series of this metric with these label values, at 0; the same twice is the same series.
  template <std::size_t N, class... L>
  Gauge gauge(const client::Metric<client::Type::gauge, N>& metric, const L&... values) {
    static_assert(sizeof...(L) == N, "as many values as the metric has labels");
    return Gauge(add(metric.definition(), {std::string(values)...}));
  }
  template <std::size_t N, class... L>
  Counter counter(const client::Metric<client::Type::counter, N>& metric, const L&... values) {
    static_assert(sizeof...(L) == N, "as many values as the metric has labels");
    return Counter(add(metric.definition(), {std::string(values)...}));
  }
  template <std::size_t N, class... L>
  Histogram histogram(const client::Metric<client::Type::histogram, N>& metric,
                      const L&... values) {
    static_assert(sizeof...(L) == N, "as many values as the metric has labels");
    const auto definition = metric.definition();
    return Histogram(add(definition, {std::string(values)...}), definition.bounds, shapes_);
  }

  const Target& target() const { return target_; }
  std::size_t series_count() const { return cells_.size(); }

  enum class Format { text, openmetrics };
  void write(std::string& out, Format format) const;

  // Labels of every series as they are stored after a scrape with honor_labels, in a fixed order,
  // and the numbers in the same order.
  std::vector<Labels> stored_labels(std::string_view instance) const;
  const std::vector<const double*>& cells() const { return cells_; }
  void each_family(const std::function<void(const client::Definition&)>& call) const;

  // As after a restart of the program: every counter and histogram is 0 again.
  void reset();

  // What a scraper meets.
  bool reachable = true;
  double scrape_seconds = 0.004;

 private:
  struct Family {
    client::Definition definition;
    std::vector<std::uint32_t> series;  // of series_
  };
  struct Series {
    std::vector<std::string> values;  // of the labels
    double* cells;
    std::uint32_t count;              // 1, or of a histogram bounds + 3
    std::vector<std::string> prefix;  // of each line, up to the number
  };

  double* add(const client::Definition& definition, std::vector<std::string> values);
  double* take(std::size_t n);

  Target target_;
  ShapeTable* shapes_;
  std::vector<Family> families_;
  std::vector<Series> series_;
  std::unordered_map<std::string_view, std::uint32_t> family_of_;
  std::unordered_map<std::string, double*> known_;
  std::vector<const double*> cells_;
  std::deque<std::vector<double>> blocks_;  // of fixed size, so that cells never move
};

}  // namespace pharos::sim

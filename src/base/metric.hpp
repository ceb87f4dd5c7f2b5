// What a module tells about itself: counters and gauges registered for /metrics. A bump costs a few
// nanoseconds and allocates nothing; handles of labelled metrics are resolved once, at start.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pharos {

namespace detail {
struct MetricFamily;
struct MetricCell {
  alignas(64) std::atomic<double> value{0};
};
}  // namespace detail

class Counter {
 public:
  Counter(std::string_view name, std::string_view help, std::initializer_list<std::string_view> label_names = {});
  void add(double n = 1) { own_->value.fetch_add(n, std::memory_order_relaxed); }
  double value() const { return own_->value.load(std::memory_order_relaxed); }
  Counter with(std::initializer_list<std::string_view> label_values) const;  // takes a lock: keep the handle
  // What had these labels is gone: it is shown no more, and the next `with` begins at zero. Handles of
  // it may still be used.
  void remove(std::initializer_list<std::string_view> label_values) const;
 private:
  Counter(std::shared_ptr<detail::MetricFamily>, std::shared_ptr<detail::MetricCell>);
  std::shared_ptr<detail::MetricFamily> family_;
  std::shared_ptr<detail::MetricCell> own_;
};

class Gauge {
 public:
  Gauge(std::string_view name, std::string_view help, std::initializer_list<std::string_view> label_names = {});
  void set(double v) { own_->value.store(v, std::memory_order_relaxed); }
  void add(double n) { own_->value.fetch_add(n, std::memory_order_relaxed); }
  double value() const { return own_->value.load(std::memory_order_relaxed); }
  Gauge with(std::initializer_list<std::string_view> label_values) const;
  void remove(std::initializer_list<std::string_view> label_values) const;  // as of a counter
 private:
  Gauge(std::shared_ptr<detail::MetricFamily>, std::shared_ptr<detail::MetricCell>);
  std::shared_ptr<detail::MetricFamily> family_;
  std::shared_ptr<detail::MetricCell> own_;
};

// Fixed buckets; `observe` is one add to a bucket, one to the sum.
class Distribution {
 public:
  Distribution(std::string_view name, std::string_view help, std::initializer_list<double> upper_bounds,
               std::initializer_list<std::string_view> label_names = {});
  void observe(double v);
  Distribution with(std::initializer_list<std::string_view> label_values) const;
 private:
  struct State;
  explicit Distribution(std::shared_ptr<State>);
  std::shared_ptr<State> state_;
};

// Everything registered in this process as Prometheus text 0.0.4. Gauges computed at scrape time are
// added with `on_scrape`, whose callback runs before the text is written.
std::string metrics_text();
void on_scrape(std::function<void()> callback);

}  // namespace pharos

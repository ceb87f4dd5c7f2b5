// Where metrics live and what a scrape walks. Label sets are resolved once to handles:
//
//   Counters requests{kRequests};                         // a family with labels
//   Counter served = requests.with("GET", "200");         // under a lock, once
//   served.add();                                         // 2 ns, as often as you like
#pragma once
#include <functional>
#include <mutex>
#include <vector>

#include "pharos/counter.hpp"
#include "pharos/gauge.hpp"
#include "pharos/histogram.hpp"
#include "pharos/problem.hpp"

namespace pharos::client {

namespace detail {

class Family {
 public:
  explicit Family(const Definition& definition, bool inert = false);
  ~Family();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  const Definition& definition() const { return definition_; }
  const std::string& name() const { return name_; }
  bool same_as(const Definition& other) const noexcept;

  // The series of these label values, made if need be; the inert one when that cannot be, with one
  // report.
  Series& with(const std::string_view* values, std::size_t count) noexcept;
  bool hide(const std::string_view* values, std::size_t count) noexcept;

  // Walks the series that are shown, under the family's lock.
  void each(const std::function<void(const Series&)>& use) const;
  // A summary's quantiles over its window, in the definition's order; NaN without records. Within
  // `each` only.
  void quantiles(const Series& series, std::int64_t now_seconds, double* out) const;

 private:
  Series* find(std::string_view labels, std::size_t& at) const noexcept;  // mutex_ held
  Series& make(std::string labels);

  std::string name_, help_;  // definition_ points into these copies
  std::vector<std::string> label_names_;
  std::vector<const char*> label_pointers_;
  std::vector<double> bounds_values_, quantile_values_;
  Definition definition_;
  bool inert_;
  std::unique_ptr<Bounds> bounds_;
  std::unique_ptr<Native> native_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Series>> series_;  // guarded by mutex_, in the order they were made
  std::vector<std::uint32_t> table_;             // open addressing over series_, +1; a power of two
};

}  // namespace detail

class Registry {
 public:
  Registry();
  ~Registry();  // handles into it must not be used afterwards
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The process's own, never destroyed; also shows pharos_client_errors_total.
  static Registry& standard() noexcept;

  // The family of a definition: the same one for an equal definition, an inert one (and a report)
  // for one that is not valid or says something else about a name that is taken. Never fails.
  detail::Family& family(const Definition& definition) noexcept;
  // By name, for callers that know names at run time only. Problem::unknown and an inert one when
  // there is none of that type.
  detail::Family& find(std::string_view name, Type type) noexcept;

  // Called before each scrape, in the scraping thread: set gauges that are only known when asked.
  // What the function uses must live until `forget` of the number that comes back, or as long as
  // the registry.
  std::uint64_t on_collect(std::function<void()> refresh);
  void forget(std::uint64_t number) noexcept;  // returns when the function is not running
  void collect() noexcept;                     // runs them

  // In the order they were made. The registry's lock is held: do not make metrics in `use`.
  void each(const std::function<void(const detail::Family&)>& use) const;
  std::size_t series() const;  // shown ones, of all families

 private:
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<detail::Family>> families_;  // guarded by mutex_
  std::mutex collect_mutex_;
  std::vector<std::pair<std::uint64_t, std::function<void()>>>
      refresh_;                      // guarded by collect_mutex_
  std::uint64_t refresh_count_ = 0;  // guarded by collect_mutex_
};

// The families with labels, typed by what `with` returns. N is the number of labels: another number
// of values does not compile.
template <class Handle, std::size_t N>
class Labelled {
 public:
  template <class... V>
  Handle with(const V&... values) const noexcept {
    static_assert(sizeof...(V) == N, "as many values as the metric has labels");
    const std::string_view list[N ? N : 1] = {std::string_view(values)...};
    return Handle(family_->with(list, N));
  }
  // For callers that hold values in a list; a wrong number is Problem::label_count.
  Handle with_values(const std::string_view* values, std::size_t count) const noexcept {
    return Handle(family_->with(values, count));
  }
  // Shows the series no longer. Its handles stay valid; `with` shows it again where it was.
  template <class... V>
  bool hide(const V&... values) const noexcept {
    static_assert(sizeof...(V) == N, "as many values as the metric has labels");
    const std::string_view list[N ? N : 1] = {std::string_view(values)...};
    return family_->hide(list, N);
  }

 protected:
  explicit Labelled(detail::Family& family) : family_(&family) {}

 private:
  detail::Family* family_;
};

template <std::size_t N>
class Counters : public Labelled<Counter, N> {
 public:
  Counters(const Metric<Type::counter, N>& metric, Registry& registry = Registry::standard())
      : Labelled<Counter, N>(registry.family(metric.definition())) {}
};
template <std::size_t N>
class Gauges : public Labelled<Gauge, N> {
 public:
  Gauges(const Metric<Type::gauge, N>& metric, Registry& registry = Registry::standard())
      : Labelled<Gauge, N>(registry.family(metric.definition())) {}
};
template <std::size_t N>
class Histograms : public Labelled<Histogram, N> {
 public:
  Histograms(const Metric<Type::histogram, N>& metric, Registry& registry = Registry::standard())
      : Labelled<Histogram, N>(registry.family(metric.definition())) {}
};
template <std::size_t N>
class Summaries : public Labelled<Summary, N> {
 public:
  Summaries(const Metric<Type::summary, N>& metric, Registry& registry = Registry::standard())
      : Labelled<Summary, N>(registry.family(metric.definition())) {}
};

// One handle straight from a definition: series(registry, kRequests, "GET", "200").add().
template <std::size_t N, class... V>
Counter series(Registry& registry, const Metric<Type::counter, N>& metric,
               const V&... values) noexcept {
  return Counters<N>(metric, registry).with(values...);
}
template <std::size_t N, class... V>
Gauge series(Registry& registry, const Metric<Type::gauge, N>& metric,
             const V&... values) noexcept {
  return Gauges<N>(metric, registry).with(values...);
}
template <std::size_t N, class... V>
Histogram series(Registry& registry, const Metric<Type::histogram, N>& metric,
                 const V&... values) noexcept {
  return Histograms<N>(metric, registry).with(values...);
}
template <std::size_t N, class... V>
Summary series(Registry& registry, const Metric<Type::summary, N>& metric,
               const V&... values) noexcept {
  return Summaries<N>(metric, registry).with(values...);
}

}  // namespace pharos::client

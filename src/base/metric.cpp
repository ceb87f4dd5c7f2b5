#include "base/metric.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>

namespace pharos {
namespace detail {

struct DistributionCell {
  explicit DistributionCell(std::span<const double> bounds)
      : upper_bounds(bounds.begin(), bounds.end()), counts(bounds.size() + 1) {}
  std::vector<double> upper_bounds;
  std::vector<std::atomic<std::uint64_t>> counts;  // one per bound, and one for +Inf
  std::atomic<double> sum{0};
};

enum class FamilyType : std::uint8_t { counter, gauge, histogram };

struct MetricFamily {
  std::string name, help;
  FamilyType type;
  std::vector<std::string> label_names;
  std::vector<double> upper_bounds;
  MetricCell unlabelled;  // shown when there are no label names

  // Label sets beyond this bound share one cell, whose label values are "overflow".
  static constexpr std::size_t kLabelSetsMax = 10'000;
  std::mutex mutex;
  std::map<std::vector<std::string>, std::shared_ptr<MetricCell>> cells;  // guarded by mutex
  std::map<std::vector<std::string>, std::shared_ptr<DistributionCell>>
      distributions;  // guarded by mutex

  template <class Map, class Make>
  auto child(Map& map, std::initializer_list<std::string_view> values, Make make) {
    assert(values.size() == label_names.size());
    std::vector<std::string> key(values.begin(), values.end());
    key.resize(label_names.size());
    std::lock_guard lock(mutex);
    if (map.size() >= kLabelSetsMax && !map.contains(key))
      key.assign(label_names.size(), "overflow");
    auto& slot = map[key];
    if (!slot) slot = make();
    return slot;
  }
  std::shared_ptr<MetricCell> cell(std::initializer_list<std::string_view> values) {
    return child(cells, values, [] { return std::make_shared<MetricCell>(); });
  }
  void remove(std::initializer_list<std::string_view> values) {
    const std::vector<std::string> key(values.begin(), values.end());
    std::lock_guard lock(mutex);
    cells.erase(key);
  }
  DistributionCell* distribution(std::initializer_list<std::string_view> values) {
    return child(distributions, values,
                 [&] { return std::make_shared<DistributionCell>(upper_bounds); })
        .get();
  }
};

}  // namespace detail

namespace {

using detail::DistributionCell;
using detail::FamilyType;
using detail::MetricFamily;

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<MetricFamily>, std::less<>> families;  // guarded by mutex
  std::vector<std::function<void()>> callbacks;                                // guarded by mutex

  // Never destroyed: static handles and late threads may use it until the very end.
  static Registry& instance() {
    static Registry* const registry = new Registry;
    return *registry;
  }

  std::shared_ptr<MetricFamily> family(std::string_view name, std::string_view help,
                                       FamilyType type,
                                       std::initializer_list<std::string_view> label_names,
                                       std::span<const double> upper_bounds = {}) {
    std::lock_guard lock(mutex);
    if (const auto it = families.find(name); it != families.end()) {
      const bool same = it->second->type == type &&
                        std::ranges::equal(it->second->label_names, label_names) &&
                        std::ranges::equal(it->second->upper_bounds, upper_bounds);
      assert(same && "one metric name, two shapes");
      if (same) return it->second;
    }
    auto made = std::make_shared<MetricFamily>();
    made->name = name;
    made->help = help;
    made->type = type;
    made->label_names.assign(label_names.begin(), label_names.end());
    made->upper_bounds.assign(upper_bounds.begin(), upper_bounds.end());
    families.try_emplace(std::string(name), made);
    return made;
  }
};

void put_number(std::string& out, double v) {
  if (std::isnan(v))
    out += "NaN";
  else if (std::isinf(v))
    out += v > 0 ? "+Inf" : "-Inf";
  else {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
  }
}

void put_escaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quote)
      out += "\\\"";
    else
      out += c;
  }
}

void put_series(std::string& out, const MetricFamily& family, std::string_view suffix,
                std::span<const std::string> values, const double* bound = nullptr) {
  out += family.name;
  out += suffix;
  char before = '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += before;
    before = ',';
    out += family.label_names[i];
    out += "=\"";
    put_escaped(out, values[i], true);
    out += '"';
  }
  if (bound != nullptr) {
    out += before;
    before = ',';
    out += "le=\"";
    put_number(out, *bound);
    out += '"';
  }
  if (before == ',') out += '}';
  out += ' ';
}

void put_distribution(std::string& out, const MetricFamily& family,
                      std::span<const std::string> values, const DistributionCell& cell) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < cell.counts.size(); ++i) {
    total += cell.counts[i].load(std::memory_order_relaxed);
    const double bound = i < cell.upper_bounds.size() ? cell.upper_bounds[i] : HUGE_VAL;
    put_series(out, family, "_bucket", values, &bound);
    out += std::to_string(total) + '\n';
  }
  put_series(out, family, "_sum", values);
  put_number(out, cell.sum.load(std::memory_order_relaxed));
  out += '\n';
  put_series(out, family, "_count", values);
  out += std::to_string(total) + '\n';
}

void put_family(std::string& out, MetricFamily& family) {
  constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
  std::lock_guard lock(family.mutex);
  const bool labelled = !family.label_names.empty();
  if (labelled && family.cells.empty() && family.distributions.empty()) return;
  out += "# HELP " + family.name + ' ';
  put_escaped(out, family.help, false);
  out += "\n# TYPE " + family.name + ' ';
  out += kTypes[static_cast<int>(family.type)];
  out += '\n';
  if (family.type == FamilyType::histogram) {
    for (const auto& [values, cell] : family.distributions)
      put_distribution(out, family, values, *cell);
    return;
  }
  if (!labelled) {
    put_series(out, family, "", {});
    put_number(out, family.unlabelled.value.load(std::memory_order_relaxed));
    out += '\n';
  }
  for (const auto& [values, cell] : family.cells) {
    put_series(out, family, "", values);
    put_number(out, cell->value.load(std::memory_order_relaxed));
    out += '\n';
  }
}

}  // namespace

// A family with label names has no series of its own; `own_` is then a cell that is never shown.
Counter::Counter(std::string_view name, std::string_view help,
                 std::initializer_list<std::string_view> label_names)
    : family_(Registry::instance().family(name, help, FamilyType::counter, label_names)),
      own_(family_, &family_->unlabelled) {}
Counter::Counter(std::shared_ptr<detail::MetricFamily> family,
                 std::shared_ptr<detail::MetricCell> cell)
    : family_(std::move(family)), own_(std::move(cell)) {}
Counter Counter::with(std::initializer_list<std::string_view> label_values) const {
  return {family_, family_->cell(label_values)};
}
void Counter::remove(std::initializer_list<std::string_view> label_values) const {
  family_->remove(label_values);
}

Gauge::Gauge(std::string_view name, std::string_view help,
             std::initializer_list<std::string_view> label_names)
    : family_(Registry::instance().family(name, help, FamilyType::gauge, label_names)),
      own_(family_, &family_->unlabelled) {}
Gauge::Gauge(std::shared_ptr<detail::MetricFamily> family,
             std::shared_ptr<detail::MetricCell> cell)
    : family_(std::move(family)), own_(std::move(cell)) {}
Gauge Gauge::with(std::initializer_list<std::string_view> label_values) const {
  return {family_, family_->cell(label_values)};
}
void Gauge::remove(std::initializer_list<std::string_view> label_values) const {
  family_->remove(label_values);
}

struct Distribution::State {
  std::shared_ptr<MetricFamily> family;
  DistributionCell* cell = nullptr;  // none for a labelled family itself
};

Distribution::Distribution(std::string_view name, std::string_view help,
                           std::initializer_list<double> upper_bounds,
                           std::initializer_list<std::string_view> label_names)
    : state_(std::make_shared<State>()) {
  state_->family = Registry::instance().family(name, help, FamilyType::histogram, label_names,
                                               {upper_bounds.begin(), upper_bounds.size()});
  if (label_names.size() == 0) state_->cell = state_->family->distribution({});
}
Distribution::Distribution(std::shared_ptr<State> state) : state_(std::move(state)) {}

void Distribution::observe(double v) {
  auto* cell = state_->cell;
  if (cell == nullptr) return;
  const auto bucket = std::ranges::lower_bound(cell->upper_bounds, v) - cell->upper_bounds.begin();
  cell->counts[std::isnan(v) ? cell->upper_bounds.size() : static_cast<std::size_t>(bucket)]
      .fetch_add(1, std::memory_order_relaxed);
  cell->sum.fetch_add(v, std::memory_order_relaxed);
}

Distribution Distribution::with(std::initializer_list<std::string_view> label_values) const {
  auto state = std::make_shared<State>();
  state->family = state_->family;
  state->cell = state_->family->distribution(label_values);
  return Distribution(std::move(state));
}

std::string metrics_text() {
  auto& registry = Registry::instance();
  std::vector<std::function<void()>> callbacks;
  std::vector<std::shared_ptr<MetricFamily>> families;
  {
    std::lock_guard lock(registry.mutex);
    callbacks = registry.callbacks;
  }
  for (const auto& callback : callbacks) callback();  // may register more: no lock held
  {
    std::lock_guard lock(registry.mutex);
    for (const auto& [name, family] : registry.families) families.push_back(family);
  }
  std::string out;
  out.reserve(64 * 1024);
  for (const auto& family : families) put_family(out, *family);
  return out;
}

void on_scrape(std::function<void()> callback) {
  auto& registry = Registry::instance();
  std::lock_guard lock(registry.mutex);
  registry.callbacks.push_back(std::move(callback));
}

}  // namespace pharos

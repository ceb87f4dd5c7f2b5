#include "pharos/registry.hpp"

#include <cmath>
#include <deque>
#include <limits>

#include "label_text.hpp"

namespace pharos::client {
namespace detail {

struct Window {
  // What the series had counted at an earlier scrape, in sparse form: bucket, count.
  struct Past {
    std::int64_t second;
    std::vector<std::pair<std::uint32_t, std::uint64_t>> counts;
  };
  std::deque<Past> past;
};

namespace {
constexpr std::size_t kFamiliesMax = 16'384;
constexpr unsigned kWindowSteps = 10;

std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0x811c9dc5;  // FNV-1a
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash ^ hash >> 15;
}
bool equal(Range a, Range b) {
  if (a.size != b.size) return false;
  for (std::uint32_t i = 0; i < a.size; ++i) {
    if (a.data[i] != b.data[i]) return false;
  }
  return true;
}
}  // namespace

Family::Family(const Definition& d, bool inert)
    : name_(d.name),
      help_(d.help),
      label_names_(d.labels, d.labels + d.label_count),
      bounds_values_(d.bounds.data, d.bounds.data + d.bounds.size),
      quantile_values_(d.quantiles.data, d.quantiles.data + d.quantiles.size),
      definition_(d),
      inert_(inert) {
  for (const auto& label : label_names_) label_pointers_.push_back(label.c_str());
  definition_.name = name_.c_str();
  definition_.help = help_.c_str();
  definition_.labels = label_pointers_.data();
  definition_.bounds.data = bounds_values_.data();
  definition_.quantiles.data = quantile_values_.data();
  if (d.type == Type::histogram && (d.bounds.size || d.schema == kNoSchema))
    bounds_ = std::make_unique<Bounds>(definition_.bounds);
  if (d.type == Type::histogram && d.schema != kNoSchema)
    native_ = std::make_unique<Native>(d.schema);
  if (d.type == Type::summary) native_ = std::make_unique<Native>(std::int8_t{5});
}

Family::~Family() {
  for (const auto& series : series_) {
    release_cells(series->slot, series->cells);
    if (series->native_slot != kTrash) release_cells(series->native_slot, native_->cells());
  }
}

bool Family::same_as(const Definition& d) const noexcept {
  if (d.type != definition_.type || d.label_count != definition_.label_count ||
      d.schema != definition_.schema)
    return false;
  for (std::uint32_t i = 0; i < d.label_count; ++i) {
    if (label_names_[i] != d.labels[i]) return false;
  }
  return equal(d.bounds, definition_.bounds) && equal(d.quantiles, definition_.quantiles);
}

Series* Family::find(std::string_view labels, std::size_t& at) const noexcept {
  const std::size_t mask = table_.size() - 1;
  for (at = hash_of(labels) & mask; table_[at]; at = (at + 1) & mask) {
    Series* series = series_[table_[at] - 1].get();
    if (series->labels == labels) return series;
  }
  return nullptr;
}

Series& Family::make(std::string labels) {
  auto series = std::make_unique<Series>();
  series->labels = std::move(labels);
  series->bounds = bounds_.get();
  series->native = native_.get();
  bool enough = true;
  const auto take = [&](std::uint32_t cells, std::uint64_t doubles, std::uint32_t& slot) {
    slot = allocate_cells(cells, doubles);
    if (slot == kTrash) enough = false;
  };
  switch (definition_.type) {
    case Type::counter: take(series->cells = 2, 2, series->slot); break;
    case Type::gauge: take(series->cells = 1, 1, series->slot); break;
    case Type::histogram:
    case Type::summary:
      if (bounds_) take(series->cells = bounds_->count + 2, 1, series->slot);
      if (native_) take(native_->cells(), 1, series->native_slot);
  }
  if (!enough) {
    report(Problem::cell_limit, name_,
           "the process has no more cells: this series is not recorded");
    return inert_series(definition_.type);
  }
  if (definition_.type == Type::counter) {
    series->exemplars = std::make_unique<ExemplarSlot[]>(1);
  } else if (definition_.exemplars) {
    series->exemplars = std::make_unique<ExemplarSlot[]>(bounds_ ? bounds_->count + 1 : 8);
  }
  if (definition_.type == Type::summary) series->window = std::make_shared<Window>();
  series_.push_back(std::move(series));
  return *series_.back();
}

Series& Family::with(const std::string_view* values, std::size_t count) noexcept try {
  if (inert_) return inert_series(definition_.type);
  if (count != definition_.label_count) {
    report(Problem::label_count, name_, "as many values as labels are needed");
    return inert_series(definition_.type);
  }
  std::string labels;
  for (std::size_t i = 0; i < count; ++i) {
    if (!put_label(labels, label_names_[i], values[i])) {
      report(Problem::label_value, name_,
             "a label value that was not UTF-8 or longer than 1024 bytes was mended");
    }
  }
  std::lock_guard lock(mutex_);
  if (table_.size() < (series_.size() + 1) * 2) {  // half full at most
    table_.assign(table_.empty() ? 8 : table_.size() * 2, 0);
    for (std::size_t i = 0; i < series_.size(); ++i) {
      std::size_t at;
      find(series_[i]->labels, at);
      table_[at] = static_cast<std::uint32_t>(i + 1);
    }
  }
  std::size_t at;
  if (Series* known = find(labels, at)) {
    known->hidden.store(false, std::memory_order_relaxed);
    return *known;
  }
  if (series_.size() >= definition_.series_max) {
    report(Problem::series_limit, name_,
           "more label sets than series_max allows: further ones are not recorded");
    return inert_series(definition_.type);
  }
  const auto before = series_.size();
  Series& series = make(std::move(labels));
  if (series_.size() > before) table_[at] = static_cast<std::uint32_t>(series_.size());
  return series;
} catch (const std::bad_alloc&) {
  report(Problem::cell_limit, name_, "no memory for another series: it is not recorded");
  return inert_series(definition_.type);
}

bool Family::hide(const std::string_view* values, std::size_t count) noexcept {
  if (inert_ || count != definition_.label_count) return false;
  std::string labels;
  for (std::size_t i = 0; i < count; ++i) put_label(labels, label_names_[i], values[i]);
  std::lock_guard lock(mutex_);
  std::size_t at;
  Series* known = table_.empty() ? nullptr : find(labels, at);
  if (known) known->hidden.store(true, std::memory_order_relaxed);
  return known != nullptr;
}

void Family::each(const std::function<void(const Series&)>& use) const {
  std::lock_guard lock(mutex_);
  for (const auto& series : series_) {
    if (!series->hidden.load(std::memory_order_relaxed)) use(*series);
  }
}

// Called by `each`'s user, with mutex_ held.
void Family::quantiles(const Series& series, std::int64_t now, double* out) const {
  Window& window = *series.window;
  const std::uint32_t n = native_->cells() - 1;  // zeros, positive, negative
  std::vector<std::uint64_t> counts(n);
  {
    Snapshot snapshot;
    snapshot.counts(series.native_slot + 1, n, counts.data());
  }
  const std::int64_t span = definition_.window_seconds, step = span / kWindowSteps + 1;
  while (window.past.size() > 1 && window.past[1].second <= now - span) window.past.pop_front();
  if (window.past.empty() || window.past.back().second + step <= now) {
    Window::Past past{now, {}};
    for (std::uint32_t i = 0; i < n; ++i) {
      if (counts[i]) past.counts.emplace_back(i, counts[i]);
    }
    if (window.past.empty())
      past.counts.clear();  // what came before the first scrape is in its window
    window.past.push_back(std::move(past));
  }
  if (window.past.front().second < now) {
    for (const auto& [bucket, count] : window.past.front().counts) counts[bucket] -= count;
  }
  std::uint64_t total = 0;
  for (auto count : counts) total += count;
  // A bucket's middle by the geometric mean of its bounds.
  const auto middle = [&](std::uint32_t bucket) {
    return std::exp2((native_->index(bucket) - 0.5) / native_->per_octave);
  };
  for (std::uint32_t q = 0; q < definition_.quantiles.size; ++q) {
    out[q] = std::numeric_limits<double>::quiet_NaN();
    if (!total) continue;
    const auto rank = static_cast<std::uint64_t>(
        std::ceil(definition_.quantiles.data[q] * static_cast<double>(total)));
    std::uint64_t seen = 0, wanted = rank ? rank : 1;
    const std::uint32_t side = native_->side;
    double value = 0;
    bool found = false;
    for (std::uint32_t i = side; i-- > 0 && !found;) {  // from the most negative up
      if ((seen += counts[1 + side + i]) >= wanted) value = -middle(i), found = true;
    }
    if (!found && (seen += counts[0]) >= wanted) value = 0, found = true;
    for (std::uint32_t i = 0; i < side && !found; ++i) {
      if ((seen += counts[1 + i]) >= wanted) value = middle(i), found = true;
    }
    out[q] = value;
  }
}

namespace {
Family& inert_family(Type type) noexcept {
  static Family* const all[4] = {new Family(counter("inert", "").definition(), true),
                                 new Family(gauge("inert", "").definition(), true),
                                 new Family(histogram("inert", "", Range{}).definition(), true),
                                 new Family(summary("inert", "", Range{}).definition(), true)};
  return *all[static_cast<unsigned>(type)];
}
}  // namespace
}  // namespace detail

Registry::Registry() = default;
Registry::~Registry() = default;

Registry& Registry::standard() noexcept {
  static Registry& it = *new Registry;
  return it;
}

detail::Family& Registry::family(const Definition& d) noexcept try {
  if (!detail::valid(d)) {
    detail::report(
        Problem::definition, d.name,
        "the name, a label, a bucket bound or a quantile is not valid: the metric is not recorded");
    return detail::inert_family(d.type);
  }
  std::lock_guard lock(mutex_);
  for (const auto& family : families_) {
    if (family->name() != d.name) continue;
    if (family->same_as(d)) return *family;
    detail::report(
        Problem::conflict, d.name,
        "defined twice, with another type, labels or buckets: the second is not recorded");
    return detail::inert_family(d.type);
  }
  if (families_.size() >= detail::kFamiliesMax) {
    detail::report(Problem::series_limit, d.name,
                   "more than 16384 metrics: further ones are not recorded");
    return detail::inert_family(d.type);
  }
  families_.push_back(std::make_unique<detail::Family>(d));
  return *families_.back();
} catch (const std::bad_alloc&) {
  detail::report(Problem::cell_limit, d.name, "no memory for another metric: it is not recorded");
  return detail::inert_family(d.type);
}

detail::Family& Registry::find(std::string_view name, Type type) noexcept {
  std::lock_guard lock(mutex_);
  for (const auto& family : families_) {
    if (family->name() == name && family->definition().type == type) return *family;
  }
  detail::report(Problem::unknown, name, "no metric of this name and type is defined");
  return detail::inert_family(type);
}

std::uint64_t Registry::on_collect(std::function<void()> refresh) {
  std::lock_guard lock(collect_mutex_);
  refresh_.emplace_back(++refresh_count_, std::move(refresh));
  return refresh_count_;
}

void Registry::forget(std::uint64_t number) noexcept {
  std::lock_guard lock(collect_mutex_);
  for (auto at = refresh_.begin(); at != refresh_.end(); ++at) {
    if (at->first == number) {
      refresh_.erase(at);
      return;
    }
  }
}

void Registry::collect() noexcept {
  std::lock_guard lock(collect_mutex_);
  for (const auto& [number, refresh] : refresh_) {
    try {
      refresh();
    } catch (...) {
      detail::report(Problem::callback, "on_collect", "a function threw");
    }
  }
}

void Registry::each(const std::function<void(const detail::Family&)>& use) const {
  std::lock_guard lock(mutex_);
  for (const auto& family : families_) use(*family);
}

std::size_t Registry::series() const {
  std::size_t n = 0;
  each([&](const detail::Family& family) { family.each([&](const detail::Series&) { ++n; }); });
  return n;
}

namespace {
// Without labels, from text, in the standard registry: shown at once, at 0.
template <class Handle>
Handle sole(const Definition& d) {
  return Handle(Registry::standard().family(d).with(nullptr, 0));
}
}  // namespace

Counter::Counter(const char* name, const char* help) : Counter(client::counter(name, help)) {}
Counter::Counter(const Metric<Type::counter, 0>& m) {
  *this = sole<Counter>(m.definition());
}
Gauge::Gauge(const char* name, const char* help) : Gauge(client::gauge(name, help)) {}
Gauge::Gauge(const Metric<Type::gauge, 0>& m) {
  *this = sole<Gauge>(m.definition());
}
Histogram::Histogram(const char* name, const char* help, Range bounds)
    : Histogram(client::histogram(name, help, bounds)) {}
Histogram::Histogram(const Metric<Type::histogram, 0>& m) {
  *this = sole<Histogram>(m.definition());
}
Summary::Summary(const char* name, const char* help, Range quantiles)
    : Summary(client::summary(name, help, quantiles)) {}
Summary::Summary(const Metric<Type::summary, 0>& m) {
  *this = sole<Summary>(m.definition());
}

}  // namespace pharos::client

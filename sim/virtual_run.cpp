#include "sim/virtual_run.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "base/threads.hpp"

namespace pharos::sim {
namespace {

constexpr std::array<std::string_view, 6> kReport{"up",
                                                  "scrape_duration_seconds",
                                                  "scrape_samples_scraped",
                                                  "scrape_samples_post_metric_relabeling",
                                                  "scrape_series_added",
                                                  "scrape_timeout_seconds"};
constexpr std::size_t kBatchesMax = 3;  // between the two threads; a batch is one tick

// Where a page's samples stand in a batch, and what the last scrape met.
struct Scraped {
  Page* page;
  std::size_t first;  // of its cells; the report follows them
  bool was_up = false, ever = false;
};

class Columns {
 public:
  static Result<Columns> resolve(World& world, Appender& appender, const std::string& instance) {
    Columns out;
    for (const auto& page : world.pages()) {
      out.pages_.push_back({.page = page.get(), .first = out.labels_.size()});
      for (auto& labels : page->stored_labels(instance)) out.labels_.push_back(std::move(labels));
      const auto& target = page->target();
      for (const auto name : kReport)
        out.labels_.push_back(Labels{{kMetricName, name},
                                     {"instance", instance},
                                     {"job", target.job},
                                     {"node", target.node},
                                     {"region", target.region},
                                     {"version", target.version}});
    }
    out.refs_.reserve(out.labels_.size());
    for (const auto& labels : out.labels_) {
      const auto ref = TRY(appender.resolve(labels));
      out.refs_.push_back(ref);
    }
    return out;
  }

  std::size_t size() const { return refs_.size(); }

  // The samples of this moment. A page that does not answer has `up` 0 and, once, stale markers.
  void gather(UnixMillis t_ms, std::vector<FloatSample>& out) {
    out.clear();
    for (auto& scraped : pages_) {
      const auto& cells = scraped.page->cells();
      const auto* refs = refs_.data() + scraped.first;
      const bool up = scraped.page->reachable;
      if (up) {
        for (std::size_t i = 0; i < cells.size(); ++i) out.push_back({refs[i], t_ms, *cells[i]});
      } else if (scraped.was_up) {
        for (std::size_t i = 0; i < cells.size(); ++i) out.push_back({refs[i], t_ms, stale_nan()});
      }
      const double count = up ? static_cast<double>(cells.size()) : 0;
      const double report[] = {up ? 1.0 : 0.0, up ? scraped.page->scrape_seconds : 0.001, count,
                               count,          up && !scraped.ever ? count : 0.0,         10.0};
      for (std::size_t i = 0; i < kReport.size(); ++i)
        out.push_back({refs[cells.size() + i], t_ms, report[i]});
      scraped.was_up = up;
      scraped.ever |= up;
    }
  }

  // After the store has forgotten some of them.
  Status resolve_again(Appender& appender, std::vector<FloatSample>& batch) {
    std::unordered_map<SeriesRef, SeriesRef> renamed;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const auto ref = TRY(appender.resolve(labels_[i]));
      renamed[refs_[i]] = ref;
    }
    for (auto& sample : batch)
      if (const auto at = renamed.find(sample.ref); at != renamed.end()) sample.ref = at->second;
    renamed_ = std::move(renamed);
    return {};
  }
  void rename(std::vector<FloatSample>& batch) const {
    if (renamed_.empty()) return;
    for (auto& sample : batch)
      if (const auto at = renamed_.find(sample.ref); at != renamed_.end()) sample.ref = at->second;
  }

 private:
  std::vector<Scraped> pages_;
  std::vector<Labels> labels_;
  std::vector<SeriesRef> refs_;  // as first resolved; `renamed_` says what became of them
  std::unordered_map<SeriesRef, SeriesRef> renamed_;
};

// Full batches one way, empty ones back.
class Belt {
 public:
  Belt() { free_.resize(kBatchesMax); }
  std::vector<FloatSample> take_free(std::stop_token stop) { return take(free_, stop); }
  std::vector<FloatSample> take_full(std::stop_token stop) { return take(full_, stop); }
  void put_full(std::vector<FloatSample> batch) { put(full_, std::move(batch)); }
  void put_free(std::vector<FloatSample> batch) { put(free_, std::move(batch)); }

 private:
  using Batches = std::deque<std::vector<FloatSample>>;
  std::vector<FloatSample> take(Batches& from, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !from.empty(); });
    if (from.empty()) return {};
    auto batch = std::move(from.front());
    from.pop_front();
    return batch;
  }
  void put(Batches& to, std::vector<FloatSample> batch) {
    std::lock_guard lock(mutex_);
    to.push_back(std::move(batch));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Batches free_, full_;  // guarded by mutex_
};

Status append(Appender& appender, Columns& columns, std::vector<FloatSample>& batch,
              VirtualRunReport& report) {
  columns.rename(batch);
  auto outcome = TRY(appender.append({.floats = batch}));
  const bool forgotten =
      !outcome.rejections.empty() && outcome.rejections.front().reason == RejectReason::unknown_ref;
  report.samples += outcome.accepted;
  if (forgotten) {
    TRY(columns.resolve_again(appender, batch));
    outcome =
        TRY(appender.append({.floats = batch}));  // what is there already is an equal duplicate
  }
  report.rejected += outcome.rejected;
  return {};
}

}  // namespace

Result<VirtualRunReport> run_virtual(World& world, Appender& appender,
                                     const VirtualRunOptions& options) {
  auto columns = TRY(Columns::resolve(world, appender, options.instance));
  VirtualRunReport report{.series = columns.size()};
  Belt belt;
  Status written;
  std::jthread writer = start_thread("sim-append", [&](std::stop_token stop) {
    for (;;) {
      auto batch = belt.take_full(stop);
      if (batch.empty()) return;
      if (written) written = append(appender, columns, batch, report);
      belt.put_free(std::move(batch));
    }
  });
  const auto ticks = static_cast<std::uint64_t>(options.duration / options.interval);
  for (; report.ticks < ticks && !options.stop.stop_requested(); ++report.ticks) {
    auto batch = belt.take_free({});
    world.step(options.interval);
    columns.gather(to_unix_millis(world.now()), batch);
    belt.put_full(std::move(batch));
  }
  belt.put_full({});  // the end
  writer.join();
  TRY(written);
  return report;
}

}  // namespace pharos::sim

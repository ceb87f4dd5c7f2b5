// The samples of one request on their way to the Appender: columns reused from request to request,
// series found through the cache, decoded only when they are new.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/series_cache.hpp"
#include "model/appender.hpp"

namespace pharos::ingest {

// Label sets end to end, and the text that no request bytes hold.
struct LabelArena {
  std::vector<LabelView> labels;
  std::deque<std::string> texts;
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  void clear() { labels.clear(), texts.clear(); }
};

// Sorts labels[from…] by name, drops empty values and checks the rest as Prometheus' receiver does:
// a metric name, valid UTF-8, no name twice. On an error the labels are cut back to `from`.
Status finish_labels(std::vector<LabelView>& labels, std::size_t from);
std::string to_text(std::span<const LabelView> labels);  // {a="b", c="d"}, Go-quoted

// What became of a request.
struct WriteOutcome {
  std::uint64_t samples = 0, histograms = 0, exemplars = 0;  // written
  std::uint64_t rejected = 0;                                // samples, histograms and series refused
  std::vector<std::string> reasons;                          // the first few, one line each
  std::optional<Error> failure;                              // nothing more was acknowledged

  static constexpr std::size_t kReasonsMax = 10;
  void refuse(std::uint64_t count, std::string reason);
  std::string text() const;                                  // the reasons, and how many more there are
};

// One per thread, reused. `begin_series` and the adds in the order of the request, then `commit`.
class Batch {
 public:
  // Appends the sorted, checked labels of a series to the arena (finish_labels).
  using DecodeLabels = std::function<Status(std::string_view raw, std::uint32_t tag, LabelArena& arena)>;

  void clear();
  // `raw` and `tag` come back to DecodeLabels and live until commit ends.
  void begin_series(SeriesCache::Walk& walk, const SeriesKey& key, std::string_view raw, std::uint32_t tag = 0) {
    const auto ref = walk.find(key);
    if (ref == SeriesRef::none) ++unknown_;
    series_.push_back({key, raw, ref, tag, static_cast<std::uint32_t>(floats_.size()),
                       static_cast<std::uint32_t>(histograms_.size()), static_cast<std::uint32_t>(exemplars_.size())});
  }
  void add(UnixMillis t_ms, double value, UnixMillis start_ms = 0) {
    floats_.push_back({series_.back().ref, t_ms, value});
    if (start_ms || !float_starts_.empty()) [[unlikely]] {
      float_starts_.resize(floats_.size(), 0);
      float_starts_.back() = start_ms;
    }
  }
  void add(UnixMillis t_ms, HistogramPtr histogram, UnixMillis start_ms = 0);
  void add(Exemplar exemplar) { exemplars_.push_back({series_.back().ref, std::move(exemplar)}); }
  void add(Metadata metadata) { metadata_.push_back(std::move(metadata)); }
  bool last_series_empty() const {
    return series_.back().floats == floats_.size() && series_.back().histograms == histograms_.size();
  }
  std::size_t series() const { return series_.size(); }
  std::size_t samples() const { return floats_.size() + histograms_.size(); }
  std::size_t histograms() const { return histograms_.size(); }

  WriteOutcome commit(Appender& appender, SeriesCache& cache, const DecodeLabels& decode,
                      const AppendOptions& options = {});

 private:
  struct Series {
    SeriesKey key;
    std::string_view raw;
    SeriesRef ref;
    std::uint32_t tag;
    std::uint32_t floats, histograms, exemplars;  // where its own begin
    bool refused = false;
  };
  void resolve(Appender& appender, SeriesCache& cache, const DecodeLabels& decode, WriteOutcome& outcome);
  void assign_refs(bool remove_refused);
  const Series& owner(Rejection::Kind kind, std::uint32_t index) const;
  std::uint32_t end_of(std::size_t series, Rejection::Kind kind) const;

  std::vector<Series> series_;
  std::size_t unknown_ = 0;
  std::vector<FloatSample> floats_;
  std::vector<UnixMillis> float_starts_, histogram_starts_;
  std::vector<HistogramSample> histograms_;
  std::vector<ExemplarSample> exemplars_;
  std::vector<Metadata> metadata_;
  LabelArena arena_;
  std::vector<std::uint32_t> offsets_, resolved_;
  std::vector<SeriesRef> refs_;
};

}  // namespace pharos::ingest

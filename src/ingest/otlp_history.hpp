// What delta streams had added up to when they were last stored, read back from the store: its samples are
// the state of the accumulation, so a restart, an eviction or a failed write loses and doubles nothing.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "ingest/otlp_delta.hpp"
#include "model/querier.hpp"

namespace pharos::ingest {

// Thread-safe. Looks back a day from the point at hand; a stream silent for longer begins anew.
class DeltaHistory {
 public:
  explicit DeltaHistory(std::shared_ptr<Querier> querier) : querier_(std::move(querier)) {}

  // The series with exactly these labels; nothing when it has no samples of the wanted kind.
  std::optional<DeltaState> number(const Labels& series, UnixMillis t_ms) const;
  std::optional<DeltaState> exponential(const Labels& series, UnixMillis t_ms) const;
  std::optional<DeltaState> custom_buckets(const Labels& series, UnixMillis t_ms) const;
  // `count` is the labels of x_count; its x_bucket and x_sum are found from it. The +Inf bucket is written last, so
  // the newest time that has one is whole.
  std::optional<DeltaState> classic_buckets(const Labels& count, UnixMillis t_ms) const;

 private:
  struct Newest {
    UnixMillis t_ms = 0, start_ms = 0;
    double value = 0;
    HistogramPtr histogram;
  };
  struct Found {
    std::shared_ptr<const Selection> selection;
    std::vector<std::size_t> series;
  };
  // Series that have `labels` and, where `extra` is not empty, that label besides; no others.
  std::optional<Found> find(const Labels& labels, std::string_view extra, UnixMillis t_ms) const;
  std::optional<Newest> newest(const Labels& series, UnixMillis t_ms) const;

  std::shared_ptr<Querier> querier_;
};

}  // namespace pharos::ingest

// Series that have left memory while blocks hold samples of them: which those are, by block, and
// what a query finds among them.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "metrics/part.hpp"
#include "metrics/series_table.hpp"

namespace pharos::metrics {

// Of one part with an index. Thread-safe.
class DepartedSeries {
 public:
  using Ids = std::shared_ptr<const std::vector<SeriesId>>;  // rising
  // Looked up once: every series of the part that the table does not have.
  Ids ids(const Part& part, const SeriesTable& table);
  // These have left the table since, rising.
  void add(const Part& part, std::span<const SeriesId> left);

 private:
  std::mutex mutex_;
  Ids ids_;  // guarded by mutex_; null until asked for
};

// A label set that has samples under ids of its own: series that left memory, and left it again.
struct DepartedMatch {
  Labels labels;
  std::vector<SeriesId> ids;  // in the order of their making
};

}  // namespace pharos::metrics

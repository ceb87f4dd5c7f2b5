// Reading the blocks of a Prometheus TSDB (a data folder's block or a snapshot's): meta.json, index
// (versions 1 and 2), chunks, tombstones. Formats: tsdb/docs/format of prometheus/prometheus.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

// Thread-compatible; keeps the block's files mapped.
class PrometheusBlock {
 public:
  // `folder` is the block's own, "01H…". Errc::not_found / Errc::corrupt name the file.
  static Result<std::unique_ptr<PrometheusBlock>> open(Disk& disk, const std::string& folder);
  ~PrometheusBlock();

  struct Meta {
    std::string ulid;
    UnixMillis min_ms = 0, max_ms = 0;  // half-open
    std::uint64_t samples = 0, series = 0, chunks = 0;
  };
  const Meta& meta() const;

  // Every series with its samples, tombstones applied, in the index' order (by labels). Stops at
  // the first error that `visit` returns. A series that cannot be read goes to `damage` and is left
  // out.
  Status each_series(const std::function<Status(const Labels&, const SampleColumn&)>& visit,
                     std::vector<std::string>& damage) const;

 private:
  struct State;
  explicit PrometheusBlock(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Names of the block folders under `folder` (those with a meta.json), oldest data first.
Result<std::vector<std::string>> prometheus_blocks(Disk& disk, const std::string& folder);

}  // namespace pharos::metrics

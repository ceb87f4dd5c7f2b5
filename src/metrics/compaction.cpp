#include "metrics/compaction.hpp"

#include <algorithm>
#include <optional>

#include "base/log.hpp"
#include "metrics/cold_block_format.hpp"
#include "metrics/compaction_run.hpp"
#include "metrics/rollup.hpp"

namespace pharos::metrics {
namespace {

constexpr std::size_t kBatch = 512;  // series encoded side by side, then written in order
constexpr std::size_t kDamageMax = 100;
constexpr UnixMillis kWindowsMax = 100'000;  // 270 years of days: beyond it times are not times

struct Window {
  UnixMillis from_ms, to_ms;
};  // closed

// The aligned windows that some part reaches into.
Result<std::vector<Window>> windows_of(const Compaction& work) {
  const auto span = std::max<UnixMillis>(1, work.span.count());
  std::vector<UnixMillis> begins;
  for (const auto& part : work.parts) {
    if (part->samples() == 0) continue;
    const auto from = std::max(part->min_ms(), work.from_ms),
               to = std::min(part->max_ms(), work.to_ms);
    if (from > to) continue;
    if (to / span - from / span > kWindowsMax)
      return fail(Errc::limit, "compaction: " + part->path() + " reaches from " +
                                   std::to_string(from) + " to " + std::to_string(to) + " ms");
    auto begin = from / span * span;
    if (begin > from)
      begin = begin < std::numeric_limits<UnixMillis>::min() + span ? from
                                                                    : begin - span;  // before 1970
    for (;; begin += span) {
      begins.push_back(begin);
      if (begin > to - span) break;
    }
  }
  std::ranges::sort(begins);
  begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
  std::vector<Window> out;
  for (const auto begin : begins)
    out.push_back({std::max(begin, work.from_ms), std::min(begin + (span - 1), work.to_ms)});
  return out;
}

std::vector<SeriesId> series_of(std::span<const std::shared_ptr<const Part>> parts) {
  std::vector<SeriesId> ids;
  for (const auto& part : parts) {
    const auto middle = static_cast<std::ptrdiff_t>(ids.size());
    part->each_series([&](SeriesId id) { ids.push_back(id); });
    std::inplace_merge(ids.begin(), ids.begin() + middle, ids.end());
  }
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Result<Labels> labels_of(const Compaction& work, SeriesId id) {
  for (const auto& part : work.parts)
    if (part->has_index() && part->contains(id)) {
      auto labels = part->labels(id);
      if (labels || !work.labels) return labels;
    }
  if (work.labels) return work.labels(id);
  return fail(Errc::not_found,
              "compaction: no labels for series " + std::to_string(static_cast<std::uint64_t>(id)));
}

struct Batch {
  std::vector<ColdSeries> series;
  std::vector<std::vector<std::string>> damage;
  std::vector<std::optional<Error>> errors;
};

Status make_batch(ThreadPool& pool, const Compaction& work, const MakeSeries& make,
                  std::span<const SeriesId> ids, const Window& window, Batch& batch) {
  batch.series.assign(ids.size(), {});
  batch.damage.assign(ids.size(), {});
  batch.errors.assign(ids.size(), std::nullopt);
  constexpr std::size_t kStep = 8;
  pool.parallel_for((ids.size() + kStep - 1) / kStep, [&](std::size_t step) {
    for (auto i = step * kStep; i < std::min(ids.size(), (step + 1) * kStep); ++i) {
      const auto made = [&]() -> Result<ColdSeries> {
        const auto labels = TRY(labels_of(work, ids[i]));
        auto from = window.from_ms;
        if (work.keep_from) {
          const auto keep = work.keep_from(ids[i], labels);
          if (!keep || *keep > window.to_ms) return ColdSeries{};
          from = std::max(from, *keep);
        }
        return make(ids[i], labels, from, window.to_ms, batch.damage[i]);
      }();
      if (made)
        batch.series[i] = std::move(*made);
      else
        batch.errors[i] = made.error();
    }
  });
  for (auto& error : batch.errors)
    if (error) return fail(std::move(*error));
  return {};
}

Status write_window(Disk& disk, ThreadPool& pool, const Compaction& work, Resolution resolution,
                    const MakeSeries& make, const Window& window, CompactionResult& result) {
  std::vector<std::shared_ptr<const Part>> parts;
  for (const auto& part : work.parts)
    if (part->samples() != 0 && part->min_ms() <= window.to_ms && part->max_ms() >= window.from_ms)
      parts.push_back(part);
  // Rising ids: series of one target were made together, and lie together.
  const auto ids = series_of(parts);
  std::unique_ptr<ColdBlockWriter> writer;
  std::string path;
  Batch batch;
  for (std::size_t begin = 0; begin < ids.size(); begin += kBatch) {
    if (work.stop.stop_requested()) return fail(Errc::cancelled, "compaction was stopped");
    const auto some = std::span(ids).subspan(begin, std::min(kBatch, ids.size() - begin));
    TRY(make_batch(pool, work, make, some, window, batch));
    for (std::size_t i = 0; i < some.size(); ++i) {
      for (auto& what : batch.damage[i])
        if (result.damage.size() < kDamageMax) result.damage.push_back(std::move(what));
      if (batch.series[i].samples == 0) continue;
      if (!writer) {
        path = work.next_path();
        writer = TRY(ColdBlockWriter::create(disk, path, resolution));
      }
      TRY(writer->add(batch.series[i]));
    }
  }
  if (!writer) return {};
  TRY(writer->finish());
  result.paths.push_back(path);
  result.samples += writer->samples();
  result.bytes += writer->bytes();
  return {};
}

}  // namespace

Result<CompactionResult> run_compaction(Disk& disk, ThreadPool& pool, const Compaction& work,
                                        Resolution resolution, const MakeSeries& make) {
  CompactionResult result;
  const auto windows = TRY(windows_of(work));
  for (const auto& window : windows) {
    auto status = write_window(disk, pool, work, resolution, make, window, result);
    if (status) continue;
    for (const auto& path : result.paths)
      if (const auto removed = disk.remove(path); !removed)
        log::warn("output of a failed compaction could not be removed",
                  {{"file", path}, {"error", removed.error().message}});
    return fail(std::move(status).error());
  }
  return result;
}

Result<CompactionResult> compact(Disk& disk, ThreadPool& pool, const Compaction& work) {
  const auto resolution = work.parts.empty() ? Resolution::raw : work.parts.front()->resolution();
  for (const auto& part : work.parts)
    if (part->resolution() != resolution)
      return fail(Errc::internal, "compaction: parts of different resolutions");
  return run_compaction(
      disk, pool, work, resolution,
      [&](SeriesId id, const Labels& labels, UnixMillis from, UnixMillis to,
          std::vector<std::string>& damage) -> Result<ColdSeries> {
        if (resolution == Resolution::raw) {
          SampleColumn samples;
          TRY(read_merged(work.parts, id, from, to, samples, damage));
          if (work.tombstones) work.tombstones->apply(id, samples);
          return encode_cold(id, labels, samples);
        }
        Rollup rollup;
        TRY(read_merged(work.parts, id, from, to, rollup, damage));
        if (work.tombstones && work.tombstones->touches(id, from, to)) {
          Rollup kept;
          std::vector<std::uint32_t> rows;
          for (std::uint32_t row = 0; row < rollup.size(); ++row)
            if (!work.tombstones->touches(id, rollup.base.t_ms[row], rollup.base.t_ms[row]))
              rows.push_back(row);
          take_rows(kept, rollup, rows);
          rollup = std::move(kept);
        }
        return encode_cold(id, labels, rollup.base, rollup.columns);
      });
}

}  // namespace pharos::metrics

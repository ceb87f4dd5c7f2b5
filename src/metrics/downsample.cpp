#include "metrics/downsample.hpp"

#include <algorithm>
#include <array>

#include "metrics/compaction_run.hpp"
#include "metrics/rollup.hpp"

namespace pharos::metrics {
namespace {

constexpr std::array<std::string_view, 3> kCounterFunctions = {"rate", "increase", "irate"};
constexpr std::array<std::pair<std::string_view, Aggregate>, 5> kColumns = {{
    {"min_over_time", Aggregate::min},
    {"max_over_time", Aggregate::max},
    {"sum_over_time", Aggregate::sum},
    {"count_over_time", Aggregate::count},
    {"first_over_time", Aggregate::first},
}};
constexpr std::array<std::string_view, 8> kLastFunctions = {
    "last_over_time", "changes", "resets",         "delta",
    "idelta",         "deriv",   "predict_linear", "present_over_time"};

}  // namespace

Result<CompactionResult> downsample(Disk& disk, ThreadPool& pool, const Compaction& work,
                                    Resolution resolution) {
  if (resolution == Resolution::raw) return fail(Errc::internal, "downsample: raw is no roll-up");
  const auto source =
      resolution == Resolution::five_minutes ? Resolution::raw : Resolution::five_minutes;
  for (const auto& part : work.parts)
    if (part->resolution() != source)
      return fail(Errc::internal, "downsample: " + part->path() + " is of the wrong resolution");
  const auto window = window_ms(resolution);
  if (work.span.count() % window != 0)
    return fail(Errc::internal, "downsample: outputs must be cut between windows");
  return run_compaction(disk, pool, work, resolution,
                        [&](SeriesId id, const Labels& labels, UnixMillis from, UnixMillis to,
                            std::vector<std::string>& damage) -> Result<ColdSeries> {
                          Rollup rollup;
                          if (source == Resolution::raw) {
                            SampleColumn samples;
                            TRY(read_merged(work.parts, id, from, to, samples, damage));
                            if (work.tombstones) work.tombstones->apply(id, samples);
                            rollup = roll_up(samples, window);
                          } else {
                            Rollup finer;
                            TRY(read_merged(work.parts, id, from, to, finer, damage));
                            rollup = roll_up(finer, window);
                          }
                          return encode_cold(id, labels, rollup.base, rollup.columns);
                        });
}

Status read_for_function(const Part& part, SeriesId id, std::string_view function,
                         UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) {
  if (part.resolution() == Resolution::raw) return part.read(id, from_ms, to_ms, out);
  for (const auto& [name, aggregate] : kColumns)
    if (name == function) return part.read_aggregate(id, aggregate, from_ms, to_ms, out);
  if (std::ranges::find(kLastFunctions, function) != kLastFunctions.end())
    return part.read_aggregate(id, Aggregate::last, from_ms, to_ms, out);
  if (std::ranges::find(kCounterFunctions, function) == kCounterFunctions.end())
    return part.read(id, from_ms, to_ms, out);
  SampleColumn first, last;
  TRY(part.read_aggregate(id, Aggregate::first, from_ms, to_ms, first));
  TRY(part.read_aggregate(id, Aggregate::last, from_ms, to_ms, last));
  const auto before = out.size();
  TRY(part.read_aggregate(id, Aggregate::counter, from_ms, to_ms, out));
  const auto grown = cumulative(first.value, last.value, std::span(out.value).subspan(before));
  std::ranges::copy(grown, out.value.begin() + static_cast<std::ptrdiff_t>(before));
  return {};
}

}  // namespace pharos::metrics

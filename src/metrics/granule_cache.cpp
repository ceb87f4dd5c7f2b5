#include "metrics/granule_cache.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/metric.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter hits{"pharos_granule_cache_hits_total",
               "Short reads of cold blocks answered from decoded samples."};
  Counter misses{"pharos_granule_cache_misses_total",
                 "Short reads of cold blocks that had to decode."};
  Counter evicted{"pharos_granule_cache_evicted_total",
                  "Decoded runs that went because the cache was full."};
  Gauge bytes{"pharos_granule_cache_bytes", "Memory of decoded samples kept for short reads."};
};
Stats& stats() {
  static Stats stats;
  return stats;
}

bool all_same(std::span<const double> values) {
  const auto first = std::bit_cast<std::uint64_t>(values.front());
  return std::ranges::all_of(
      values, [first](double v) { return std::bit_cast<std::uint64_t>(v) == first; });
}

}  // namespace

std::size_t GranuleCache::Run::bytes() const {
  // With its place in the map.
  return sizeof(Run) + sizeof(Key) + 8 + times.capacity() * sizeof(std::uint32_t) +
         values.capacity() * sizeof(double);
}

UnixMillis GranuleCache::Run::time(std::size_t i) const {
  return first_ms + (times.empty() ? static_cast<UnixMillis>(i) * step_ms : UnixMillis{times[i]});
}

GranuleCache::GranuleCache(std::size_t bytes_max) : shard_bytes_max_(bytes_max / kShards) {}

GranuleCache::~GranuleCache() {
  stats().bytes.add(-static_cast<double>(reported_bytes_));
}

bool GranuleCache::read(Key key, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) {
  auto& s = shard(key);
  const std::lock_guard lock(s.mutex);
  const auto found = s.place.find(key);
  if (found == s.place.end()) return false;
  auto& run = s.runs[found->second];
  if (from_ms < run.from_ms || to_ms > run.to_ms) return false;
  run.used = true;
  ++s.hits;
  const auto first = std::max(from_ms, run.first_ms),
             last = std::min(to_ms, run.time(run.count - 1));
  if (first > last) return true;
  std::size_t begin, end;
  if (run.times.empty()) {
    const auto step = std::max<UnixMillis>(1, run.step_ms);
    begin = static_cast<std::size_t>((first - run.first_ms + step - 1) / step);
    end = static_cast<std::size_t>((last - run.first_ms) / step) + 1;
  } else {
    const auto& t = run.times;
    begin = static_cast<std::size_t>(std::ranges::lower_bound(t, first - run.first_ms) - t.begin());
    end = static_cast<std::size_t>(std::ranges::upper_bound(t, last - run.first_ms) - t.begin());
  }
  if (begin >= end) return true;
  const auto before = out.size(), n = end - begin;
  out.t_ms.resize(before + n);
  auto* const t = out.t_ms.data() + before;
  if (run.times.empty()) {
    const auto origin = run.time(begin);
    for (std::size_t i = 0; i < n; ++i) t[i] = origin + static_cast<UnixMillis>(i) * run.step_ms;
  } else {
    for (std::size_t i = 0; i < n; ++i) t[i] = run.first_ms + UnixMillis{run.times[begin + i]};
  }
  if (run.values.size() == 1) {
    out.value.resize(before + n, run.values.front());
  } else {
    out.value.resize(before + n);
    std::copy_n(run.values.data() + begin, n, out.value.data() + before);
  }
  if (!out.histograms.empty()) out.histograms.resize(out.size());
  if (!out.start_ms.empty()) out.start_ms.resize(out.size());
  return true;
}

void GranuleCache::put(Key key, const CachedRun& run) {
  if (run.t_ms.empty() ||
      run.t_ms.back() - run.t_ms.front() > std::numeric_limits<std::uint32_t>::max())
    return;
  Run made;
  made.key = key;
  made.count = static_cast<std::uint32_t>(run.t_ms.size());
  made.from_ms = run.from_ms, made.to_ms = run.to_ms, made.first_ms = run.t_ms.front();
  const auto offset = [&](std::size_t i) {
    return static_cast<std::uint32_t>(run.t_ms[i] - run.t_ms.front());
  };
  made.step_ms = made.count > 1 ? offset(1) : 0;
  for (std::size_t i = 2; i < made.count; ++i) {
    if (offset(i) - offset(i - 1) == made.step_ms) continue;
    made.times.resize(made.count);
    for (std::size_t k = 0; k < made.count; ++k) made.times[k] = offset(k);
    break;
  }
  made.values.assign(run.value.begin(),
                     all_same(run.value) ? run.value.begin() + 1 : run.value.end());
  const auto bytes = made.bytes();
  if (bytes > shard_bytes_max_) return;

  auto& s = shard(key);
  const std::lock_guard lock(s.mutex);
  ++s.misses;
  if (const auto found = s.place.find(key); found != s.place.end()) remove(s, found->second);
  while (s.bytes + bytes > shard_bytes_max_) {
    remove(s, victim(s));
    ++s.evicted;
  }
  s.place.emplace(key, static_cast<std::uint32_t>(s.runs.size()));
  s.runs.push_back(std::move(made));
  s.bytes += bytes;
}

void GranuleCache::remove(Shard& shard, std::uint32_t at) {
  shard.bytes -= shard.runs[at].bytes();
  shard.place.erase(shard.runs[at].key);
  if (at + 1 != shard.runs.size()) {
    shard.runs[at] = std::move(shard.runs.back());
    shard.place[shard.runs[at].key] = at;
  }
  shard.runs.pop_back();
}

// Any run, so that a scan over more series than fit still finds some of them the next time; those
// that were read get a second chance.
std::uint32_t GranuleCache::victim(Shard& shard) {
  std::uint32_t at = 0;
  for (int tries = 0; tries < 4; ++tries) {
    at = static_cast<std::uint32_t>(shard.random() % shard.runs.size());
    if (!shard.runs[at].used) break;
    shard.runs[at].used = false;
  }
  return at;
}

void GranuleCache::report() {
  const std::lock_guard reporting(report_mutex_);
  std::uint64_t hits = 0, misses = 0, evicted = 0;
  std::size_t bytes = 0;
  for (auto& s : shards_) {
    const std::lock_guard lock(s.mutex);
    hits += std::exchange(s.hits, 0), misses += std::exchange(s.misses, 0),
        evicted += std::exchange(s.evicted, 0);
    bytes += s.bytes;
  }
  stats().hits.add(static_cast<double>(hits));
  stats().misses.add(static_cast<double>(misses));
  stats().evicted.add(static_cast<double>(evicted));
  stats().bytes.add(static_cast<double>(bytes) -
                    static_cast<double>(std::exchange(reported_bytes_, bytes)));
}

void GranuleCache::sweep() {
  for (auto& s : shards_) {
    const std::lock_guard lock(s.mutex);
    for (std::uint32_t at = 0; at < s.runs.size();) {
      if (s.runs[at].used)
        s.runs[at++].used = false;
      else
        remove(s, at);
    }
    if (s.runs.empty()) s.runs = {}, s.place = {};
  }
}

std::size_t GranuleCache::bytes() const {
  std::size_t bytes = 0;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s.mutex);
    bytes += s.bytes;
  }
  return bytes;
}

}  // namespace pharos::metrics

#include "ingest/otlp_delta.hpp"

#include <algorithm>

#include "base/metric.hpp"
#include "codec/checksum.hpp"

namespace pharos::ingest {
namespace {

constexpr std::int64_t kBucketsMax = 4096;  // of one side; wider ones are merged to a coarser scale

struct Stats {
  Counter evicted{"pharos_ingest_otlp_delta_evicted_total", "Delta streams forgotten because there were too many."};
  Counter refused{"pharos_ingest_otlp_delta_out_of_order_total", "Delta points refused because they overlap earlier ones."};
};
Stats& stats() {
  static Stats s;
  return s;
}

void downscale_side(ExponentialSide& side, std::int32_t by) {
  if (side.counts.empty()) return;
  const auto first = side.offset >> by;
  const auto last = static_cast<std::int32_t>((static_cast<std::int64_t>(side.offset) + static_cast<std::int64_t>(side.counts.size()) - 1) >> by);
  std::vector<std::uint64_t> merged(static_cast<std::size_t>(last - first) + 1);
  for (std::size_t i = 0; i < side.counts.size(); ++i)
    merged[static_cast<std::size_t>(((static_cast<std::int64_t>(side.offset) + static_cast<std::int64_t>(i)) >> by) - first)] += side.counts[i];
  side.offset = first;
  side.counts = std::move(merged);
}

// Width of both sides together; 0 for two empty ones.
std::int64_t joint_width(const ExponentialSide& a, const ExponentialSide& b) {
  if (a.counts.empty() || b.counts.empty()) return static_cast<std::int64_t>(std::max(a.counts.size(), b.counts.size()));
  const auto first = std::min<std::int64_t>(a.offset, b.offset);
  const auto last = std::max(a.offset + static_cast<std::int64_t>(a.counts.size()), b.offset + static_cast<std::int64_t>(b.counts.size()));
  return last - first;
}

void add_side(ExponentialSide& into, const ExponentialSide& more) {
  if (more.counts.empty()) return;
  if (into.counts.empty()) {
    into = more;
    return;
  }
  const auto width = static_cast<std::size_t>(joint_width(into, more));
  const auto first = std::min(into.offset, more.offset);
  std::vector<std::uint64_t> sum(width);
  for (std::size_t i = 0; i < into.counts.size(); ++i) sum[static_cast<std::size_t>(into.offset - first) + i] += into.counts[i];
  for (std::size_t i = 0; i < more.counts.size(); ++i) sum[static_cast<std::size_t>(more.offset - first) + i] += more.counts[i];
  into.offset = first;
  into.counts = std::move(sum);
}

// Never 0.
std::uint64_t digest_of(double sum, std::uint64_t count, std::span<const std::uint64_t> counts) {
  const auto bytes = [](const void* at, std::size_t n) { return std::string_view(static_cast<const char*>(at), n); };
  return codec::hash64(bytes(counts.data(), counts.size_bytes()), codec::hash64(bytes(&sum, sizeof sum), count)) | 1;
}

}  // namespace

void ExponentialHistogram::downscale(std::int32_t to) {
  const auto by = std::min(scale - to, 31);
  if (by <= 0) return;
  downscale_side(positive, by);
  downscale_side(negative, by);
  scale = to;
}

DeltaAccumulator::DeltaAccumulator(std::uint32_t streams_max, Millis idle_max)
    : per_shard_(std::max<std::size_t>(1, streams_max / 16)), idle_max_(idle_max) {}

bool DeltaAccumulator::contains(const SeriesKey& key) const {
  const auto& shard = shards_[key.high % shards_.size()];
  std::lock_guard lock(shard.mutex);
  return shard.streams.contains(key);
}

DeltaAccumulator::Stream& DeltaAccumulator::insert(Shard& shard, const SeriesKey& key) {
  if (shard.streams.size() >= per_shard_) {
    stats().evicted.add();
    shard.streams.erase(std::min_element(shard.streams.begin(), shard.streams.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  }
  return shard.streams.emplace(key, Stream{}).first->second;
}

void DeltaAccumulator::seed(const SeriesKey& key, DeltaState state) {
  auto& shard = shards_[key.high % shards_.size()];
  std::lock_guard lock(shard.mutex);
  if (shard.streams.contains(key)) return;
  auto& stream = insert(shard, key);
  static_cast<DeltaState&>(stream) = std::move(state);
  stream.used = ++shard.turn;
}

void DeltaAccumulator::forget(std::span<const SeriesKey> keys) {
  for (const auto& key : keys) {
    auto& shard = shards_[key.high % shards_.size()];
    std::lock_guard lock(shard.mutex);
    shard.streams.erase(key);
  }
}

template <class Merge, class Repeat>
DeltaStart DeltaAccumulator::update(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, std::uint64_t digest, Merge&& merge, Repeat&& repeat) {
  auto& shard = shards_[key.high % shards_.size()];
  std::lock_guard lock(shard.mutex);
  ++shard.turn;
  // Time is the senders': idle streams leave when the newest point has moved on by the idle time.
  if (t_ms > shard.swept_ms + idle_max_.count()) {
    std::erase_if(shard.streams, [&](const auto& entry) { return entry.second.t_ms + idle_max_.count() < t_ms && entry.first != key; });
    shard.swept_ms = t_ms;
  }
  auto found = shard.streams.find(key);
  if (found == shard.streams.end()) {
    insert(shard, key).start_ms = start_ms ? start_ms : t_ms;
    found = shard.streams.find(key);
  } else if (t_ms == found->second.t_ms && (found->second.newest == 0 || found->second.newest == digest) && repeat(found->second)) {
    return {found->second.start_ms, true};
  } else if (t_ms <= found->second.t_ms || (start_ms && found->second.start_ms && start_ms < found->second.start_ms)) {
    stats().refused.add();
    return {};
  }
  auto& stream = found->second;
  stream.t_ms = t_ms;
  stream.newest = digest;
  stream.used = shard.turn;
  merge(stream);
  return {stream.start_ms, true};
}

DeltaStart DeltaAccumulator::add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, double& value) {
  const auto take_total = [&](const Stream& stream) {
    value = stream.value;
    return true;
  };
  return update(key, start_ms, t_ms, digest_of(value, 0, {}), [&](Stream& stream) {
    stream.value += value;
    value = stream.value;
  }, take_total);
}

DeltaStart DeltaAccumulator::add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, ExplicitHistogram& h) {
  const auto take_total = [&](const Stream& stream) {
    if (!stream.explicit_histogram) return false;
    h = *stream.explicit_histogram;
    return true;
  };
  return update(key, start_ms, t_ms, digest_of(h.sum, h.count, h.counts), [&](Stream& stream) {
    auto& total = stream.explicit_histogram;
    if (!total || total->bounds != h.bounds || total->counts.size() != h.counts.size()) {
      total = std::make_unique<ExplicitHistogram>(h);  // other buckets: a new beginning
      return;
    }
    for (std::size_t i = 0; i < h.counts.size(); ++i) total->counts[i] += h.counts[i];
    total->count += h.count;
    total->sum += h.sum;
    h = *total;
  }, take_total);
}

DeltaStart DeltaAccumulator::add(const SeriesKey& key, UnixMillis start_ms, UnixMillis t_ms, ExponentialHistogram& h) {
  const auto take_total = [&](const Stream& stream) {
    if (!stream.exponential) return false;
    h = *stream.exponential;
    return true;
  };
  return update(key, start_ms, t_ms, digest_of(h.sum, h.count, h.positive.counts), [&](Stream& stream) {
    auto& total = stream.exponential;
    if (!total) {
      total = std::make_unique<ExponentialHistogram>(h);
      return;
    }
    auto scale = std::min(total->scale, h.scale);
    do {
      total->downscale(scale);
      h.downscale(scale);
      --scale;
    } while (scale >= -20 && (joint_width(total->positive, h.positive) > kBucketsMax || joint_width(total->negative, h.negative) > kBucketsMax));
    add_side(total->positive, h.positive);
    add_side(total->negative, h.negative);
    total->count += h.count;
    total->zero_count += h.zero_count;
    total->sum += h.sum;
    total->zero_threshold = std::max(total->zero_threshold, h.zero_threshold);
    h = *total;
  }, take_total);
}

std::size_t DeltaAccumulator::streams() const {
  std::size_t n = 0;
  for (const auto& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    n += shard.streams.size();
  }
  return n;
}

}  // namespace pharos::ingest

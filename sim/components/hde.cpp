// HDE: blocks of virtual machines, encoded as deltas of baselines and compressed. Real zstd runs on
// a sample of pages made from the seed, once; its ratios are what every node reaches when all is
// well.
#include <algorithm>
#include <cmath>

#include "codec/compress.hpp"
#include "sim/components/all.hpp"
#include "sim/world.hpp"

namespace pharos::sim {
namespace {

constexpr std::size_t kPage = 16 * 1024, kSamples = 8;
constexpr double kBlockBytes = 65'536;
constexpr std::string_view kTypes[] = {"memory", "disk"};

// Memory of a guest: empty stretches, structures that repeat with small changes, and `noise` of its
// bytes that nothing can shorten.
std::string make_page(Random& random, double noise) {
  std::string page;
  page.reserve(kPage);
  std::string record(64, '\0');
  for (auto& c : record) c = static_cast<char>(random.below(256));
  while (page.size() < kPage) {
    const double kind = random.uniform();
    if (kind < noise) {
      for (int i = 0; i < 64; ++i) page += static_cast<char>(random.below(256));
    } else if (kind < 0.4 + noise) {
      page.append(64, '\0');
    } else {
      record[random.below(64)] = static_cast<char>(random.below(256));
      page += record;
    }
  }
  page.resize(kPage);
  return page;
}

double sample_ratio(World& world, std::string_view type, double noise) {
  auto random = world.random("pages-" + std::string(type));
  double original = 0, compressed = 0;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto page = make_page(random, noise);
    original += static_cast<double>(page.size());
    compressed += static_cast<double>(codec::compress(codec::Compression::zstd, page, 3).size());
  }
  return original / compressed;
}

struct Encoder {
  Histogram ratio[2], latency;
  Counter original[2], compressed[2];
  Counter encoded, encode_failed, decoded, decode_failed;
  Gauge hit_rate, dictionary, memory_baselines, disk_baselines, state_baselines;
  Gauge zstd, lz4, saved_ratio, saved_percent;
  Wander hits{0.01, 300}, wander{0.015, 300};
};

class Hde final : public Component {
 public:
  explicit Hde(World& world) : random_(world.random("hde")) {
    auto& ratios = world.state().page_ratio;
    ratios[0] = sample_ratio(world, "memory", 0.10);
    ratios[1] = sample_ratio(world, "disk", 0.13);
    ratios[2] = sample_ratio(world, "state", 0.08);
    for (const auto& node : world.fleet().nodes()) {
      auto& page = world.node_page(node.index);
      const auto& n = node.name;
      const auto& cluster = world.fleet().regions()[node.region].name;
      Encoder e;
      for (int t = 0; t < 2; ++t) {
        e.ratio[t] = page.histogram(m::dwcp_hde_compression_ratio, cluster, n, kTypes[t]);
        e.original[t] = page.counter(m::dwcp_hde_bytes_original_total, cluster, n, kTypes[t]);
        e.compressed[t] = page.counter(m::dwcp_hde_bytes_compressed_total, cluster, n, kTypes[t]);
      }
      e.encoded = page.counter(m::dwcp_hde_operations_total, cluster, n, "encode", "success");
      e.encode_failed = page.counter(m::dwcp_hde_operations_total, cluster, n, "encode", "failure");
      e.decoded = page.counter(m::dwcp_hde_operations_total, cluster, n, "decode", "success");
      e.decode_failed = page.counter(m::dwcp_hde_operations_total, cluster, n, "decode", "failure");
      e.hit_rate = page.gauge(m::dwcp_hde_delta_hit_rate_percent, cluster, n);
      e.dictionary = page.gauge(m::dwcp_hde_dictionary_efficiency_percent, cluster, n);
      e.memory_baselines = page.gauge(m::dwcp_hde_baseline_count, cluster, n, "memory");
      e.disk_baselines = page.gauge(m::dwcp_hde_baseline_count, cluster, n, "disk");
      e.state_baselines = page.gauge(m::dwcp_hde_baseline_count, cluster, n, "state");
      e.latency = page.histogram(m::dwcp_v3_hde_compression_latency, n);
      e.zstd = page.gauge(m::dwcp_v3_compression_ratio, n, "zstd");
      e.lz4 = page.gauge(m::dwcp_v3_compression_ratio, n, "lz4");
      e.saved_ratio = page.gauge(m::dwcp_v3_hde_compression_ratio, n);
      e.saved_percent = page.gauge(m::dwcp_v3_hde_compression_ratio_percent, n);
      encoders_.push_back(std::move(e));
    }
    for (const auto& region : world.fleet().regions()) {
      auto& page = world.region_page(region.index);
      regions_.push_back({page.histogram(m::dwcp_compression_ratio, region.name),
                          page.counter(m::dwcp_bandwidth_saved_bytes, region.name)});
    }
    compressions_ = world.fleet_page().counter(m::dwcp_v3_compressions_total);
  }

  void tick(World& world, double seconds) override {
    double blocks_all = 0;
    std::vector<double> saved(regions_.size()), ratio(regions_.size()), blocks(regions_.size());
    for (const auto& node : world.fleet().nodes()) {
      auto& state = world.state().nodes[node.index];
      if (!state.up) continue;
      const auto done = tick_node(world, node, seconds);
      saved[node.region] += done.saved;
      blocks[node.region] += done.blocks;
      ratio[node.region] += done.blocks * state.compression;
      blocks_all += done.blocks;
    }
    for (std::size_t r = 0; r < regions_.size(); ++r) {
      regions_[r].saved.add(saved[r]);
      if (blocks[r] > 0) regions_[r].ratio.observe({ratio[r] / blocks[r], 0.2}, blocks[r] / 1000);
    }
    compressions_.add(blocks_all);
  }

 private:
  struct Done {
    double saved = 0, blocks = 0;
  };

  Done tick_node(World& world, const Node& node, double seconds) {
    const auto& fx = world.effects();
    auto& state = world.state().nodes[node.index];
    auto& e = encoders_[node.index];
    const double lost = fx(Knob::baselines_lost, node.index);
    const bool down =
        fx.part(Knob::part_down, node.index, kHde) >= 1 || !world.state().controls.flag("hde");
    const double hit =
        std::clamp(0.84 * (1 - 0.9 * lost) * (1 + e.hits.next(random_, seconds)), 0.0, 1.0);
    // A block with a baseline is a delta: half as much to encode.
    const double delta = 1 / (1 - 0.5 * hit) / (1 / (1 - 0.5 * 0.84));
    const double quality =
        fx(Knob::compression_ratio, node.index) * delta * (1 + e.wander.next(random_, seconds));
    const double memory = std::max(1.02, world.state().page_ratio[0] * quality);
    const double disk = std::max(1.02, world.state().page_ratio[1] * quality);
    state.compression = down ? 1 : 2 / (1 / memory + 1 / disk);

    // A fifth of what AMST carries comes through here.
    const double compressed = down ? 0 : 0.2 * state.sent_bytes_per_second * seconds;
    const double original = compressed * state.compression;
    state.hde_bytes_per_second = seconds > 0 ? original / seconds : 0;
    const double blocks = original / kBlockBytes;
    const double failures = fx.part(Knob::part_errors, node.index, kHde);
    const double ratios[] = {memory, disk};
    for (int t = 0; t < 2; ++t) {
      e.original[t].add(compressed / 2 * ratios[t]);
      e.compressed[t].add(compressed / 2);
      e.ratio[t].observe({ratios[t], 0.18}, blocks / 2);
    }
    e.encoded.add(blocks * (1 - failures));
    e.encode_failed.add(blocks * failures);
    e.decoded.add(blocks * (1 - failures / 2));
    e.decode_failed.add(blocks * failures / 2);
    e.hit_rate.set(100 * hit);
    e.dictionary.set(down ? 0 : 22 * std::min(1.0, quality));
    const double extra = fx(Knob::baselines_extra, node.index),
                 vms = world.config().fleet.vms_per_node;
    e.memory_baselines.set(std::floor(vms * 64 * (1 - lost) + extra));
    e.disk_baselines.set(std::floor(vms * 32 * (1 - lost)));
    e.state_baselines.set(12);
    // Processors that are busy with other things take longer.
    const double slow = fx.part(Knob::part_latency, node.index, kHde) /
                        std::max(0.1, 1 - 0.8 * std::max(0.0, state.cpu - 0.5));
    e.latency.observe({40 * slow, 0.4}, blocks);
    e.zstd.set(state.compression);
    e.lz4.set(std::max(1.0, 0.6 * state.compression));
    e.saved_ratio.set(1 - 1 / state.compression);
    e.saved_percent.set(100 * (1 - 1 / state.compression));
    return {.saved = original - compressed, .blocks = blocks};
  }

  struct RegionSeries {
    Histogram ratio;
    Counter saved;
  };
  Random random_;
  std::vector<Encoder> encoders_;
  std::vector<RegionSeries> regions_;
  Counter compressions_;
};

}  // namespace

std::unique_ptr<Component> make_hde(World& world) {
  return std::make_unique<Hde>(world);
}

}  // namespace pharos::sim

#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class DataType : std::uint8_t { memory, disk, metadata };
enum class Baseline : std::uint8_t { memory, disk, metadata };

// Hierarchical delta encoding of one node: phase 1's seven metrics.
class Hde {
 public:
  Hde(Registry& registry, std::string_view cluster, std::string_view node)
      : hit_rate_(series(registry, metrics::dwcp_hde_delta_hit_rate_percent, cluster, node)),
        dictionary_(
            series(registry, metrics::dwcp_hde_dictionary_efficiency_percent, cluster, node)) {
    const detail::Names<3> types{"memory", "disk", "metadata"};
    ratio_ = detail::resolve(types, [&](const char* t) {
      return series(registry, metrics::dwcp_hde_compression_ratio, cluster, node, t);
    });
    original_ = detail::resolve(types, [&](const char* t) {
      return series(registry, metrics::dwcp_hde_bytes_original_total, cluster, node, t);
    });
    compressed_ = detail::resolve(types, [&](const char* t) {
      return series(registry, metrics::dwcp_hde_bytes_compressed_total, cluster, node, t);
    });
    baselines_ = detail::resolve(types, [&](const char* t) {
      return series(registry, metrics::dwcp_hde_baseline_count, cluster, node, t);
    });
    const auto operations = [&](const char* what) {
      return detail::resolve(detail::Names<2>{"success", "failure"}, [&](const char* result) {
        return series(registry, metrics::dwcp_hde_operations_total, cluster, node, what, result);
      });
    };
    encodes_ = operations("encode"), decodes_ = operations("decode");
  }

  // A block that was encoded: bytes in, bytes out, whether a baseline served as the base of a
  // delta.
  void encoded(DataType type, std::uint64_t original, std::uint64_t compressed,
               bool delta) const noexcept {
    encodes_[0].add();
    original_[detail::index(type)].add(original);
    compressed_[detail::index(type)].add(compressed);
    if (compressed)
      ratio_[detail::index(type)].record(static_cast<double>(original) /
                                         static_cast<double>(compressed));
    const auto hits = hits_.fetch_add(delta, std::memory_order_relaxed) + delta;
    const auto blocks = blocks_.fetch_add(1, std::memory_order_relaxed) + 1;
    hit_rate_.set(100.0 * static_cast<double>(hits) / static_cast<double>(blocks));
  }
  void encode_failed() const noexcept { encodes_[1].add(); }
  void decoded(bool good = true) const noexcept { decodes_[good ? 0 : 1].add(); }
  void baselines(Baseline type, std::uint64_t held) const noexcept {
    baselines_[detail::index(type)].set(static_cast<double>(held));
  }
  void dictionary(double saved_percent) const noexcept { dictionary_.set(saved_percent); }

 private:
  Gauge hit_rate_, dictionary_;
  std::array<Histogram, 3> ratio_;
  std::array<Counter, 3> original_, compressed_;
  std::array<Gauge, 3> baselines_;
  std::array<Counter, 2> encodes_, decodes_;
  mutable std::atomic<std::uint64_t> hits_{0}, blocks_{0};
};

}  // namespace pharos::client::dwcp

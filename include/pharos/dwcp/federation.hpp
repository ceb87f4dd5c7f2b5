#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

enum class SyncType : std::uint8_t { full, incremental };

// What one cluster shares with another: phase 1's two metrics. One object per remote cluster.
class Federation {
 public:
  Federation(Registry& registry, std::string_view cluster, std::string_view remote)
      : saved_(series(registry, metrics::dwcp_federation_bandwidth_saved_bytes_total, cluster,
                      remote)),
        sync_(detail::resolve(detail::Names<2>{"full", "incremental"}, [&](const char* type) {
          return series(registry, metrics::dwcp_federation_sync_duration_seconds, cluster, remote,
                        type);
        })) {}

  void synced(SyncType type, double seconds) const noexcept {
    sync_[detail::index(type)].record(seconds);
  }
  void saved(std::uint64_t bytes) const noexcept { saved_.add(bytes); }

 private:
  Counter saved_;
  std::array<Histogram, 2> sync_;
};

}  // namespace pharos::client::dwcp

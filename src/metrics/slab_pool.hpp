// Runs of doubles in a few sizes, for the values of open blocks: no malloc header, no fragmentation,
// freed runs serve again. A handle is 4 bytes.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace pharos::metrics {

// Not thread-safe.
class SlabPool {
 public:
  static constexpr std::array<std::uint16_t, 6> kSizes{4, 8, 16, 32, 64, 128};  // doubles per run, by class
  using Handle = std::uint32_t;

  Handle allocate(std::uint8_t size_class);
  void release(std::uint8_t size_class, Handle handle);
  double* at(std::uint8_t size_class, Handle handle) {
    const auto runs = kChunkDoubles / kSizes[size_class];
    return chunks_[size_class][handle / runs].get() + static_cast<std::size_t>(handle % runs) * kSizes[size_class];
  }
  const double* at(std::uint8_t size_class, Handle handle) const {
    return const_cast<SlabPool*>(this)->at(size_class, handle);
  }
  std::uint64_t bytes() const;

 private:
  static constexpr std::uint32_t kChunkDoubles = 4096;  // 32 KiB
  std::array<std::vector<std::unique_ptr<double[]>>, kSizes.size()> chunks_;
  std::array<std::vector<Handle>, kSizes.size()> free_;
  std::array<Handle, kSizes.size()> used_{};
};

}  // namespace pharos::metrics

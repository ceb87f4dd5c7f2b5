#include "metrics/slab_pool.hpp"

namespace pharos::metrics {

SlabPool::Handle SlabPool::allocate(std::uint8_t size_class) {
  auto& free = free_[size_class];
  if (!free.empty()) {
    const auto handle = free.back();
    free.pop_back();
    return handle;
  }
  const auto handle = used_[size_class]++;
  auto& chunks = chunks_[size_class];
  if (handle / (kChunkDoubles / kSizes[size_class]) == chunks.size()) {
    chunks.push_back(std::make_unique_for_overwrite<double[]>(kChunkDoubles));
  }
  return handle;
}

void SlabPool::release(std::uint8_t size_class, Handle handle) { free_[size_class].push_back(handle); }

std::uint64_t SlabPool::bytes() const {
  std::uint64_t total = 0;
  for (std::size_t c = 0; c < kSizes.size(); ++c) {
    total += chunks_[c].size() * kChunkDoubles * sizeof(double) + free_[c].capacity() * sizeof(Handle);
  }
  return total;
}

}  // namespace pharos::metrics

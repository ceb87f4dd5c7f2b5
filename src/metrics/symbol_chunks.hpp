// An array that grows without moving its elements and without doubling its memory.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace pharos::metrics {

template <class T, std::size_t kBits = 12>
class Chunks {
 public:
  static constexpr std::size_t kChunk = std::size_t{1} << kBits;

  T& operator[](std::size_t i) { return chunks_[i >> kBits][i & (kChunk - 1)]; }
  const T& operator[](std::size_t i) const { return chunks_[i >> kBits][i & (kChunk - 1)]; }
  std::size_t size() const { return size_; }
  T& push_back(T value) {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return (*this)[size_++] = std::move(value);
  }
  std::size_t bytes() const { return chunks_.size() * kChunk * sizeof(T); }

 private:
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace pharos::metrics

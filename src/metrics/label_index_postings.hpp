// The series that have one label pair: rising slots. Two fit in place, more lie in one block.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace pharos::metrics {

class Postings {
 public:
  Postings() = default;
  Postings(Postings&& other) noexcept { swap(other); }
  Postings& operator=(Postings&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Postings() {
    if (capacity_ > 0) std::free(block_);
  }

  std::span<const std::uint32_t> slots() const { return {data(), size_}; }
  std::uint32_t size() const { return size_; }

  void reserve(std::uint32_t more) {
    const auto wanted = size_ + more;
    if (wanted > (capacity_ > 0 ? capacity_ : kInPlace)) resize(std::max(wanted, std::uint32_t{6}));
  }
  void append(std::uint32_t slot) {  // above every other
    if (size_ == (capacity_ > 0 ? capacity_ : kInPlace)) grow(size_ + 1);
    data()[size_++] = slot;
  }
  // `slots` rising, none of them here yet. Costs the part behind the lowest of them.
  void merge(std::span<const std::uint32_t> slots) {
    if (slots.empty()) return;
    auto from = size_, into = static_cast<std::uint32_t>(size_ + slots.size());
    grow(into);
    auto* const at = data();
    size_ = into;
    for (auto left = slots.size(); left > 0;) {
      if (from > 0 && at[from - 1] > slots[left - 1]) at[--into] = at[--from];
      else at[--into] = slots[--left];
    }
  }
  // `slots` rising. Costs the part behind the lowest of them.
  void remove(std::span<const std::uint32_t> slots) {
    if (slots.empty()) return;
    auto* const at = data();
    auto kept = static_cast<std::uint32_t>(std::lower_bound(at, at + size_, slots.front()) - at);
    std::size_t next = 0;
    for (auto i = kept; i < size_; ++i) {
      while (next < slots.size() && slots[next] < at[i]) ++next;
      if (next < slots.size() && slots[next] == at[i]) continue;
      at[kept++] = at[i];
    }
    size_ = kept;
    shrink();
  }
  std::size_t heap_bytes() const { return std::size_t{capacity_} * 4; }

 private:
  static constexpr std::uint32_t kInPlace = 2;

  std::uint32_t* data() { return capacity_ > 0 ? block_ : few_; }
  const std::uint32_t* data() const { return capacity_ > 0 ? block_ : few_; }
  void swap(Postings& other) {
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(few_, other.few_);  // the whole union
  }
  void grow(std::uint32_t wanted) {
    if (wanted <= (capacity_ > 0 ? capacity_ : kInPlace)) return;
    // By half while small; big blocks grow by an eighth: the kernel moves them by page table.
    const auto step = capacity_ < 4096 ? capacity_ / 2 : capacity_ / 8;
    resize(std::max({wanted, capacity_ + step, std::uint32_t{6}}));
  }
  void shrink() {
    if (capacity_ == 0 || size_ * 4 > capacity_) return;
    if (size_ > kInPlace) return resize(std::max(size_ + size_ / 4, std::uint32_t{6}));
    auto* const block = block_;
    std::uint32_t kept[kInPlace] = {};
    std::memcpy(kept, block, size_ * sizeof *block);
    std::free(block);
    capacity_ = 0;
    std::memcpy(few_, kept, sizeof kept);
  }
  void resize(std::uint32_t capacity) {
    auto* const block = static_cast<std::uint32_t*>(std::realloc(capacity_ > 0 ? block_ : nullptr, std::size_t{capacity} * 4));
    if (block == nullptr) throw std::bad_alloc();
    if (capacity_ == 0) std::memcpy(block, few_, size_ * sizeof *block);
    block_ = block;
    capacity_ = capacity;
  }

  std::uint32_t size_ = 0, capacity_ = 0;
  union {
    std::uint32_t few_[kInPlace] = {};
    std::uint32_t* block_;
  };
};
static_assert(sizeof(Postings) == 16);

}  // namespace pharos::metrics

// Memory of big arrays in pages of 2 MB: one page fault and one entry of the TLB where there were
// 512, which is what random look-ups in big tables and the filling of fresh ones wait for.
#pragma once
#include <cstddef>
#include <new>
#include <vector>

namespace pharos {

// Zeroed by nobody; `bytes` is rounded up to whole pages. Without huge pages in the kernel it is
// plain memory. Throws std::bad_alloc.
void* allocate_huge(std::size_t bytes);
void free_huge(void* at, std::size_t bytes);

// For std::vector: arrays of 4 MB and more get huge pages, others lie where they always did.
template <class T>
struct HugeAllocator {
  using value_type = T;
  static constexpr std::size_t kFrom = 4u << 20;

  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}
  T* allocate(std::size_t n) {
    if (n > std::size_t(-1) / 2 / sizeof(T)) throw std::bad_array_new_length();
    const auto bytes = n * sizeof(T);
    return static_cast<T*>(bytes >= kFrom ? allocate_huge(bytes) : ::operator new(bytes));
  }
  void deallocate(T* at, std::size_t n) {
    if (n * sizeof(T) >= kFrom)
      free_huge(at, n * sizeof(T));
    else
      ::operator delete(at);
  }
  friend bool operator==(const HugeAllocator&, const HugeAllocator&) { return true; }
};

// Pieces of memory that go back all together. What is beyond the first 16 MB lies in huge pages.
class Slabs {
 public:
  Slabs() = default;
  ~Slabs();
  Slabs(const Slabs&) = delete;
  Slabs& operator=(const Slabs&) = delete;

  void* allocate(std::size_t bytes);  // at most 2 MB, aligned to a cache line, not initialised
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<void*> small_, huge_;
  char* at_ = nullptr;  // in the last huge page
  std::size_t left_ = 0, bytes_ = 0;
};

}  // namespace pharos

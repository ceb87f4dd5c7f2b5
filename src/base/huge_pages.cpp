#include "base/huge_pages.hpp"

#include <sys/mman.h>

#include <cstdint>

namespace pharos {
namespace {

constexpr std::size_t kPage = 2u << 20, kLine = 64, kSmallBytes = 16u << 20;

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

}  // namespace

void* allocate_huge(std::size_t bytes) {
  bytes = whole_pages(bytes);
  // One page more than needed, so that the part that begins at a page's boundary is long enough.
  void* const mapped =
      ::mmap(nullptr, bytes + kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  const auto from = reinterpret_cast<std::uintptr_t>(mapped);
  const auto begin = (from + kPage - 1) / kPage * kPage;
  if (begin > from) ::munmap(mapped, begin - from);
  if (const auto rest = from + kPage - begin; rest > 0)
    ::munmap(reinterpret_cast<void*>(begin + bytes), rest);
  auto* const out = reinterpret_cast<void*>(begin);
  ::madvise(out, bytes, MADV_HUGEPAGE);
  return out;
}

void free_huge(void* at, std::size_t bytes) {
  ::munmap(at, whole_pages(bytes));
}

Slabs::~Slabs() {
  for (auto* at : small_) ::operator delete (at, std::align_val_t{kLine});
  for (auto* at : huge_) free_huge(at, kPage);
}

void* Slabs::allocate(std::size_t bytes) {
  bytes = (bytes + kLine - 1) / kLine * kLine;
  if (bytes_ < kSmallBytes) {
    small_.push_back(nullptr);
    small_.back() = ::operator new (bytes, std::align_val_t{kLine});
    bytes_ += bytes;
    return small_.back();
  }
  if (bytes > left_) {
    huge_.push_back(nullptr);
    huge_.back() = allocate_huge(kPage);
    at_ = static_cast<char*>(huge_.back());
    left_ = kPage;
    bytes_ += kPage;
  }
  auto* const out = at_;
  at_ += bytes;
  left_ -= bytes;
  return out;
}

}  // namespace pharos

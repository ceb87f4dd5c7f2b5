// The record path: every thread adds into cells of its own, a scrape adds the threads up. No lock,
// no allocation, no cache line that two threads write. A thread that ends folds its cells into a
// common block.
//
//   slot ── page = slot / 64 ──> this thread's page table ──> 64 cells of 8 bytes
//
// A page appears at the thread's first record there (memory comes from mmap, never from the
// allocator of the host program); until then the table holds null. Budget: 2 ns per add.
#pragma once
#include <atomic>
#include <cstdint>
#include <cstring>

namespace pharos::client::detail {

using Cell =
    std::atomic<std::uint64_t>;  // an integer, or the bits of a double: the slot's owner knows
using Page = std::atomic<Cell*>;

inline constexpr std::uint32_t kPageCells = 64;
inline constexpr std::uint32_t kPagesMax = 1U << 18;  // 16 million cells in a process

// __thread, not thread_local: no wrapper function between a record and its cell.
extern __thread Page* t_pages;
[[gnu::cold]] Cell* missing_page(std::uint32_t page) noexcept;

inline Cell& cell(std::uint32_t slot) noexcept {
  Cell* page = t_pages[slot / kPageCells].load(std::memory_order_relaxed);
  if (__builtin_expect(page == nullptr, 0)) page = missing_page(slot / kPageCells);
  return page[slot % kPageCells];
}

// Only the owning thread writes a cell, so a load and a store are enough.
inline void bump(Cell& cell, std::uint64_t n) noexcept {
  cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}
inline double as_double(std::uint64_t bits) noexcept {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline std::uint64_t as_bits(double value) noexcept {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline void bump(Cell& cell, double v) noexcept {
  cell.store(as_bits(as_double(cell.load(std::memory_order_relaxed)) + v),
             std::memory_order_relaxed);
}

// Slot 0.. are the cells that handles without a metric write to; nobody reads them.
inline constexpr std::uint32_t kTrash = 0;

// `doubles`: bit i says that cell i (mod 64) holds a double. kTrash when the process has no more
// cells.
std::uint32_t allocate_cells(std::uint32_t count, std::uint64_t doubles) noexcept;
void release_cells(std::uint32_t slot,
                   std::uint32_t count) noexcept;  // nobody may hold a handle to them

// Sums over all threads, living and gone. A snapshot holds threads from ending: keep it short.
class Snapshot {
 public:
  Snapshot() noexcept;
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  std::uint64_t count(std::uint32_t slot) const noexcept;
  double sum(std::uint32_t slot) const noexcept;
  // out[i] = count(slot + i): cheaper than one by one where most pages do not exist.
  void counts(std::uint32_t slot, std::uint32_t n, std::uint64_t* out) const noexcept;
};

struct CellStats {
  std::uint32_t threads = 0;  // that have recorded and not ended
  std::uint64_t bytes = 0;    // of mapped cells, page tables left out
};
CellStats cell_stats() noexcept;

}  // namespace pharos::client::detail

#include "pharos/cells.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "pharos/problem.hpp"

namespace pharos::client::detail {
namespace {

constexpr std::size_t kArenaBytes = 64 * 1024;
constexpr std::size_t kPageBytes = kPageCells * sizeof(Cell);
constexpr std::size_t kTableBytes = kPagesMax * sizeof(Page);
constexpr std::size_t kSpareMax = 8;  // blocks of ended threads that wait for new ones

void* map(std::size_t bytes) noexcept {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// What a thread has: a page table (2 MiB of address space, touched where it is used) and arenas of
// pages. Lies in its own first arena, so that making one asks the host's allocator for nothing.
struct Block {
  struct Arena {
    Arena* next;
    std::size_t used;
  };
  Page* table;
  Block* next;
  Arena* arenas;                     // newest first
  std::atomic<std::uint64_t> bytes;  // written by the owner, read by cell_stats

  Cell* make_page() noexcept {
    if (arenas->used + kPageBytes > kArenaBytes) {
      auto* arena = static_cast<Arena*>(map(kArenaBytes));
      if (!arena) return nullptr;
      *arena = {arenas, 64};
      arenas = arena;
    }
    auto* cells = reinterpret_cast<Cell*>(reinterpret_cast<char*>(arenas) +
                                          arenas->used);  // zero, as mmap gives it
    arenas->used += kPageBytes;
    bytes.store(bytes.load(std::memory_order_relaxed) + kPageBytes, std::memory_order_relaxed);
    return cells;
  }
};

Block* make_block() noexcept {
  auto* arena = static_cast<Block::Arena*>(map(kArenaBytes));
  auto* table = arena ? static_cast<Page*>(map(kTableBytes)) : nullptr;
  if (!table) {
    if (arena) munmap(arena, kArenaBytes);
    return nullptr;
  }
  *arena = {nullptr, 192};
  auto* block = new (reinterpret_cast<char*>(arena) + 64) Block{table, nullptr, arena, {}};
  static_assert(64 + sizeof(Block) <= 192);
  return block;
}

void free_block(Block* block) noexcept {
  munmap(block->table, kTableBytes);
  for (auto* arena = block->arenas; arena;) {
    auto* next = arena->next;
    munmap(arena, kArenaBytes);
    arena = next;
  }
}

// Threads that have not recorded yet read this; nobody writes it.
Page empty_table[kPagesMax];
// Where records go when memory has run out: written by all, read by nobody.
Cell trash_page[kPageCells];
// Bit i of doubles[page]: cell i holds a double. Written under the mutex before the slot is handed
// out.
std::uint64_t doubles[kPagesMax];

struct World {
  struct Range {
    std::uint32_t slot, count;
    std::uint64_t doubles;
  };
  std::mutex mutex;
  Block* blocks = nullptr;   // of living threads; guarded by mutex, like all below
  Block* retired = nullptr;  // the sums of ended ones
  Block* spare[kSpareMax];
  std::uint32_t spares = 0, threads = 0;
  std::uint32_t next_slot = kPageCells;  // page 0 is kTrash's
  std::vector<Range> free;
  pthread_key_t key{};
  bool has_key = false;

  World() {
    has_key = pthread_key_create(&key, [](void* block) { end(static_cast<Block*>(block)); }) == 0;
  }

  std::uint32_t pages() const { return (next_slot + kPageCells - 1) / kPageCells; }

  // A thread's last act. A pthread key, because its destructors run after those of thread_local
  // objects, which may record too; what records later still gets a new block and a new call.
  static void end(Block* block) noexcept;
};

World& world() noexcept {
  static World& it = *new World;  // never destroyed: threads may outlive static destructors
  return it;
}

void World::end(Block* block) noexcept {
  t_pages = empty_table;
  World& w = world();
  std::lock_guard lock(w.mutex);
  for (Block** at = &w.blocks; *at; at = &(*at)->next) {
    if (*at == block) {
      *at = block->next;
      --w.threads;
      break;
    }
  }
  if (!w.retired) w.retired = make_block();
  const bool reuse = w.spares < kSpareMax;
  for (std::uint32_t p = 0; p < w.pages(); ++p) {
    Cell* from = block->table[p].load(std::memory_order_relaxed);
    if (!from || p == kTrash) continue;
    Cell* into = w.retired ? w.retired->table[p].load(std::memory_order_relaxed) : nullptr;
    if (!into && w.retired) {
      into = w.retired->make_page();
      w.retired->table[p].store(into, std::memory_order_release);
    }
    if (!into) {
      report(Problem::cell_limit, "thread", "no memory to keep what an ended thread recorded");
      break;
    }
    for (std::uint32_t i = 0; i < kPageCells; ++i) {
      const auto value = from[i].load(std::memory_order_relaxed);
      if (!value) continue;
      doubles[p] >> i & 1 ? bump(into[i], as_double(value)) : bump(into[i], value);
      if (reuse) from[i].store(0, std::memory_order_relaxed);
    }
  }
  if (reuse) {
    w.spare[w.spares++] = block;
  } else {
    free_block(block);
  }
}

}  // namespace

__thread Page* t_pages = empty_table;

Cell* missing_page(std::uint32_t page) noexcept {
  thread_local Block* mine = nullptr;  // only meaningful while t_pages is not the empty table
  if (t_pages == empty_table) {
    World& w = world();
    Block* block = nullptr;
    {
      std::lock_guard lock(w.mutex);
      if (w.spares) {
        block = w.spare[--w.spares];
      } else {
        block = make_block();
      }
      if (block && w.has_key && pthread_setspecific(w.key, block) == 0) {
        block->next = w.blocks;
        w.blocks = block;
        ++w.threads;
      } else if (block) {
        free_block(block);
        block = nullptr;
      }
    }
    if (!block) {
      report(Problem::cell_limit, "thread",
             "no memory for the cells of a thread: its records are lost");
      return trash_page;
    }
    mine = block;
    t_pages = block->table;
    if (Cell* cells = block->table[page].load(std::memory_order_relaxed))
      return cells;  // a spare's page
  }
  Cell* cells = mine->make_page();
  if (!cells) {
    report(Problem::cell_limit, "thread", "no memory for a page of cells: records are lost");
    return trash_page;
  }
  t_pages[page].store(cells, std::memory_order_release);
  return cells;
}

std::uint32_t allocate_cells(std::uint32_t count, std::uint64_t mask) noexcept {
  World& w = world();
  std::lock_guard lock(w.mutex);
  for (auto& range : w.free) {
    if (range.count == count && range.doubles == mask) {
      const auto slot = range.slot;
      range = w.free.back();
      w.free.pop_back();
      return slot;
    }
  }
  // Cells of one series share a page where they fit one: fewer lines to load.
  const std::uint32_t left = kPageCells - w.next_slot % kPageCells;
  const std::uint32_t slot = count <= left ? w.next_slot : w.next_slot + left % kPageCells;
  if (count > kPagesMax * kPageCells - slot) {
    return kTrash;
  }
  w.next_slot = slot + count;
  for (std::uint32_t i = 0; i < count && i < 64; ++i) {
    if (mask >> i & 1)
      doubles[(slot + i) / kPageCells] |= std::uint64_t{1} << (slot + i) % kPageCells;
  }
  return slot;
}

void release_cells(std::uint32_t slot, std::uint32_t count) noexcept {
  if (slot == kTrash) return;
  World& w = world();
  std::lock_guard lock(w.mutex);
  const auto wipe = [&](Block* block) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (Cell* page = block->table[(slot + i) / kPageCells].load(std::memory_order_acquire)) {
        page[(slot + i) % kPageCells].store(0, std::memory_order_relaxed);
      }
    }
  };
  for (Block* block = w.blocks; block; block = block->next) wipe(block);
  if (w.retired) wipe(w.retired);
  std::uint64_t mask = 0;
  for (std::uint32_t i = 0; i < count && i < 64; ++i) {
    mask |= (doubles[(slot + i) / kPageCells] >> (slot + i) % kPageCells & 1) << i;
  }
  w.free.push_back({slot, count, mask});
}

Snapshot::Snapshot() noexcept {
  world().mutex.lock();
}
Snapshot::~Snapshot() {
  world().mutex.unlock();
}

namespace {
template <class Use>
void each_page(std::uint32_t page, Use use) noexcept {
  const World& w = world();
  const auto visit = [&](const Block* block) {
    if (const Cell* cells = block->table[page].load(std::memory_order_acquire)) use(cells);
  };
  for (const Block* block = w.blocks; block; block = block->next) visit(block);
  if (w.retired) visit(w.retired);
}
}  // namespace

std::uint64_t Snapshot::count(std::uint32_t slot) const noexcept {
  std::uint64_t sum = 0;
  each_page(slot / kPageCells, [&](const Cell* page) {
    sum += page[slot % kPageCells].load(std::memory_order_relaxed);
  });
  return sum;
}

double Snapshot::sum(std::uint32_t slot) const noexcept {
  double sum = 0;
  each_page(slot / kPageCells, [&](const Cell* page) {
    sum += as_double(page[slot % kPageCells].load(std::memory_order_relaxed));
  });
  return sum;
}

void Snapshot::counts(std::uint32_t slot, std::uint32_t n, std::uint64_t* out) const noexcept {
  std::fill(out, out + n, 0);
  for (std::uint32_t i = 0; i < n;) {
    const std::uint32_t at = (slot + i) % kPageCells;
    const std::uint32_t run = std::min(n - i, kPageCells - at);
    each_page((slot + i) / kPageCells, [&](const Cell* page) {
      for (std::uint32_t k = 0; k < run; ++k)
        out[i + k] += page[at + k].load(std::memory_order_relaxed);
    });
    i += run;
  }
}

CellStats cell_stats() noexcept {
  World& w = world();
  std::lock_guard lock(w.mutex);
  CellStats stats{w.threads, 0};
  for (const Block* block = w.blocks; block; block = block->next)
    stats.bytes += block->bytes.load(std::memory_order_relaxed);
  if (w.retired) stats.bytes += w.retired->bytes.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace pharos::client::detail

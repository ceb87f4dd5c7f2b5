// Which granules of a hot segment belong to a series: 16 bytes per granule and about 5 per series.
// One writer adds; any number of readers look up beside it without locks.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "metrics/part.hpp"

namespace pharos::metrics {

class HotDirectory {
 public:
  static constexpr std::uint32_t kUnknown = 0xffffffff;
  struct Entry {
    std::uint32_t offset = 0;    // in the file; 0: this granule's bytes are damaged
    std::uint32_t previous = 0;  // entry number + 1 of the series' granule stored before, 0: none
    std::uint32_t first = kUnknown;  // ms after base_ms(), kUnknown: see the granule
    std::uint32_t span = kUnknown;   // ms from first to last sample
  };

  HotDirectory() = default;
  HotDirectory(const HotDirectory&) = delete;
  ~HotDirectory();

  // Writer only. Visible to readers on return.
  void add(SeriesId id, std::uint32_t offset, UnixMillis first_ms, UnixMillis last_ms);
  void add_damaged(SeriesId id);
  // The series' place for what its encoder remembers between granules. Writer only.
  std::uint8_t& hint(SeriesId id);

  // Newest stored first: visit(entry) until it returns false.
  template <class F>
  void each(SeriesId id, F&& visit) const {
    for (auto n = head(id); n != 0;) {
      const Entry& entry = at(n - 1);
      if (!visit(entry)) return;
      n = entry.previous;
    }
  }
  bool contains(SeriesId id) const { return head(id) != 0; }
  std::vector<SeriesId> ids() const;  // rising
  std::uint64_t series_count() const { return series_.load(std::memory_order_relaxed); }
  std::uint64_t granule_count() const { return entries_.load(std::memory_order_acquire); }

  // Whether the granule may hold samples in [from_ms, to_ms].
  bool overlaps(const Entry& entry, UnixMillis from_ms, UnixMillis to_ms) const;

 private:
  static constexpr std::size_t kPageSeries = 64;
  static constexpr std::size_t kFirstChunk = 256;
  struct Page {
    std::uint64_t key;
    std::array<std::atomic<std::uint32_t>, kPageSeries> heads;
    std::array<std::uint8_t, kPageSeries> hints;
  };
  struct Table {
    std::size_t mask;
    std::unique_ptr<std::atomic<Page*>[]> slots;
  };
  const Page* find(std::uint64_t key) const;
  Page& page(std::uint64_t key);
  std::uint32_t head(SeriesId id) const;
  const Entry& at(std::uint32_t number) const;
  void publish(SeriesId id, Entry entry);

  std::atomic<const Table*> table_{nullptr};
  std::vector<std::unique_ptr<Table>> tables_;    // the outgrown ones too: readers may be in them
  std::vector<std::unique_ptr<Page>> pages_;      // writer only
  std::array<std::atomic<Entry*>, 32> chunks_{};  // chunk c holds kFirstChunk << c entries
  std::atomic<std::uint64_t> entries_{0}, series_{0};
  std::atomic<UnixMillis> base_ms_{0};
};

}  // namespace pharos::metrics

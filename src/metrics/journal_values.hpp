// What changed since a series' last value, in about two bytes: the float columns of the journal.
// Unchanged values cost one bit. docs/formats/journal.md draws the bytes.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "codec/varint.hpp"
#include "metrics/journal.hpp"

namespace pharos::metrics {

// The last value of every series in one journal segment; +0 before the first. Not thread-safe.
class JournalValues {
 public:
  struct Slot {
    std::uint64_t& bits;
    std::uint8_t& guess;  // the writer's: which decimal exponent fitted last
  };
  // The last values of `id` and of its `count` neighbours above, as far as they lie together.
  std::uint64_t* bits_from(std::uint64_t id, std::uint64_t& count) {
    const auto number = id / kPageSlots;
    if (number != cached_number_) cache(number);
    count = kPageSlots - id % kPageSlots;
    return cached_->bits + id % kPageSlots;
  }
  Slot at(std::uint64_t id) {
    const auto number = id / kPageSlots;
    if (number != cached_number_) [[unlikely]] cache(number);
    const auto i = id % kPageSlots;
    return {cached_->bits[i], cached_->guess[i]};
  }
  void clear();

 private:
  static constexpr std::uint64_t kPageSlots = 64;
  struct Page {
    std::uint64_t bits[kPageSlots] = {};
    std::uint8_t guess[kPageSlots] = {};
  };
  void cache(std::uint64_t number);
  Page& page(std::uint64_t number);

  // Ids are dense and rising, so pages near the first one are found by index; any others by hash,
  // which keeps hostile ids from costing more than their own page.
  std::uint64_t base_ = 0, pages_ = 0;
  std::vector<std::unique_ptr<Page>> near_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Page>> far_;
  std::uint64_t cached_number_ = ~std::uint64_t{0};  // no id has this page
  Page* cached_ = nullptr;
};

// Appends the values of `floats` to `out` and remembers them. 8 ns a float.
void put_journal_values(std::string& out, std::span<const JournalFloat> floats, JournalValues& values);
// The values of the series in `ids`, as many as `out` takes. False on malformed bytes. 5 ns a float.
bool get_journal_values(codec::Cursor& in, std::span<const JournalFloatRuns::Ids> ids, std::span<double> out, JournalValues& values);

}  // namespace pharos::metrics

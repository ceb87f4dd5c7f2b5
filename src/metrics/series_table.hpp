// Every series of the store in memory: identity, labels as interned pairs, and the label index over them.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/threads.hpp"
#include "metrics/part.hpp"
#include "metrics/store.hpp"
#include "model/appender.hpp"
#include "model/matcher.hpp"

namespace pharos::metrics {

using Slot = std::uint32_t;  // dense number of a series in memory; reused after release() with another generation
using SlotList = std::shared_ptr<const std::vector<Slot>>;  // rising

struct SeriesLimits {
  std::uint64_t series_max = 10'000'000, series_per_metric_max = 0;
  std::uint32_t labels_max = 128, label_name_bytes_max = 1024, label_value_bytes_max = 16 * 1024;
};

// Thread-safe: look-ups side by side, creation and release alone. Memory without the caller's own: about 150 bytes per
// series of 8 labels that share most of their pairs.
class SeriesTable {
 public:
  explicit SeriesTable(SeriesLimits limits);
  ~SeriesTable();
  void set_limits(SeriesLimits limits);

  // As Appender::resolve. Slots of new series are appended to `created` in the order of their ids; they
  // are live at once. kNoSlot where `errors` got an entry (Errc::limit names the limit and the metric).
  static constexpr Slot kNoSlot = ~Slot{0};
  void resolve(std::span<const LabelView> labels, std::span<const std::uint32_t> offsets, std::span<Slot> slots,
               std::vector<Slot>& created, std::vector<Appender::ResolveError>& errors);

  // Recovery and import: a series with the id it had. Errc::conflict when id or labels are taken by another.
  Result<Slot> insert(SeriesId id, std::span<const LabelView> labels);
  SeriesId next_id() const;
  void reserve_ids(SeriesId at_least);  // next_id() will not be below it

  Slot slots() const;                   // all slots given so far are below this
  std::uint64_t live() const;           // series in memory
  std::uint64_t version() const;        // another one after series were made or released
  bool alive(Slot slot) const;
  SeriesRef ref(Slot slot) const;       // slot and generation, never 0
  Slot slot_of(SeriesRef ref) const;    // kNoSlot when the series has left memory. Lock-free: once per sample
  SeriesId id(Slot slot) const;
  Slot slot_of(SeriesId id) const;      // kNoSlot when not in memory
  Slot slot_of(const Labels& labels) const;  // the same
  Labels labels(Slot slot) const;
  void labels(std::span<const Slot> slots, std::vector<Labels>& out) const;  // appends; none of slots that are not live
  std::size_t labels_bytes(Slot slot) const;

  // Takes the series out of memory and index. Their slots serve again, under another generation.
  void release(std::span<const Slot> slots);

  // Slots of the live series that all matchers accept, rising. Remembered per matcher list until a
  // series is made or released (64 lists). Matchers that all accept the empty string match everything.
  Result<SlotList> match(std::span<const Matcher> matchers) const;
  SlotList all() const;

  // Of those of `among` that count, or of every live series that does when it is null: sorted, unique; limit 0 = all.
  // Cost: by names and values rather than by series where those are fewer. `counts` (none: all do) is asked until one
  // series of a value says yes; the table's lock is held meanwhile. `left_out` (of all live series only): set when no
  // series of some name or value counts.
  using Counts = std::function<bool(Slot)>;
  std::vector<std::string> label_names(const std::vector<Slot>* among, std::size_t limit, const Counts& counts = {},
                                       bool* left_out = nullptr) const;
  std::vector<std::string> label_values(std::string_view name, const std::vector<Slot>* among, std::size_t limit,
                                        const Counts& counts = {}, bool* left_out = nullptr) const;
  // As Selection::group, on interned pairs: no label set of an input is made.
  Selection::Grouping group(std::span<const Slot> among, std::span<const std::string> names, bool without) const;

  // series, label_pairs and the four top lists; the rest is the store's.
  void statistics(std::size_t top, StoreStatistics& out) const;

  // For the series log: label sets as numbers of interned pairs. Each holds the table's lock while it lives.
  class Loader;
  class Reader;
  // Forgets label pairs that no series has any more and returns their numbers, which are given out again.
  std::vector<std::uint32_t> collect_pairs();
  std::size_t memory_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Puts series back by pair numbers, alone in the table. The label index takes them in when it ends, on the pool's
// threads when there is one.
class SeriesTable::Loader {
 public:
  Loader(SeriesTable& table, ThreadPool* pool);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  void expect(std::size_t series);  // at least so many will come: room is made for them
  std::uint32_t pair(std::string_view name, std::string_view value);
  // Fetches what pair() or insert() will look at: loading waits for little else than memory.
  void prefetch(std::string_view name, std::string_view value) const;
  void prefetch(std::span<const std::uint32_t> pairs) const;
  // Pairs in the order of their names. A label set that is there under a lower id gets this one, for
  // the series was made again; Errc::conflict when the id has other labels, Errc::invalid for a set
  // that is empty or out of order, Errc::limit beyond what slots can number.
  Result<Slot> insert(SeriesId id, std::span<const std::uint32_t> pairs);

 private:
  bool ordered(std::span<const std::uint32_t> pairs);

  State& state_;
  ThreadPool* pool_;
  const Slot indexed_;                // slots below it are in the label index
  std::vector<std::uint32_t> names_;  // of the set before
};

// Other readers run beside it.
class SeriesTable::Reader {
 public:
  explicit Reader(const SeriesTable& table);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  SeriesId id(Slot slot) const;
  std::span<const std::uint32_t> pairs(Slot slot) const;  // empty when not live
  LabelView label(std::uint32_t pair) const;
  std::size_t pairs_end() const;                           // every pair is below

 private:
  const State& state_;
};

}  // namespace pharos::metrics

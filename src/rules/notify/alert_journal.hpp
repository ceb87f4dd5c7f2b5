// Alerts on disk: a row per request, not per alert; compacted into snapshots; old rows are the
// history of alerts until its bound is reached.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/database.hpp"
#include "rules/alert.hpp"

namespace pharos::rules::notify {

// Of one alert in a batch.
enum class RecordKind : std::uint8_t {
  update,    // whole, nothing begins or ends
  touch,     // known labels and annotations, new times: by fingerprint
  firing,    // whole, it begins
  resolved,  // whole, it was said to end
  expired,   // whole, it ended unsaid
};

// Batch: version u8 = 1, unix ms of the batch (zigzag varint), number of records (varint), records.
// Record: kind | timeout << 7 (u8); starts, ends, updated as zigzag varints relative to the batch;
//   touch: fingerprint u64 little-endian
//   else:  labels, annotations (each: varint count, then name and value as varint length + bytes),
//          generator URL (varint length + bytes)
class BatchWriter {
 public:
  explicit BatchWriter(Time at);
  void add(RecordKind kind, const Alert& alert, std::uint64_t fingerprint);
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return records_.size(); }
  std::string finish();  // compressed

 private:
  std::int64_t at_;
  std::string records_;
  std::size_t count_ = 0;
};

struct BatchRecord {
  RecordKind kind = RecordKind::update;
  Time batch_at{};
  std::uint64_t fingerprint = 0;
  Alert alert;  // touch: times only
};
// Calls visit for each record; visit says whether to go on. Errc::corrupt.
Status read_batch(std::string_view bytes, const std::function<bool(BatchRecord&&)>& visit);

struct HistoryBounds {
  std::uint64_t bytes_max = 256u << 20;
  Millis retention{0};
};

// Thread-safe.
class AlertJournal {
 public:
  // The tables are those of notify_tables.hpp.
  explicit AlertJournal(Database& database) : database_(database) {}

  // Durable on return. Calls that come while another one waits for the disk share its sync.
  Status append(Time at, std::string batch);
  struct Sizes {
    std::uint64_t since_snapshot = 0, snapshot = 0;  // bytes
  };
  Sizes sizes() const;

  // The state at start, in an order in which later records win.
  Status restore(const std::function<void(bool snapshot, BatchRecord&&)>& visit);

  // What is in `next_chunk` from now on stands for all batches appended before `cut()` was taken.
  // Chunks are written one by one; the snapshot counts when the last one is there.
  std::uint64_t cut() const;
  Status write_snapshot(std::uint64_t cut, const std::function<std::string()>& next_chunk);

  Status trim_history(Time now, const HistoryBounds& bounds);
  // The records of batches that may hold something of the interval, until `visit` says false.
  enum class Order { oldest_first, newest_first };
  Status read_history(Interval interval, Order order,
                      const std::function<bool(BatchRecord&&)>& visit) const;

 private:
  struct Waiting {
    Time at{};
    std::string bytes;
    bool done = false;
    Status status;
  };

  Database& database_;
  mutable std::mutex mutex_;
  std::condition_variable committed_;
  std::vector<Waiting*> waiting_;  // guarded by mutex_
  bool committing_ = false;        // guarded by mutex_
  std::uint64_t last_id_ = 0;      // guarded by mutex_
  Sizes sizes_;                    // guarded by mutex_
};

}  // namespace pharos::rules::notify

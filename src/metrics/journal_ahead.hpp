// The journal read and decoded ahead of its replay, on a thread of its own.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "metrics/journal.hpp"

namespace pharos::metrics {

// Entries as they follow each other, floats as runs. The vectors keep their memory from use to use.
struct JournalBatch {
  std::vector<JournalEntry> entries;  // the first `used` count
  std::size_t used = 0, samples = 0;
};

// One consumer. What is decoded and not yet taken is bounded: about 64 MB.
class JournalAhead {
 public:
  static constexpr std::size_t kBatchSamples = 1u << 19, kBatches = 16;

  // Segments from `first` to `last`, which are there, `bytes` in all: few are read by the first
  // take() itself.
  JournalAhead(Disk& disk, std::string folder, std::uint64_t first, std::uint64_t last,
               std::uint64_t bytes);
  ~JournalAhead();

  // The next batches, at most `most`; waits for the first of them. Empty at the end.
  Result<std::vector<std::unique_ptr<JournalBatch>>> take(std::size_t most);
  void give_back(std::vector<std::unique_ptr<JournalBatch>> batches);
  std::vector<Damage> damage();  // at the end

 private:
  void run(const std::stop_token& stop);
  Status read(const std::stop_token& stop);

  Disk& disk_;
  const std::string folder_;
  const std::uint64_t first_, last_;
  const bool threaded_;
  std::vector<Damage> damage_;  // the reader's until the end

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // guarded by mutex_
  std::vector<std::unique_ptr<JournalBatch>> ready_, free_;
  std::size_t made_ = 0;
  std::optional<Status> end_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace pharos::metrics

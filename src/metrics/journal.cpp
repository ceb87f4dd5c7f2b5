#include "metrics/journal.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/metric.hpp"
#include "metrics/journal_format.hpp"

namespace pharos::metrics {
namespace {

struct Stats {
  Counter written{"pharos_journal_bytes_written_total", "Bytes written to the metric journal."};
  Counter syncs{"pharos_journal_syncs_total", "Rounds of fdatasync of the metric journal; one serves all that wait."};
  Counter sync_failures{"pharos_journal_sync_failures_total", "Rounds of fdatasync of the metric journal that failed."};
  Counter abandoned{"pharos_journal_segments_abandoned_total", "Journal segments left behind after a failed write or sync."};
  Distribution sync_seconds{"pharos_journal_sync_duration_seconds", "Duration of a round of fdatasync of the metric journal.",
                            {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5}};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

struct OpenSegment {
  std::uint64_t number = 0;
  std::unique_ptr<File> file;
  bool named = false;      // its folder was synced since; touched by the one who syncs
  bool abandoned = false;  // guarded by the journal's mutex
};
using OpenSegmentPtr = std::shared_ptr<OpenSegment>;

class DiskJournal final : public Journal {
 public:
  DiskJournal(Disk& disk, std::string folder, Config config) : disk_(disk), folder_(std::move(folder)), config_(config) {}

  Status load() {
    if (!folder_.empty()) TRY(disk_.make_dirs(folder_));
    const auto entries = TRY(disk_.list(folder_));
    for (const auto& entry : entries)
      if (const auto number = journal_segment_of(entry.name); number && !entry.directory)
        sizes_.push_back({*number, entry.size}), bytes_ += entry.size;
    std::ranges::sort(sizes_, {}, &Size::number);
    next_ = std::max(config_.first_segment_min, sizes_.empty() ? 1 : sizes_.back().number + 1);
    return {};
  }

  Status append(const JournalEntry& entry) override {
    const auto segment = TRY(make_ready());  // a failed sync may take it from under us: see below
    buffer_.clear();
    put_journal_entry(buffer_, entry, values_);
    if (auto written = segment->file->append(as_bytes(buffer_)); !written) {
      // The values refer to what is not there, and the file may not take another write: begin anew.
      abandon(segment);
      return fail(std::move(written).error());
    }
    const auto written_bytes = buffer_.size();
    stats().written.add(static_cast<double>(written_bytes));
    if (buffer_.capacity() > kBufferKept) std::string().swap(buffer_);
    std::lock_guard lock(mutex_);
    if (const auto it = size_of(segment->number); it != sizes_.end() && it->number == segment->number) {
      it->bytes += written_bytes;  // else removed meanwhile
      bytes_ += written_bytes;
    }
    ++appended_;
    if (segment->abandoned)
      lost_to_ = appended_;  // a sync failed meanwhile: this record is as lost as those before it
    else
      unsynced_ += written_bytes;
    return {};
  }

  Status rotate() override {
    std::lock_guard lock(mutex_);
    leave();
    return {};
  }

  std::uint64_t losses() const override {
    std::lock_guard lock(mutex_);
    return losses_;
  }
  Status whole(std::uint64_t losses) const override {
    std::lock_guard lock(mutex_);
    if (losses != losses_) return fail(lost_error_);
    return {};
  }

  using Journal::sync;
  Status sync(std::uint64_t losses) override {
    std::unique_lock lock(mutex_);
    if (losses != losses_) return fail(lost_error_);
    const auto target = appended_;
    if (target <= synced_) return {};
    if (target <= lost_to_) return fail(lost_error_);
    std::shared_ptr<Round> round;
    if (running_ && target <= running_->goal) {
      round = running_;
    } else {
      if (!waiting_) waiting_ = std::make_shared<Round>();
      round = waiting_;
    }
    changed_.wait(lock, [&] { return round->done || !running_; });
    if (!round->done) lead(lock, round);
    return round->result;
  }

  Status remove_below(std::uint64_t segment) override {
    for (;;) {
      std::uint64_t number;
      {
        std::lock_guard lock(mutex_);
        if (sizes_.empty()) return {};
        number = sizes_.front().number;
        if (number >= segment || (held_ && number >= *held_) || (current_ && number >= current_->number)) return {};
      }
      const auto removed = disk_.remove(journal_path(folder_, number));
      if (!removed && removed.error().code != Errc::not_found) return removed;
      std::lock_guard lock(mutex_);
      if (sizes_.empty() || sizes_.front().number != number) continue;
      bytes_ -= sizes_.front().bytes;
      sizes_.pop_front();
      std::erase_if(unsynced_files_, [&](const auto& file) { return file->number == number; });
    }
  }

  void hold_from(std::optional<std::uint64_t> segment) override {
    std::lock_guard lock(mutex_);
    held_ = segment;
  }

  std::uint64_t current_segment() const override {
    std::lock_guard lock(mutex_);
    return full() ? next_ : current_->number;
  }
  std::uint64_t first_segment() const override {
    std::lock_guard lock(mutex_);
    return sizes_.empty() ? next_ : sizes_.front().number;
  }
  std::uint64_t bytes() const override {
    std::lock_guard lock(mutex_);
    return bytes_;
  }
  std::uint64_t unsynced_bytes() const override {
    std::lock_guard lock(mutex_);
    return unsynced_;
  }
  Store::FeedPosition end() const override {
    std::lock_guard lock(mutex_);
    if (!current_) return {next_, 0};
    return {current_->number, sizes_.back().bytes};
  }

 private:
  static constexpr std::size_t kBufferKept = 4u << 20;
  struct Size { std::uint64_t number, bytes; };
  struct Round {  // of one fdatasync and those who wait for it
    bool done = false;
    std::uint64_t goal = 0;
    Status result;
  };

  // With the lock held:
  bool full() const { return !current_ || sizes_.back().bytes >= config_.segment_bytes_max; }
  std::deque<Size>::iterator size_of(std::uint64_t number) {
    return std::ranges::lower_bound(sizes_, number, {}, &Size::number);
  }
  void leave() { current_.reset(); }

  // The segment the next record goes to.
  Result<OpenSegmentPtr> make_ready() {
    std::uint64_t number;
    {
      std::lock_guard lock(mutex_);
      if (!full()) return current_;
      leave();
      number = next_++;  // never used twice, so that a reader cannot take one file for another
    }
    const auto path = journal_path(folder_, number);
    auto segment = std::make_shared<OpenSegment>();
    segment->number = number;
    segment->file = TRY(disk_.create(path));
    if (auto written = segment->file->append(as_bytes(journal_header(number))); !written) {
      (void)disk_.remove(path);
      return fail(std::move(written).error());
    }
    stats().written.add(static_cast<double>(kJournalHeaderBytes));
    values_.clear();
    std::lock_guard lock(mutex_);
    sizes_.push_back({number, kJournalHeaderBytes});
    bytes_ += kJournalHeaderBytes;
    unsynced_files_.push_back(segment);
    current_ = segment;
    return segment;
  }

  void abandon(const OpenSegmentPtr& segment) {
    stats().abandoned.add();
    std::lock_guard lock(mutex_);
    leave();
    if (sizes_.back().number != segment->number || sizes_.back().bytes != kJournalHeaderBytes) return;
    // Nothing is in it: every failed try on a full disk would leave one.
    if (disk_.remove(journal_path(folder_, segment->number))) {
      sizes_.pop_back();
      bytes_ -= kJournalHeaderBytes;
      std::erase(unsynced_files_, segment);
    }
  }

  static void finish(Round& round, Status result) {
    round.result = std::move(result);
    round.done = true;
  }

  // Runs the round of everyone who waits.
  void lead(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Round>& round) {
    waiting_.reset();
    running_ = round;
    round->goal = appended_;
    const auto bytes = unsynced_;
    const auto files = unsynced_files_;
    lock.unlock();
    const auto started = std::chrono::steady_clock::now();
    Status result = sync_files(files);
    stats().syncs.add();
    stats().sync_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    lock.lock();
    if (result) {
      synced_ = round->goal;
      unsynced_ -= std::min(bytes, unsynced_);
      std::erase_if(unsynced_files_, [&](const auto& file) { return file != current_ && std::ranges::find(files, file) != files.end(); });
    } else {
      stats().sync_failures.add();
      ++losses_;
      lost_to_ = appended_;
      lost_error_ = result.error();
      unsynced_ = 0;
      for (const auto& file : unsynced_files_) file->abandoned = true, stats().abandoned.add();
      unsynced_files_.clear();
      leave();
      if (waiting_) finish(*waiting_, result);  // what it waits for went the same way
      waiting_.reset();
    }
    finish(*round, std::move(result));
    running_.reset();
    changed_.notify_all();
  }

  Status sync_files(const std::vector<OpenSegmentPtr>& files) {
    bool named = true;
    for (const auto& segment : files) {
      TRY(segment->file->sync());
      named = named && segment->named;
    }
    if (named) return {};
    TRY(disk_.sync_dir(folder_));
    for (const auto& segment : files) segment->named = true;
    return {};
  }

  Disk& disk_;
  const std::string folder_;
  const Config config_;
  // The writer's:
  JournalValues values_;
  std::string buffer_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // guarded by mutex_
  OpenSegmentPtr current_;
  std::deque<Size> sizes_;
  std::uint64_t next_ = 1, bytes_ = 0, unsynced_ = 0;
  std::optional<std::uint64_t> held_;
  std::vector<OpenSegmentPtr> unsynced_files_;  // the current one and those left since the last sync
  std::uint64_t appended_ = 0, synced_ = 0;     // records, by number
  std::uint64_t lost_to_ = 0;                   // those behind synced_ up to here were not made durable
  std::uint64_t losses_ = 0;                    // syncs that failed
  Error lost_error_;
  std::shared_ptr<Round> running_, waiting_;
};

}  // namespace

void JournalEntry::clear() {
  kind = Kind::samples;
  floats.clear();
  runs.clear();
  float_start_ms.clear();
  histograms.clear();
  histogram_start_ms.clear();
  exemplars.clear();
  metadata.clear();
  part_path.clear();
  part_bytes = 0;
  sealed.clear();
}

Result<std::unique_ptr<Journal>> Journal::open(Disk& disk, std::string folder, Config config) {
  auto journal = std::make_unique<DiskJournal>(disk, std::move(folder), config);
  TRY(journal->load());
  return journal;
}

}  // namespace pharos::metrics

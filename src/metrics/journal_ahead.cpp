#include "metrics/journal_ahead.hpp"

#include "base/threads.hpp"

namespace pharos::metrics {
namespace {

constexpr std::uint64_t kFewBytes = 1u << 20;

std::size_t samples_of(const JournalEntry& entry) {
  return entry.runs.values.size() + entry.floats.size() + entry.histograms.size() +
         entry.sealed.size() + 64;
}

}  // namespace

JournalAhead::JournalAhead(Disk& disk, std::string folder, std::uint64_t first, std::uint64_t last,
                           std::uint64_t bytes)
    : disk_(disk),
      folder_(std::move(folder)),
      first_(first),
      last_(last),
      threaded_(bytes > kFewBytes) {
  if (!threaded_) return;
  thread_ = start_thread("replay", [this](std::stop_token stop) { run(stop); });
}

JournalAhead::~JournalAhead() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void JournalAhead::run(const std::stop_token& stop) {
  auto status = read(stop);
  const std::lock_guard lock(mutex_);
  end_ = std::move(status);
  changed_.notify_all();
}

Status JournalAhead::read(const std::stop_token& stop) {
  const auto reader =
      TRY(JournalReader::open(disk_, folder_, {first_, 0}, JournalReader::Floats::runs));
  for (bool more = true; more;) {
    std::unique_ptr<JournalBatch> batch;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop,
                         [&] { return !threaded_ || !free_.empty() || made_ < kBatches; }))
        return {};
      if (free_.empty()) {
        batch = std::make_unique<JournalBatch>();
        ++made_;
      } else {
        batch = std::move(free_.back());
        free_.pop_back();
      }
    }
    batch->used = batch->samples = 0;
    while (batch->samples < kBatchSamples && !stop.stop_requested()) {
      if (batch->used == batch->entries.size()) batch->entries.emplace_back();
      auto& entry = batch->entries[batch->used];
      more = TRY(reader->next(entry, damage_));
      // What the replay itself writes is in later segments.
      more = more && reader->position().segment <= last_;
      if (!more) break;
      batch->samples += samples_of(entry);
      ++batch->used;
    }
    const std::lock_guard lock(mutex_);
    ready_.push_back(std::move(batch));
    changed_.notify_all();
  }
  return {};
}

Result<std::vector<std::unique_ptr<JournalBatch>>> JournalAhead::take(std::size_t most) {
  if (!threaded_ && !end_) run({});
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !ready_.empty() || end_; });
  std::vector<std::unique_ptr<JournalBatch>> out;
  if (ready_.empty()) {
    if (!*end_) return fail(end_->error());
    return out;
  }
  const auto n = static_cast<std::ptrdiff_t>(std::min(most, ready_.size()));
  out.assign(std::make_move_iterator(ready_.begin()), std::make_move_iterator(ready_.begin() + n));
  ready_.erase(ready_.begin(), ready_.begin() + n);
  return out;
}

void JournalAhead::give_back(std::vector<std::unique_ptr<JournalBatch>> batches) {
  const std::lock_guard lock(mutex_);
  for (auto& batch : batches) free_.push_back(std::move(batch));
  changed_.notify_all();
}

std::vector<Damage> JournalAhead::damage() {
  if (thread_.joinable()) thread_.join();
  return std::move(damage_);
}

}  // namespace pharos::metrics

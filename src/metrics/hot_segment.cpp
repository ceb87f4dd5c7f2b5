#include <algorithm>
#include <mutex>

#include "base/log.hpp"
#include "metrics/hot_directory.hpp"
#include "metrics/hot_format.hpp"
#include "metrics/hot_segment.hpp"

namespace pharos::metrics {
namespace {

class HotPart final : public Part {
 public:
  HotPart(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  const std::string& path() const override { return path_; }
  UnixMillis min_ms() const override { return min_ms_.load(std::memory_order_relaxed); }
  UnixMillis max_ms() const override { return max_ms_.load(std::memory_order_relaxed); }
  std::uint64_t samples() const override { return samples_.load(std::memory_order_relaxed); }
  std::uint64_t series_count() const override { return directory_.series_count(); }
  std::uint64_t bytes() const override { return bytes_.load(std::memory_order_relaxed); }
  bool contains(SeriesId id) const override { return directory_.contains(id); }
  bool has_index() const override { return false; }
  Result<Labels> labels(SeriesId) const override {
    return fail(Errc::unsupported, path_ + ": a hot segment knows no labels");
  }
  Result<std::vector<SeriesId>> match(std::span<const Matcher>) const override {
    return fail(Errc::unsupported, path_ + ": a hot segment has no index");
  }
  void each_series(const std::function<void(SeriesId)>& visit) const override {
    for (const auto id : directory_.ids()) visit(id);
  }

  Status read(SeriesId id, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const override {
    const auto chosen = granules(id, from_ms, to_ms);
    if (chosen.empty()) return {};
    const auto file = TRY(file_with(chosen));
    thread_local HotGranule granule;
    if (chosen.size() == 1) {
      TRY(decode(file->bytes(), chosen[0], granule));
      append(out, granule.span().between(from_ms, to_ms));
      return {};
    }
    // In the common case the granules follow one another in time, and each is appended as it comes.
    std::vector<HotGranule> kept;
    const auto before = out.size();
    bool in_order = true;
    for (const auto offset : chosen) {
      TRY(decode(file->bytes(), offset, granule));
      const auto samples = granule.span().between(from_ms, to_ms);
      if (samples.size() == 0) continue;
      if (in_order && (out.size() == before || samples.t_ms.front() > out.t_ms.back())) {
        append(out, samples);
        continue;
      }
      in_order = false;
      kept.push_back(granule);
    }
    if (in_order) return {};
    SampleColumn merged, ordered;
    // What stood in `out` before may be later than this: only its own end is in order.
    const SampleSpan all(out);
    append(ordered, SampleSpan(all.t_ms.subspan(before), all.value.subspan(before),
                               all.histograms.empty() ? all.histograms : all.histograms.subspan(before),
                               all.start_ms.empty() ? all.start_ms : all.start_ms.subspan(before)));
    std::vector<SampleSpan> columns{SampleSpan(ordered)};
    for (const auto& late : kept) columns.push_back(late.span().between(from_ms, to_ms));
    merge(columns, merged);
    truncate(out, before);
    append(out, SampleSpan(merged));
    return {};
  }

  Status fold_facts(SeriesId id, UnixMillis from_ms, UnixMillis to_ms,
                    WindowFacts& facts) const override {
    const auto chosen = granules(id, from_ms, to_ms);
    if (chosen.empty()) return {};
    const auto file = TRY(file_with(chosen));
    WindowFacts own{.exact = true};
    thread_local HotGranule granule;
    thread_local std::vector<UnixMillis> times;
    UnixMillis covered = std::numeric_limits<UnixMillis>::min();
    bool in_order = true;
    for (const auto offset : chosen) {
      codec::ValueFacts known;
      if (offset == 0 || !decode_hot_facts(as_text(file->bytes()), offset, times, known))
        return damaged(offset);
      in_order = in_order &&
                 (times.front() > covered || covered == std::numeric_limits<UnixMillis>::min());
      covered = std::max(covered, times.back());
      if (!in_order) break;
      if (known.known && times.front() >= from_ms && times.back() <= to_ms) {
        fold(own, WindowFacts{.exact = true,
                              .count = times.size(),
                              .first_ms = times.front(),
                              .last_ms = times.back(),
                              .first = known.first,
                              .last = known.last,
                              .min = known.min,
                              .max = known.max});
        continue;
      }
      TRY(decode(file->bytes(), offset, granule));
      fold(own, granule.span().between(from_ms, to_ms));
    }
    if (!in_order) {  // granules overlap: equal times must count once
      SampleColumn column;
      TRY(read(id, from_ms, to_ms, column));
      own = {.exact = true};
      fold(own, SampleSpan(column));
    }
    fold(facts, own);
    return {};
  }

  // Writer's side.
  HotDirectory& directory() { return directory_; }
  void set_mapping(std::shared_ptr<const Mapping> mapping) {
    mapped_bytes_ = mapping->bytes().size();
    mapping_ = std::move(mapping);
  }
  void publish(std::uint64_t record, std::span<const HotIndexEntry> entries, bool intact) {
    for (const auto& entry : entries) {
      if (intact)
        directory_.add(entry.id, static_cast<std::uint32_t>(record + entry.offset), entry.first_ms,
                       entry.last_ms);
      else
        directory_.add_damaged(entry.id);
      samples_.fetch_add(entry.samples, std::memory_order_relaxed);
      if (entry.first_ms < min_ms()) min_ms_.store(entry.first_ms, std::memory_order_relaxed);
      if (entry.last_ms > max_ms()) max_ms_.store(entry.last_ms, std::memory_order_relaxed);
    }
  }
  void set_bytes(std::uint64_t bytes) { bytes_.store(bytes, std::memory_order_release); }

 private:
  // Offsets of the granules that may hold samples of the range, in the order in which they were
  // stored.
  std::vector<std::uint32_t> granules(SeriesId id, UnixMillis from_ms, UnixMillis to_ms) const {
    std::vector<std::uint32_t> out;
    directory_.each(id, [&](const HotDirectory::Entry& entry) {
      if (directory_.overlaps(entry, from_ms, to_ms)) out.push_back(entry.offset);
      return true;
    });
    std::ranges::reverse(out);
    return out;
  }

  // The mapped file, long enough for these granules. A segment that grows is mapped anew when a
  // reader asks for what came after the last mapping.
  Result<std::shared_ptr<const Mapping>> file_with(std::span<const std::uint32_t> offsets) const {
    const auto highest = *std::ranges::max_element(offsets);
    std::lock_guard lock(mapping_mutex_);
    if (highest >= mapped_bytes_) {
      const auto whole = bytes_.load(std::memory_order_acquire);
      mapping_ = TRY(disk_.map(path_));
      mapped_bytes_ = std::min<std::uint64_t>(whole, mapping_->bytes().size());
    }
    return mapping_;
  }

  Status decode(Bytes file, std::uint32_t offset, HotGranule& granule) const {
    if (offset == 0 || !decode_hot_granule(as_text(file), offset, granule)) return damaged(offset);
    return {};
  }
  Status damaged(std::uint32_t offset) const {
    return fail(Errc::corrupt,
                path_ + ": granule at offset " + std::to_string(offset) + " is damaged");
  }
  static void truncate(SampleColumn& column, std::size_t size) {
    column.t_ms.resize(size);
    column.value.resize(size);
    if (!column.histograms.empty()) column.histograms.resize(size);
    if (!column.start_ms.empty()) column.start_ms.resize(size);
  }

  Disk& disk_;
  std::string path_;
  HotDirectory directory_;
  std::atomic<UnixMillis> min_ms_{std::numeric_limits<UnixMillis>::max()},
      max_ms_{std::numeric_limits<UnixMillis>::min()};
  std::atomic<std::uint64_t> samples_{0}, bytes_{0};
  mutable std::mutex mapping_mutex_;
  mutable std::shared_ptr<const Mapping> mapping_;  // guarded by mapping_mutex_
  mutable std::uint64_t mapped_bytes_ = 0;          // guarded by mapping_mutex_; whole records only
};

class HotWriter final : public HotSegment {
 public:
  HotWriter(Disk& disk, std::string path, std::unique_ptr<File> file)
      : file_(std::move(file)), part_(std::make_shared<HotPart>(disk, std::move(path))) {
    part_->set_bytes(bytes_);
  }

  Status append(std::span<const Granule> granules) override {
    if (finished_) return fail(Errc::conflict, part_->path() + ": the segment is finished");
    if (granules.empty()) return {};
    record_.clear();
    for (const auto& granule : granules) {
      const auto n = granule.t_ms.size();
      if (n == 0 || n > codec::kGranuleSamples || granule.value.size() != n ||
          (!granule.histograms.empty() && granule.histograms.size() != n) ||
          (!granule.start_ms.empty() && granule.start_ms.size() != n))
        return fail(Errc::internal, "a granule holds 1 to 128 samples and columns of one length");
      codec::ValueHint hint{part_->directory().hint(granule.id)};
      record_.add(granule, hint);
      part_->directory().hint(granule.id) = hint.exponent;
    }
    const auto& bytes = record_.finish();
    if (bytes_ + bytes.size() > kHotSegmentBytesMax)
      return fail(Errc::limit, part_->path() + ": a hot segment is limited to " +
                                   std::to_string(kHotSegmentBytesMax) + " bytes");
    TRY(file_->append(as_bytes(bytes)));
    const auto record = bytes_;
    bytes_ += bytes.size();
    ++records_;
    part_->set_bytes(bytes_);
    part_->publish(record, record_.entries(), true);
    return {};
  }

  Status sync() override { return file_->sync(); }
  Status finish() override {
    if (finished_) return {};
    const auto end = hot_end_record(records_);
    TRY(file_->append(as_bytes(end)));
    bytes_ += end.size();
    finished_ = true;
    return file_->sync();
  }
  std::shared_ptr<const Part> part() const override { return part_; }
  std::uint64_t bytes() const override { return bytes_; }

 private:
  std::unique_ptr<File> file_;
  std::shared_ptr<HotPart> part_;
  HotRecord record_;
  std::uint64_t bytes_ = kHotHeaderBytes, records_ = 0;
  bool finished_ = false;
};

// Cuts the torn tail and writes the end mark. Failing to do so harms nothing: the next open tries
// again.
void mend(Disk& disk, const std::string& path, const HotScan& scan) {
  const auto status = [&]() -> Status {
    const auto file = TRY(disk.open(path));
    if (file->size() > scan.valid_bytes) TRY(file->truncate(scan.valid_bytes));
    TRY(file->append(as_bytes(hot_end_record(scan.records))));
    return file->sync();
  }();
  if (!status)
    log::warn("hot segment could not be finished",
              {{"file", path}, {"error", status.error().message}});
}

}  // namespace

Result<std::unique_ptr<HotSegment>> HotSegment::create(Disk& disk, std::string path) {
  auto file = TRY(disk.create(path));
  TRY(file->append(as_bytes(hot_file_header())));
  return std::make_unique<HotWriter>(disk, std::move(path), std::move(file));
}

Result<std::shared_ptr<const Part>> open_hot(Disk& disk, const std::string& path,
                                             std::vector<std::string>& damage) {
  auto mapping = TRY(disk.map(path));
  const auto file = as_text(mapping->bytes());
  auto part = std::make_shared<HotPart>(disk, path);
  auto scanned = scan_hot(file, [&](std::uint64_t record, std::span<const HotIndexEntry> entries,
                                    bool intact) { part->publish(record, entries, intact); });
  if (!scanned) return fail(std::move(scanned).error().in(path));
  for (const auto& [offset, what] : scanned->damage)
    damage.push_back(path + ": offset " + std::to_string(offset) + ": " + what);
  part->set_bytes(file.size());
  if (!scanned->finished) {
    if (file.size() > scanned->valid_bytes)
      damage.push_back(path + ": torn tail of " +
                       std::to_string(file.size() - scanned->valid_bytes) +
                       " bytes cut off at offset " + std::to_string(scanned->valid_bytes));
    part->set_bytes(scanned->valid_bytes + kHotRecordHeaderBytes + 8);
    mapping.reset();
    mend(disk, path, *scanned);
    mapping = TRY(disk.map(path));
  }
  part->set_mapping(std::move(mapping));
  return std::shared_ptr<const Part>(std::move(part));
}

}  // namespace pharos::metrics

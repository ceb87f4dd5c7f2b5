#include "metrics/series_log.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "metrics/series_log_format.hpp"

namespace pharos::metrics {
namespace {

constexpr std::string_view kPrefix = "series-", kSuffix = ".log", kNew = ".log.new";
constexpr std::size_t kNumberDigits = 8;
constexpr std::size_t kRewriteSlots = 1 << 16;  // series per write
constexpr std::size_t kSeriesBytes = 12;        // of one with eight labels, most of them its neighbour's

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view suffix) {
  if (name.size() != kPrefix.size() + kNumberDigits + suffix.size() || !name.starts_with(kPrefix) || !name.ends_with(suffix)) return {};
  std::uint64_t out = 0;
  for (const auto c : name.substr(kPrefix.size(), kNumberDigits)) {
    if (c < '0' || c > '9') return {};
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return out;
}

std::string path_of(const std::string& folder, std::uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(number));
  return folder + "/" + std::string(kPrefix) + digits + std::string(kSuffix);
}

class Load final : public SeriesLogVisitor {
 public:
  Load(SeriesTable& table, SeriesLogNumbers& numbers, ThreadPool* pool) : loader_(table, pool), numbers_(numbers) {}
  void expect(std::size_t series) { loader_.expect(series); }
  std::uint32_t pair(std::uint32_t number, std::string_view name, std::string_view value) override {
    const auto pair = loader_.pair(name, value);
    numbers_.set(pair, number);
    return pair;
  }
  Status series(SeriesId id, std::span<const std::uint32_t> handles) override {
    TRY(loader_.insert(id, handles));
    return {};
  }
  void soon(std::string_view name, std::string_view value) override { loader_.prefetch(name, value); }
  void soon(SeriesId, std::span<const std::uint32_t> handles) override { loader_.prefetch(handles); }
  void next_id(SeriesId id) override { next_id_ = std::max(next_id_, id); }
  SeriesId next() const { return next_id_; }

 private:
  SeriesTable::Loader loader_;
  SeriesLogNumbers& numbers_;
  SeriesId next_id_{};
};

class Check final : public SeriesLogVisitor {
 public:
  std::uint32_t pair(std::uint32_t, std::string_view, std::string_view) override { return 0; }
  Status series(SeriesId, std::span<const std::uint32_t>) override { return {}; }
  void next_id(SeriesId) override {}
};

class Log final : public SeriesLog {
 public:
  Log(Disk& disk, std::string folder, SeriesTable& table, std::uint64_t number)
      : disk_(disk), folder_(std::move(folder)), table_(table), number_(number), path_(path_of(folder_, number)) {}

  Status load(std::vector<Damage>& damage, ThreadPool* pool) {
    if (!disk_.exists(path_)) TRY(disk_.replace(path_, as_bytes(series_log_header())));
    const auto before = damage.size();
    SeriesLogScan scan;
    std::uint64_t file_size = 0;
    {
      const auto mapping = TRY(disk_.map(path_));
      file_size = mapping->bytes().size();
      SeriesId next{};
      {
        Load load(table_, numbers_, pool);
        load.expect(mapping->bytes().size() / kSeriesBytes);
        scan = TRY(scan_series_log(as_text(mapping->bytes()), path_, load, damage));
        next = load.next();
      }
      table_.reserve_ids(next);
    }
    numbers_.next_pair = scan.next_pair;
    entries_ = scan.entries;
    if (scan.good_end < kSeriesLogHeader) {
      TRY(disk_.replace(path_, as_bytes(series_log_header())));
      scan = {.good_end = kSeriesLogHeader};
      file_size = kSeriesLogHeader;
    }
    file_ = TRY(disk_.open(path_));
    if (scan.header_damaged) TRY(file_->write_at(0, as_bytes(series_log_header())));
    if (scan.good_end < file_size) TRY(file_->truncate(scan.good_end));
    bytes_ = scan.good_end;
    if (damage.size() > before) TRY(file_->sync());
    return {};
  }

  Status append(std::span<const Slot> slots) override {
    if (file_->size() != bytes_) TRY(file_->truncate(bytes_));
    std::string out;
    std::vector<std::uint32_t> numbered;
    std::uint64_t entries = 0;
    const auto next_pair = numbers_.next_pair;
    const auto next_id = static_cast<std::uint64_t>(table_.next_id());
    put_series_records(out, table_, slots, next_id, numbers_, numbered, entries);
    if (out.empty()) return {};
    if (auto written = file_->append(as_bytes(out)); !written) {
      numbers_.forget(numbered);
      numbers_.next_pair = next_pair;
      if (file_->size() != bytes_) (void)file_->truncate(bytes_);  // else before the next append
      return written;
    }
    bytes_ += out.size();
    entries_ += entries;
    return {};
  }

  Status sync() override { return file_->sync(); }
  std::uint64_t bytes() const override { return bytes_; }
  std::uint64_t series() const override { return entries_; }
  std::string path() const override { return path_; }

  Status rewrite() override {
    const auto path = path_of(folder_, number_ + 1);
    const auto beside = path + ".new";
    Fresh fresh;
    auto written = write_live(beside, fresh);
    if (written) written = disk_.rename(beside, path);
    if (!written) {
      fresh.file.reset();
      if (disk_.exists(beside)) (void)disk_.remove(beside);
      return written;
    }
    const auto old = std::exchange(path_, path);
    ++number_;
    file_ = std::move(fresh.file);
    numbers_ = std::move(fresh.numbers);
    bytes_ = fresh.bytes;
    entries_ = fresh.entries;
    (void)disk_.remove(old);  // else the next open removes it: the highest number counts
    // Now nothing on disk names the label pairs of the series that are gone.
    numbers_.forget(table_.collect_pairs());
    return {};
  }

 private:
  struct Fresh {
    std::unique_ptr<File> file;
    SeriesLogNumbers numbers;
    std::uint64_t bytes = 0, entries = 0;
  };

  Status write_live(const std::string& path, Fresh& fresh) {
    if (disk_.exists(path)) TRY(disk_.remove(path));
    fresh.file = TRY(disk_.create(path));
    std::string out = series_log_header();
    std::vector<Slot> slots;
    std::vector<std::uint32_t> numbered;
    const auto end = table_.slots();
    for (Slot slot = 0;; ++slot) {
      if (slot < end && table_.alive(slot)) slots.push_back(slot);
      if (slot < end && slots.size() < kRewriteSlots) continue;
      const auto next_id = static_cast<std::uint64_t>(table_.next_id());
      put_series_records(out, table_, slots, next_id, fresh.numbers, numbered, fresh.entries);
      if (slot >= end) put_series_id_record(out, next_id, fresh.numbers.next_pair);
      TRY(fresh.file->append(as_bytes(out)));
      fresh.bytes += out.size();
      out.clear();
      slots.clear();
      numbered.clear();
      if (slot >= end) break;
    }
    return fresh.file->sync();
  }

  Disk& disk_;
  std::string folder_;
  SeriesTable& table_;
  std::uint64_t number_;
  std::string path_;
  std::unique_ptr<File> file_;
  SeriesLogNumbers numbers_;
  std::uint64_t bytes_ = 0, entries_ = 0;
};

}  // namespace

Result<std::unique_ptr<SeriesLog>> SeriesLog::open(Disk& disk, std::string folder, SeriesTable& table, std::vector<Damage>& damage,
                                                   ThreadPool* pool) {
  TRY(disk.make_dirs(folder));
  const auto entries = TRY(disk.list(folder));
  std::uint64_t newest = 0;
  for (const auto& entry : entries) newest = std::max(newest, number_of(entry.name, kSuffix).value_or(0));
  auto log = std::make_unique<Log>(disk, folder, table, std::max<std::uint64_t>(newest, 1));
  TRY(log->load(damage, pool));
  // What a rewrite that was cut short left: its unfinished file, or the one it had replaced.
  for (const auto& entry : entries) {
    const auto number = number_of(entry.name, kSuffix);
    const bool left = (number && *number < newest) || number_of(entry.name, kNew);
    const auto path = folder + "/" + entry.name;
    if (left && disk.exists(path)) TRY(disk.remove(path));  // load() may have used the same name beside
  }
  return std::unique_ptr<SeriesLog>(std::move(log));
}

void verify_series_log(Disk& disk, const std::string& path, std::vector<Damage>& damage) {
  const auto mapping = disk.map(path);
  if (!mapping) {
    damage.push_back({path, 0, mapping.error().message});
    return;
  }
  Check check;
  const auto scan = scan_series_log(as_text((*mapping)->bytes()), path, check, damage);
  if (!scan) damage.push_back({path, 0, scan.error().message});
}

}  // namespace pharos::metrics

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>

#include "codec/checksum.hpp"
#include "metrics/block_index.hpp"
#include "metrics/cold_block.hpp"
#include "metrics/cold_block_format.hpp"
#include "metrics/cold_block_part.hpp"
#include "metrics/granule_cache.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {
namespace {

// What a read may decode and leave in the cache: two hours at 15 s. Merges read everything there is
// and leave nothing.
constexpr std::size_t kCachedGranulesMax = 4;
constexpr std::uint64_t kCachedRange_ms = 6 * 3'600'000;
bool worth_keeping(UnixMillis from_ms, UnixMillis to_ms) {
  return static_cast<std::uint64_t>(to_ms) - static_cast<std::uint64_t>(from_ms) <= kCachedRange_ms;
}

// One chunk opened for reading, with room to decode a granule. Kept per thread: its vectors stay.
struct OpenChunk {
  ColdTimeColumn column;
  codec::ColdTimes times;
  codec::ColdValues values, divisor;  // the latter for averages
  bool divided = false;
  ColdExtra extra;
  bool first = false, last = false;  // of the series' chunks
  SampleColumn run;                  // granules on their way into the cache
  std::array<UnixMillis, codec::kGranuleSamples> t_ms;
  std::array<double, codec::kGranuleSamples> value, count;
  std::vector<HistogramPtr> histograms;
  std::vector<UnixMillis> start_ms;
  std::vector<ColdChunkRef> refs;

  std::size_t granules() const { return codec::granules_of(column.samples); }
  bool decode(std::size_t g) {
    if (!times.decode(g, t_ms) || !values.decode(g, value) ||
        !decode_cold_extra(extra, g, column.samples, histograms, start_ms))
      return false;
    if (!divided) return true;
    if (!divisor.decode(g, count)) return false;
    for (std::size_t i = 0; i < codec::granule_length(column.samples, g); ++i)
      value[i] = count[i] > 0 ? value[i] / count[i] : 0;  // 0: only histograms in the window
    return true;
  }
  // Appends the floats of granules [begin, end) up to `to_ms`.
  bool decode_plain(std::size_t begin, std::size_t end, UnixMillis to_ms, SampleColumn& out) {
    const auto before = out.size();
    const auto n =
        (end - begin - 1) * codec::kGranuleSamples + codec::granule_length(column.samples, end - 1);
    // Decoders may write whole granules.
    const auto room = before + (end - begin) * codec::kGranuleSamples;
    out.t_ms.resize(room), out.value.resize(room);
    bool good = values.decode(begin, end - begin, out.value.data() + before);
    for (auto g = begin; good && g < end; ++g) {
      const auto at = out.t_ms.data() + before + (g - begin) * codec::kGranuleSamples;
      good = times.decode(
          g, std::span<UnixMillis, codec::kGranuleSamples>(at, codec::kGranuleSamples));
    }
    const auto first = out.t_ms.begin() + static_cast<std::ptrdiff_t>(before);
    const auto kept =
        !good ? before
              : static_cast<std::size_t>(
                    std::upper_bound(first, first + static_cast<std::ptrdiff_t>(n), to_ms) -
                    out.t_ms.begin());
    out.t_ms.resize(kept), out.value.resize(kept);
    return good;
  }
  SampleSpan span(std::size_t g) const {
    const auto n = codec::granule_length(column.samples, g);
    return {std::span(t_ms).first(n), std::span(value).first(n), histograms, start_ms};
  }
  // The granules that may hold samples in the closed range: [begin, end).
  std::pair<std::size_t, std::size_t> overlapping(UnixMillis from_ms, UnixMillis to_ms) const {
    std::size_t begin = 0, end = granules();
    const auto first_after = [&](UnixMillis t) {  // first granule that begins after t
      std::size_t low = 0, high = granules();
      while (low < high) {
        const auto middle = (low + high) / 2;
        if (times.first_of(middle) <= t)
          low = middle + 1;
        else
          high = middle;
      }
      return low;
    };
    end = first_after(to_ms);
    begin = first_after(from_ms);
    if (begin > 0) --begin;
    return {std::min(begin, end), end};
  }
};

class ColdPart final : public Part {
 public:
  ColdPart(std::string path, std::shared_ptr<const Mapping> mapping, const ColdFooter& footer,
           std::shared_ptr<GranuleCache> cache)
      : cache_(std::move(cache)),
        cache_part_(cache_ ? cache_->new_part() : 0),
        path_(std::move(path)),
        mapping_(std::move(mapping)),
        footer_(footer),
        file_(as_text(mapping_->bytes())),
        data_(section(ColdSection::data)),
        page_good_((data_.size() + kColdPageBytes - 1) / kColdPageBytes) {}

  const std::string& path() const override { return path_; }
  UnixMillis min_ms() const override { return footer_.min_ms; }
  UnixMillis max_ms() const override { return footer_.max_ms; }
  std::uint64_t samples() const override { return footer_.samples; }
  std::uint64_t series_count() const override { return footer_.series; }
  std::uint64_t bytes() const override { return file_.size(); }
  Resolution resolution() const override { return footer_.resolution; }
  bool has_index() const override { return true; }
  bool rests() const override {
    return unpacked_.load(std::memory_order_relaxed) && !asked_.exchange(false, std::memory_order_relaxed);
  }

  bool contains(SeriesId id) const override { return ordinal(id).has_value(); }
  void each_series(const std::function<void(SeriesId)>& visit) const override {
    if (!load_directory()) return;
    for (const auto& entry : directory_) visit(entry.id);
  }

  Status read(SeriesId id, UnixMillis from_ms, UnixMillis to_ms, SampleColumn& out) const override {
    if (cache_ && cache_->read({cache_part_, id}, from_ms, to_ms, out)) return {};
    return read_column(
        id,
        footer_.resolution == Resolution::raw ? std::nullopt : std::optional(Aggregate::average),
        from_ms, to_ms, out);
  }
  Status read_aggregate(SeriesId id, Aggregate aggregate, UnixMillis from_ms, UnixMillis to_ms,
                        SampleColumn& out) const override {
    if (footer_.resolution == Resolution::raw)
      return Part::read_aggregate(id, aggregate, from_ms, to_ms, out);
    return read_column(id, aggregate, from_ms, to_ms, out);
  }

  Status fold_facts(SeriesId id, UnixMillis from_ms, UnixMillis to_ms,
                    WindowFacts& facts) const override {
    if (footer_.resolution != Resolution::raw) {
      if (contains(id)) facts.exact = false;
      return {};
    }
    return each_chunk(id, std::nullopt, from_ms, to_ms, [&](OpenChunk& chunk) -> Status {
      if (chunk.extra.histograms) facts.exact = false;
      if (!chunk.values.open_bounds()) return damaged(id);
      const auto [begin, end] = chunk.overlapping(from_ms, to_ms);
      WindowFacts own{.exact = true};
      if (begin < end && !fold_granules(id, chunk, begin, end, from_ms, to_ms, own))
        return damaged(id);
      fold(facts, own);
      return {};
    });
  }

  Result<Labels> labels(SeriesId id) const override {
    const auto place = ordinal(id);
    if (!place) return fail(Errc::not_found, path_ + ": no such series");
    TRY(load_index());
    auto labels = index_->labels(*place);
    if (!labels) return fail(std::move(labels).error().in(path_));
    return labels;
  }
  Result<std::vector<SeriesId>> match(std::span<const Matcher> matchers) const override {
    TRY(load_directory());
    TRY(load_index());
    auto ordinals = index_->match(matchers);
    if (!ordinals) return fail(std::move(ordinals).error().in(path_));
    std::vector<SeriesId> out;
    out.reserve(ordinals->size());
    for (const auto place : *ordinals) out.push_back(directory_[place].id);
    return out;
  }

  Result<std::vector<std::string>> label_names() const override {
    TRY(load_index());
    auto names = index_->names();
    if (!names) return fail(std::move(names).error().in(path_));
    return names;
  }
  Result<std::vector<std::string>> label_values(std::string_view name) const override {
    TRY(load_index());
    auto values = index_->values(name);
    if (!values) return fail(std::move(values).error().in(path_));
    return values;
  }

  // Everything, for metrics/verify.hpp.
  void verify(std::vector<std::pair<std::uint64_t, std::string>>& damage) const {
    for (std::size_t page = 0; page < page_good_.size(); ++page)
      if (const auto status = check_page(page); !status)
        damage.emplace_back(kColdHeaderBytes + page * kColdPageBytes, status.error().message);
    if (const auto checksums = check_section(ColdSection::page_checksums, "page checksums");
        !checksums)
      damage.emplace_back(footer_.of(ColdSection::page_checksums).offset,
                          checksums.error().message);
    const auto directory = load_directory();
    if (!directory)
      damage.emplace_back(footer_.of(ColdSection::directory).offset, directory.error().message);
    auto index = load_index();
    if (index) index = index_->verify();
    if (!index) damage.emplace_back(footer_.of(ColdSection::symbols).offset, index.error().message);
    if (!damage.empty()) return;
    std::uint64_t samples = 0;
    for (const auto& entry : directory_) {
      SampleColumn column;
      const auto status = read(entry.id, std::numeric_limits<UnixMillis>::min(),
                               std::numeric_limits<UnixMillis>::max(), column);
      if (!status)
        damage.emplace_back(kColdHeaderBytes + entry.offset, status.error().message);
      else if (std::ranges::adjacent_find(column.t_ms, std::greater_equal<>{}) != column.t_ms.end())
        damage.emplace_back(kColdHeaderBytes + entry.offset, "times do not rise");
      samples += column.size();
    }
    if (samples != footer_.samples)
      damage.emplace_back(0, "the footer counts " + std::to_string(footer_.samples) +
                                 " samples, there are " + std::to_string(samples));
  }

 private:
  std::string_view section(ColdSection which) const {
    const auto& s = footer_.of(which);
    return file_.substr(s.offset, s.length);
  }
  Status check_section(ColdSection which, std::string_view what) const {
    if (codec::crc32c(section(which)) != footer_.of(which).checksum)
      return fail(Errc::corrupt, path_ + ": " + std::string(what) + " at offset " +
                                     std::to_string(footer_.of(which).offset) +
                                     ": the checksum does not match");
    return {};
  }
  Status check_page(std::size_t page) const {
    if (page_good_[page].load(std::memory_order_relaxed)) return {};
    std::uint32_t expected;
    std::memcpy(&expected, section(ColdSection::page_checksums).data() + page * 4, 4);
    if (codec::crc32c(data_.substr(page * kColdPageBytes, kColdPageBytes)) != expected)
      return fail(Errc::corrupt, path_ + ": data page at offset " +
                                     std::to_string(kColdHeaderBytes + page * kColdPageBytes) +
                                     ": the checksum does not match");
    page_good_[page].store(true, std::memory_order_relaxed);
    return {};
  }
  // Bytes of the data section, checked. Pages are checked once, by whoever comes first.
  Result<std::string_view> bytes_of(const ColdRange& range) const {
    if (range.offset > data_.size() || range.length > data_.size() - range.offset)
      return fail(Errc::corrupt, path_ + ": a record points outside the file");
    if (range.length != 0)
      for (auto page = range.offset / kColdPageBytes;
           page <= (range.offset + range.length - 1) / kColdPageBytes; ++page)
        TRY(check_page(page));
    return data_.substr(range.offset, range.length);
  }

  Status load_directory() const {
    if (!asked_.load(std::memory_order_relaxed)) asked_.store(true, std::memory_order_relaxed);
    std::call_once(directory_once_, [this] {
      unpacked_.store(true, std::memory_order_relaxed);
      directory_status_ = [this]() -> Status {
        TRY(check_section(ColdSection::directory, "directory"));
        auto entries =
            decode_cold_directory(section(ColdSection::directory), footer_.series, data_.size());
        if (!entries) return fail(std::move(entries).error().in(path_));
        directory_ = std::move(*entries);
        return {};
      }();
    });
    return directory_status_;
  }
  Status load_index() const {
    std::call_once(index_once_, [this] {
      index_status_ = [this]() -> Status {
        TRY(check_section(ColdSection::symbols, "symbols"));
        TRY(check_section(ColdSection::label_sets, "label sets"));
        TRY(check_section(ColdSection::postings, "postings"));
        index_.emplace(section(ColdSection::symbols), section(ColdSection::label_sets),
                       section(ColdSection::postings), static_cast<std::uint32_t>(footer_.series));
        return {};
      }();
    });
    return index_status_;
  }
  std::optional<std::uint32_t> ordinal(SeriesId id) const {
    if (!load_directory()) return std::nullopt;
    const auto at = std::ranges::lower_bound(directory_, id, {}, &ColdDirectoryEntry::id);
    if (at == directory_.end() || at->id != id) return std::nullopt;
    return static_cast<std::uint32_t>(at - directory_.begin());
  }
  Status damaged(SeriesId id) const {
    return fail(Errc::corrupt, path_ + ": the data of series " +
                                   std::to_string(static_cast<std::uint64_t>(id)) + " is damaged");
  }

  // Calls body(chunk) for the series' chunks that may hold samples of the range, in order of time.
  template <class Body>
  Status each_chunk(SeriesId id, std::optional<Aggregate> aggregate, UnixMillis from_ms,
                    UnixMillis to_ms, Body&& body) const {
    TRY(load_directory());
    const auto place = ordinal(id);
    if (!place) return {};
    const auto& entry = directory_[*place];
    const auto record = TRY(bytes_of({entry.offset, entry.length}));
    thread_local OpenChunk chunk;
    if (!decode_cold_record(record, entry.offset, stored_columns(footer_.resolution), chunk.refs))
      return damaged(id);
    for (const auto& ref : chunk.refs) {
      chunk.first = &ref == &chunk.refs.front(), chunk.last = &ref == &chunk.refs.back();
      const auto times = TRY(bytes_of(ref.times));
      if (!get_cold_time_column(times, chunk.column)) return damaged(id);
      if (chunk.column.last_ms < from_ms || chunk.column.first_ms > to_ms) continue;
      const auto n = chunk.column.samples;
      const auto extra = TRY(bytes_of(ref.extra));
      if (!chunk.times.open(chunk.column.times, n) || !open_cold_extra(extra, n, chunk.extra))
        return damaged(id);
      chunk.divided = aggregate == Aggregate::average;
      const auto column = static_cast<std::size_t>(!aggregate      ? Aggregate{}
                                                   : chunk.divided ? Aggregate::sum
                                                                   : *aggregate);
      const auto values = TRY(bytes_of(ref.bodies[column]));
      if (!chunk.values.open(ref.heads[column], values, n)) return damaged(id);
      if (chunk.divided) {
        const auto counts = static_cast<std::size_t>(Aggregate::count);
        const auto bytes = TRY(bytes_of(ref.bodies[counts]));
        if (!chunk.divisor.open(ref.heads[counts], bytes, n)) return damaged(id);
      }
      TRY(body(chunk));
    }
    return {};
  }

  Status read_column(SeriesId id, std::optional<Aggregate> aggregate, UnixMillis from_ms,
                     UnixMillis to_ms, SampleColumn& out) const {
    return each_chunk(id, aggregate, from_ms, to_ms, [&](OpenChunk& chunk) -> Status {
      auto [begin, end] = chunk.overlapping(from_ms, to_ms);
      const auto by_granule = [&](std::size_t g) {
        if (!chunk.decode(g)) return false;
        append(out, chunk.span(g).between(from_ms, to_ms));
        return true;
      };
      // Plain floats inside the range are decoded where they are wanted; the first granule, of
      // which the front may have to go, is not.
      const bool plain = chunk.extra.granules.empty() && !chunk.divided && out.histograms.empty() &&
                         out.start_ms.empty();
      const bool kept = cache_ && chunk.extra.granules.empty() && worth_keeping(from_ms, to_ms);
      if (kept && begin < end && end - begin <= kCachedGranulesMax) {
        chunk.run.clear();
        if (!chunk.decode_plain(begin, end, std::numeric_limits<UnixMillis>::max(), chunk.run))
          return damaged(id);
        const SampleSpan run(chunk.run);
        append(out, run.between(from_ms, to_ms));
        keep(id, chunk, begin, end, from_ms, to_ms);
        return {};
      }
      if (plain && begin < end) {
        if (chunk.times.first_of(begin) < from_ms && !by_granule(begin++)) return damaged(id);
        if (begin < end && !chunk.decode_plain(begin, end, to_ms, out)) return damaged(id);
        return {};
      }
      for (; begin < end; ++begin)
        if (!by_granule(begin)) return damaged(id);
      return {};
    });
  }

  // The ends are decoded: they hold first and last. Between them bounds are enough, and of a column
  // that only rises not even these; the first granule too, when the range holds all of it.
  bool fold_granules(SeriesId id, OpenChunk& chunk, std::size_t begin, std::size_t end,
                     UnixMillis from_ms, UnixMillis to_ms, WindowFacts& own) const {
    auto& values = chunk.values;
    const bool rising = values.rising();
    const auto by_granule = [&](std::size_t g) {
      if (!chunk.decode(g)) return false;
      fold(own, chunk.span(g).between(from_ms, to_ms));
      return true;
    };
    const auto by_bounds = [&](std::size_t from, std::size_t to) {
      const auto bounds = rising ? std::nullopt : values.bounds(from, to);
      if (!rising && !bounds) return false;
      own.count += (to - from) * codec::kGranuleSamples;
      if (bounds && (bounds->min < own.min || own.min != own.min)) own.min = bounds->min;
      if (bounds && (bounds->max > own.max || own.max != own.max)) own.max = bounds->max;
      return true;
    };
    const auto last = end - 1;
    auto g = begin;
    if (g < last) {
      const auto first = chunk.times.first_of(g) >= from_ms ? values.first_value(g) : std::nullopt;
      const auto bounds = first && !rising ? values.bounds(g, g + 1) : std::nullopt;
      if (first && (rising || bounds)) {
        own.count = codec::kGranuleSamples;
        own.first_ms = own.last_ms = chunk.times.first_of(g);
        own.first = own.last = own.min = own.max = *first;
        if (bounds) own.min = bounds->min, own.max = bounds->max;
      } else if (!by_granule(g)) {
        return false;
      }
      ++g;
    }
    if (own.count != 0 && g < last && by_bounds(g, last)) g = last;
    for (; g < last; ++g)  // one by one around those that hold something special
      if ((own.count == 0 || !by_bounds(g, g + 1)) && !by_granule(g)) return false;
    if (!fold_last(id, chunk, last, from_ms, to_ms, own)) return false;
    if (begin == last || own.last_ms >= chunk.times.first_of(last)) return true;
    // Only stale markers in the last one: what came last stands before it.
    own = {.exact = own.exact};
    for (g = begin; g < end; ++g)
      if (!by_granule(g)) return false;
    return true;
  }
  // The newest granule of a range ends where the ranges of other queries end: it goes by the cache.
  bool fold_last(SeriesId id, OpenChunk& chunk, std::size_t g, UnixMillis from_ms, UnixMillis to_ms,
                 WindowFacts& facts) const {
    from_ms = std::max(from_ms, chunk.times.first_of(g));
    if (!cache_ || !chunk.extra.granules.empty()) {
      if (!chunk.decode(g)) return false;
      fold(facts, chunk.span(g).between(from_ms, to_ms));
      return true;
    }
    chunk.run.clear();
    if (!cache_->read({cache_part_, id}, from_ms, to_ms, chunk.run)) {
      if (!chunk.decode_plain(g, g + 1, std::numeric_limits<UnixMillis>::max(), chunk.run))
        return false;
      keep(id, chunk, g, g + 1, from_ms, to_ms);
    }
    fold(facts, SampleSpan(chunk.run).between(from_ms, to_ms));
    return true;
  }
  // Granules [begin, end) decoded by a read of [from, to], which has to lie in what they cover.
  void keep(SeriesId id, const OpenChunk& chunk, std::size_t begin, std::size_t end,
            UnixMillis from_ms, UnixMillis to_ms) const {
    constexpr auto kFirst = std::numeric_limits<UnixMillis>::min(),
                   kLast = std::numeric_limits<UnixMillis>::max();
    const auto covered_from = begin == 0 && chunk.first ? kFirst : chunk.times.first_of(begin);
    const auto covered_to = end < chunk.granules() ? chunk.times.first_of(end) - 1
                            : chunk.last           ? kLast
                                                   : chunk.column.last_ms;
    if (from_ms < covered_from || to_ms > covered_to) return;
    cache_->put({cache_part_, id}, {covered_from, covered_to, chunk.run.t_ms, chunk.run.value});
  }

  std::shared_ptr<GranuleCache> cache_;  // of raw parts; may be null
  std::uint64_t cache_part_;
  std::string path_;
  std::shared_ptr<const Mapping> mapping_;
  ColdFooter footer_;
  std::string_view file_, data_;
  mutable std::vector<std::atomic<bool>> page_good_;
  mutable std::atomic<bool> unpacked_{false}, asked_{false};
  mutable std::once_flag directory_once_, index_once_;
  mutable Status directory_status_, index_status_;
  mutable std::vector<ColdDirectoryEntry> directory_;
  mutable std::optional<BlockIndex> index_;
};

Result<std::shared_ptr<const ColdPart>> open(Disk& disk, const std::string& path,
                                             std::shared_ptr<GranuleCache> cache) {
  auto mapping = TRY(disk.map(path));
  auto footer = decode_cold_footer(as_text(mapping->bytes()));
  if (!footer) return fail(std::move(footer).error().in(path));
  if (footer->resolution != Resolution::raw) cache = nullptr;
  return std::make_shared<const ColdPart>(path, std::move(mapping), *footer, std::move(cache));
}

}  // namespace

Result<std::shared_ptr<const Part>> open_cold(Disk& disk, const std::string& path,
                                              std::vector<std::string>&,
                                              std::shared_ptr<GranuleCache> cache) {
  auto part = TRY(open(disk, path, std::move(cache)));
  return std::shared_ptr<const Part>(std::move(part));
}

Status verify_cold(Disk& disk, const std::string& path,
                   std::vector<std::pair<std::uint64_t, std::string>>& damage) {
  const auto part = TRY(open(disk, path, nullptr));
  part->verify(damage);
  return {};
}

}  // namespace pharos::metrics

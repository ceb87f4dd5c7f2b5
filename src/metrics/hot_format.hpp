// The bytes of a hot segment, version 1; drawn in docs/formats/hot-segment.md.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/series_hot.hpp"
#include "metrics/part.hpp"
#include "metrics/sample_fold.hpp"

namespace pharos::metrics {

inline constexpr std::uint64_t kHotHeaderBytes = 16, kHotRecordHeaderBytes = 16;
std::string hot_file_header();

// What the record's index says of one granule.
struct HotIndexEntry {
  SeriesId id;
  std::uint64_t offset;  // of the granule, from the begin of the record
  std::uint32_t samples;
  UnixMillis first_ms, last_ms;
};

// One record being built. Reusable, so that nothing is allocated in the steady state.
class HotRecord {
 public:
  void clear();
  void add(const Granule& granule, codec::ValueHint& hint);
  const std::vector<HotIndexEntry>& entries() const { return entries_; }
  std::uint64_t samples() const { return samples_; }
  const std::string& finish();  // header and payload, ready to be written

 private:
  struct TimeColumn {
    std::uint64_t offset;  // in the record
    std::vector<UnixMillis> t_ms;
  };
  std::size_t time_column(std::span<const UnixMillis> t_ms);
  std::string bytes_;  // record header, body length, body
  std::vector<HotIndexEntry> entries_;
  std::vector<std::uint32_t> column_of_;  // one per granule
  std::vector<TimeColumn> columns_;       // the first `column_count_` are in use
  std::size_t column_count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> column_by_hash_;
  std::uint64_t samples_ = 0;
};
std::string hot_end_record(std::uint64_t records);

// One decoded granule. Reusable.
struct HotGranule {
  std::vector<UnixMillis> t_ms;
  std::vector<double> value;
  std::vector<HistogramPtr> histograms;  // empty: none
  std::vector<UnixMillis> start_ms;      // empty: none
  SampleSpan span() const { return {t_ms, value, histograms, start_ms}; }
};
// `file` is the mapped segment. False: malformed.
bool decode_hot_granule(std::string_view file, std::uint64_t offset, HotGranule& out);
// Times, and the facts in the value column's head; facts.known is false with histograms too.
bool decode_hot_facts(std::string_view file, std::uint64_t offset, std::vector<UnixMillis>& t_ms,
                      codec::ValueFacts& facts);

struct HotScan {
  std::uint64_t valid_bytes = 0;  // up to the end of the last whole record; what follows is torn
  std::uint64_t records = 0;
  bool finished = false;  // an end record with the right count closes the file
  std::vector<std::pair<std::uint64_t, std::string>> damage;  // offset, what
};
// Walks the records of `file` and checks every checksum. `visit(record offset, entries, intact)`;
// with intact false the payload is damaged but its index could be read.
Result<HotScan> scan_hot(
    std::string_view file,
    const std::function<void(std::uint64_t, std::span<const HotIndexEntry>, bool)>& visit);

}  // namespace pharos::metrics

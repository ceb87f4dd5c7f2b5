// The bytes of a cold block, version 1; drawn in docs/formats/cold-block.md.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/series_cold.hpp"
#include "metrics/part.hpp"

namespace pharos::metrics {

inline constexpr std::size_t kColdHeaderBytes = 16;
inline constexpr std::size_t kColdPageBytes =
    64 * 1024;                                       // the data section is checked page by page
inline constexpr std::size_t kStoredAggregates = 7;  // Aggregate::count … Aggregate::counter
constexpr std::size_t stored_columns(Resolution resolution) {
  return resolution == Resolution::raw ? 1 : kStoredAggregates;
}
std::string cold_file_header();

enum class ColdSection : std::uint8_t {
  data,
  page_checksums,
  directory,
  symbols,
  label_sets,
  postings
};
inline constexpr std::size_t kColdSections = 6;

struct ColdFooter {
  struct Section {
    std::uint64_t offset = 0, length = 0;
    std::uint32_t checksum = 0;  // 0 for data, which has its pages'
  };
  std::array<Section, kColdSections> sections;
  Resolution resolution = Resolution::raw;
  UnixMillis min_ms = 0, max_ms = 0;
  std::uint64_t samples = 0, series = 0;

  Section& of(ColdSection section) { return sections[static_cast<std::size_t>(section)]; }
  const Section& of(ColdSection section) const {
    return sections[static_cast<std::size_t>(section)];
  }
};
std::string encode_cold_footer(const ColdFooter& footer);
// Checks the file's header, its footer and that the sections fill what lies between.
Result<ColdFooter> decode_cold_footer(std::string_view file);

// Where a series' record lies in the data section. 16 bytes: there is one in memory per series.
struct ColdDirectoryEntry {
  SeriesId id;
  std::uint64_t offset : 40;
  std::uint64_t length : 24;
};
inline constexpr std::uint64_t kColdDataMax = std::uint64_t{1} << 40,
                               kColdRecordMax = (1u << 24) - 1;
std::string encode_cold_directory(std::span<const ColdDirectoryEntry> entries);  // rising ids
Result<std::vector<ColdDirectoryEntry>> decode_cold_directory(std::string_view bytes,
                                                              std::uint64_t series,
                                                              std::uint64_t data_bytes);

// A chunk as its series' record names it: byte ranges of the data section.
struct ColdRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
struct ColdChunkRef {
  ColdRange times, extra;
  std::array<std::string_view, kStoredAggregates> heads;
  std::array<ColdRange, kStoredAggregates> bodies;
};
// The record at `offset` of `record.size()` bytes. False: malformed.
bool decode_cold_record(std::string_view record, std::uint64_t offset, std::size_t columns,
                        std::vector<ColdChunkRef>& chunks);
void put_cold_record(std::string& out, std::uint64_t offset, std::size_t columns,
                     std::span<const ColdChunkRef> chunks);

// A time column with its facts: samples, first, span, times.
void put_cold_time_column(std::string& out, std::span<const UnixMillis> t_ms);
struct ColdTimeColumn {
  std::uint32_t samples = 0;
  UnixMillis first_ms = 0, last_ms = 0;
  std::string_view times;
};
bool get_cold_time_column(std::string_view bytes, ColdTimeColumn& out);

// Histograms and start times of a chunk, granule by granule. Empty when there are none.
std::string encode_cold_extra(std::span<const HistogramPtr> histograms,
                              std::span<const UnixMillis> start_ms, std::size_t samples);
struct ColdExtra {
  bool histograms = false, starts = false;
  std::vector<std::string_view> granules;
};
bool open_cold_extra(std::string_view bytes, std::size_t samples, ColdExtra& out);
bool decode_cold_extra(const ColdExtra& extra, std::size_t granule, std::size_t samples,
                       std::vector<HistogramPtr>& histograms, std::vector<UnixMillis>& start_ms);

}  // namespace pharos::metrics

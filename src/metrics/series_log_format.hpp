// The bytes of the series log; docs/formats/series-log.md draws them.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/series_table.hpp"
#include "metrics/store.hpp"

namespace pharos::metrics {

inline constexpr std::size_t kSeriesLogHeader = 16;
std::string series_log_header();

// Which of the table's label pairs a file has defined, and under what number.
class SeriesLogNumbers {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t of(std::uint32_t table_pair) const { return table_pair < pairs_.size() ? pairs_[table_pair] : kNone; }
  void set(std::uint32_t table_pair, std::uint32_t number);
  void forget(std::span<const std::uint32_t> table_pairs);

  std::uint32_t next_pair = 0;

 private:
  std::vector<std::uint32_t> pairs_;  // by the table's pair
};

// Writes records for `slots` at the end of `out`; pairs without a number get one, and are listed in
// `numbered` so that the caller can forget them when the write fails. `entries` counts what was
// written: slots that are not live any more are passed over.
void put_series_records(std::string& out, const SeriesTable& table, std::span<const Slot> slots, std::uint64_t next_id,
                        SeriesLogNumbers& numbers, std::vector<std::uint32_t>& numbered, std::uint64_t& entries);

// A record without series: the next id must not be forgotten when the series that had the last ones are.
void put_series_id_record(std::string& out, std::uint64_t next_id, std::uint32_t next_pair);

// What a scan of a file's bytes comes upon, in the order of the file.
struct SeriesLogVisitor {
  virtual ~SeriesLogVisitor() = default;
  // Returns the handle by which series() names the pair.
  virtual std::uint32_t pair(std::uint32_t number, std::string_view name, std::string_view value) = 0;
  virtual Status series(SeriesId id, std::span<const std::uint32_t> handles) = 0;
  // The same pair or series will come in a moment: memory may be fetched ahead.
  virtual void soon(std::string_view /*name*/, std::string_view /*value*/) {}
  virtual void soon(SeriesId /*id*/, std::span<const std::uint32_t> /*handles*/) {}
  virtual void next_id(SeriesId id) = 0;
};
struct SeriesLogScan {
  bool header_damaged = false;
  std::uint64_t good_end = 0;    // what is behind it is a torn end
  std::uint32_t next_pair = 0;
  std::uint64_t entries = 0;     // series, those that could not be used too
};
// What cannot be used is told in `damage` under `path` and passed over. An error only for a file of
// another version (Errc::unsupported).
Result<SeriesLogScan> scan_series_log(std::string_view bytes, const std::string& path, SeriesLogVisitor& visitor, std::vector<Damage>& damage);

}  // namespace pharos::metrics

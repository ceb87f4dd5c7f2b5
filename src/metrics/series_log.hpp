// The durable list of series: id and labels, appended when a series is made, rewritten when most of it
// is dead. docs/formats/series-log.md draws it. Symbols and label sets are written once each, so that a
// million series load in a fraction of a second.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "metrics/series_table.hpp"
#include "metrics/store.hpp"

namespace pharos::metrics {

// One writer at a time (the store's lock); reads only the table.
class SeriesLog {
 public:
  // Opens or creates FOLDER/series-NNNNNNNN.log and inserts what it holds into `table`. A torn end is cut
  // off and damage inside is skipped by its record, both reported.
  static Result<std::unique_ptr<SeriesLog>> open(Disk& disk, std::string folder, SeriesTable& table, std::vector<Damage>& damage,
                                                 ThreadPool* pool = nullptr);
  virtual ~SeriesLog() = default;
  // Written (not synced) on return. After an error the file is as before and the call may be repeated
  // with the same and more slots.
  [[nodiscard]] virtual Status append(std::span<const Slot> slots) = 0;
  [[nodiscard]] virtual Status sync() = 0;
  virtual std::uint64_t bytes() const = 0;
  virtual std::uint64_t series() const = 0;   // entries in the file, dead ones too
  // A new file with the live series only, durable, in place of the old one.
  [[nodiscard]] virtual Status rewrite() = 0;
  virtual std::string path() const = 0;
};

void verify_series_log(Disk& disk, const std::string& path, std::vector<Damage>& damage);

}  // namespace pharos::metrics

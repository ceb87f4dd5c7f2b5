// What has been deleted and not yet rewritten: time ranges per series.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "metrics/part.hpp"

namespace pharos::metrics {

struct DeletedRange {  // closed
  UnixMillis from_ms, to_ms;
  bool operator==(const DeletedRange&) const = default;
};

// A value: copy it to change it, share it const. Ranges of a series are kept disjoint and rising.
class Tombstones {
 public:
  void add(SeriesId id, UnixMillis from_ms, UnixMillis to_ms);
  std::span<const DeletedRange> of(SeriesId id) const;
  bool empty() const { return ranges_.empty(); }
  std::size_t size() const { return ranges_.size(); }
  // Takes the deleted samples out of a column.
  void apply(SeriesId id, SampleColumn& samples) const;
  bool touches(SeriesId id, UnixMillis from_ms, UnixMillis to_ms) const;
  const std::map<SeriesId, std::vector<DeletedRange>>& all() const { return ranges_; }

  // The file (docs/formats/tombstones.md). load of a missing file gives none; a damaged one is
  // Errc::corrupt. save replaces the file durably.
  static Result<Tombstones> load(Disk& disk, const std::string& path);
  [[nodiscard]] Status save(Disk& disk, const std::string& path) const;
  static Result<Tombstones> decode(std::string_view bytes);
  std::string encode() const;

  bool operator==(const Tombstones&) const = default;

 private:
  std::map<SeriesId, std::vector<DeletedRange>> ranges_;
};

}  // namespace pharos::metrics

// Which part files make up the store, in the order in which they were stored; files that it does not
// name are what a crash left of an unfinished merge. docs/formats/manifest.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.hpp"
#include "base/result.hpp"

namespace pharos::metrics {

struct Manifest {
  struct Entry {
    std::string name;          // NNNNNNNN.hot or NNNNNNNN.cold
    bool tombstoned = false;   // deletions so far apply to it
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> parts;
  std::uint64_t next_number = 1;   // of the next part file
  std::uint64_t journal_from = 0;  // older journal segments, kept for the feed, tell nothing that the parts lack

  bool departed = false;           // series have left memory whose samples blocks still hold

  // Errc::not_found when there is none, Errc::corrupt when it is damaged.
  static Result<Manifest> load(Disk& disk, const std::string& path);
  [[nodiscard]] Status save(Disk& disk, const std::string& path) const;  // durable, atomic
  static Result<Manifest> decode(std::string_view text);
  std::string encode() const;
  bool operator==(const Manifest&) const = default;
};

}  // namespace pharos::metrics

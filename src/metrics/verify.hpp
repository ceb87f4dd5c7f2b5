// Reading every byte of a store's files for damage. verify() itself is declared in
// metrics/store.hpp.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/disk.hpp"
#include "metrics/store.hpp"

namespace pharos::metrics {

// Checks one .hot or .cold file: every checksum, every granule decoded. Changes nothing.
// `may_be_open`: the newest hot segment of a store that was not closed has no end mark.
void verify_part(Disk& disk, const std::string& path, bool may_be_open,
                 std::vector<Damage>& damage);
void verify_tombstones(Disk& disk, const std::string& path, std::vector<Damage>& damage);

// How files that are no parts are checked by verify(): true when the check knows the file.
// Registered once, at start, by those who own the format (journal, series log); not thread-safe.
using FileCheck =
    std::function<bool(Disk& disk, const std::string& path, std::vector<Damage>& damage)>;
void add_file_check(FileCheck check);

}  // namespace pharos::metrics

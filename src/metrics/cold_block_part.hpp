// Checking a whole cold block; opening one is open_cold in metrics/cold_block.hpp.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/disk.hpp"

namespace pharos::metrics {

// Every checksum, every sample, the index. Offset and what for each damage; an error when the file
// cannot be opened as a cold block at all.
Status verify_cold(Disk& disk, const std::string& path,
                   std::vector<std::pair<std::uint64_t, std::string>>& damage);

}  // namespace pharos::metrics

// Opening a finished or torn hot segment; the writer is HotSegment in metrics/part.hpp.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "metrics/part.hpp"

namespace pharos::metrics {

// As open_part, for a file that is a hot segment.
Result<std::shared_ptr<const Part>> open_hot(Disk& disk, const std::string& path,
                                             std::vector<std::string>& damage);

}  // namespace pharos::metrics

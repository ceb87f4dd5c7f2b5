// OpenMetrics text with timestamps out of any Querier.
#pragma once
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/querier.hpp"
#include "server/flags.hpp"

namespace pharos::server {

struct ExportSelection {
  std::vector<Matcher> matchers;
  UnixMillis from_ms = 0, to_ms = 0;
};
// Errc::invalid for a selector or time that cannot be read.
Result<ExportSelection> export_selection(const TsdbFlags& flags);

// Writes families in name order, each with its type and help, then # EOF; returns the number of
// samples. Stale markers are left out; OpenMetrics 1.0 has no native histograms, so they are an
// error that names the series. `sink` answers false when it cannot take more.
Result<std::uint64_t> export_openmetrics(Querier& querier, const ExportSelection& selection,
                                         const std::function<bool(std::string_view)>& sink);

}  // namespace pharos::server

// A dashboard held against a running server: what its queries give there.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "server/dashboard_lint.hpp"

namespace pharos::server {

// Asks any server with Prometheus' API each query that parses, now, with the variables as someone
// finds them who opens the board. A finding "no-data" for each that gives nothing, or nothing but
// NaN. `report` is look_at_dashboard's of `text`. An error when the server cannot be asked at all.
Result<std::vector<DashboardFinding>> look_at_dashboard_on(const std::string& url,
                                                           std::string_view text,
                                                           const DashboardReport& report);

}  // namespace pharos::server

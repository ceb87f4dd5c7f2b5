// The body of POST /api/v2/alerts, read straight into alerts: no JSON tree between.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rules/alert.hpp"

namespace pharos::api::alertmanager {

struct ScannedAlerts {
  std::vector<rules::Alert> alerts;   // the readable ones, in the order of the body
  std::vector<std::size_t> position;  // of alerts[i] in the body
  struct Refused {
    std::size_t position;
    std::string error;
  };
  std::vector<Refused> refused;
};

inline constexpr std::size_t kAlertsPerBodyMax = 1'000'000;
inline constexpr std::size_t kAlertLabelsMax = 1'000;  // and as many annotations

// A list of {"labels": {…}, "annotations": {…}, "startsAt", "endsAt", "generatorURL"}; other keys
// are skipped. Errc::invalid when the body is not such a list in JSON at all; an alert with a
// member of the wrong type is refused and the others are kept. Times without a value, or of the
// year 1, are Time{}. Labels without a value are left out.
Result<ScannedAlerts> scan_alerts(std::string_view body);

}  // namespace pharos::api::alertmanager

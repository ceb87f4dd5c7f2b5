// What is wrong with a Grafana dashboard (classic JSON), found without a server to ask.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pharos::server {

struct DashboardFinding {
  std::string check;   // "json", "expression", …: the names that select checks
  bool error = false;  // the board does not work as written; else it is probably not what is meant
  std::uint32_t line = 1, column = 1;
  std::string what;
};

// A query for Prometheus of a panel, its variables as they are written.
struct DashboardQuery {
  std::string panel, reference, expr;  // panel "Errors" (id 3); A
  std::size_t offset = 0;              // of the expression in the text
};

struct DashboardReport {
  std::vector<DashboardFinding> findings;  // in the order of the file
  std::size_t panels = 0, queries = 0;     // rows are no panels
  std::vector<DashboardQuery> asked;
};

// Each check that is lint and no error, with a sentence, for help texts.
struct DashboardCheck {
  std::string_view name, about;
};
std::vector<DashboardCheck> dashboard_checks();

// `text` is a dashboard or what Grafana's API wraps around one ({"dashboard": …}). At most 1,000
// findings are kept.
DashboardReport look_at_dashboard(std::string_view text);

}  // namespace pharos::server

// `pharos check dashboards`: Grafana dashboard JSON, every mistake with its place.
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "server/config.hpp"
#include "server/dashboard_lint.hpp"
#include "server/dashboard_live.hpp"
#include "server/flags.hpp"

namespace pharos::server {
namespace {

bool wants(const CheckFlags& flags, std::string_view check) {
  const auto has = [&](std::string_view word) {
    return std::ranges::find(flags.lint, word) != flags.lint.end();
  };
  return has(check) || (has("all") && !has("none"));
}

void complain(const std::string& text) {
  std::fflush(stdout), std::fputs(("  FAILED: " + text + "\n").c_str(), stderr);
}

}  // namespace

int run_check_dashboards(const CheckFlags& flags) {
  bool good = true, remarks = false;
  for (const auto& path : flags.files) {
    std::fputs(("Checking " + path + "\n").c_str(), stdout);
    const auto text = read_text_file(path);
    if (!text) {
      complain(text.error().message);
      good = false;
      continue;
    }
    auto report = look_at_dashboard(*text);
    bool fine = true;
    if (!flags.url.empty()) {
      auto live = look_at_dashboard_on(flags.url, *text, report);
      if (live) {
        std::ranges::move(*live, std::back_inserter(report.findings));
      } else if (!report.asked.empty()) {
        complain("--url: " + live.error().message);
        fine = false;
      }
    }
    for (const auto& found : report.findings) {
      const auto place =
          path + ":" + std::to_string(found.line) + ":" + std::to_string(found.column) + ": ";
      if (found.error) {
        complain(place + found.what);
        fine = false;
      } else if (wants(flags, found.check)) {
        std::fputs(("  LINT: " + place + found.check + ": " + found.what + "\n").c_str(), stdout);
        remarks = true;
      }
    }
    if (fine)
      std::fputs(("  SUCCESS: " + std::to_string(report.panels) + " panels, " +
                  std::to_string(report.queries) + " queries\n\n")
                     .c_str(),
                 stdout);
    good &= fine;
  }
  return !good ? 1 : remarks && flags.lint_fatal ? 3 : 0;  // as check rules ends
}

}  // namespace pharos::server

// Dashboard JSON from anywhere: what is taken is written again and read back as the same board.
#include <cstdlib>

#include "dashboards/dashboard.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace d = pharos::dashboards;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto board = d::parse_dashboard(text, "f.json");
  if (!board) {
    if (!board.error().message.starts_with("f.json")) std::abort();
    return 0;
  }
  (void)d::slug_of(board->title);
  const auto written = d::dashboard_text(board->json, 1, "u", 2);
  const auto again = d::parse_dashboard(written, "f.json");
  // Numbers may grow a little when they are written shortest; a board at the bound may pass it.
  if (!again) {
    if (again.error().code != pharos::Errc::limit) std::abort();
    return 0;
  }
  if (again->title != board->title || again->tags != board->tags || again->uid != "u" ||
      again->version != 2)
    std::abort();
  if (d::dashboard_text(again->json, 1, "u", 2) != written) std::abort();
  return 0;
}

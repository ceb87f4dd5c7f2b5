#include "server/table_text.hpp"

#include <algorithm>

namespace pharos::server {

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  constexpr std::size_t kWidthMax = 60;
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], std::min(row[i].size(), kWidthMax));
    }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size())
        out.append(2 + (row[i].size() < widths[i] ? widths[i] - row[i].size() : 0), ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace pharos::server

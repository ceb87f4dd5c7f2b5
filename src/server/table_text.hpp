// Rows of cells as aligned text, for the tables of commands.
#pragma once
#include <string>
#include <vector>

namespace pharos::server {

// The first row is the head. Every column but the last is padded to its widest cell, 60 at most.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace pharos::server

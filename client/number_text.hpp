// Numbers as Go's %g and %d write them: what other exposition libraries give.
#pragma once
#include <cstdint>
#include <string>

namespace pharos::client::detail {

void put_number(std::string& out, double value);
void put_number(std::string& out, std::uint64_t value);

}  // namespace pharos::client::detail

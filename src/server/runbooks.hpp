// Runbook pages from a folder of Markdown files (--web.runbooks.path): what an alert's runbook_url
// names when it is no web address.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::server {

inline constexpr std::size_t kRunbookBytesMax = 256u << 10;

// The page `name`.md of `folder`, read now, so that an edited page shows at once. Errc::not_found
// when there is no folder or no such page, Errc::invalid when `name` is not a file's bare name,
// Errc::limit beyond kRunbookBytesMax. Thread-safe.
Result<std::string> read_runbook(const std::string& folder, std::string_view name);

}  // namespace pharos::server

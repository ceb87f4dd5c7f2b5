#include "server/runbooks.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/quoted.hpp"

namespace pharos::server {
namespace {

// A bare name of letters, digits and "._-": nothing that leads out of the folder or to what is
// hidden.
bool is_page_name(std::string_view name) {
  return name.ends_with(".md") && name.size() > 3 && name.size() <= 200 && name[0] != '.' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

Result<std::string> read_runbook(const std::string& folder, std::string_view name) {
  if (!is_page_name(name))
    return fail(Errc::invalid, quoted(name) + " is not the name of a page (letters, digits, " +
                                   "\"._-\", \".md\" at the end)");
  if (folder.empty())
    return fail(Errc::not_found, "this server has no runbooks (--web.runbooks.path)");
  const auto path = std::filesystem::path(folder) / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return fail(Errc::not_found, "there is no runbook " + quoted(name) + " in " + folder);
  std::ifstream in(path, std::ios::binary);
  std::string text(kRunbookBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad() || !in.is_open()) return fail(Errc::io, "cannot read " + path.string());
  if (text.size() > kRunbookBytesMax)
    return fail(Errc::limit, path.string() + " is longer than " + std::to_string(kRunbookBytesMax) +
                                 " bytes");
  return text;
}

}  // namespace pharos::server

// A dashboard in Grafana's classic JSON, as far as storing it needs to understand it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/json.hpp"

namespace pharos::dashboards {

inline constexpr std::size_t kDashboardBytesMax = 2u << 20;
inline constexpr std::size_t kValuesMax = 200'000;  // of JSON, each costs about 100 bytes
inline constexpr std::size_t kTitleMax = 5'000, kUidMax = 40, kTagsMax = 200;
inline constexpr std::string_view kTitleEmpty = "Dashboard title cannot be empty";

struct Dashboard {
  codec::Json json;
  std::string title, uid;
  std::vector<std::string> tags;
  std::int64_t id = 0, version = 0;  // 0: not given
};

// What is one and no dashboard says so: Errc::unsupported names schema v2, Errc::limit the bound,
// Errc::invalid what is wrong.
Result<Dashboard> read_dashboard(codec::Json json);
// As above from a file: `path:line:column: …` where the text itself is broken. An export that wraps
// the board in {"dashboard":{…}} is unwrapped.
Result<Dashboard> parse_dashboard(std::string_view text, const std::string& path);
// Errc::limit before a text with too many values becomes a tree.
Status check_size(std::string_view json);

// The board with these at its top in place of its own.
std::string dashboard_text(const codec::Json& json, std::int64_t id, const std::string& uid,
                           std::int64_t version);

// "Production: Overview" → "production-overview"; "dashboard" where nothing is left.
std::string slug_of(std::string_view title);

// Errc::invalid, with Grafana's words.
Status check_uid(std::string_view uid);
std::string new_uid();  // 14 letters and digits

void put_json(codec::JsonWriter& writer, const codec::Json& json);

}  // namespace pharos::dashboards

// Alerts, groups and silences as Alertmanager's v2 API writes and reads them.
#pragma once
#include <string>
#include <string_view>

#include "codec/json.hpp"
#include "net/http.hpp"
#include "rules/notify/alertmanager.hpp"

namespace pharos::api::alertmanager {

// "2026-11-28T19:22:16.123Z"; year 1 for Time{}. The same text as format_time, without printf.
void put_time(std::string& out, Time t);

// One gettable alert; `fingerprint` is that of its labels. An alert of a muted group counts as
// suppressed.
void put_alert(std::string& out, const rules::notify::AlertView& view, std::uint64_t fingerprint);
void put_group(std::string& out, const rules::notify::GroupView& group);
void put_silence(std::string& out, const rules::notify::Silence& silence, Time now);

// A posted silence. Errc::invalid: not JSON, or of the wrong types (400). Errc::conflict: a
// required member is missing or empty (422), the message is the validator's.
Result<rules::notify::Silence> read_silence(std::string_view body);

// Active ones first, those that end soonest in front; then pending ones by their start; expired
// ones last, the latest first.
void sort_silences(std::vector<rules::notify::Silence>& silences, Time now);

}  // namespace pharos::api::alertmanager

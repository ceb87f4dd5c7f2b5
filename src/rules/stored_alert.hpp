// Alerts, labels and notifications as bytes in the state database. Version 1:
//
//   labels        varint count, then per label: string name, string value
//   alert         labels, labels (annotations), signed starts, signed ends, signed updated (Unix
//   ms),
//                 string generator_url, u8 timeout
//   notification  u8 version, string receiver, string group_key, labels (group), labels (route),
//                 varint count, alerts, signed now, signed repeat_interval (ms), string
//                 external_url, string idempotency_key, string reason, u8 test
//
// A string is a varint length and its bytes; signed numbers are zigzag varints.
#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/varint.hpp"
#include "rules/alert.hpp"
#include "rules/notify/notification.hpp"

namespace pharos::rules {

void put_labels(std::string& out, const Labels& labels);
void put_alert(std::string& out, const Alert& alert);
std::string encode_notification(const notify::Notification& notification);

// The cursor's ok() is false after malformed input.
Labels take_labels(codec::Cursor& in);
Alert take_alert(codec::Cursor& in);
Result<notify::Notification> decode_notification(std::string_view bytes);  // Errc::corrupt

}  // namespace pharos::rules

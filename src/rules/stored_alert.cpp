#include "rules/stored_alert.hpp"

#include <algorithm>
#include <vector>

namespace pharos::rules {
namespace {

constexpr char kVersion = 1;
// A label takes at least two bytes, an alert seven (two label counts, three times, a length, a
// flag): counts beyond what is left are damage.
constexpr std::size_t kLabelBytesMin = 2, kAlertBytesMin = 7;

void put_time(std::string& out, Time t) {
  codec::put_signed(out, to_unix_millis(t));
}
Time take_time(codec::Cursor& in) {
  return from_unix_millis(in.signed_varint());
}

}  // namespace

void put_labels(std::string& out, const Labels& labels) {
  codec::put_varint(out, labels.size());
  for (const auto [name, value] : labels) {
    codec::put_string(out, name);
    codec::put_string(out, value);
  }
}

Labels take_labels(codec::Cursor& in) {
  const auto count = in.varint();
  if (count > in.left() / kLabelBytesMin) {
    in.fail();
    return {};
  }
  std::vector<LabelView> labels(count);
  for (auto& label : labels) {
    label.name = in.string();
    label.value = in.string();
    if (!in.ok()) return {};
  }
  const bool sorted =
      std::ranges::is_sorted(labels, [](const auto& a, const auto& b) { return a.name <= b.name; });
  if (!sorted || std::ranges::any_of(labels, [](const auto& l) { return l.value.empty(); })) {
    in.fail();
    return {};
  }
  return Labels::from_sorted(labels);
}

void put_alert(std::string& out, const Alert& alert) {
  put_labels(out, alert.labels);
  put_labels(out, alert.annotations);
  put_time(out, alert.starts_at);
  put_time(out, alert.ends_at);
  put_time(out, alert.updated_at);
  codec::put_string(out, alert.generator_url);
  out += static_cast<char>(alert.timeout);
}

Alert take_alert(codec::Cursor& in) {
  Alert out;
  out.labels = take_labels(in);
  out.annotations = take_labels(in);
  out.starts_at = take_time(in);
  out.ends_at = take_time(in);
  out.updated_at = take_time(in);
  out.generator_url = in.string();
  out.timeout = in.fixed<std::uint8_t>() != 0;
  return out;
}

std::string encode_notification(const notify::Notification& notification) {
  std::string out;
  out += kVersion;
  codec::put_string(out, notification.receiver);
  codec::put_string(out, notification.group_key);
  put_labels(out, notification.group_labels);
  put_labels(out, notification.route_labels);
  codec::put_varint(out, notification.alerts.size());
  for (const auto& alert : notification.alerts) put_alert(out, alert);
  put_time(out, notification.now);
  codec::put_signed(out, notification.repeat_interval.count());
  codec::put_string(out, notification.external_url);
  codec::put_string(out, notification.idempotency_key);
  codec::put_string(out, notification.reason);
  out += static_cast<char>(notification.test);
  return out;
}

Result<notify::Notification> decode_notification(std::string_view bytes) {
  const auto damaged = [] { return fail(Errc::corrupt, "a stored notification is damaged"); };
  codec::Cursor in(bytes);
  if (in.fixed<char>() != kVersion) return damaged();
  notify::Notification out;
  out.receiver = in.string();
  out.group_key = in.string();
  out.group_labels = take_labels(in);
  out.route_labels = take_labels(in);
  const auto count = in.varint();
  if (count > in.left() / kAlertBytesMin) return damaged();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) out.alerts.push_back(take_alert(in));
  out.now = take_time(in);
  out.repeat_interval = Millis(in.signed_varint());
  out.external_url = in.string();
  out.idempotency_key = in.string();
  out.reason = in.string();
  out.test = in.fixed<std::uint8_t>() != 0;
  if (!in.ok() || !in.at_end()) return damaged();
  return out;
}

}  // namespace pharos::rules

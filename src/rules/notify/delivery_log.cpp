#include "rules/notify/delivery_log.hpp"

#include "codec/varint.hpp"
#include "rules/stored_alert.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

// Record: version u8, sequence and at (varint, zigzag varint ms), receiver, integration, group key,
// group labels, outcome, cause, reason, firing, resolved,
// attempts, status (varints), took (zigzag varint ms), alerts (varint count, u64 each).
std::string encode(const DeliveryRecord& record) {
  std::string out;
  out += static_cast<char>(kVersion);
  codec::put_varint(out, record.sequence);
  codec::put_signed(out, to_unix_millis(record.at));
  for (const auto* text : {&record.receiver, &record.integration, &record.group_key})
    codec::put_string(out, *text);
  put_labels(out, record.group_labels);
  for (const auto* text : {&record.outcome, &record.cause, &record.reason})
    codec::put_string(out, *text);
  codec::put_varint(out, record.firing);
  codec::put_varint(out, record.resolved);
  codec::put_signed(out, record.attempts);
  codec::put_signed(out, record.status);
  codec::put_signed(out, record.took.count());
  codec::put_varint(out, record.alerts.size());
  for (const auto fingerprint : record.alerts) codec::put_fixed(out, fingerprint);
  return out;
}

Result<DeliveryRecord> decode_delivery(std::string_view bytes) {
  codec::Cursor in(bytes);
  DeliveryRecord out;
  const bool known = in.fixed<std::uint8_t>() == kVersion;
  out.sequence = in.varint();
  out.at = from_unix_millis(in.signed_varint());
  for (auto* text : {&out.receiver, &out.integration, &out.group_key}) *text = in.string();
  out.group_labels = take_labels(in);
  for (auto* text : {&out.outcome, &out.cause, &out.reason}) *text = in.string();
  out.firing = in.varint();
  out.resolved = in.varint();
  out.attempts = static_cast<int>(in.signed_varint());
  out.status = static_cast<int>(in.signed_varint());
  out.took = Millis{in.signed_varint()};
  const auto alerts = in.varint();
  for (std::uint64_t i = 0; i < alerts && in.ok(); ++i)
    out.alerts.push_back(in.fixed<std::uint64_t>());
  if (!known || !in.ok()) return fail(Errc::corrupt, "a delivery record is damaged");
  return out;
}

}  // namespace pharos::rules::notify

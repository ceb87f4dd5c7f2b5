// Rows of the notification state: batches of alerts, log entries, outbox, delivery records.
#include "codec/compress.hpp"
#include "rules/notify/alert_journal.hpp"
#include "rules/notify/delivery_log.hpp"
#include "rules/notify/notification_log.hpp"
#include "rules/notify/outbox.hpp"

using namespace pharos::rules::notify;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 10'000) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: {
      const auto packed = pharos::codec::compress(pharos::codec::Compression::lz4, bytes);
      (void)read_batch(packed, [](BatchRecord&&) { return true; });
      (void)read_batch(bytes, [](BatchRecord&&) { return true; });
      break;
    }
    case 1:
      if (const auto entry = decode_log_entry(bytes)) {
        const auto again = decode_log_entry(encode(*entry));
        if (!again || again->firing != entry->firing || again->at != entry->at) __builtin_trap();
      }
      break;
    case 2:
      if (const auto item = decode_outbox_item(bytes)) {
        const auto again = decode_outbox_item(encode(*item));
        if (!again || again->slot != item->slot) __builtin_trap();
      }
      break;
    default: (void)decode_delivery(bytes);
  }
  return 0;
}

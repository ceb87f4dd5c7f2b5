// A whole journal segment and single records from arbitrary bytes.
#include <cstdint>
#include <string>

#include "metrics/journal_format.hpp"

using namespace pharos::metrics;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<JournalEntry> entries;
  (void)decode_journal_segment(bytes, entries);
  entries.clear();
  (void)decode_journal_segment(journal_header(1) + std::string(bytes), entries);
  // Behind the checksums; what decodes must encode and decode to as much again.
  JournalValues values;
  JournalEntry entry;
  if (get_journal_entry(bytes, entry, values)) {
    std::string again = journal_header(1);
    JournalValues fresh;
    put_journal_entry(again, entry, fresh);
    entries.clear();
    std::size_t floats = 0;
    if (!decode_journal_segment(again, entries)) __builtin_trap();
    for (const auto& e : entries) floats += e.floats.size();
    if (floats != entry.floats.size()) __builtin_trap();
  }
  return 0;
}

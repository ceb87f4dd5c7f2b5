// The bytes of journal segments: framing and records. docs/formats/journal.md draws them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/journal.hpp"
#include "metrics/journal_values.hpp"

namespace pharos::metrics {

inline constexpr std::size_t kJournalHeaderBytes = 24, kJournalFrameBytes = 12;

std::string journal_path(const std::string& folder, std::uint64_t segment);
// The number in a segment's file name or path; none when it is not one.
std::optional<std::uint64_t> journal_segment_of(std::string_view path);
std::string journal_header(std::uint64_t segment);

// Appends `entry` as one record or, when it is big, several, framed. Advances `values`.
void put_journal_entry(std::string& out, const JournalEntry& entry, JournalValues& values);
// The payload of one record into a cleared `entry`. False on malformed bytes; `values` is then of no more use.
bool get_journal_entry(std::string_view payload, JournalEntry& entry, JournalValues& values,
                       JournalReader::Floats form = JournalReader::Floats::rows);

// What stands at the front of some bytes of a segment.
struct JournalFrame {
  enum class Kind : std::uint8_t {
    whole,       // `bytes` long, checked
    incomplete,  // more bytes are wanted: `bytes` in all, at least
    damaged,     // `bytes` long as far as is known
  } kind = Kind::incomplete;
  std::uint64_t bytes = 0;
  std::string_view payload;
};
JournalFrame read_journal_header(std::string_view bytes, std::uint64_t& segment);
JournalFrame read_journal_frame(std::string_view bytes);

// Damaged bytes that reach to the end of the file: true when they are what a crash leaves of an unfinished write,
// some of it and then zeros.
bool is_torn(const JournalFrame& frame, std::string_view to_end_of_file);

}  // namespace pharos::metrics

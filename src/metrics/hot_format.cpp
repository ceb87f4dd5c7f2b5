#include "metrics/hot_format.hpp"

#include <algorithm>
#include <cstring>

#include "codec/checksum.hpp"
#include "metrics/histogram_column.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::string_view kFileMagic = "PHAROSHT";
constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kRecordMagic = "gran", kEndMagic = "done";
constexpr std::uint8_t kHasHistograms = 1, kHasStarts = 2;

std::string_view text_of(std::span<const UnixMillis> t) {
  return {reinterpret_cast<const char*>(t.data()), t.size_bytes()};
}

void put_record_header(std::string& at, std::string_view magic, std::string_view payload) {
  std::string header(magic);
  codec::put_fixed(header, static_cast<std::uint32_t>(payload.size()));
  codec::put_fixed(header, codec::crc32c(payload));
  codec::put_fixed(header, codec::crc32c(header));
  at.replace(0, header.size(), header);
}

struct RecordHeader {
  bool good = false, end = false;
  std::uint32_t length = 0, checksum = 0;
};

RecordHeader read_record_header(std::string_view file, std::uint64_t offset) {
  RecordHeader out;
  if (file.size() - offset < kHotRecordHeaderBytes) return out;
  Cursor in(file.substr(offset, kHotRecordHeaderBytes));
  const auto magic = in.bytes(4);
  out.length = in.fixed<std::uint32_t>();
  out.checksum = in.fixed<std::uint32_t>();
  out.end = magic == kEndMagic;
  out.good = (out.end || magic == kRecordMagic) &&
             in.fixed<std::uint32_t>() == codec::crc32c(file.substr(offset, 12));
  return out;
}

// payload: u32 body length, body, index, u32 checksum of the index.
bool read_index(std::string_view payload, std::vector<HotIndexEntry>& out) {
  out.clear();
  Cursor in(payload);
  const auto body = in.fixed<std::uint32_t>();
  in.bytes(body);
  if (!in.ok() || in.left() < 4) return false;
  const auto index = in.bytes(in.left() - 4);
  if (in.fixed<std::uint32_t>() != codec::crc32c(index)) return false;
  Cursor at(index);
  struct Column {
    std::uint32_t samples;
    UnixMillis first_ms, last_ms;
  };
  std::vector<Column> columns;
  const auto column_count = at.varint();
  if (column_count > at.left()) return false;
  for (std::uint64_t i = 0; i < column_count; ++i) {
    const auto samples = at.varint();
    const auto first = at.signed_varint();
    const auto last = static_cast<UnixMillis>(static_cast<std::uint64_t>(first) + at.varint());
    if (samples == 0 || samples > codec::kGranuleSamples) return false;
    columns.push_back({static_cast<std::uint32_t>(samples), first, last});
  }
  const auto count = at.varint();
  if (count > at.left()) return false;
  std::uint64_t id = 0, offset = kHotRecordHeaderBytes + 4, column = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    id += static_cast<std::uint64_t>(at.signed_varint());
    offset += at.varint();
    column += static_cast<std::uint64_t>(at.signed_varint());
    if (!at.ok() || column >= columns.size() || offset >= kHotRecordHeaderBytes + 4 + body)
      return false;
    out.push_back({static_cast<SeriesId>(id), offset, columns[column].samples,
                   columns[column].first_ms, columns[column].last_ms});
  }
  return at.ok() && at.at_end();
}

// granule: u8 flags, varint distance back to its time column, varint length, values, …
struct GranuleHead {
  std::uint8_t flags = 0;
  Cursor rest{{}};  // at the value column
  std::size_t samples = 0;
};

bool read_granule_head(std::string_view file, std::uint64_t offset, std::vector<UnixMillis>& t_ms,
                       GranuleHead& head) {
  if (offset >= file.size()) return false;
  Cursor in(file.substr(offset));
  head.flags = in.fixed<std::uint8_t>();
  const auto back = in.varint();
  const auto length = in.varint();
  head.rest = Cursor(in.bytes(length));
  if (!in.ok() || back > offset || head.flags > (kHasHistograms | kHasStarts)) return false;
  Cursor times(file.substr(offset - back));
  const auto n = times.fixed<std::uint8_t>();
  if (n == 0 || n > codec::kGranuleSamples) return false;
  t_ms.resize(n);
  head.samples = n;
  return codec::get_integers(times, t_ms);
}

}  // namespace

std::string hot_file_header() {
  std::string out(kFileMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, codec::crc32c(out));
  return out;
}

void HotRecord::clear() {
  bytes_.assign(kHotRecordHeaderBytes + 4, '\0');
  entries_.clear();
  column_of_.clear();
  column_by_hash_.clear();
  column_count_ = 0;
  samples_ = 0;
}

std::size_t HotRecord::time_column(std::span<const UnixMillis> t_ms) {
  // Series of one target are sealed together: mostly the column before is the one.
  if (column_count_ != 0 && std::ranges::equal(columns_[column_count_ - 1].t_ms, t_ms))
    return column_count_ - 1;
  const auto hash = codec::hash64(text_of(t_ms));
  const auto [known, fresh] =
      column_by_hash_.try_emplace(hash, static_cast<std::uint32_t>(column_count_));
  if (!fresh && std::ranges::equal(columns_[known->second].t_ms, t_ms)) return known->second;
  if (column_count_ == columns_.size()) columns_.emplace_back();
  auto& column = columns_[column_count_];
  column.offset = bytes_.size();
  column.t_ms.assign(t_ms.begin(), t_ms.end());
  bytes_.push_back(static_cast<char>(t_ms.size()));
  codec::put_integers(bytes_, t_ms);
  return column_count_++;
}

void HotRecord::add(const Granule& granule, codec::ValueHint& hint) {
  if (bytes_.empty()) clear();
  const auto column = time_column(granule.t_ms);
  const auto offset = bytes_.size();
  const bool histograms =
      std::ranges::any_of(granule.histograms, [](const auto& h) { return h != nullptr; });
  const bool starts = std::ranges::any_of(granule.start_ms, [](auto t) { return t != 0; });
  bytes_.push_back(
      static_cast<char>((histograms ? kHasHistograms : 0) | (starts ? kHasStarts : 0)));
  codec::put_varint(bytes_, offset - columns_[column].offset);
  const auto length_at = bytes_.size();
  bytes_.append(2,
                '\0');  // most granules are shorter than 16 kB: two bytes of length, patched below
  codec::put_values(bytes_, granule.value, hint);
  if (starts) codec::put_integers(bytes_, granule.start_ms);
  if (histograms) put_histograms(bytes_, granule.histograms);
  const auto length = bytes_.size() - length_at - 2;
  if (length < 1u << 14) {
    bytes_[length_at] = static_cast<char>((length & 0x7f) | 0x80);
    bytes_[length_at + 1] = static_cast<char>(length >> 7);
  } else {
    std::string varint;
    codec::put_varint(varint, length);
    bytes_.replace(length_at, 2, varint);
  }
  entries_.push_back({granule.id, offset, static_cast<std::uint32_t>(granule.t_ms.size()),
                      granule.t_ms.front(), granule.t_ms.back()});
  column_of_.push_back(static_cast<std::uint32_t>(column));
  samples_ += granule.t_ms.size();
}

const std::string& HotRecord::finish() {
  const auto body = static_cast<std::uint32_t>(bytes_.size() - kHotRecordHeaderBytes - 4);
  std::memcpy(bytes_.data() + kHotRecordHeaderBytes, &body, 4);
  const auto index_at = bytes_.size();
  codec::put_varint(bytes_, column_count_);
  for (std::size_t i = 0; i < column_count_; ++i) {
    const auto& t = columns_[i].t_ms;
    codec::put_varint(bytes_, t.size());
    codec::put_signed(bytes_, t.front());
    codec::put_varint(bytes_,
                      static_cast<std::uint64_t>(t.back()) - static_cast<std::uint64_t>(t.front()));
  }
  codec::put_varint(bytes_, entries_.size());
  std::uint64_t id = 0, offset = kHotRecordHeaderBytes + 4;
  std::int64_t column = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    codec::put_signed(bytes_,
                      static_cast<std::int64_t>(static_cast<std::uint64_t>(entries_[i].id) - id));
    codec::put_varint(bytes_, entries_[i].offset - offset);
    codec::put_signed(bytes_, static_cast<std::int64_t>(column_of_[i]) - column);
    id = static_cast<std::uint64_t>(entries_[i].id);
    offset = entries_[i].offset;
    column = column_of_[i];
  }
  codec::put_fixed(bytes_, codec::crc32c(std::string_view(bytes_).substr(index_at)));
  put_record_header(bytes_, kRecordMagic, std::string_view(bytes_).substr(kHotRecordHeaderBytes));
  return bytes_;
}

std::string hot_end_record(std::uint64_t records) {
  std::string out(kHotRecordHeaderBytes, '\0');
  codec::put_fixed(out, records);
  put_record_header(out, kEndMagic, std::string_view(out).substr(kHotRecordHeaderBytes));
  return out;
}

bool decode_hot_granule(std::string_view file, std::uint64_t offset, HotGranule& out) {
  GranuleHead head;
  if (!read_granule_head(file, offset, out.t_ms, head)) return false;
  out.value.resize(head.samples);
  out.start_ms.clear();
  out.histograms.clear();
  if (!codec::get_values(head.rest, out.value)) return false;
  if (head.flags & kHasStarts) {
    out.start_ms.resize(head.samples);
    if (!codec::get_integers(head.rest, out.start_ms)) return false;
  }
  if (head.flags & kHasHistograms) {
    out.histograms.resize(head.samples);
    if (!get_histograms(head.rest, out.histograms)) return false;
  }
  return head.rest.ok() && head.rest.at_end();
}

bool decode_hot_facts(std::string_view file, std::uint64_t offset, std::vector<UnixMillis>& t_ms,
                      codec::ValueFacts& facts) {
  GranuleHead head;
  if (!read_granule_head(file, offset, t_ms, head) ||
      !codec::get_value_facts(head.rest, head.samples, facts))
    return false;
  if (head.flags & kHasHistograms) facts.known = false;
  return true;
}

Result<HotScan> scan_hot(
    std::string_view file,
    const std::function<void(std::uint64_t, std::span<const HotIndexEntry>, bool)>& visit) {
  if (file.size() < kHotHeaderBytes)
    return fail(Errc::corrupt, "shorter than a hot segment's header");
  if (file.substr(0, kHotHeaderBytes) != hot_file_header()) {
    if (file.substr(0, kFileMagic.size()) == kFileMagic)
      return fail(Errc::corrupt, "header of a hot segment is damaged or of another version than 1");
    return fail(Errc::corrupt, "not a hot segment");
  }
  HotScan scan;
  scan.valid_bytes = kHotHeaderBytes;
  std::vector<HotIndexEntry> entries;
  std::uint64_t at = kHotHeaderBytes;
  while (at < file.size()) {
    const auto header = read_record_header(file, at);
    if (!header.good || header.length > file.size() - at - kHotRecordHeaderBytes) {
      // Either the torn tail or a damaged header: records that follow are found by their magic.
      auto next = at + 1;
      for (;; ++next) {
        const auto record = file.find(kRecordMagic, next), end = file.find(kEndMagic, next);
        next = std::min(record, end);
        if (next == file.npos) break;
        const auto candidate = read_record_header(file, next);
        if (candidate.good && candidate.length <= file.size() - next - kHotRecordHeaderBytes &&
            codec::crc32c(file.substr(next + kHotRecordHeaderBytes, candidate.length)) ==
                candidate.checksum)
          break;
      }
      if (next == file.npos) break;
      scan.damage.emplace_back(
          at, "record header is damaged, " + std::to_string(next - at) + " bytes skipped");
      at = next;
      continue;
    }
    const auto payload = file.substr(at + kHotRecordHeaderBytes, header.length);
    const bool intact = codec::crc32c(payload) == header.checksum;
    const auto next = at + kHotRecordHeaderBytes + header.length;
    if (header.end) {
      if (!intact || payload.size() != 8) {
        scan.damage.emplace_back(at, "end record is damaged");
      } else {
        scan.finished = true;
        if (Cursor(payload).fixed<std::uint64_t>() != scan.records)
          scan.damage.emplace_back(at, "records are missing before the end record");
      }
      scan.valid_bytes = next;
      if (next != file.size()) scan.damage.emplace_back(next, "bytes after the end record");
      return scan;
    }
    ++scan.records;
    const bool indexed = read_index(payload, entries);
    if (!intact || !indexed) {
      if (next == file.size()) {  // the last one, torn inside
        --scan.records;
        break;
      }
      scan.damage.emplace_back(at, "record checksum does not match");
    }
    if (indexed) visit(at, entries, intact);
    scan.valid_bytes = next;
    at = next;
  }
  return scan;
}

}  // namespace pharos::metrics

#include "metrics/series_log_format.hpp"

#include <algorithm>
#include <cstring>

#include <boost/unordered/unordered_flat_map.hpp>

#include "codec/checksum.hpp"
#include "codec/varint.hpp"

namespace pharos::metrics {
namespace {

constexpr std::string_view kMagic = "PHAROSSL", kMarker = "SERs";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kRecordHeader = 8, kRecordBytes = 1 << 20;  // a record ends with the series that fills it
constexpr std::size_t kLabelsMax = 1 << 16;                       // of one series, when reading
constexpr std::uint64_t kIdMax = std::uint64_t{1} << 62;          // never reached by counting
constexpr std::size_t kAhead = 32;                                // pairs or series decoded before they are used

// One record being put together.
class Record {
 public:
  bool empty() const { return series_ == 0; }
  std::size_t bytes() const { return pair_bytes_.size() + series_bytes_.size() + name_bytes_.size(); }
  void start(std::uint32_t first_pair) {
    *this = {};
    first_pair_ = first_pair;
  }
  void define(LabelView label) {
    const auto [at, fresh] = names_.try_emplace(label.name, static_cast<std::uint32_t>(names_.size()));
    if (fresh) codec::put_string(name_bytes_, label.name);
    codec::put_varint(pair_bytes_, at->second);
    codec::put_string(pair_bytes_, label.value);
    ++pairs_;
  }
  void add(SeriesId id, std::span<const std::uint32_t> numbers) {
    const auto n = static_cast<std::uint64_t>(id);
    codec::put_signed(series_bytes_, static_cast<std::int64_t>(n - last_id_));
    last_id_ = n;
    codec::put_varint(series_bytes_, numbers.size());
    if (last_.size() < numbers.size()) last_.resize(numbers.size(), first_pair_);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      codec::put_signed(series_bytes_, std::int64_t{numbers[i]} - std::int64_t{last_[i]});
      last_[i] = numbers[i];
    }
    ++series_;
  }
  void finish(std::string& out, std::uint64_t next_id) const {
    const auto begin = out.size();
    out.append(kRecordHeader, '\0');
    out.append(kMarker);
    codec::put_varint(out, next_id);
    codec::put_varint(out, first_pair_);
    codec::put_varint(out, names_.size());
    out.append(name_bytes_);
    codec::put_varint(out, pairs_);
    out.append(pair_bytes_);
    codec::put_varint(out, series_);
    out.append(series_bytes_);
    const auto payload = std::string_view(out).substr(begin + kRecordHeader);
    const auto length = static_cast<std::uint32_t>(payload.size()), crc = codec::crc32c(payload);
    std::memcpy(out.data() + begin, &length, 4);
    std::memcpy(out.data() + begin + 4, &crc, 4);
  }

 private:
  std::uint32_t first_pair_ = 0;
  std::uint64_t last_id_ = 0, pairs_ = 0, series_ = 0;
  boost::unordered_flat_map<std::string_view, std::uint32_t> names_;
  std::string name_bytes_, pair_bytes_, series_bytes_;
  std::vector<std::uint32_t> last_;
};

class Scanner {
 public:
  Scanner(std::string_view bytes, const std::string& path, SeriesLogVisitor& visitor, std::vector<Damage>& damage)
      : bytes_(bytes), path_(path), visitor_(visitor), damage_(damage), budget_(bytes.size() * 4 + (64 << 20)) {}

  Result<SeriesLogScan> run() {
    if (bytes_.size() < kSeriesLogHeader) {
      tell(0, "the file is shorter than its header");
      out_.header_damaged = true;
      return out_;
    }
    codec::Cursor head(bytes_.substr(8, 8));
    const auto version = head.fixed<std::uint32_t>();
    if (head.fixed<std::uint32_t>() != codec::crc32c(bytes_.substr(0, 12)) || !bytes_.starts_with(kMagic)) {
      tell(0, "the header is damaged");
      out_.header_damaged = true;
    } else if (version != kVersion) {
      return fail(Errc::unsupported, path_ + ": a series log of version " + std::to_string(version) + ", this program reads version 1");
    }
    std::uint64_t at = out_.good_end = kSeriesLogHeader;
    while (at < bytes_.size()) {
      if (const auto payload = payload_at(at); !payload.empty()) {
        read(at, payload);
        at += kRecordHeader + payload.size();
        out_.good_end = at;
        continue;
      }
      const auto next = next_record(at);
      if (next == bytes_.size()) {
        tell(at, "torn end of " + std::to_string(bytes_.size() - at) + " bytes");
        break;
      }
      tell(at, std::to_string(next - at) + " damaged bytes, the series in them are lost");
      at = next;
    }
    return out_;
  }

 private:
  void tell(std::uint64_t offset, std::string what) { damage_.push_back({path_, offset, std::move(what)}); }

  // The payload of a whole, undamaged record at `at`, else empty.
  std::string_view payload_at(std::uint64_t at) {
    codec::Cursor in(bytes_.substr(at));
    const auto length = in.fixed<std::uint32_t>(), crc = in.fixed<std::uint32_t>();
    const auto payload = in.bytes(length);
    if (!in.ok() || !payload.starts_with(kMarker) || codec::crc32c(payload) != crc) return {};
    return payload;
  }

  // Where the next undamaged record begins: at the first marker behind a length and a checksum that
  // fit, for the damaged record's own length may be what is damaged. Bounded, for the bytes may be made
  // to look like records.
  std::uint64_t next_record(std::uint64_t at) {
    for (auto marker = bytes_.find(kMarker, at + kRecordHeader + 1); marker != bytes_.npos; marker = bytes_.find(kMarker, marker + 1)) {
      const auto begin = marker - kRecordHeader;
      std::uint32_t length = 0;
      std::memcpy(&length, bytes_.data() + begin, 4);
      if (length > bytes_.size() - marker) continue;
      if (length > budget_) break;
      budget_ -= length;
      if (!payload_at(begin).empty()) return begin;
    }
    return bytes_.size();
  }

  void read(std::uint64_t at, std::string_view payload) {
    codec::Cursor in(payload.substr(kMarker.size()));
    const auto malformed = [&] { tell(at, "a record that does not decode"); };
    const auto next_id = in.varint(), first_pair = in.varint();
    // A definition takes bytes, so there cannot be more of them than bytes before this record.
    if (!in.ok() || next_id > kIdMax || first_pair < out_.next_pair || first_pair > at) return malformed();
    visitor_.next_id(static_cast<SeriesId>(next_id));

    const auto names = in.varint();
    if (names > in.left()) return malformed();
    std::vector<std::string_view> name(names);
    for (auto& text : name) text = in.string();
    const auto pairs = in.varint();
    if (!in.ok() || pairs > in.left()) return malformed();
    handles_.resize(first_pair, SeriesLogNumbers::kNone);
    std::vector<LabelView> ahead;
    for (std::uint64_t i = 0; i < pairs;) {
      ahead.clear();
      for (; i < pairs && ahead.size() < kAhead; ++i) {
        const auto index = in.varint();
        const auto value = in.string();
        if (!in.ok() || index >= names || name[index].empty() || value.empty()) return malformed();
        ahead.push_back({name[index], value});
        visitor_.soon(name[index], value);
      }
      for (const auto& label : ahead) handles_.push_back(visitor_.pair(static_cast<std::uint32_t>(handles_.size()), label.name, label.value));
      out_.next_pair = static_cast<std::uint32_t>(handles_.size());
    }
    out_.next_pair = static_cast<std::uint32_t>(handles_.size());

    const auto series = in.varint();
    std::uint64_t id = 0, lost = 0, refused = 0;
    std::string why;
    std::vector<std::int64_t> last;
    std::vector<std::pair<SeriesId, std::size_t>> waiting;  // id, end of its handles in set_
    const auto hand_over = [&] {
      std::size_t begin = 0;
      for (const auto& [waiting_id, end] : waiting) {
        auto taken = visitor_.series(waiting_id, std::span(set_).subspan(begin, end - begin));
        if (!taken && refused++ == 0) why = std::move(taken).error().message;
        begin = end;
      }
      waiting.clear();
      set_.clear();
    };
    set_.clear();
    for (std::uint64_t i = 0; i < series; ++i) {
      id += static_cast<std::uint64_t>(in.signed_varint());
      const auto count = in.varint();
      if (!in.ok() || id > kIdMax || count > kLabelsMax || count > in.left()) {
        malformed();
        in.fail();
        break;
      }
      if (last.size() < count) last.resize(count, static_cast<std::int64_t>(first_pair));
      const auto begin = set_.size();
      bool whole = true;
      for (std::size_t k = 0; k < count; ++k) {
        // Unsigned: a sum of hostile steps may wrap, and is then no number that is defined.
        last[k] = static_cast<std::int64_t>(static_cast<std::uint64_t>(last[k]) + static_cast<std::uint64_t>(in.signed_varint()));
        const auto number = static_cast<std::uint64_t>(last[k]);
        set_.push_back(number < handles_.size() ? handles_[number] : SeriesLogNumbers::kNone);
        whole &= set_.back() != SeriesLogNumbers::kNone;
      }
      if (!in.ok()) {
        malformed();
        set_.resize(begin);
        break;
      }
      ++out_.entries;
      if (!whole) {
        ++lost;
        set_.resize(begin);
        continue;
      }
      visitor_.soon(static_cast<SeriesId>(id), std::span(set_).subspan(begin));
      waiting.emplace_back(static_cast<SeriesId>(id), set_.size());
      if (waiting.size() == kAhead) hand_over();
    }
    hand_over();
    if (in.ok() && !in.at_end()) malformed();
    if (lost > 0) tell(at, std::to_string(lost) + " series are lost: their labels were in a damaged record");
    if (refused > 0) tell(at, std::to_string(refused) + " series cannot be used, the first: " + why);
  }

  std::string_view bytes_;
  const std::string& path_;
  SeriesLogVisitor& visitor_;
  std::vector<Damage>& damage_;
  std::uint64_t budget_;
  SeriesLogScan out_;
  std::vector<std::uint32_t> handles_;  // by number
  std::vector<std::uint32_t> set_;      // of the series that wait
};

}  // namespace

std::string series_log_header() {
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, codec::crc32c(out));
  return out;
}

void SeriesLogNumbers::set(std::uint32_t table_pair, std::uint32_t number) {
  if (pairs_.size() <= table_pair) pairs_.resize(table_pair + 1 + table_pair / 8, kNone);
  pairs_[table_pair] = number;
}

void SeriesLogNumbers::forget(std::span<const std::uint32_t> table_pairs) {
  for (const auto pair : table_pairs)
    if (pair < pairs_.size()) pairs_[pair] = kNone;
}

void put_series_records(std::string& out, const SeriesTable& table, std::span<const Slot> slots, std::uint64_t next_id,
                        SeriesLogNumbers& numbers, std::vector<std::uint32_t>& numbered, std::uint64_t& entries) {
  const SeriesTable::Reader reader(table);
  Record record;
  record.start(numbers.next_pair);
  std::vector<std::uint32_t> set;
  for (const auto slot : slots) {
    const auto pairs = reader.pairs(slot);
    if (pairs.empty()) continue;
    set.clear();
    for (const auto pair : pairs) {
      auto number = numbers.of(pair);
      if (number == SeriesLogNumbers::kNone) {
        number = numbers.next_pair++;
        numbers.set(pair, number);
        numbered.push_back(pair);
        record.define(reader.label(pair));
      }
      set.push_back(number);
    }
    record.add(reader.id(slot), set);
    ++entries;
    if (record.bytes() < kRecordBytes) continue;
    record.finish(out, next_id);
    record.start(numbers.next_pair);
  }
  if (!record.empty()) record.finish(out, next_id);
}

void put_series_id_record(std::string& out, std::uint64_t next_id, std::uint32_t next_pair) {
  Record record;
  record.start(next_pair);
  record.finish(out, next_id);
}

Result<SeriesLogScan> scan_series_log(std::string_view bytes, const std::string& path, SeriesLogVisitor& visitor, std::vector<Damage>& damage) {
  return Scanner(bytes, path, visitor, damage).run();
}

}  // namespace pharos::metrics

#include "metrics/journal_format.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "codec/checksum.hpp"
#include "metrics/histogram_column.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::string_view kMagic = "PHAROSJL";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint8_t kEndMark = 0xa5;               // never zero: tells a torn record from a damaged one
constexpr std::size_t kPayloadBytes = 4u << 20;       // past this a new record is begun
constexpr std::size_t kFloatsMax = 1u << 17;          // of a section: at most 8 MB
constexpr std::size_t kSealedMax = 1u << 17;
constexpr std::size_t kHistogramGroup = 128;          // of put_histograms
constexpr std::size_t kHistogramGroupBuckets = 1u << 16;
constexpr std::uint8_t kKindMax = static_cast<std::uint8_t>(JournalEntry::Kind::checkpoint);

enum Section : std::uint8_t { kFloats = 1, kFloatsStarted = 2, kHistograms = 3, kHistogramsStarted = 4, kExemplars = 5, kMetadata = 6, kSealed = 7 };

std::uint64_t number(SeriesId id) { return static_cast<std::uint64_t>(id); }
// Differences wrap: any two numbers have one.
std::int64_t step(std::uint64_t from, std::uint64_t to) { return static_cast<std::int64_t>(to - from); }
std::int64_t step(UnixMillis from, UnixMillis to) { return step(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to)); }
UnixMillis later(UnixMillis t, std::int64_t d) { return static_cast<UnixMillis>(static_cast<std::uint64_t>(t) + static_cast<std::uint64_t>(d)); }

// Runs of neighbouring ids: svarint step to what was expected, varint length.
template <class Sample>
void put_ids(std::string& out, std::span<const Sample> samples) {
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < samples.size();) {
    const auto first = number(samples[i].id);
    auto end = i + 1;
    while (end < samples.size() && number(samples[end].id) == first + (end - i)) ++end;
    codec::put_signed(out, step(expected, first));
    codec::put_varint(out, end - i);
    expected = first + (end - i);
    i = end;
  }
}

template <class Take>
bool get_id_runs(Cursor& in, std::size_t count, Take&& take) {
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < count;) {
    id += static_cast<std::uint64_t>(in.signed_varint());
    const auto run = in.varint();
    if (!in.ok() || run == 0 || run > count - i) return in.fail(), false;
    take(id, run);
    id += run;
    i += run;
  }
  return true;
}

template <class Sample>
bool get_ids(Cursor& in, std::span<Sample> samples) {
  std::size_t i = 0;
  return get_id_runs(in, samples.size(), [&](std::uint64_t id, std::uint64_t run) {
    for (std::uint64_t k = 0; k < run; ++k) samples[i++].id = static_cast<SeriesId>(id++);
  });
}

// Runs of equal times: svarint step, varint length.
template <class TimeAt>
void put_times(std::string& out, std::size_t count, TimeAt&& at) {
  UnixMillis before = 0;
  for (std::size_t i = 0; i < count;) {
    const UnixMillis t = at(i);
    auto end = i + 1;
    while (end < count && at(end) == t) ++end;
    codec::put_signed(out, step(before, t));
    codec::put_varint(out, end - i);
    before = t;
    i = end;
  }
}

template <class Take>
bool get_time_runs(Cursor& in, std::size_t count, Take&& take) {
  UnixMillis t = 0;
  for (std::size_t i = 0; i < count;) {
    t = later(t, in.signed_varint());
    const auto run = in.varint();
    if (!in.ok() || run == 0 || run > count - i) return in.fail(), false;
    take(t, run);
    i += run;
  }
  return true;
}

template <class Take>
bool get_times(Cursor& in, std::size_t count, Take&& take) {
  std::size_t i = 0;
  return get_time_runs(in, count, [&](UnixMillis t, std::uint64_t run) {
    for (std::uint64_t k = 0; k < run; ++k) take(i++, t);
  });
}

// Closes a record when its payload has grown enough and begins the next, with the same kind.
class Records {
 public:
  Records(std::string& out, JournalEntry::Kind kind) : out_(out), kind_(static_cast<char>(kind)) { begin(); }
  std::string& section(Section tag) {
    if (out_.size() - start_ > kPayloadBytes) end(), begin();
    out_.push_back(static_cast<char>(tag));
    return out_;
  }
  void end() {
    out_.push_back(static_cast<char>(kEndMark));
    const auto payload = std::string_view(out_).substr(start_ + kJournalFrameBytes);
    std::string frame;
    codec::put_fixed(frame, static_cast<std::uint32_t>(payload.size()));
    codec::put_fixed(frame, codec::crc32c(payload));
    codec::put_fixed(frame, codec::crc32c(frame));
    out_.replace(start_, frame.size(), frame);
  }

 private:
  void begin() {
    start_ = out_.size();
    out_.append(kJournalFrameBytes, '\0');
    out_.push_back(kind_);
  }
  std::string& out_;
  char kind_;
  std::size_t start_ = 0;
};

void put_floats(Records& records, const JournalEntry& entry, JournalValues& values) {
  for (std::size_t i = 0; i < entry.floats.size(); i += kFloatsMax) {
    const auto part = std::span(entry.floats).subspan(i, std::min(kFloatsMax, entry.floats.size() - i));
    const bool started = !entry.float_start_ms.empty();
    auto& out = records.section(started ? kFloatsStarted : kFloats);
    codec::put_varint(out, part.size());
    put_ids(out, part);
    put_times(out, part.size(), [&](std::size_t k) { return part[k].t_ms; });
    put_journal_values(out, part, values);
    if (started) put_times(out, part.size(), [&](std::size_t k) { return entry.float_start_ms[i + k]; });
  }
}

bool get_floats(Cursor& in, JournalEntry& entry, JournalValues& values, bool started, JournalReader::Floats form) {
  const auto count = in.varint();
  if (count > kFloatsMax || count / 8 > in.left()) return in.fail(), false;
  if (started != !entry.float_start_ms.empty() && !(entry.floats.empty() && entry.runs.values.empty())) return in.fail(), false;
  auto& runs = entry.runs;
  const auto ids = runs.ids.size(), times = runs.times.size(), before = runs.values.size();
  runs.values.resize(before + count);
  if (!get_id_runs(in, count, [&](std::uint64_t id, std::uint64_t n) { runs.ids.push_back({id, n}); }) ||
      !get_time_runs(in, count, [&](UnixMillis t, std::uint64_t n) { runs.times.push_back({t, n}); }) ||
      !get_journal_values(in, std::span(runs.ids).subspan(ids), std::span(runs.values).subspan(before), values))
    return false;
  if (form == JournalReader::Floats::runs && !started) return true;
  // As rows.
  auto row = entry.floats.size();
  const auto first = row;
  entry.floats.resize(first + count);
  for (std::size_t i = 0; i < count; ++i) entry.floats[first + i].value = runs.values[before + i];
  for (const auto& run : std::span(runs.ids).subspan(ids))
    for (std::uint64_t k = 0; k < run.count; ++k) entry.floats[row++].id = static_cast<SeriesId>(run.first + k);
  row = first;
  for (const auto& run : std::span(runs.times).subspan(times))
    for (std::uint64_t k = 0; k < run.count; ++k) entry.floats[row++].t_ms = run.t_ms;
  runs.ids.resize(ids), runs.times.resize(times), runs.values.resize(before);
  if (!started) return true;
  entry.float_start_ms.resize(first + count);
  return get_times(in, count, [&](std::size_t i, UnixMillis t) { entry.float_start_ms[first + i] = t; });
}

// How many from `from` on make one group: bounded in number and in buckets.
std::size_t histogram_group(std::span<const JournalHistogram> all, std::size_t from) {
  std::size_t buckets = 0, n = 0;
  while (from + n < all.size() && n < kHistogramGroup) {
    if (const auto& h = all[from + n].histogram) buckets += h->positive.size() + h->negative.size() + h->custom_values.size();
    if (n > 0 && buckets > kHistogramGroupBuckets) break;
    ++n;
  }
  return n;
}

void put_histogram_samples(Records& records, const JournalEntry& entry) {
  std::vector<HistogramPtr> group;
  for (std::size_t i = 0; i < entry.histograms.size();) {
    const auto part = std::span(entry.histograms).subspan(i, histogram_group(entry.histograms, i));
    const bool started = !entry.histogram_start_ms.empty();
    auto& out = records.section(started ? kHistogramsStarted : kHistograms);
    codec::put_varint(out, part.size());
    put_ids(out, part);
    put_times(out, part.size(), [&](std::size_t k) { return part[k].t_ms; });
    group.clear();
    for (const auto& sample : part) group.push_back(sample.histogram);
    put_histograms(out, group);
    if (started) put_times(out, part.size(), [&](std::size_t k) { return entry.histogram_start_ms[i + k]; });
    i += part.size();
  }
}

bool get_histogram_samples(Cursor& in, JournalEntry& entry, bool started) {
  const auto count = in.varint();
  if (count == 0 || count > kHistogramGroup) return in.fail(), false;
  if (started != !entry.histogram_start_ms.empty() && !entry.histograms.empty()) return in.fail(), false;
  const auto before = entry.histograms.size();
  entry.histograms.resize(before + count);
  const auto part = std::span(entry.histograms).subspan(before);
  if (!get_ids(in, part) || !get_times(in, count, [&](std::size_t i, UnixMillis t) { part[i].t_ms = t; })) return false;
  std::vector<HistogramPtr> group(count);
  if (!get_histograms(in, group)) return false;
  for (std::size_t i = 0; i < count; ++i) part[i].histogram = std::move(group[i]);
  if (!started) return true;
  entry.histogram_start_ms.resize(before + count);
  return get_times(in, count, [&](std::size_t i, UnixMillis t) { entry.histogram_start_ms[before + i] = t; });
}

void put_exemplar(std::string& out, const JournalExemplar& sample) {
  const auto& e = sample.exemplar;
  codec::put_varint(out, number(sample.id));
  codec::put_signed(out, e.t_ms);
  out.push_back(e.has_timestamp ? 1 : 0);
  codec::put_fixed(out, e.value);
  codec::put_varint(out, e.labels.size());
  for (const auto& label : e.labels) codec::put_string(out, label.name), codec::put_string(out, label.value);
}

bool get_exemplar(Cursor& in, JournalEntry& entry) {
  JournalExemplar sample{};
  sample.id = static_cast<SeriesId>(in.varint());
  auto& e = sample.exemplar;
  e.t_ms = in.signed_varint();
  const auto timed = in.fixed<std::uint8_t>();
  e.has_timestamp = timed != 0;
  e.value = in.fixed<double>();
  const auto count = in.varint();
  if (timed > 1 || count > in.left() / 2) return in.fail(), false;
  std::vector<LabelView> labels;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto name = in.string(), value = in.string();
    labels.push_back({name, value});
  }
  if (!in.ok()) return false;
  e.labels = Labels::from_unsorted(std::move(labels));
  entry.exemplars.push_back(std::move(sample));
  return true;
}

void put_metadata(std::string& out, const Metadata& m) {
  codec::put_string(out, m.family);
  out.push_back(static_cast<char>(m.type));
  codec::put_string(out, m.help);
  codec::put_string(out, m.unit);
}

bool get_metadata(Cursor& in, JournalEntry& entry) {
  Metadata m;
  m.family = in.string();
  const auto type = in.fixed<std::uint8_t>();
  m.help = in.string();
  m.unit = in.string();
  if (!in.ok() || type > static_cast<std::uint8_t>(MetricType::stateset)) return in.fail(), false;
  m.type = static_cast<MetricType>(type);
  entry.metadata.push_back(std::move(m));
  return true;
}

void put_sealed(Records& records, const JournalEntry& entry) {
  if (entry.sealed.empty() && entry.part_path.empty() && entry.part_bytes == 0) return;
  std::size_t i = 0;
  do {
    const auto part = std::span(entry.sealed).subspan(i, std::min(kSealedMax, entry.sealed.size() - i));
    auto& out = records.section(kSealed);
    codec::put_string(out, entry.part_path);
    codec::put_varint(out, entry.part_bytes);
    codec::put_varint(out, part.size());
    put_ids(out, part);
    put_times(out, part.size(), [&](std::size_t k) { return part[k].to_ms; });
    i += part.size();
  } while (i < entry.sealed.size());
}

bool get_sealed(Cursor& in, JournalEntry& entry) {
  entry.part_path = in.string();
  entry.part_bytes = in.varint();
  const auto count = in.varint();
  if (!in.ok() || count > kSealedMax) return in.fail(), false;
  const auto before = entry.sealed.size();
  entry.sealed.resize(before + count);
  const auto part = std::span(entry.sealed).subspan(before);
  return get_ids(in, part) && get_times(in, count, [&](std::size_t i, UnixMillis t) { part[i].to_ms = t; });
}

bool get_section(Cursor& in, std::uint8_t tag, JournalEntry& entry, JournalValues& values, JournalReader::Floats form) {
  switch (tag) {
    case kFloats: return get_floats(in, entry, values, false, form);
    case kFloatsStarted: return get_floats(in, entry, values, true, form);
    case kHistograms: return get_histogram_samples(in, entry, false);
    case kHistogramsStarted: return get_histogram_samples(in, entry, true);
    case kExemplars: return get_exemplar(in, entry);
    case kMetadata: return get_metadata(in, entry);
    case kSealed: return get_sealed(in, entry);
    default: return false;
  }
}

}  // namespace

std::string journal_path(const std::string& folder, std::uint64_t segment) {
  char name[40];
  std::snprintf(name, sizeof name, "%08llu.journal", static_cast<unsigned long long>(segment));
  return folder.empty() ? std::string(name) : folder + "/" + name;
}

std::optional<std::uint64_t> journal_segment_of(std::string_view name) {
  constexpr std::string_view kSuffix = ".journal";
  if (const auto slash = name.rfind('/'); slash != name.npos) name.remove_prefix(slash + 1);
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (name.size() < 8 || error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::string journal_header(std::uint64_t segment) {
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, segment);
  codec::put_fixed(out, codec::crc32c(out));
  return out;
}

void put_journal_entry(std::string& out, const JournalEntry& entry, JournalValues& values) {
  Records records(out, entry.kind);
  put_floats(records, entry, values);
  put_histogram_samples(records, entry);
  for (const auto& exemplar : entry.exemplars) put_exemplar(records.section(kExemplars), exemplar);
  for (const auto& metadata : entry.metadata) put_metadata(records.section(kMetadata), metadata);
  put_sealed(records, entry);
  records.end();
}

bool get_journal_entry(std::string_view payload, JournalEntry& entry, JournalValues& values, JournalReader::Floats form) {
  entry.clear();
  Cursor in(payload);
  const auto kind = in.fixed<std::uint8_t>();
  if (!in.ok() || kind > kKindMax) return false;
  entry.kind = static_cast<JournalEntry::Kind>(kind);
  for (;;) {
    const auto tag = in.fixed<std::uint8_t>();
    if (!in.ok()) return false;
    if (tag == kEndMark) return in.at_end();
    if (!get_section(in, tag, entry, values, form)) return false;
  }
}

JournalFrame read_journal_header(std::string_view bytes, std::uint64_t& segment) {
  JournalFrame out;
  out.bytes = kJournalHeaderBytes;
  if (bytes.size() < kJournalHeaderBytes) return out;
  Cursor in(bytes.substr(0, kJournalHeaderBytes));
  const auto magic = in.bytes(kMagic.size());
  const auto version = in.fixed<std::uint32_t>();
  segment = in.fixed<std::uint64_t>();
  const bool good = magic == kMagic && version == kVersion &&
                    in.fixed<std::uint32_t>() == codec::crc32c(bytes.substr(0, kJournalHeaderBytes - 4));
  out.kind = good ? JournalFrame::Kind::whole : JournalFrame::Kind::damaged;
  return out;
}

JournalFrame read_journal_frame(std::string_view bytes) {
  JournalFrame out;
  out.bytes = kJournalFrameBytes;
  if (bytes.size() < kJournalFrameBytes) return out;
  Cursor in(bytes.substr(0, kJournalFrameBytes));
  const auto length = in.fixed<std::uint32_t>();
  const auto checksum = in.fixed<std::uint32_t>();
  out.kind = JournalFrame::Kind::damaged;
  if (in.fixed<std::uint32_t>() != codec::crc32c(bytes.substr(0, 8)) || length < 2) return out;
  out.bytes += length;
  out.kind = JournalFrame::Kind::incomplete;
  if (bytes.size() < out.bytes) return out;
  out.payload = bytes.substr(kJournalFrameBytes, length);
  out.kind = codec::crc32c(out.payload) == checksum ? JournalFrame::Kind::whole : JournalFrame::Kind::damaged;
  return out;
}

bool is_torn(const JournalFrame& frame, std::string_view to_end_of_file) {
  const auto last = to_end_of_file.find_last_not_of('\0');
  return last == std::string_view::npos || last + 1 < frame.bytes;
}

}  // namespace pharos::metrics

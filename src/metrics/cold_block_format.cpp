#include "metrics/cold_block_format.hpp"

#include <algorithm>

#include "codec/checksum.hpp"
#include "codec/compress.hpp"
#include "metrics/histogram_column.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::string_view kMagic = "PHAROSCB", kFooterMagic = "PHAROSCE";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFooterBytes = 4 + kColdSections * 20 + 1 + 8 * 4 + 4 + 8;
constexpr std::size_t kDirectoryBytesMax = std::size_t{1} << 32;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Errc::corrupt, "cold block: " + std::string(what));
}

}  // namespace

std::string cold_file_header() {
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_fixed(out, codec::crc32c(out));
  return out;
}

std::string encode_cold_footer(const ColdFooter& footer) {
  std::string out;
  codec::put_fixed(out, kVersion);
  for (const auto& section : footer.sections) {
    codec::put_fixed(out, section.offset);
    codec::put_fixed(out, section.length);
    codec::put_fixed(out, section.checksum);
  }
  out.push_back(static_cast<char>(footer.resolution));
  codec::put_fixed(out, footer.min_ms);
  codec::put_fixed(out, footer.max_ms);
  codec::put_fixed(out, footer.samples);
  codec::put_fixed(out, footer.series);
  codec::put_fixed(out, codec::crc32c(out));
  out += kFooterMagic;
  return out;
}

Result<ColdFooter> decode_cold_footer(std::string_view file) {
  if (file.size() < kColdHeaderBytes + kFooterBytes) return damaged("the file is too short");
  if (file.substr(0, kColdHeaderBytes) != cold_file_header())
    return damaged("the header is damaged or of another version than 1");
  const auto bytes = file.substr(file.size() - kFooterBytes);
  if (!bytes.ends_with(kFooterMagic)) return damaged("the end of the file is missing");
  Cursor in(bytes);
  const auto version = in.fixed<std::uint32_t>();
  ColdFooter footer;
  for (auto& section : footer.sections) {
    section.offset = in.fixed<std::uint64_t>();
    section.length = in.fixed<std::uint64_t>();
    section.checksum = in.fixed<std::uint32_t>();
  }
  const auto resolution = in.fixed<std::uint8_t>();
  footer.resolution = static_cast<Resolution>(resolution);
  footer.min_ms = in.fixed<std::int64_t>();
  footer.max_ms = in.fixed<std::int64_t>();
  footer.samples = in.fixed<std::uint64_t>();
  footer.series = in.fixed<std::uint64_t>();
  const auto covered = bytes.substr(0, kFooterBytes - 12);
  if (in.fixed<std::uint32_t>() != codec::crc32c(covered))
    return damaged("the footer's checksum does not match");
  if (version != kVersion || resolution > 2)
    return damaged("the footer is of another version than 1");
  std::uint64_t at = kColdHeaderBytes;
  for (const auto& section : footer.sections) {
    if (section.offset != at || section.length > file.size() - kFooterBytes - at)
      return damaged("the sections do not follow one another");
    at += section.length;
  }
  if (at != file.size() - kFooterBytes)
    return damaged("bytes are missing or too many before the footer");
  const auto pages = (footer.of(ColdSection::data).length + kColdPageBytes - 1) / kColdPageBytes;
  if (footer.of(ColdSection::page_checksums).length != pages * 4 || footer.series > 0xffffffffu ||
      footer.of(ColdSection::data).length > kColdDataMax)
    return damaged("the footer contradicts itself");
  return footer;
}

std::string encode_cold_directory(std::span<const ColdDirectoryEntry> entries) {
  std::string raw;
  std::uint64_t id = 0, end = 0;
  for (const auto& entry : entries) {
    codec::put_varint(raw, static_cast<std::uint64_t>(entry.id) - id);
    codec::put_signed(raw, static_cast<std::int64_t>(std::uint64_t{entry.offset} - end));
    codec::put_varint(raw, entry.length);
    id = static_cast<std::uint64_t>(entry.id);
    end = entry.offset + entry.length;
  }
  return codec::compress(codec::Compression::zstd, raw, 6);
}

Result<std::vector<ColdDirectoryEntry>> decode_cold_directory(std::string_view bytes,
                                                              std::uint64_t series,
                                                              std::uint64_t data_bytes) {
  const auto raw = TRY(codec::decompress(codec::Compression::zstd, bytes, kDirectoryBytesMax));
  if (series > raw.size()) return damaged("the directory is damaged");
  std::vector<ColdDirectoryEntry> out;
  out.reserve(series);
  Cursor in(raw);
  std::uint64_t id = 0, end = 0;
  for (std::uint64_t i = 0; i < series; ++i) {
    const auto step = in.varint();
    if (i != 0 && step == 0) return damaged("the directory is damaged");
    id += step;
    const auto offset = end + static_cast<std::uint64_t>(in.signed_varint());
    const auto length = in.varint();
    if (!in.ok() || offset > data_bytes || length > data_bytes - offset || length > kColdRecordMax)
      return damaged("the directory is damaged");
    end = offset + length;
    out.push_back({static_cast<SeriesId>(id), offset, length});
  }
  if (!in.at_end()) return damaged("the directory is damaged");
  return out;
}

namespace {

// Ranges lie before the record that names them: as the distance back, and the length; 0 when empty.
void put_range(std::string& out, std::uint64_t offset, const ColdRange& range) {
  codec::put_varint(out, range.length);
  if (range.length != 0) codec::put_varint(out, offset - range.offset);
}
bool get_range(Cursor& in, std::uint64_t offset, ColdRange& range) {
  range = {};
  range.length = in.varint();
  if (range.length == 0) return in.ok();
  const auto back = in.varint();
  if (!in.ok() || back > offset || range.length > back) return in.fail(), false;
  range.offset = offset - back;
  return true;
}

}  // namespace

void put_cold_record(std::string& out, std::uint64_t offset, std::size_t columns,
                     std::span<const ColdChunkRef> chunks) {
  codec::put_varint(out, chunks.size());
  for (const auto& chunk : chunks) {
    put_range(out, offset, chunk.times);
    put_range(out, offset, chunk.extra);
    for (std::size_t c = 0; c < columns; ++c) {
      codec::put_string(out, chunk.heads[c]);
      put_range(out, offset, chunk.bodies[c]);
    }
  }
}

bool decode_cold_record(std::string_view record, std::uint64_t offset, std::size_t columns,
                        std::vector<ColdChunkRef>& chunks) {
  chunks.clear();
  Cursor in(record);
  const auto count = in.varint();
  if (!in.ok() || count > in.left() / 3) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto& chunk = chunks.emplace_back();
    if (!get_range(in, offset, chunk.times) || !get_range(in, offset, chunk.extra) ||
        chunk.times.length == 0)
      return false;
    for (std::size_t c = 0; c < columns; ++c) {
      chunk.heads[c] = in.string();
      if (!get_range(in, offset, chunk.bodies[c])) return false;
    }
  }
  return in.ok() && in.at_end();
}

void put_cold_time_column(std::string& out, std::span<const UnixMillis> t_ms) {
  codec::put_varint(out, t_ms.size());
  codec::put_signed(out, t_ms.front());
  codec::put_varint(
      out, static_cast<std::uint64_t>(t_ms.back()) - static_cast<std::uint64_t>(t_ms.front()));
  codec::put_cold_times(out, t_ms);
}

bool get_cold_time_column(std::string_view bytes, ColdTimeColumn& out) {
  Cursor in(bytes);
  const auto samples = in.varint();
  out.first_ms = in.signed_varint();
  out.last_ms = static_cast<UnixMillis>(static_cast<std::uint64_t>(out.first_ms) + in.varint());
  if (!in.ok() || samples == 0 || samples > codec::kColdSamplesMax) return false;
  out.samples = static_cast<std::uint32_t>(samples);
  out.times = {in.position(), in.left()};
  return true;
}

std::string encode_cold_extra(std::span<const HistogramPtr> histograms,
                              std::span<const UnixMillis> start_ms, std::size_t samples) {
  const bool any_histogram =
      std::ranges::any_of(histograms, [](const auto& h) { return h != nullptr; });
  const bool any_start = std::ranges::any_of(start_ms, [](auto t) { return t != 0; });
  std::string out;
  if (!any_histogram && !any_start) return out;
  out.push_back(static_cast<char>((any_histogram ? 1 : 0) | (any_start ? 2 : 0)));
  std::string granule;
  for (std::size_t g = 0; g < codec::granules_of(samples); ++g) {
    const auto begin = g * codec::kGranuleSamples, n = codec::granule_length(samples, g);
    granule.clear();
    if (any_start) codec::put_integers(granule, start_ms.subspan(begin, n));
    if (any_histogram) put_histograms(granule, histograms.subspan(begin, n));
    codec::put_string(out, granule);
  }
  return out;
}

bool open_cold_extra(std::string_view bytes, std::size_t samples, ColdExtra& out) {
  out = {};
  if (bytes.empty()) return true;
  Cursor in(bytes);
  const auto flags = in.fixed<std::uint8_t>();
  if (flags == 0 || flags > 3) return false;
  out.histograms = flags & 1;
  out.starts = flags & 2;
  for (std::size_t g = 0; in.ok() && g < codec::granules_of(samples); ++g)
    out.granules.push_back(in.string());
  return in.ok() && in.at_end();
}

bool decode_cold_extra(const ColdExtra& extra, std::size_t granule, std::size_t samples,
                       std::vector<HistogramPtr>& histograms, std::vector<UnixMillis>& start_ms) {
  histograms.clear();
  start_ms.clear();
  if (extra.granules.empty()) return true;
  const auto n = codec::granule_length(samples, granule);
  Cursor in(extra.granules[granule]);
  if (extra.starts) {
    start_ms.resize(n);
    if (!codec::get_integers(in, start_ms)) return false;
  }
  if (extra.histograms) {
    histograms.resize(n);
    if (!get_histograms(in, histograms)) return false;
  }
  return in.ok() && in.at_end();
}

}  // namespace pharos::metrics

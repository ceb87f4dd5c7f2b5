#include "metrics/tombstones.hpp"

#include <algorithm>

#include "codec/checksum.hpp"
#include "codec/varint.hpp"

namespace pharos::metrics {
namespace {
constexpr std::string_view kMagic = "PHAROSTS";
constexpr std::uint32_t kVersion = 1;
}  // namespace

void Tombstones::add(SeriesId id, UnixMillis from_ms, UnixMillis to_ms) {
  if (from_ms > to_ms) return;
  auto& ranges = ranges_[id];
  std::vector<DeletedRange> merged;
  DeletedRange fresh{from_ms, to_ms};
  bool placed = false;
  for (const auto& range : ranges) {
    // Neighbouring milliseconds join too; the bounds' own extremes have no neighbour.
    const bool before = range.to_ms < fresh.from_ms && range.to_ms + 1 < fresh.from_ms;
    const bool after = range.from_ms > fresh.to_ms && range.from_ms - 1 > fresh.to_ms;
    if (before)
      merged.push_back(range);
    else if (after) {
      if (!placed) merged.push_back(fresh), placed = true;
      merged.push_back(range);
    } else {
      fresh = {std::min(fresh.from_ms, range.from_ms), std::max(fresh.to_ms, range.to_ms)};
    }
  }
  if (!placed) merged.push_back(fresh);
  ranges = std::move(merged);
}

std::span<const DeletedRange> Tombstones::of(SeriesId id) const {
  const auto at = ranges_.find(id);
  if (at == ranges_.end()) return {};
  return at->second;
}

bool Tombstones::touches(SeriesId id, UnixMillis from_ms, UnixMillis to_ms) const {
  return std::ranges::any_of(
      of(id), [&](const DeletedRange& r) { return r.from_ms <= to_ms && r.to_ms >= from_ms; });
}

void Tombstones::apply(SeriesId id, SampleColumn& samples) const {
  const auto ranges = of(id);
  if (ranges.empty()) return;
  std::size_t kept = 0;
  auto range = ranges.begin();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    while (range != ranges.end() && range->to_ms < samples.t_ms[i]) ++range;
    if (range != ranges.end() && range->from_ms <= samples.t_ms[i]) continue;
    samples.t_ms[kept] = samples.t_ms[i];
    samples.value[kept] = samples.value[i];
    if (!samples.histograms.empty()) samples.histograms[kept] = std::move(samples.histograms[i]);
    if (!samples.start_ms.empty()) samples.start_ms[kept] = samples.start_ms[i];
    ++kept;
  }
  samples.t_ms.resize(kept);
  samples.value.resize(kept);
  if (!samples.histograms.empty()) samples.histograms.resize(kept);
  if (!samples.start_ms.empty()) samples.start_ms.resize(kept);
}

std::string Tombstones::encode() const {
  std::string out(kMagic);
  codec::put_fixed(out, kVersion);
  codec::put_varint(out, ranges_.size());
  std::uint64_t last = 0;
  for (const auto& [id, ranges] : ranges_) {
    codec::put_varint(out, static_cast<std::uint64_t>(id) - last);
    last = static_cast<std::uint64_t>(id);
    codec::put_varint(out, ranges.size());
    for (const auto& range : ranges) {
      codec::put_signed(out, range.from_ms);
      codec::put_varint(
          out, static_cast<std::uint64_t>(range.to_ms) - static_cast<std::uint64_t>(range.from_ms));
    }
  }
  codec::put_fixed(out, codec::crc32c(out));
  return out;
}

Result<Tombstones> Tombstones::decode(std::string_view bytes) {
  const auto damaged = [] { return fail(Errc::corrupt, "tombstones: the file is damaged"); };
  if (bytes.size() < kMagic.size() + 8 || !bytes.starts_with(kMagic)) return damaged();
  const auto body = bytes.substr(0, bytes.size() - 4);
  if (codec::Cursor(bytes.substr(body.size())).fixed<std::uint32_t>() != codec::crc32c(body))
    return damaged();
  codec::Cursor in(body.substr(kMagic.size()));
  if (in.fixed<std::uint32_t>() != kVersion)
    return fail(Errc::corrupt, "tombstones: of another version than 1");
  Tombstones out;
  const auto count = in.varint();
  std::uint64_t id = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    id += in.varint();
    const auto ranges = in.varint();
    for (std::uint64_t k = 0; k < ranges && in.ok(); ++k) {
      const auto from = in.signed_varint();
      const auto to = static_cast<UnixMillis>(static_cast<std::uint64_t>(from) + in.varint());
      if (in.ok()) out.add(static_cast<SeriesId>(id), from, to);
    }
  }
  if (!in.ok() || !in.at_end()) return damaged();
  return out;
}

Result<Tombstones> Tombstones::load(Disk& disk, const std::string& path) {
  if (!disk.exists(path)) return Tombstones{};
  const auto bytes = TRY(disk.read(path));
  auto out = decode(bytes);
  if (!out) return fail(std::move(out).error().in(path));
  return out;
}

Status Tombstones::save(Disk& disk, const std::string& path) const {
  return disk.replace(path, as_bytes(encode()));
}

}  // namespace pharos::metrics

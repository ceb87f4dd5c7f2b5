#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/log.hpp"
#include "codec/checksum.hpp"
#include "metrics/block_index.hpp"
#include "metrics/cold_block.hpp"
#include "metrics/cold_block_format.hpp"

namespace pharos::metrics {
namespace {

constexpr std::size_t kWriteBytes = 16 * kColdPageBytes;  // pages written at a time
constexpr std::size_t kSharedMax = 1u << 16;              // columns remembered for sharing

struct HashOf {
  std::size_t operator()(const codec::Hash128& h) const { return static_cast<std::size_t>(h.low); }
};
using Shared = std::unordered_map<codec::Hash128, ColdRange, HashOf>;

}  // namespace

ColdSeries encode_cold(SeriesId id, const Labels& labels, const SampleColumn& samples) {
  const std::vector<double>* column = &samples.value;
  return encode_cold(id, labels, samples, {column, 1});
}

ColdSeries encode_cold(SeriesId id, const Labels& labels, const SampleColumn& samples,
                       std::span<const std::vector<double>> columns) {
  ColdSeries out{.id = id, .labels = labels, .samples = samples.size()};
  if (samples.empty()) return out;
  out.first_ms = samples.t_ms.front();
  out.last_ms = samples.t_ms.back();
  // Equal lengths, so that a series a little above the limit does not leave a crumb behind.
  const auto pieces = (samples.size() + codec::kColdSamplesMax - 1) / codec::kColdSamplesMax;
  const auto granules = codec::granules_of((samples.size() + pieces - 1) / pieces);
  const auto length = std::min(granules * codec::kGranuleSamples, codec::kColdSamplesMax);
  for (std::size_t begin = 0; begin < samples.size(); begin += length) {
    const auto n = std::min(length, samples.size() - begin);
    auto& chunk = out.chunks.emplace_back();
    const auto times = std::span(samples.t_ms).subspan(begin, n);
    chunk.samples = static_cast<std::uint32_t>(n);
    chunk.first_ms = times.front();
    chunk.last_ms = times.back();
    put_cold_time_column(chunk.times, times);
    for (const auto& column : columns) {
      auto& values = chunk.values.emplace_back();
      codec::put_cold_values(std::span(column).subspan(begin, n), values.head, values.body);
    }
    std::span<const HistogramPtr> histograms = samples.histograms;
    std::span<const UnixMillis> starts = samples.start_ms;
    if (!histograms.empty()) histograms = histograms.subspan(begin, n);
    if (!starts.empty()) starts = starts.subspan(begin, n);
    chunk.extra = encode_cold_extra(histograms, starts, n);
  }
  return out;
}

struct ColdBlockWriter::State {
  Disk& disk;
  std::string path, temporary;
  std::unique_ptr<File> file;
  Resolution resolution;
  bool done = false;

  std::string pending;           // data not yet written, whole pages first
  std::uint64_t data_bytes = 0;  // with what is pending
  std::string page_checksums;
  std::vector<ColdDirectoryEntry> directory;
  BlockIndexBuilder index;
  Shared shared_times, shared_bodies;
  std::uint64_t samples = 0;
  UnixMillis min_ms = std::numeric_limits<UnixMillis>::max(),
             max_ms = std::numeric_limits<UnixMillis>::min();

  Status write_pages(bool all) {
    std::size_t at = 0;
    while (pending.size() - at >= kColdPageBytes || (all && at < pending.size())) {
      const auto page = std::string_view(pending).substr(at, kColdPageBytes);
      codec::put_fixed(page_checksums, codec::crc32c(page));
      at += page.size();
    }
    if (at == 0) return {};
    TRY(file->append(as_bytes(std::string_view(pending).substr(0, at))));
    pending.erase(0, at);
    return {};
  }
  ColdRange put(std::string_view bytes) {
    const ColdRange range{data_bytes, bytes.size()};
    pending += bytes;
    data_bytes += bytes.size();
    return range;
  }
  // Puts the bytes unless equal ones lie not far before, and tells where they are.
  ColdRange share(Shared& shared, std::string_view bytes, std::uint64_t seed) {
    if (bytes.empty()) return {};
    const auto hash = codec::hash128(bytes, seed);
    if (const auto known = shared.find(hash);
        known != shared.end() && known->second.length == bytes.size())
      return known->second;
    if (shared.size() >= kSharedMax) shared.clear();
    return shared[hash] = put(bytes);
  }
};

ColdBlockWriter::ColdBlockWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ColdBlockWriter::~ColdBlockWriter() {
  if (state_->done) return;
  state_->file.reset();
  if (const auto status = state_->disk.remove(state_->temporary); !status)
    log::warn("unfinished cold block could not be removed",
              {{"file", state_->temporary}, {"error", status.error().message}});
}
std::uint64_t ColdBlockWriter::bytes() const {
  return kColdHeaderBytes + state_->data_bytes;
}
std::uint64_t ColdBlockWriter::samples() const {
  return state_->samples;
}

Result<std::unique_ptr<ColdBlockWriter>> ColdBlockWriter::create(Disk& disk, std::string path,
                                                                 Resolution resolution) {
  auto temporary = path + ".tmp";
  if (disk.exists(temporary)) TRY(disk.remove(temporary));  // of a run that was killed
  auto file = TRY(disk.create(temporary));
  auto state = std::unique_ptr<State>(new State{.disk = disk,
                                                .path = std::move(path),
                                                .temporary = std::move(temporary),
                                                .file = std::move(file),
                                                .resolution = resolution});
  std::unique_ptr<ColdBlockWriter> writer(new ColdBlockWriter(std::move(state)));
  TRY(writer->state_->file->append(as_bytes(cold_file_header())));
  return writer;
}

Status ColdBlockWriter::add(const ColdSeries& series) {
  auto& s = *state_;
  if (series.samples == 0) return {};
  const auto columns = stored_columns(s.resolution);
  std::vector<ColdChunkRef> chunks;
  for (const auto& chunk : series.chunks) {
    if (chunk.values.size() != columns)
      return fail(Errc::internal, s.path + ": a series with the columns of another resolution");
    auto& ref = chunks.emplace_back();
    ref.times = s.share(s.shared_times, chunk.times, 0);
    for (std::size_t c = 0; c < columns; ++c) {
      ref.heads[c] = chunk.values[c].head;
      // Only within the target (equal times): columns of one target often move alike.
      ref.bodies[c] = s.share(s.shared_bodies, chunk.values[c].body, ref.times.offset + 1);
    }
    if (!chunk.extra.empty()) ref.extra = s.put(chunk.extra);
  }
  std::string record;
  put_cold_record(record, s.data_bytes, columns, chunks);
  if (record.size() > kColdRecordMax)
    return fail(Errc::limit, s.path + ": the record of a series is longer than 16 MiB");
  if (s.data_bytes + record.size() > kColdDataMax)
    return fail(Errc::limit, s.path + ": a block is limited to 1 TiB");
  const auto at = s.put(record);
  s.directory.push_back({series.id, at.offset, at.length});
  s.index.add(series.labels);
  s.samples += series.samples;
  s.min_ms = std::min(s.min_ms, series.first_ms);
  s.max_ms = std::max(s.max_ms, series.last_ms);
  if (s.pending.size() >= kWriteBytes) return s.write_pages(false);
  return {};
}

Status ColdBlockWriter::finish() {
  auto& s = *state_;
  TRY(s.write_pages(true));
  std::vector<std::uint32_t> order(s.directory.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return s.directory[i].id; });
  std::vector<ColdDirectoryEntry> directory;
  directory.reserve(order.size());
  for (const auto i : order) {
    if (!directory.empty() && directory.back().id == s.directory[i].id)
      return fail(Errc::internal,
                  s.path + ": series " +
                      std::to_string(static_cast<std::uint64_t>(s.directory[i].id)) +
                      " was added twice");
    directory.push_back(s.directory[i]);
  }
  const auto index = s.index.finish(order);
  const auto packed = encode_cold_directory(directory);

  ColdFooter footer{.resolution = s.resolution,
                    .min_ms = s.min_ms,
                    .max_ms = s.max_ms,
                    .samples = s.samples,
                    .series = order.size()};
  footer.of(ColdSection::data) = {kColdHeaderBytes, s.data_bytes, 0};
  std::uint64_t at = kColdHeaderBytes + s.data_bytes;
  std::string tail;
  const auto section = [&](ColdSection which, std::string_view bytes) {
    footer.of(which) = {at, bytes.size(), codec::crc32c(bytes)};
    tail += bytes;
    at += bytes.size();
  };
  section(ColdSection::page_checksums, s.page_checksums);
  section(ColdSection::directory, packed);
  section(ColdSection::symbols, index.symbols);
  section(ColdSection::label_sets, index.label_sets);
  section(ColdSection::postings, index.postings);
  tail += encode_cold_footer(footer);
  TRY(s.file->append(as_bytes(tail)));
  TRY(s.file->sync());
  s.file.reset();
  TRY(s.disk.rename(s.temporary, s.path));
  s.done = true;
  return {};
}

}  // namespace pharos::metrics

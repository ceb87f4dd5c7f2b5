#include "metrics/import_prometheus.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "codec/checksum.hpp"
#include "codec/json.hpp"
#include "codec/varint.hpp"
#include "metrics/import_chunk.hpp"
#include "metrics/tombstones.hpp"

namespace pharos::metrics {
namespace {

using codec::Cursor;

constexpr std::uint32_t kIndexMagic = 0xbaaad700, kChunksMagic = 0x85bd40dd,
                        kTombstonesMagic = 0x0130ba30;
constexpr std::size_t kTocBytes = 6 * 8 + 4;

template <class Integer>
Integer big(Cursor& in) {
  const auto v = in.fixed<Integer>();
  if constexpr (sizeof v == 4)
    return static_cast<Integer>(__builtin_bswap32(v));
  else
    return static_cast<Integer>(__builtin_bswap64(v));
}

// A table of the index: u32 length, content, u32 checksum of the content.
Result<std::string_view> table_at(std::string_view file, std::uint64_t offset,
                                  std::string_view what) {
  if (offset > file.size())
    return fail(Errc::corrupt, std::string(what) + " lies outside the file");
  Cursor in(file.substr(offset));
  const auto length = big<std::uint32_t>(in);
  const auto content = in.bytes(length);
  const auto checksum = big<std::uint32_t>(in);
  if (!in.ok() || checksum != codec::crc32c(content))
    return fail(Errc::corrupt,
                std::string(what) + " at offset " + std::to_string(offset) + " is damaged");
  return content;
}

}  // namespace

struct PrometheusBlock::State {
  std::string folder;
  Meta meta;
  std::vector<std::shared_ptr<const Mapping>> mappings;
  std::string_view index;
  std::vector<std::string_view> chunks;
  int version = 2;
  std::map<std::uint64_t, std::string_view> symbols;  // by number, or by offset in version 1
  std::vector<std::uint64_t> series;                  // offsets, in order of labels
  Tombstones tombstones;                              // by series reference

  Result<std::string_view> map(Disk& disk, const std::string& name) {
    auto mapping = TRY(disk.map(folder + "/" + name));
    mappings.push_back(std::move(mapping));
    return as_text(mappings.back()->bytes());
  }
  Status open_meta(Disk& disk);
  Status open_index(Disk& disk);
  Status open_chunks(Disk& disk);
  Status open_tombstones(Disk& disk);
  Result<std::string_view> symbol(std::uint64_t reference) const {
    const auto at = symbols.find(reference);
    if (at == symbols.end())
      return fail(Errc::corrupt, "a label names a symbol that does not exist");
    return at->second;
  }
  Status read_series(std::uint64_t offset, Labels& labels, SampleColumn& samples) const;
  Status read_chunk(std::uint64_t reference, SampleColumn& samples) const;
};

Status PrometheusBlock::State::open_meta(Disk& disk) {
  const auto text = TRY(disk.read(folder + "/meta.json"));
  const auto json = TRY(codec::Json::parse(text));
  if (json["version"].integer() != 1)
    return fail(
        Errc::unsupported,
        "meta.json: version " + std::to_string(json["version"].integer()) + ", only 1 is known");
  const auto& stats = json["stats"];
  meta = {.ulid = json["ulid"].string(),
          .min_ms = json["minTime"].integer(),
          .max_ms = json["maxTime"].integer(),
          .samples = static_cast<std::uint64_t>(stats["numSamples"].integer()),
          .series = static_cast<std::uint64_t>(stats["numSeries"].integer()),
          .chunks = static_cast<std::uint64_t>(stats["numChunks"].integer())};
  return {};
}

Status PrometheusBlock::State::open_index(Disk& disk) {
  index = TRY(map(disk, "index"));
  if (index.size() < 5 + kTocBytes) return fail(Errc::corrupt, "index: too short");
  Cursor header(index);
  if (big<std::uint32_t>(header) != kIndexMagic)
    return fail(Errc::corrupt, "index: not an index file");
  version = header.fixed<std::uint8_t>();
  if (version != 1 && version != 2)
    return fail(Errc::unsupported,
                "index: version " + std::to_string(version) + ", only 1 and 2 are known");
  const auto toc = index.substr(index.size() - kTocBytes);
  Cursor in(toc);
  const auto symbols_at = big<std::uint64_t>(in);
  in.bytes(4 * 8);  // series, label indices, label offset table, postings
  const auto postings_table_at = big<std::uint64_t>(in);
  if (big<std::uint32_t>(in) != codec::crc32c(toc.substr(0, kTocBytes - 4)))
    return fail(Errc::corrupt, "index: the table of contents is damaged");

  const auto symbol_table = TRY(table_at(index, symbols_at, "index: the symbol table"));
  Cursor symbol(symbol_table);
  const auto symbol_count = big<std::uint32_t>(symbol);
  for (std::uint32_t i = 0; i < symbol_count && symbol.ok(); ++i) {
    const auto reference =
        version == 1 ? static_cast<std::uint64_t>(symbol.position() - index.data()) : i;
    symbols.emplace_hint(symbols.end(), reference, symbol.string());
  }
  if (!symbol.ok()) return fail(Errc::corrupt, "index: the symbol table is damaged");

  // The posting list of ("", "") holds every series.
  const auto table = TRY(table_at(index, postings_table_at, "index: the postings table"));
  Cursor entry(table);
  const auto entries = big<std::uint32_t>(entry);
  for (std::uint32_t i = 0; i < entries && entry.ok(); ++i) {
    if (entry.varint() != 2) return fail(Errc::corrupt, "index: the postings table is damaged");
    const auto name = entry.string(), value = entry.string();
    const auto offset = entry.varint();
    if (!entry.ok() || !name.empty() || !value.empty()) continue;
    const auto list = TRY(table_at(index, offset, "index: the list of all series"));
    Cursor at(list);
    const auto count = big<std::uint32_t>(at);
    if (at.left() != std::size_t{count} * 4)
      return fail(Errc::corrupt, "index: the list of all series is damaged");
    for (std::uint32_t k = 0; k < count; ++k) series.push_back(big<std::uint32_t>(at));
    return {};
  }
  return entry.ok() ? fail(Errc::corrupt, "index: the list of all series is missing")
                    : fail(Errc::corrupt, "index: the postings table is damaged");
}

Status PrometheusBlock::State::open_chunks(Disk& disk) {
  const auto files = TRY(disk.list(folder + "/chunks"));
  for (const auto& file : files) {
    if (file.directory || file.name.find_first_not_of("0123456789") != file.name.npos) continue;
    const auto bytes = TRY(map(disk, "chunks/" + file.name));
    Cursor in(bytes);
    if (big<std::uint32_t>(in) != kChunksMagic || in.fixed<std::uint8_t>() != 1 || !in.ok())
      return fail(Errc::corrupt, "chunks/" + file.name + ": not a chunks file of version 1");
    chunks.push_back(bytes);
  }
  return {};
}

Status PrometheusBlock::State::open_tombstones(Disk& disk) {
  if (!disk.exists(folder + "/tombstones")) return {};
  const auto file = TRY(disk.read(folder + "/tombstones"));
  if (file.size() < 9) return fail(Errc::corrupt, "tombstones: too short");
  const auto body = std::string_view(file).substr(5, file.size() - 9);
  Cursor header(file), tail(std::string_view(file).substr(file.size() - 4));
  if (big<std::uint32_t>(header) != kTombstonesMagic || header.fixed<std::uint8_t>() != 1)
    return fail(Errc::corrupt, "tombstones: not a file of version 1");
  if (big<std::uint32_t>(tail) != codec::crc32c(body))
    return fail(Errc::corrupt, "tombstones: the checksum does not match");
  Cursor in(body);
  while (in.ok() && !in.at_end()) {
    const auto reference = in.varint();
    const auto from = in.signed_varint(), to = in.signed_varint();
    if (in.ok()) tombstones.add(static_cast<SeriesId>(reference), from, to);
  }
  return in.ok() ? Status{} : fail(Errc::corrupt, "tombstones: damaged");
}

Status PrometheusBlock::State::read_chunk(std::uint64_t reference, SampleColumn& samples) const {
  const auto file = reference >> 32, offset = reference & 0xffffffff;
  const auto damaged = [&](std::string_view what) {
    return fail(Errc::corrupt, "chunk at offset " + std::to_string(offset) + " of chunks file " +
                                   std::to_string(file + 1) + ": " + std::string(what));
  };
  if (file >= chunks.size() || offset >= chunks[file].size()) return damaged("outside the file");
  Cursor in(chunks[file].substr(offset));
  const auto length = in.varint();
  if (!in.ok() || in.left() < 5 || length > in.left() - 5) return damaged("outside the file");
  const std::string_view checked(in.position(), length + 1);
  const auto encoding = in.fixed<std::uint8_t>();
  const auto data = in.bytes(length);
  if (big<std::uint32_t>(in) != codec::crc32c(checked))
    return damaged("the checksum does not match");
  auto status = decode_prometheus_chunk(encoding, data, samples);
  if (!status) return fail(std::move(status).error().in("offset " + std::to_string(offset)));
  return {};
}

Status PrometheusBlock::State::read_series(std::uint64_t reference, Labels& labels,
                                           SampleColumn& samples) const {
  const auto offset = version == 1 ? reference : reference * 16;
  const auto damaged = [&] {
    return fail(Errc::corrupt,
                "index: the series at offset " + std::to_string(offset) + " is damaged");
  };
  if (offset >= index.size()) return damaged();
  Cursor entry(index.substr(offset));
  const auto content = entry.string();
  if (big<std::uint32_t>(entry) != codec::crc32c(content) || !entry.ok()) return damaged();
  Cursor in(content);
  const auto count = in.varint();
  if (count > in.left()) return damaged();
  std::vector<LabelView> views;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto name = TRY(symbol(in.varint()));
    const auto value = TRY(symbol(in.varint()));
    if (!value.empty()) views.push_back({name, value});
  }
  labels = Labels::from_unsorted(std::move(views));
  const auto chunk_count = in.varint();
  if (chunk_count > in.left()) return damaged();
  std::uint64_t chunk = 0;
  for (std::uint64_t i = 0; i < chunk_count; ++i) {
    if (i == 0)
      in.signed_varint(), in.varint(), chunk = in.varint();
    else
      in.varint(), in.varint(), chunk += static_cast<std::uint64_t>(in.signed_varint());
    if (!in.ok()) return damaged();
    TRY(read_chunk(chunk, samples));
  }
  if (std::adjacent_find(samples.t_ms.begin(), samples.t_ms.end(), std::greater_equal<>{}) !=
      samples.t_ms.end())
    return fail(Errc::corrupt, "index: the samples of the series at offset " +
                                   std::to_string(offset) + " are out of order");
  tombstones.apply(static_cast<SeriesId>(reference), samples);
  return {};
}

PrometheusBlock::PrometheusBlock(std::unique_ptr<State> state) : state_(std::move(state)) {}
PrometheusBlock::~PrometheusBlock() = default;
const PrometheusBlock::Meta& PrometheusBlock::meta() const {
  return state_->meta;
}

Result<std::unique_ptr<PrometheusBlock>> PrometheusBlock::open(Disk& disk,
                                                               const std::string& folder) {
  auto state = std::make_unique<State>();
  state->folder = folder;
  const auto opened = [&]() -> Status {
    TRY(state->open_meta(disk));
    TRY(state->open_index(disk));
    TRY(state->open_chunks(disk));
    return state->open_tombstones(disk);
  }();
  if (!opened) return fail(Error(opened.error()).in(folder));
  return std::unique_ptr<PrometheusBlock>(new PrometheusBlock(std::move(state)));
}

Status PrometheusBlock::each_series(
    const std::function<Status(const Labels&, const SampleColumn&)>& visit,
    std::vector<std::string>& damage) const {
  SampleColumn samples;
  Labels labels;
  for (const auto reference : state_->series) {
    samples.clear();
    if (const auto status = state_->read_series(reference, labels, samples); !status) {
      damage.push_back(state_->folder + ": " + status.error().message);
      continue;
    }
    TRY(visit(labels, samples));
  }
  return {};
}

Result<std::vector<std::string>> prometheus_blocks(Disk& disk, const std::string& folder) {
  std::vector<std::pair<UnixMillis, std::string>> found;
  const auto entries = TRY(disk.list(folder));
  for (const auto& entry : entries) {
    const auto path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (!entry.directory || !disk.exists(path + "/meta.json") || !disk.exists(path + "/index"))
      continue;
    const auto text = TRY(disk.read(path + "/meta.json"));
    const auto json = codec::Json::parse(text);
    found.emplace_back(json ? (*json)["minTime"].integer() : 0, path);
  }
  std::ranges::sort(found);
  std::vector<std::string> out;
  for (auto& [min, path] : found) out.push_back(std::move(path));
  return out;
}

}  // namespace pharos::metrics

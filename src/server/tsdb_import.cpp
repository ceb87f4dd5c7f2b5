#include "server/tsdb_import.hpp"

#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "base/disk.hpp"
#include "metrics/import_prometheus.hpp"
#include "model/exposition/exposition.hpp"
#include "server/config.hpp"

namespace pharos::server {
namespace {

constexpr std::size_t kBatch = 20'000;

// Collects samples and hands them over in batches.
class Importer {
 public:
  explicit Importer(Appender& appender) : appender_(appender) {}

  Result<SeriesRef> resolve(const Labels& labels) {
    const auto ref = TRY(appender_.resolve(labels));
    return ref;
  }
  Status add(SeriesRef ref, UnixMillis t, double value) {
    floats_.push_back({ref, t, value});
    return floats_.size() + histograms_.size() >= kBatch ? flush() : Status{};
  }
  Status add(SeriesRef ref, UnixMillis t, HistogramPtr histogram) {
    histograms_.push_back({ref, t, std::move(histogram)});
    return floats_.size() + histograms_.size() >= kBatch ? flush() : Status{};
  }
  Status flush() {
    if (floats_.empty() && histograms_.empty() && metadata_.empty()) return {};
    const auto outcome = TRY(
        appender_.append({.floats = floats_, .histograms = histograms_, .metadata = metadata_}));
    report_.samples += outcome.accepted;
    report_.rejected += outcome.rejected;
    for (const auto& rejection : outcome.rejections)
      if (report_.reasons.size() < 10) report_.reasons.emplace_back(name(rejection.reason));
    floats_.clear();
    histograms_.clear();
    metadata_.clear();
    return {};
  }
  void add(Metadata metadata) { metadata_.push_back(std::move(metadata)); }
  ImportReport& report() { return report_; }

 private:
  Appender& appender_;
  std::vector<FloatSample> floats_;
  std::vector<HistogramSample> histograms_;
  std::vector<Metadata> metadata_;
  ImportReport report_;
};

}  // namespace

Result<ImportReport> import_openmetrics_text(std::string_view page, Appender& appender) {
  Importer importer(appender);
  auto parser = exposition::make_parser(exposition::Format::openmetrics, page);
  std::unordered_map<std::string, SeriesRef> refs;
  Metadata family;
  exposition::Entry entry;
  for (;;) {
    const bool more = TRY(parser->next(entry));
    if (!more) break;
    if (entry.kind == exposition::EntryKind::type || entry.kind == exposition::EntryKind::help ||
        entry.kind == exposition::EntryKind::unit) {
      if (family.family != entry.name) {
        if (!family.family.empty()) importer.add(family);
        family = {.family = std::string(entry.name)};
      }
      if (entry.kind == exposition::EntryKind::type)
        family.type = entry.type;
      else if (entry.kind == exposition::EntryKind::help)
        family.help = entry.text;
      else
        family.unit = entry.text;
      continue;
    }
    if (entry.kind == exposition::EntryKind::comment) continue;
    if (!entry.t_ms)
      return fail(Errc::invalid,
                  "expected timestamp for series " + std::string(entry.series) + ", got none");
    auto [at, fresh] = refs.try_emplace(std::string(entry.series), SeriesRef::none);
    if (fresh) {
      at->second = TRY(importer.resolve(parser->labels()));
      ++importer.report().series;
    }
    if (entry.kind == exposition::EntryKind::histogram) {
      TRY(importer.add(at->second, *entry.t_ms, entry.histogram));
    } else {
      TRY(importer.add(at->second, *entry.t_ms, entry.value));
    }
  }
  if (!family.family.empty()) importer.add(family);
  TRY(importer.flush());
  return std::move(importer.report());
}

Result<ImportReport> import_openmetrics(const std::string& file, Appender& appender) {
  const auto page = TRY(read_text_file(file));
  auto report = import_openmetrics_text(page, appender);
  if (!report) return fail(std::move(report).error().in(file));
  return report;
}

Result<ImportReport> import_blocks(const std::string& folder, Appender& appender) {
  // The folder may be one block itself, or hold blocks.
  auto path = std::filesystem::absolute(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::vector<std::string> blocks;
  if (std::filesystem::exists(path / "meta.json")) {
    blocks.push_back(path.filename().string());
    path = path.parent_path();
  }
  auto disk = TRY(open_real_disk(path.string()));
  if (blocks.empty()) blocks = TRY(metrics::prometheus_blocks(*disk, ""));
  if (blocks.empty())
    return fail(Errc::not_found,
                folder + ": no Prometheus block (a folder with meta.json) is in it");
  Importer importer(appender);
  std::unordered_set<std::uint64_t> seen;  // series are counted once over all blocks, by hash
  for (const auto& name : blocks) {
    auto block = metrics::PrometheusBlock::open(*disk, name);
    if (!block) return fail(std::move(block).error().in(folder));
    std::vector<std::string> damage;
    auto read = (*block)->each_series(
        [&](const Labels& labels, const SampleColumn& column) -> Status {
          const auto ref = TRY(appender.resolve(labels));
          if (seen.insert(labels.hash()).second) ++importer.report().series;
          for (std::size_t i = 0; i < column.size(); ++i) {
            if (!column.histograms.empty() && column.histograms[i] != nullptr) {
              TRY(importer.add(ref, column.t_ms[i], column.histograms[i]));
            } else {
              TRY(importer.add(ref, column.t_ms[i], column.value[i]));
            }
          }
          return {};
        },
        damage);
    if (!read) return fail(std::move(read).error().in(folder + "/" + name));
    for (auto& what : damage) {
      ++importer.report().rejected;
      if (importer.report().reasons.size() < 10)
        importer.report().reasons.push_back(std::move(what));
    }
  }
  TRY(importer.flush());
  return std::move(importer.report());
}

}  // namespace pharos::server

#include "server/tsdb_import.hpp"

#include <unordered_map>

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
    const auto outcome = TRY(appender_.append({.floats = floats_, .histograms = histograms_, .metadata = metadata_}));
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
      if (entry.kind == exposition::EntryKind::type) family.type = entry.type;
      else if (entry.kind == exposition::EntryKind::help) family.help = entry.text;
      else family.unit = entry.text;
      continue;
    }
    if (entry.kind == exposition::EntryKind::comment) continue;
    if (!entry.t_ms) return fail(Errc::invalid, "expected timestamp for series " + std::string(entry.series) + ", got none");
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

Result<ImportReport> import_blocks(const std::string& folder, Appender&) {
  return fail(Errc::unsupported, folder + ": Prometheus blocks cannot be imported by this version; export them with `promtool tsdb "
                                          "dump-openmetrics` and import the text");
}

}  // namespace pharos::server

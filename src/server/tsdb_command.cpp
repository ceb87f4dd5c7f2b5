// `pharos tsdb …`: works on the data folder itself, so no server may run on it.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/disk.hpp"
#include "base/threads.hpp"
#include "codec/json.hpp"
#include "metrics/store.hpp"
#include "server/answer_text.hpp"
#include "server/flags.hpp"
#include "server/tsdb_export.hpp"
#include "server/tsdb_import.hpp"

namespace pharos::server {
namespace {

int complain(const Error& error, int status = 1) {
  std::fputs(("pharos: " + error.message + "\n").c_str(), stderr);
  return status;
}

struct Opened {
  std::shared_ptr<ThreadPool> pool;
  std::unique_ptr<metrics::Store> store;  // goes before the pool
};

Result<std::shared_ptr<Disk>> open_disk(const TsdbFlags& flags, bool create) {
  if (!create && !std::filesystem::is_directory(flags.storage_path))
    return fail(Errc::not_found, "--storage.path: there is no folder " + flags.storage_path);
  auto disk = open_real_disk(flags.storage_path, true);
  if (!disk && disk.error().code == Errc::conflict)
    return fail(Errc::conflict, flags.storage_path + " is locked: stop the server first");
  if (!disk) return fail(std::move(disk).error());
  return std::shared_ptr<Disk>(std::move(*disk));
}

Result<Opened> open_store(const TsdbFlags& flags, bool create = false) {
  const auto disk = TRY(open_disk(flags, create));
  Opened opened;
  opened.pool =
      std::make_shared<ThreadPool>("work", std::max(1U, std::thread::hardware_concurrency()));
  metrics::StoreConfig config;
  config.background = false;
  // A command must not drop what the server's own settings would keep.
  config.retention_time = std::chrono::hours(24 * 365 * 100);
  opened.store = TRY(metrics::Store::open(disk, "metrics", system_clock(), opened.pool, config));
  return opened;
}

void put_entries(codec::JsonWriter& json, std::string_view key,
                 const std::vector<metrics::CardinalityEntry>& entries) {
  json.key(key).begin_array();
  for (const auto& entry : entries)
    json.begin_object().key("name").value(entry.name).key("value").value(entry.value).end_object();
  json.end_array();
}

std::string table(std::string_view title, const std::vector<metrics::CardinalityEntry>& entries) {
  std::string out = std::string(title) + ":\n";
  for (const auto& entry : entries) {
    std::string number = std::to_string(entry.value);
    out += std::string(number.size() < 12 ? 12 - number.size() : 0, ' ') + number + "  " +
           entry.name + "\n";
  }
  return out + "\n";
}

}  // namespace

int run_tsdb_analyze(const TsdbFlags& flags) {
  auto opened = open_store(flags);
  if (!opened) return complain(opened.error());
  const auto s = opened->store->statistics(flags.top);
  if (flags.output == OutputFormat::table) {
    std::string out = "Series:      " + std::to_string(s.series) +
                      "\nChunks:      " + std::to_string(s.chunks) +
                      "\nLabel pairs: " + std::to_string(s.label_pairs) + "\n";
    if (s.series > 0)
      out += "From:        " + format_time(from_unix_millis(s.min_ms)) +
             "\nTo:          " + format_time(from_unix_millis(s.max_ms)) + "\n";
    out += "\n" + table("Series by metric name", s.series_by_metric) +
           table("Values by label name", s.values_by_label) +
           table("Bytes by label name", s.bytes_by_label) +
           table("Series by label pair", s.series_by_pair);
    std::fputs(out.c_str(), stdout);
    return 0;
  }
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object()
      .key("series")
      .value(s.series)
      .key("chunks")
      .value(s.chunks)
      .key("labelPairs")
      .value(s.label_pairs);
  json.key("minTime").value(s.min_ms).key("maxTime").value(s.max_ms);
  put_entries(json, "seriesByMetric", s.series_by_metric);
  put_entries(json, "valuesByLabel", s.values_by_label);
  put_entries(json, "bytesByLabel", s.bytes_by_label);
  put_entries(json, "seriesByPair", s.series_by_pair);
  json.end_object();
  if (flags.output == OutputFormat::yaml) {
    if (auto tree = codec::Json::parse(text)) text = answer_yaml(*tree);
  }
  std::fputs((text + (text.ends_with('\n') ? "" : "\n")).c_str(), stdout);
  return 0;
}

int run_tsdb_verify(const TsdbFlags& flags) {
  auto disk = open_disk(flags, false);
  if (!disk) return complain(disk.error());
  const auto damage = metrics::verify(**disk, "metrics");
  if (!damage) return complain(damage.error());
  for (const auto& d : *damage)
    std::fputs((d.file + ": offset " + std::to_string(d.offset) + ": " + d.what + "\n").c_str(),
               stdout);
  std::fputs(damage->empty() ? "no damage found\n"
                             : (std::to_string(damage->size()) + " damaged places\n").c_str(),
             stdout);
  return damage->empty() ? 0 : 1;
}

int run_tsdb_snapshot(const TsdbFlags& flags) {
  auto opened = open_store(flags);
  if (!opened) return complain(opened.error());
  const auto name = opened->store->snapshot(flags.skip_head);
  if (!name) return complain(name.error());
  std::fputs((*name + "\n").c_str(), stdout);
  return 0;
}

int run_tsdb_import(const TsdbFlags& flags) {
  if (!std::filesystem::exists(flags.file))
    return complain(Error{Errc::not_found, flags.file + " does not exist"});
  auto opened = open_store(flags, true);
  if (!opened) return complain(opened.error());
  const auto report = std::filesystem::is_directory(flags.file)
                          ? import_blocks(flags.file, *opened->store)
                          : import_openmetrics(flags.file, *opened->store);
  if (!report) return complain(report.error());
  if (auto compacted = opened->store->compact(); !compacted) return complain(compacted.error());
  std::fputs((std::to_string(report->samples) + " samples of " + std::to_string(report->series) +
              " series imported, " + std::to_string(report->rejected) + " refused\n")
                 .c_str(),
             stdout);
  for (const auto& reason : report->reasons) std::fputs(("  " + reason + "\n").c_str(), stderr);
  return report->rejected == 0 ? 0 : 1;
}

int run_tsdb_export(const TsdbFlags& flags) {
  auto opened = open_store(flags);
  if (!opened) return complain(opened.error());
  auto querier = opened->store->querier();
  const auto selection = export_selection(flags);
  if (!selection) return complain(selection.error(), 2);
  std::FILE* out = flags.file == "-" ? stdout : std::fopen(flags.file.c_str(), "wb");
  if (out == nullptr) return complain(Error{Errc::io, flags.file + ": cannot be written"});
  const auto written = export_openmetrics(*querier, *selection, [out](std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), out) == text.size();
  });
  const bool closed = out == stdout ? std::fflush(out) == 0 : std::fclose(out) == 0;
  if (!written) return complain(written.error());
  if (!closed) return complain(Error{Errc::io, flags.file + ": the end could not be written"});
  if (out != stdout) std::fputs((std::to_string(*written) + " samples written\n").c_str(), stdout);
  return 0;
}

}  // namespace pharos::server

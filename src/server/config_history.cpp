#include "server/config_history.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "codec/compress.hpp"

namespace pharos::server {
namespace {

constexpr std::string_view kTables[] = {
    "CREATE TABLE config_loads(id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL,"
    " error TEXT NOT NULL, yaml_bytes INTEGER NOT NULL, yaml BLOB NOT NULL,"
    " alertmanager_bytes INTEGER NOT NULL, alertmanager BLOB NOT NULL)"};
constexpr int kZstdLevel = 3;
constexpr std::size_t kErrorMax = 4'000;

std::string kept(const std::string& text) {
  if (text.size() > kConfigTextMax)
    return "# " + std::to_string(text.size()) + " bytes: more than the 1 MiB that is kept\n";
  return text;
}

// Of a load that failed: as much as can be shown, which is what parses.
void fill_texts(const ServeFlags& flags, const LoadedConfig* loaded, std::string& yaml,
                std::string& alertmanager) {
  if (loaded != nullptr) {
    yaml = loaded->config.text;
    if (loaded->alertmanager) alertmanager = loaded->alertmanager->text;
    return;
  }
  LoadOptions options;
  options.agent = flags.agent;
  if (flags.config_file.empty()) return;
  if (auto config = load_config(flags.config_file, options)) yaml = std::move(config->text);
}

Result<std::string> unpacked(const DatabaseStatement& row, int bytes, int blob) {
  return codec::decompress(codec::Compression::zstd, row.text(blob),
                           static_cast<std::size_t>(std::max<std::int64_t>(0, row.integer(bytes))));
}

}  // namespace

Result<std::unique_ptr<ConfigHistory>> ConfigHistory::open(Database& database, const Clock& clock) {
  TRY(database.migrate("config_history", kTables));
  return std::unique_ptr<ConfigHistory>(new ConfigHistory(database, clock));
}

void ConfigHistory::note(const ServeFlags& flags, const LoadedConfig* loaded,
                         const Status& status) {
  std::string yaml, alertmanager;
  fill_texts(flags, loaded, yaml, alertmanager);
  yaml = kept(yaml);
  alertmanager = kept(alertmanager);
  const auto error = status ? std::string() : status.error().message.substr(0, kErrorMax);
  const auto written = database_.transaction([&](Database& db) -> Status {
    auto row = TRY(db.prepare(
        "INSERT INTO config_loads(at_ms, error, yaml_bytes, yaml, alertmanager_bytes, alertmanager)"
        " VALUES(?1,?2,?3,?4,?5,?6)"));
    const auto packed = codec::compress(codec::Compression::zstd, yaml, kZstdLevel);
    const auto packed_too = codec::compress(codec::Compression::zstd, alertmanager, kZstdLevel);
    row.bind(1, static_cast<std::int64_t>(to_unix_millis(clock_.now())));
    row.bind(2, std::string_view(error));
    row.bind(3, static_cast<std::int64_t>(yaml.size())).bind_blob(4, packed);
    row.bind(5, static_cast<std::int64_t>(alertmanager.size())).bind_blob(6, packed_too);
    TRY(row.run());
    return db.run("DELETE FROM config_loads WHERE id <= last_insert_rowid() - ?1", kConfigLoadsMax);
  });
  if (!written)
    log::warn("history of configurations not written", {{"error", written.error().message}});
}

Result<std::vector<api::ConfigLoad>> ConfigHistory::list() const {
  std::vector<api::ConfigLoad> out;
  TRY(database_.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT id, at_ms, error FROM config_loads ORDER BY id DESC"));
    while (TRY(rows.step())) {
      api::ConfigLoad one;
      one.id = rows.integer(0);
      one.at = from_unix_millis(rows.integer(1));
      one.error = rows.text(2);
      out.push_back(std::move(one));
    }
    return {};
  }));
  return out;
}

Result<api::ConfigLoad> ConfigHistory::get(std::int64_t id) const {
  api::ConfigLoad out;
  TRY(database_.read([&](Database& db) -> Status {
    auto row =
        TRY(db.prepare("SELECT id, at_ms, error, yaml_bytes, yaml, alertmanager_bytes, alertmanager"
                       " FROM config_loads WHERE id=?1"));
    row.bind(1, id);
    if (!TRY(row.step()))
      return fail(Errc::not_found, "that configuration is not among the last 20 any more");
    out.id = row.integer(0);
    out.at = from_unix_millis(row.integer(1));
    out.error = row.text(2);
    out.yaml = TRY(unpacked(row, 3, 4));
    out.alertmanager = TRY(unpacked(row, 5, 6));
    return {};
  }));
  return out;
}

api::ConfigLoad config_on_disk(const ServeFlags& flags, const std::string& own_job, Time now) {
  api::ConfigLoad out;
  out.at = now;
  const auto loaded = load_everything(flags, own_job);
  if (!loaded) out.error = loaded.error().message;
  fill_texts(flags, loaded ? loaded->get() : nullptr, out.yaml, out.alertmanager);
  return out;
}

}  // namespace pharos::server

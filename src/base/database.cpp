#include "base/database.hpp"

#include <sqlite3.h>

#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/metric.hpp"

namespace pharos {
namespace {

struct Stats {
  Counter commits{"pharos_database_commits_total", "Durable transactions of the state database."};
  Counter failures{"pharos_database_failures_total",
                   "Transactions of the state database that the disk or SQLite failed, and that changed nothing."};
};
Stats& stats() {
  static Stats instance;
  return instance;
}

constexpr int kBusyMillis = 5'000;
constexpr std::size_t kStatementsMax = 256;  // prepared texts kept

Error error_of(sqlite3* db, int code, const std::string& path) {
  Errc kind = Errc::io;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: kind = Errc::corrupt; break;
    case SQLITE_CONSTRAINT: kind = Errc::conflict; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: kind = Errc::unavailable; break;
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
    case SQLITE_RANGE: kind = Errc::internal; break;
    default: break;
  }
  return {kind, path + ": " + (db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code))};
}

}  // namespace

struct Database::Impl {
  std::string path;
  sqlite3* db = nullptr;
  std::recursive_mutex mutex;
  bool sync_failed = false;                             // guarded by mutex
  std::unordered_map<std::string, sqlite3_stmt*> idle;  // guarded by mutex

  ~Impl() {
    for (auto& [sql, statement] : idle) sqlite3_finalize(statement);
    sqlite3_close(db);
  }
  Error error(int code) { return error_of(db, code, path); }
  Status execute(const char* sql) {
    const int code = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    sync_failed |= code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
    return fail(error(code));
  }
  void give_back(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (idle.size() >= kStatementsMax || !idle.emplace(sqlite3_sql(statement), statement).second)
      sqlite3_finalize(statement);
  }
};

DatabaseStatement::DatabaseStatement(DatabaseStatement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      failed_binding_(other.failed_binding_) {}
DatabaseStatement::~DatabaseStatement() {
  if (statement_ != nullptr) database_->impl_->give_back(statement_);
}

DatabaseStatement& DatabaseStatement::bind(int parameter, std::int64_t value) {
  failed_binding_ |= sqlite3_bind_int64(statement_, parameter, value) != SQLITE_OK;
  return *this;
}
DatabaseStatement& DatabaseStatement::bind(int parameter, double value) {
  failed_binding_ |= sqlite3_bind_double(statement_, parameter, value) != SQLITE_OK;
  return *this;
}
DatabaseStatement& DatabaseStatement::bind(int parameter, std::string_view text) {
  failed_binding_ |= sqlite3_bind_text64(statement_, parameter, text.data() ? text.data() : "",
                                         text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK;
  return *this;
}
DatabaseStatement& DatabaseStatement::bind_blob(int parameter, std::string_view bytes) {
  failed_binding_ |= sqlite3_bind_blob64(statement_, parameter, bytes.data() ? bytes.data() : "",
                                         bytes.size(), SQLITE_TRANSIENT) != SQLITE_OK;
  return *this;
}
DatabaseStatement& DatabaseStatement::bind_null(int parameter) {
  failed_binding_ |= sqlite3_bind_null(statement_, parameter) != SQLITE_OK;
  return *this;
}

Result<bool> DatabaseStatement::step() {
  if (failed_binding_)
    return fail(Errc::internal, database_->path() + ": a parameter of `" +
                                    std::string(sqlite3_sql(statement_)) + "` was not bound");
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(database_->impl_->error(code));
}
Status DatabaseStatement::run() {
  while (TRY(step())) {
  }
  return {};
}
void DatabaseStatement::restart() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  failed_binding_ = false;
}

bool DatabaseStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::int64_t DatabaseStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double DatabaseStatement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}
std::string_view DatabaseStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;
const std::string& Database::path() const {
  return impl_->path;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  const int code =
      sqlite3_open_v2(path.c_str(), &impl->db,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return fail(impl->error(code));
  sqlite3_extended_result_codes(impl->db, 1);
  sqlite3_busy_timeout(impl->db, kBusyMillis);
  // A memory map or a large cache would count against the idle bound; the state is small.
  TRY(impl->execute("PRAGMA journal_mode=WAL"));
  TRY(impl->execute("PRAGMA synchronous=FULL"));
  TRY(impl->execute("PRAGMA cache_size=-1024"));
  TRY(impl->execute("PRAGMA foreign_keys=ON"));
  TRY(
      impl->execute("CREATE TABLE IF NOT EXISTS schema_version(module TEXT PRIMARY KEY, steps "
                    "INTEGER NOT NULL)"));
  return std::unique_ptr<Database>(new Database(std::move(impl)));
}

Status Database::migrate(std::string_view module, std::span<const std::string_view> steps) {
  return transaction([&](Database& db) -> Status {
    std::int64_t done = 0;
    {
      auto query = TRY(db.prepare("SELECT steps FROM schema_version WHERE module = ?1"));
      query.bind(1, module);
      if (TRY(query.step())) done = query.integer(0);
    }
    if (done > static_cast<std::int64_t>(steps.size()))
      return fail(Errc::conflict, path() + ": the tables of " + std::string(module) +
                                      " are of a later version (" + std::to_string(done) +
                                      " steps, this one knows " + std::to_string(steps.size()) +
                                      ")");
    for (auto i = static_cast<std::size_t>(done); i < steps.size(); ++i)
      TRY(impl_->execute(std::string(steps[i]).c_str()));
    TRY(check_columns(module, steps));
    return db.run("INSERT OR REPLACE INTO schema_version(module, steps) VALUES(?1, ?2)", module,
                  steps.size());
  });
}

// The steps in a fresh database show what there should be.
Status Database::check_columns(std::string_view module, std::span<const std::string_view> steps) {
  constexpr std::string_view kColumns =
      "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = "
      "'table'";
  const auto columns_of =
      [&](Database& db) -> Result<std::set<std::pair<std::string, std::string>>> {
    std::set<std::pair<std::string, std::string>> out;
    auto query = TRY(db.prepare(kColumns));
    while (TRY(query.step())) out.emplace(query.text(0), query.text(1));
    return out;
  };
  const auto fresh = TRY(open(":memory:"));
  for (const auto step : steps) TRY(fresh->impl_->execute(std::string(step).c_str()));
  const auto wanted = TRY(columns_of(*fresh));
  const auto found = TRY(columns_of(*this));
  for (const auto& [table, column] : wanted)
    if (!found.contains({table, column}))
      return fail(Errc::conflict,
                  path() + ": the tables of " + std::string(module) +
                      " were made by a build between two versions: " + table + " has no column " +
                      column +
                      ". Start once with the build that wrote it, or "
                      "move the file away, with which silences, alert state and on-call state go");
  return {};
}

namespace {
// Else the body refused what it was asked for: a name that is taken, a version that is old.
bool is_failure(Errc code) {
  return code == Errc::io || code == Errc::corrupt || code == Errc::unavailable || code == Errc::internal;
}
}  // namespace

Status Database::transaction(const std::function<Status(Database&)>& body) {
  const std::lock_guard lock(impl_->mutex);
  // The kernel forgets a failed write-back after it has reported it once: a later fsync would lie.
  if (impl_->sync_failed)
    return fail(Errc::unavailable,
                path() + ": an fsync failed; nothing is accepted until a restart");
  TRY(impl_->execute("BEGIN IMMEDIATE"));
  Status status = body(*this);
  if (status) status = impl_->execute("COMMIT");
  if (!status) {
    // Some failures (a full disk) have rolled back already; then this says so and is ignored.
    if (sqlite3_get_autocommit(impl_->db) == 0)
      sqlite3_exec(impl_->db, "ROLLBACK", nullptr, nullptr, nullptr);
    if (is_failure(status.error().code)) stats().failures.add();
    return status;
  }
  stats().commits.add();
  return status;
}

Status Database::read(const std::function<Status(Database&)>& body) {
  const std::lock_guard lock(impl_->mutex);
  TRY(impl_->execute("BEGIN"));
  Status status = body(*this);
  if (sqlite3_get_autocommit(impl_->db) == 0)
    sqlite3_exec(impl_->db, "ROLLBACK", nullptr, nullptr, nullptr);
  return status;
}

Result<DatabaseStatement> Database::prepare(std::string_view sql) {
  auto& idle = impl_->idle;
  if (const auto found = idle.find(std::string(sql)); found != idle.end()) {
    sqlite3_stmt* statement = found->second;
    idle.erase(found);
    return DatabaseStatement(this, statement);
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(impl_->db, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(impl_->error(code));
  return DatabaseStatement(this, statement);
}

}  // namespace pharos

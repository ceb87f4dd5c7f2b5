// Small durable state (silences, alert state, acknowledgements, outbox): SQLite with a write-ahead
// log and synchronous=FULL, behind a small type. What a committed transaction wrote survives kill
// -9 and power loss; a commit that failed changed nothing.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace pharos {

class Database;

// A prepared statement, borrowed from its database for one use. Parameters are numbered from 1,
// columns from 0. Valid while the database lives and its transaction function runs.
class DatabaseStatement {
 public:
  DatabaseStatement(DatabaseStatement&& other) noexcept;
  DatabaseStatement& operator=(DatabaseStatement&&) = delete;
  ~DatabaseStatement();

  DatabaseStatement& bind(int parameter, std::int64_t value);
  DatabaseStatement& bind(int parameter, double value);
  DatabaseStatement& bind(int parameter, std::string_view text);        // stored as text
  DatabaseStatement& bind_blob(int parameter, std::string_view bytes);  // stored as a blob
  DatabaseStatement& bind_null(int parameter);
  template <class... Values>
  DatabaseStatement& bind_all(const Values&... values) {
    int parameter = 0;
    (bind_one(++parameter, values), ...);
    return *this;
  }

  // The next row; false when there is none. Errors: Errc::io (disk full included), Errc::corrupt,
  // Errc::conflict for a constraint.
  Result<bool> step();
  Status run();    // to its end, rows ignored
  void restart();  // for the next run, bindings cleared

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  // until the next step; blobs as well

 private:
  friend class Database;
  DatabaseStatement(Database* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}
  template <class V>
  void bind_one(int parameter, const V& value) {
    if constexpr (std::is_same_v<V, bool> || std::is_integral_v<V>)
      bind(parameter, static_cast<std::int64_t>(value));
    else if constexpr (std::is_floating_point_v<V>)
      bind(parameter, static_cast<double>(value));
    else
      bind(parameter, std::string_view(value));
  }
  Database* database_;
  sqlite3_stmt* statement_;
  bool failed_binding_ = false;
};

// Thread-safe: one transaction at a time, the others wait for it.
class Database {
 public:
  // Opens or makes the file; ":memory:" for tests. Errc::corrupt names the file and what is wrong.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();

  // Brings one module's tables up to date: step i runs once, in order, all in one transaction.
  // Errc::conflict when the file was written by a later version, with more steps, or when its tables
  // lack columns that the steps make: a step must never be changed once a file may have it.
  Status migrate(std::string_view module, std::span<const std::string_view> steps);

  // Runs `body` in an immediate transaction. Committed, and durable on return, when it returns
  // without error; rolled back else. Not to be nested.
  Status transaction(const std::function<Status(Database&)>& body);
  // Reads within one snapshot; writes are refused by SQLite.
  Status read(const std::function<Status(Database&)>& body);

  // Only inside transaction() or read(). Statements are kept prepared by their text.
  Result<DatabaseStatement> prepare(std::string_view sql);
  // prepare + bind_all + run.
  template <class... Values>
  Status run(std::string_view sql, const Values&... values) {
    auto statement = prepare(sql);
    if (!statement) return Status{std::unexpect, statement.error()};
    return statement->bind_all(values...).run();
  }

  const std::string& path() const;

 private:
  friend class DatabaseStatement;
  struct Impl;
  Status check_columns(std::string_view module, std::span<const std::string_view> steps);
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pharos

#include "base/database.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/metric.hpp"

namespace pharos {
namespace {

constexpr std::string_view kSteps[] = {"CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)",
                                       "ALTER TABLE t ADD COLUMN more REAL"};

std::int64_t count(Database& db) {
  std::int64_t n = -1;
  EXPECT_TRUE(db.read([&](Database& d) -> Status {
    auto query = TRY(d.prepare("SELECT count(*) FROM t"));
    TRY(query.step());
    n = query.integer(0);
    return {};
  }));
  return n;
}

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("pharos-database-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

TEST(Database, MigratesOnceAndKeepsWhatWasCommitted) {
  Folder folder;
  const auto file = (folder.path / "state.db").string();
  for (int round = 0; round < 2; ++round) {
    auto db = Database::open(file);
    ASSERT_TRUE(db) << db.error().message;
    ASSERT_TRUE((*db)->migrate("t", kSteps));
    ASSERT_TRUE((*db)->transaction(
        [&](Database& d) { return d.run("INSERT INTO t(text, more) VALUES(?1, ?2)", "a", 0.5); }));
    EXPECT_EQ(count(**db), round + 1);
  }
}

TEST(Database, RefusesTablesOfALaterVersion) {
  auto db = Database::open(":memory:");
  ASSERT_TRUE(db);
  ASSERT_TRUE((*db)->migrate("t", kSteps));
  const auto status = (*db)->migrate("t", std::span(kSteps).first(1));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::conflict);
}

TEST(Database, RefusesTablesThatLackWhatTheStepsMake) {
  auto db = Database::open(":memory:");
  ASSERT_TRUE(db);
  constexpr std::string_view kBefore[] = {"CREATE TABLE t(a INTEGER)"};
  ASSERT_TRUE((*db)->migrate("t", kBefore));
  constexpr std::string_view kChanged[] = {"CREATE TABLE t(a INTEGER, end_ms INTEGER)"};
  const auto status = (*db)->migrate("t", kChanged);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::conflict);
  EXPECT_NE(status.error().message.find("t has no column end_ms"), std::string::npos)
      << status.error().message;
  constexpr std::string_view kAdded[] = {"CREATE TABLE t(a INTEGER)",
                                         "ALTER TABLE t ADD COLUMN end_ms INTEGER"};
  EXPECT_TRUE((*db)->migrate("t", kAdded));
}

TEST(Database, AFailedTransactionChangesNothing) {
  auto db = Database::open(":memory:");
  ASSERT_TRUE(db);
  ASSERT_TRUE((*db)->migrate("t", kSteps));
  const auto status = (*db)->transaction([&](Database& d) -> Status {
    TRY(d.run("INSERT INTO t(id, text) VALUES(1, ?1)", "a"));
    return d.run("INSERT INTO t(id, text) VALUES(1, ?1)", "b");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::conflict);
  EXPECT_EQ(count(**db), 0);
}

TEST(Database, BytesComeBackAsTheyWent) {
  auto db = Database::open(":memory:");
  ASSERT_TRUE(db);
  ASSERT_TRUE((*db)->migrate("t", kSteps));
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE((*db)->transaction([&](Database& d) -> Status {
    auto insert = TRY(d.prepare("INSERT INTO t(text) VALUES(?1)"));
    return insert.bind_blob(1, bytes).run();
  }));
  EXPECT_TRUE((*db)->read([&](Database& d) -> Status {
    auto query = TRY(d.prepare("SELECT text FROM t"));
    EXPECT_TRUE(TRY(query.step()));
    EXPECT_EQ(query.text(0), bytes);
    return {};
  }));
}

TEST(Database, OnlyWhatTheDiskFailsIsCountedAsAFailure) {
  Folder folder;
  const auto db = Database::open((folder.path / "state.db").string());
  ASSERT_TRUE(db);
  const Counter failures("pharos_database_failures_total", "");
  const auto before = failures.value();
  for (const auto code : {Errc::conflict, Errc::not_found, Errc::invalid, Errc::limit}) {
    EXPECT_FALSE((*db)->transaction([&](Database&) -> Status { return fail(code, "refused"); }));
  }
  EXPECT_EQ(failures.value(), before);
  EXPECT_FALSE((*db)->transaction([](Database& d) -> Status {
    auto statement = TRY(d.prepare("INSERT INTO nowhere VALUES (1)"));
    return {};
  }));
  EXPECT_EQ(failures.value(), before + 1);
}

TEST(Database, AFileThatIsNoDatabaseIsNamed) {
  Folder folder;
  const auto file = (folder.path / "state.db").string();
  {
    std::FILE* out = std::fopen(file.c_str(), "w");
    ASSERT_NE(out, nullptr);
    for (int i = 0; i < 100; ++i) std::fputs("this is not a database, honestly\n", out);
    std::fclose(out);
  }
  const auto db = Database::open(file);
  ASSERT_FALSE(db);
  EXPECT_EQ(db.error().code, Errc::corrupt);
  EXPECT_NE(db.error().message.find(file), std::string::npos);
}

}  // namespace
}  // namespace pharos

// The tables of the Alertmanager half in the state database, as migration steps.
#pragma once
#include <array>
#include <string_view>

namespace pharos::rules::notify {

inline constexpr std::array<std::string_view, 1> kNotifyTables = {R"(
CREATE TABLE notify_state(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notify_batches(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, size INTEGER NOT NULL,
  bytes BLOB NOT NULL);
CREATE TABLE notify_snapshot(
  generation INTEGER NOT NULL, chunk INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY(generation, chunk));
CREATE TABLE notify_silences(id TEXT PRIMARY KEY, ends_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE notify_log(key TEXT PRIMARY KEY, expires INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE notify_outbox(
  id INTEGER PRIMARY KEY, attempts INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE notify_deliveries(
  sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, bytes BLOB NOT NULL);
)"};

}  // namespace pharos::rules::notify

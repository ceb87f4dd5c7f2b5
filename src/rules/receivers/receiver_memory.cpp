#include "rules/receivers/receiver_memory.hpp"

#include <array>

namespace pharos::rules::receivers {
namespace {

constexpr std::array<std::string_view, 1> kTables = {
    "CREATE TABLE receiver_memory(key TEXT PRIMARY KEY, at INTEGER NOT NULL, text TEXT NOT NULL) "
    "WITHOUT ROWID"};

}  // namespace

Result<std::shared_ptr<ReceiverMemory>> ReceiverMemory::open(Database& database, const Clock& clock,
                                                             std::size_t entries_max) {
  TRY(database.migrate("receivers", kTables));
  std::shared_ptr<ReceiverMemory> out(new ReceiverMemory(database, clock, entries_max));
  TRY(database.read([&](Database& db) -> Status {
    auto rows = TRY(db.prepare("SELECT key, at, text FROM receiver_memory"));
    while (TRY(rows.step()))
      out->entries_[std::string(rows.text(0))] = {std::string(rows.text(2)), rows.integer(1)};
    return {};
  }));
  return out;
}

std::optional<std::string> ReceiverMemory::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.text;
}

Status ReceiverMemory::put(const std::string& key, std::string text) {
  const auto at = to_unix_millis(clock_.now());
  std::optional<std::string> oldest;
  {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[key];
    if (entry.text == text) return {};
    entry = {text, at};
    if (entries_.size() > entries_max_) {
      auto gone = entries_.end();
      for (auto known = entries_.begin(); known != entries_.end(); ++known)
        if (known->first != key && (gone == entries_.end() || known->second.at < gone->second.at))
          gone = known;
      oldest = gone->first;
      entries_.erase(gone);
    }
  }
  return database_.transaction([&](Database& db) -> Status {
    if (oldest) TRY(db.run("DELETE FROM receiver_memory WHERE key = ?1", *oldest));
    return db.run("INSERT OR REPLACE INTO receiver_memory(key, at, text) VALUES(?1, ?2, ?3)", key,
                  at, text);
  });
}

}  // namespace pharos::rules::receivers

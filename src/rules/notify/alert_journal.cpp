#include "rules/notify/alert_journal.hpp"

#include <algorithm>
#include <limits>

#include "base/log.hpp"
#include "codec/compress.hpp"
#include "codec/varint.hpp"
#include "rules/stored_alert.hpp"

namespace pharos::rules::notify {
namespace {

using codec::Cursor;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kBatchBytesMax = 1u << 30;
constexpr std::int64_t kRowsPerRead = 64;

// Relative to the batch, modulo 2^64: times from a client may be anything.
void put_time(std::string& out, Time t, std::int64_t at) {
  codec::put_signed(out, static_cast<std::int64_t>(static_cast<std::uint64_t>(to_unix_millis(t)) -
                                                   static_cast<std::uint64_t>(at)));
}
Time read_time(Cursor& in, std::int64_t at) {
  return from_unix_millis(static_cast<std::int64_t>(static_cast<std::uint64_t>(in.signed_varint()) +
                                                    static_cast<std::uint64_t>(at)));
}

std::int64_t state_of(Database& db, std::string_view key, std::int64_t otherwise) {
  auto query = db.prepare("SELECT value FROM notify_state WHERE key = ?1");
  if (!query) return otherwise;
  query->bind(1, key);
  const auto row = query->step();
  return row && *row ? query->integer(0) : otherwise;
}

}  // namespace

BatchWriter::BatchWriter(Time at) : at_(to_unix_millis(at)) {}

void BatchWriter::add(RecordKind kind, const Alert& alert, std::uint64_t fingerprint) {
  ++count_;
  records_ += static_cast<char>(static_cast<std::uint8_t>(kind) | (alert.timeout ? 0x80 : 0));
  put_time(records_, alert.starts_at, at_);
  put_time(records_, alert.ends_at, at_);
  put_time(records_, alert.updated_at, at_);
  if (kind == RecordKind::touch) {
    codec::put_fixed(records_, fingerprint);
    return;
  }
  put_labels(records_, alert.labels);
  put_labels(records_, alert.annotations);
  codec::put_string(records_, alert.generator_url);
}

std::string BatchWriter::finish() {
  std::string plain;
  plain.reserve(records_.size() + 24);
  plain += static_cast<char>(kVersion);
  codec::put_signed(plain, at_);
  codec::put_varint(plain, count_);
  plain += records_;
  return codec::compress(codec::Compression::lz4, plain);
}

Status read_batch(std::string_view bytes, const std::function<bool(BatchRecord&&)>& visit) {
  std::string plain;
  TRY(codec::decompress(codec::Compression::lz4, bytes, kBatchBytesMax, plain));
  Cursor in(plain);
  const auto damaged = [] { return fail(Errc::corrupt, "a batch of alerts is damaged"); };
  if (in.fixed<std::uint8_t>() != kVersion) return damaged();
  const auto at = in.signed_varint();
  const auto count = in.varint();
  for (std::uint64_t i = 0; i < count; ++i) {
    BatchRecord record;
    const auto head = in.fixed<std::uint8_t>();
    if (!in.ok() || (head & 0x7f) > static_cast<std::uint8_t>(RecordKind::expired))
      return damaged();
    record.kind = static_cast<RecordKind>(head & 0x7f);
    record.batch_at = from_unix_millis(at);
    record.alert.timeout = (head & 0x80) != 0;
    record.alert.starts_at = read_time(in, at);
    record.alert.ends_at = read_time(in, at);
    record.alert.updated_at = read_time(in, at);
    if (record.kind == RecordKind::touch) {
      record.fingerprint = in.fixed<std::uint64_t>();
    } else {
      record.alert.labels = take_labels(in);
      record.alert.annotations = take_labels(in);
      record.alert.generator_url = in.string();
      record.fingerprint = fingerprint(record.alert.labels);
    }
    if (!in.ok()) return damaged();
    if (!visit(std::move(record))) return {};
  }
  return {};
}

Status AlertJournal::append(Time at, std::string batch) {
  Waiting mine{.at = at, .bytes = std::move(batch)};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  committed_.wait(lock, [&] { return mine.done || !committing_; });
  if (mine.done) return mine.status;
  committing_ = true;
  const auto group = std::exchange(waiting_, {});
  lock.unlock();

  std::uint64_t last = 0, bytes = 0;
  const auto status = database_.transaction([&](Database& db) -> Status {
    auto insert = TRY(
        db.prepare("INSERT INTO notify_batches(at, size, bytes) VALUES(?1, ?2, ?3) RETURNING id"));
    for (const auto* item : group) {
      insert.bind(1, to_unix_millis(item->at));
      insert.bind(2, static_cast<std::int64_t>(item->bytes.size()));
      insert.bind_blob(3, item->bytes);
      if (TRY(insert.step())) last = static_cast<std::uint64_t>(insert.integer(0));
      insert.restart();
      bytes += item->bytes.size();
    }
    return {};
  });

  lock.lock();
  committing_ = false;
  if (status) {
    last_id_ = std::max(last_id_, last);
    sizes_.since_snapshot += bytes;
  }
  for (auto* item : group) {
    item->status = status;
    item->done = true;
  }
  committed_.notify_all();
  return status;
}

AlertJournal::Sizes AlertJournal::sizes() const {
  const std::lock_guard lock(mutex_);
  return sizes_;
}
std::uint64_t AlertJournal::cut() const {
  const std::lock_guard lock(mutex_);
  return last_id_;
}

Status AlertJournal::restore(const std::function<void(bool, BatchRecord&&)>& visit) {
  std::int64_t generation = 0, cut = 0;
  TRY(database_.read([&](Database& db) -> Status {
    generation = state_of(db, "snapshot", 0);
    cut = state_of(db, "cut", 0);
    auto query = TRY(db.prepare("SELECT max(id) FROM notify_batches"));
    if (TRY(query.step())) last_id_ = static_cast<std::uint64_t>(query.integer(0));
    return {};
  }));
  last_id_ = std::max(last_id_, static_cast<std::uint64_t>(cut));
  std::uint64_t damaged = 0;
  const auto take = [&](std::string_view bytes, bool snapshot) {
    const auto status = read_batch(bytes, [&](BatchRecord&& record) {
      visit(snapshot, std::move(record));
      return true;
    });
    if (!status) ++damaged;
  };
  TRY(database_.read([&](Database& db) -> Status {
    auto chunks =
        TRY(db.prepare("SELECT bytes FROM notify_snapshot WHERE generation = ?1 ORDER BY chunk"));
    chunks.bind(1, generation);
    while (TRY(chunks.step())) {
      sizes_.snapshot += chunks.text(0).size();
      take(chunks.text(0), true);
    }
    auto batches = TRY(db.prepare("SELECT bytes FROM notify_batches WHERE id > ?1 ORDER BY id"));
    batches.bind(1, cut);
    while (TRY(batches.step())) {
      sizes_.since_snapshot += batches.text(0).size();
      take(batches.text(0), false);
    }
    return {};
  }));
  if (damaged != 0)
    log::error("batches of alerts are damaged and left out", {{"batches", damaged}});
  return {};
}

Status AlertJournal::write_snapshot(std::uint64_t cut,
                                    const std::function<std::string()>& next_chunk) {
  const auto before = sizes();
  std::uint64_t written = 0;
  std::int64_t generation = 0;
  TRY(database_.transaction([&](Database& db) -> Status {
    generation = state_of(db, "snapshot", 0) + 1;
    return db.run("DELETE FROM notify_snapshot WHERE generation >= ?1", generation);
  }));
  std::int64_t chunk = 0;
  for (auto bytes = next_chunk(); !bytes.empty(); bytes = next_chunk()) {
    written += bytes.size();
    TRY(database_.transaction([&](Database& db) -> Status {
      auto insert =
          TRY(db.prepare("INSERT INTO notify_snapshot(generation, chunk, bytes) VALUES(?1,?2,?3)"));
      insert.bind(1, generation).bind(2, chunk++).bind_blob(3, bytes);
      return insert.run();
    }));
  }
  TRY(database_.transaction([&](Database& db) -> Status {
    TRY(db.run("INSERT OR REPLACE INTO notify_state(key, value) VALUES('snapshot', ?1)",
               generation));
    TRY(db.run("INSERT OR REPLACE INTO notify_state(key, value) VALUES('cut', ?1)", cut));
    return db.run("DELETE FROM notify_snapshot WHERE generation < ?1", generation);
  }));
  const std::lock_guard lock(mutex_);
  sizes_.since_snapshot -= std::min(sizes_.since_snapshot, before.since_snapshot);
  sizes_.snapshot = written;
  return {};
}

Status AlertJournal::trim_history(Time now, const HistoryBounds& bounds) {
  return database_.transaction([&](Database& db) -> Status {
    // Only what a snapshot stands for may go.
    const auto cut = state_of(db, "cut", 0);
    TRY(db.run("DELETE FROM notify_batches WHERE id <= ?1 AND at < ?2", cut,
               to_unix_millis(now - bounds.retention)));
    std::uint64_t total = 0;
    {
      auto sum = TRY(db.prepare("SELECT coalesce(sum(size), 0) FROM notify_batches"));
      if (TRY(sum.step())) total = static_cast<std::uint64_t>(sum.integer(0));
    }
    if (total <= bounds.bytes_max) return {};
    std::int64_t until = 0;
    {
      auto oldest = TRY(db.prepare(
          "SELECT id, size FROM notify_batches WHERE id <= ?1 ORDER BY id LIMIT 100000"));
      oldest.bind(1, cut);
      while (total > bounds.bytes_max && TRY(oldest.step())) {
        until = oldest.integer(0);
        total -= std::min(total, static_cast<std::uint64_t>(oldest.integer(1)));
      }
    }
    return db.run("DELETE FROM notify_batches WHERE id <= ?1", until);
  });
}

Status AlertJournal::read_history(Interval interval, Order order,
                                  const std::function<bool(BatchRecord&&)>& visit) const {
  const bool newest = order == Order::newest_first;
  const std::string text =
      "SELECT id, bytes FROM notify_batches WHERE id " + std::string(newest ? "<" : ">") +
      " ?1 AND at >= ?2 AND at < ?3 ORDER BY id" + std::string(newest ? " DESC" : "") + " LIMIT ?4";
  // In slices, so that writers are never kept waiting for long.
  std::int64_t last = newest ? std::numeric_limits<std::int64_t>::max() : 0;
  for (bool more = true; more;) {
    std::vector<std::string> rows;
    TRY(database_.read([&](Database& db) -> Status {
      auto query = TRY(db.prepare(text));
      query.bind_all(last, to_unix_millis(interval.begin), to_unix_millis(interval.end),
                     kRowsPerRead);
      while (TRY(query.step())) {
        last = query.integer(0);
        rows.emplace_back(query.text(1));
      }
      return {};
    }));
    more = !rows.empty();
    for (const auto& row : rows) {
      bool wanted = true;
      std::vector<BatchRecord> batch;  // of which the last is the newest
      TRY(read_batch(row, [&](BatchRecord&& record) {
        if (!newest) return wanted = visit(std::move(record));
        batch.push_back(std::move(record));
        return true;
      }));
      for (auto at = batch.rbegin(); wanted && at != batch.rend(); ++at)
        wanted = visit(std::move(*at));
      if (!wanted) return {};
    }
  }
  return {};
}

}  // namespace pharos::rules::notify

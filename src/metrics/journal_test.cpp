#include "metrics/journal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

#include "base/clock.hpp"
#include "base/sim_disk.hpp"
#include "metrics/journal_format.hpp"

namespace pharos::metrics {
namespace {

constexpr UnixMillis kStart = 1'700'000'000'000;
constexpr auto kFolder = "journal";

double bits(std::uint64_t b) { return std::bit_cast<double>(b); }

std::vector<double> adversarial_values() {
  std::vector<double> out = {0.0, -0.0, 1, -1, 0.1, -0.1, 0.30000000000000004, 1e15, 1e16, 1e17, -1e300, 9007199254740991.0, 9007199254740992.0,
                             9007199254740993.0, -9007199254740992.0, 1e-7, 1e-8, 123456.789, 0.15, 0.29, 1.005, 4503599627370496.5,
                             std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(),
                             bits(kStaleNaNBits), bits(kNormalNaNBits), bits(0xfff8000000000123), bits(0x7ff0000000000001), bits(~0ull), bits(1ull << 63 | 1)};
  Random random(3);
  for (int i = 0; i < 200; ++i) out.push_back(bits(random.next()));
  for (int i = 0; i < 200; ++i) out.push_back(static_cast<double>(random.below(100'000)) / 1000);
  return out;
}

void expect_same(const JournalEntry& a, const JournalEntry& b) {
  EXPECT_EQ(a.kind, b.kind);
  ASSERT_EQ(a.floats.size(), b.floats.size());
  for (std::size_t i = 0; i < a.floats.size(); ++i) {
    ASSERT_EQ(a.floats[i].id, b.floats[i].id) << i;
    ASSERT_EQ(a.floats[i].t_ms, b.floats[i].t_ms) << i;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(a.floats[i].value), std::bit_cast<std::uint64_t>(b.floats[i].value)) << i << ": " << a.floats[i].value;
  }
  EXPECT_EQ(a.float_start_ms, b.float_start_ms);
  ASSERT_EQ(a.histograms.size(), b.histograms.size());
  for (std::size_t i = 0; i < a.histograms.size(); ++i) {
    EXPECT_EQ(a.histograms[i].id, b.histograms[i].id);
    EXPECT_EQ(a.histograms[i].t_ms, b.histograms[i].t_ms);
    EXPECT_TRUE(a.histograms[i].histogram->identical(*b.histograms[i].histogram));
  }
  EXPECT_EQ(a.histogram_start_ms, b.histogram_start_ms);
  ASSERT_EQ(a.exemplars.size(), b.exemplars.size());
  for (std::size_t i = 0; i < a.exemplars.size(); ++i) {
    EXPECT_EQ(a.exemplars[i].id, b.exemplars[i].id);
    EXPECT_EQ(a.exemplars[i].exemplar, b.exemplars[i].exemplar);
  }
  EXPECT_EQ(a.metadata, b.metadata);
  EXPECT_EQ(a.part_path, b.part_path);
  EXPECT_EQ(a.part_bytes, b.part_bytes);
  ASSERT_EQ(a.sealed.size(), b.sealed.size());
  for (std::size_t i = 0; i < a.sealed.size(); ++i) {
    EXPECT_EQ(a.sealed[i].id, b.sealed[i].id);
    EXPECT_EQ(a.sealed[i].to_ms, b.sealed[i].to_ms);
  }
}

void join(JournalEntry& to, const JournalEntry& more) {
  to.kind = more.kind;
  to.floats.insert(to.floats.end(), more.floats.begin(), more.floats.end());
  to.float_start_ms.insert(to.float_start_ms.end(), more.float_start_ms.begin(), more.float_start_ms.end());
  to.histograms.insert(to.histograms.end(), more.histograms.begin(), more.histograms.end());
  to.histogram_start_ms.insert(to.histogram_start_ms.end(), more.histogram_start_ms.begin(), more.histogram_start_ms.end());
  to.exemplars.insert(to.exemplars.end(), more.exemplars.begin(), more.exemplars.end());
  to.metadata.insert(to.metadata.end(), more.metadata.begin(), more.metadata.end());
  if (!more.part_path.empty()) to.part_path = more.part_path, to.part_bytes = more.part_bytes;
  to.sealed.insert(to.sealed.end(), more.sealed.begin(), more.sealed.end());
}

// A batch of 20 series that tells by its values which one it is.
JournalEntry batch(std::uint64_t n) {
  JournalEntry out;
  for (std::uint64_t i = 0; i < 20; ++i)
    out.floats.push_back({SeriesId{1 + i}, kStart + static_cast<UnixMillis>(n) * 15'000, i % 4 == 0 ? 7.0 : static_cast<double>(n * i) / (i % 3 == 0 ? 10 : 1)});
  return out;
}

JournalEntry rich_entry() {
  JournalEntry out = batch(3);
  for (std::size_t i = 0; i < out.floats.size(); ++i) out.float_start_ms.push_back(i < 10 ? 0 : kStart - 5);
  for (std::uint64_t i = 0; i < 3; ++i) {
    Histogram h;
    h.schema = 3;
    h.count = 10 + static_cast<double>(i);
    h.sum = i == 2 ? bits(kStaleNaNBits) : 0.25;
    h.positive_spans = {{-2, 2}, {1, 1}};
    h.positive = {1, 2, 7};
    out.histograms.push_back({SeriesId{100 + i * i}, kStart, std::make_shared<const Histogram>(h)});
    out.histogram_start_ms.push_back(kStart - 1000);
  }
  out.exemplars.push_back({SeriesId{5}, {Labels{{"trace_id", "abc"}}, 0.5, kStart, true}});
  out.exemplars.push_back({SeriesId{6}, {Labels{}, -0.5, 0, false}});
  out.metadata.push_back({"up", MetricType::gauge, "Is it up?", ""});
  out.metadata.push_back({"http_request_seconds", MetricType::histogram, "Durations.", "seconds"});
  return out;
}

JournalEntry sealed_entry() {
  JournalEntry out;
  out.kind = JournalEntry::Kind::sealed;
  out.part_path = "hot/00000001.hot";
  out.part_bytes = 12345678;
  out.sealed = {{SeriesId{1}, kStart}, {SeriesId{2}, kStart}, {SeriesId{900}, kStart + 1}, {SeriesId{3}, std::numeric_limits<UnixMillis>::min()}};
  return out;
}

std::unique_ptr<Journal> open_journal(Disk& disk, std::uint64_t segment_bytes_max = 64u << 20) {
  auto journal = Journal::open(disk, kFolder, {segment_bytes_max});
  EXPECT_TRUE(journal) << (journal ? "" : journal.error().message);
  return journal ? std::move(*journal) : nullptr;
}

struct Read {
  std::vector<JournalEntry> entries;
  std::vector<Damage> damage;
};
Read read_all(Disk& disk, Store::FeedPosition from = {}) {
  Read out;
  auto reader = JournalReader::open(disk, kFolder, from);
  EXPECT_TRUE(reader) << (reader ? "" : reader.error().message);
  JournalEntry entry;
  while (reader) {
    const auto more = (*reader)->next(entry, out.damage);
    EXPECT_TRUE(more) << (more ? "" : more.error().message);
    if (!more || !*more) break;
    out.entries.push_back(entry);
  }
  return out;
}

std::string segment_with(std::span<const JournalEntry> entries) {
  std::string out = journal_header(1);
  JournalValues values;
  for (const auto& entry : entries) put_journal_entry(out, entry, values);
  return out;
}

TEST(Journal, GivesBackEveryKindOfEntryBitForBit) {
  SimDisk disk;
  auto journal = open_journal(disk);
  std::vector<JournalEntry> entries = {batch(1), rich_entry(), sealed_entry(), JournalEntry{}, batch(2)};
  entries[4].kind = JournalEntry::Kind::late_samples;
  entries.push_back(rich_entry());
  entries.back().kind = JournalEntry::Kind::checkpoint;
  for (const auto& entry : entries) ASSERT_TRUE(journal->append(entry));
  const auto read = read_all(disk);
  EXPECT_TRUE(read.damage.empty());
  ASSERT_EQ(read.entries.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) expect_same(entries[i], read.entries[i]);
}

TEST(Journal, KeepsAdversarialValuesTimesAndIds) {
  const auto values = adversarial_values();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max(), kMin = std::numeric_limits<std::int64_t>::min();
  const std::uint64_t ids[] = {1, 2, 0, 70, 5'000'000, ~0ull, ~0ull - 1, 1ull << 40, 3};
  const UnixMillis times[] = {kStart, kStart, kMax, kMin, 0, -1, kMin, kMax};
  std::vector<JournalEntry> entries(4);
  std::size_t n = 0;
  for (auto& entry : entries)
    for (const double v : values)
      for (int again = 0; again < 2; ++again) {  // the same series twice in one record, and twice the same value
        entry.floats.push_back({SeriesId{ids[n % 9]}, times[n % 8], v});
        if (&entry != &entries[1]) entry.float_start_ms.push_back(times[n % 7]);
        ++n;
      }
  std::vector<JournalEntry> out;
  ASSERT_TRUE(decode_journal_segment(segment_with(entries), out));
  ASSERT_EQ(out.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) expect_same(entries[i], out[i]);
}

TEST(Journal, EveryPairOfAdversarialValuesFollowsExactly) {
  const auto values = adversarial_values();
  std::vector<JournalEntry> entries(1), out;
  for (std::size_t i = 0; i < 32; ++i)
    for (const double v : values) {
      entries[0].floats.push_back({SeriesId{1}, kStart, values[i]});
      entries[0].floats.push_back({SeriesId{1}, kStart, v});
    }
  ASSERT_TRUE(decode_journal_segment(segment_with(entries), out));
  expect_same(entries[0], out[0]);
}

TEST(Journal, SplitsBigEntriesIntoSeveralRecords) {
  Random random(5);
  JournalEntry big, joined;
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    big.floats.push_back({SeriesId{i * 3}, kStart, bits(random.next())});
    big.float_start_ms.push_back(kStart);
  }
  for (int i = 0; i < 200; ++i) big.metadata.push_back({"m" + std::to_string(i), MetricType::counter, std::string(50'000, 'h'), "s"});
  std::vector<JournalEntry> parts;
  ASSERT_TRUE(decode_journal_segment(segment_with({&big, 1}), parts));
  EXPECT_GT(parts.size(), 2u);
  for (const auto& part : parts) join(joined, part);
  expect_same(big, joined);
}

TEST(Journal, BeginsANewSegmentWhenOneIsFullAndEachReadsByItself) {
  SimDisk disk;
  auto journal = open_journal(disk, 300);
  for (std::uint64_t n = 0; n < 40; ++n) ASSERT_TRUE(journal->append(batch(n)));
  EXPECT_EQ(journal->first_segment(), 1u);
  EXPECT_GT(journal->current_segment(), 5u);
  const auto numbers = journal_segments(disk, kFolder);
  ASSERT_TRUE(numbers);
  std::uint64_t total = 0, n = 0;
  for (const auto number : *numbers) {
    const auto bytes = disk.read(journal_path(kFolder, number));
    total += bytes->size();
    std::vector<JournalEntry> out;
    ASSERT_TRUE(decode_journal_segment(*bytes, out));
    for (const auto& entry : out) expect_same(batch(n++), entry);
  }
  EXPECT_EQ(n, 40u);
  EXPECT_EQ(journal->bytes(), total);
  EXPECT_EQ(read_all(disk).entries.size(), 40u);
}

TEST(Journal, WritesToANewSegmentAfterReopening) {
  SimDisk disk;
  ASSERT_TRUE(open_journal(disk)->append(batch(0)));
  auto journal = open_journal(disk);
  EXPECT_EQ(journal->current_segment(), 2u);
  EXPECT_EQ(journal->first_segment(), 1u);
  EXPECT_EQ(journal->end().offset, 0u);
  ASSERT_TRUE(journal->append(batch(1)));
  EXPECT_EQ(journal->end().segment, 2u);
  const auto read = read_all(disk);
  ASSERT_EQ(read.entries.size(), 2u);
  expect_same(batch(1), read.entries[1]);
}

// Appends batches, syncing every third; returns how many were acknowledged and synced.
std::pair<std::uint64_t, std::uint64_t> work(Disk& disk, std::uint64_t count) {
  std::uint64_t written = 0, synced = 0;
  auto journal = Journal::open(disk, kFolder, {600});
  if (!journal) return {0, 0};
  for (std::uint64_t n = 0; n < count; ++n) {
    if (!(*journal)->append(batch(n))) break;
    ++written;
    if (n % 3 == 2) {
      if (!(*journal)->sync()) break;
      synced = written;
    }
    if (n % 7 == 6 && !(*journal)->rotate()) break;
  }
  return {written, synced};
}

TEST(Journal, KeepsWhatWasWrittenThroughAKillAndWhatWasSyncedThroughACrash) {
  SimDisk whole;
  work(whole, 24);
  const auto operations = whole.operations();
  for (const bool crash : {false, true})
    for (std::uint64_t stop = 1; stop <= operations; ++stop) {
      SimDisk disk(stop);
      disk.stop_after(stop);
      const auto [written, synced] = work(disk, 24);
      crash ? disk.crash() : disk.kill();
      const auto at_least = crash ? synced : written;
      if (!disk.exists(kFolder)) {
        EXPECT_EQ(at_least, 0u);
        continue;
      }
      const auto read = read_all(disk);
      EXPECT_TRUE(read.damage.empty()) << "stop " << stop << ": " << read.damage[0].what << " at " << read.damage[0].offset;
      ASSERT_GE(read.entries.size(), at_least) << "stop " << stop << (crash ? " crash" : " kill");
      for (std::uint64_t n = 0; n < at_least; ++n) expect_same(batch(n), read.entries[n]);
      // And it goes on.
      auto journal = open_journal(disk);
      ASSERT_TRUE(journal->append(batch(99)) && journal->sync());
      const auto again = read_all(disk);
      EXPECT_TRUE(again.damage.empty());
      ASSERT_EQ(again.entries.size(), read.entries.size() + 1);
      expect_same(batch(99), again.entries.back());
    }
}

TEST(Journal, AFailedAppendLeavesNothingAndMayBeRepeated) {
  for (std::uint64_t fail_at = 1; fail_at < 12; ++fail_at) {
    SimDisk disk;
    auto journal = open_journal(disk);
    disk.fail_write_at(fail_at);
    int failures = 0;
    for (std::uint64_t n = 0; n < 8; ++n)
      while (!journal->append(batch(n))) ASSERT_LT(++failures, 2);
    const auto read = read_all(disk);
    ASSERT_EQ(read.entries.size(), 8u);
    for (std::uint64_t n = 0; n < 8; ++n) expect_same(batch(n), read.entries[n]);
    EXPECT_TRUE(journal->sync());
  }
}

TEST(Journal, AFullDiskIsAnErrorUntilThereIsRoomAgain) {
  SimDisk disk;
  auto journal = open_journal(disk);
  std::uint64_t n = 0;
  for (; n < 5; ++n) ASSERT_TRUE(journal->append(batch(n)));
  disk.set_capacity(disk.used_bytes() + 50);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(journal->append(batch(n)));
  EXPECT_EQ(journal_segments(disk, kFolder)->size(), 1u) << "empty segments pile up";
  disk.set_capacity(std::nullopt);
  for (; n < 9; ++n) ASSERT_TRUE(journal->append(batch(n)));
  EXPECT_TRUE(journal->sync());
  disk.crash();
  const auto read = read_all(disk);
  EXPECT_TRUE(read.damage.empty());
  ASSERT_EQ(read.entries.size(), 9u);
  for (n = 0; n < 9; ++n) expect_same(batch(n), read.entries[n]);
}

TEST(Journal, AFailedSyncAbandonsItsSegmentAndTheNextOneIsGood) {
  for (const std::uint64_t fail_at : {1, 2}) {  // the file's, the folder's
    SimDisk disk;
    auto journal = open_journal(disk);
    ASSERT_TRUE(journal->append(batch(0)));
    disk.fail_sync_at(fail_at);
    EXPECT_FALSE(journal->sync());
    EXPECT_FALSE(journal->sync()) << "what was appended is still not durable";
    EXPECT_EQ(journal->unsynced_bytes(), 0u);
    ASSERT_TRUE(journal->append(batch(1)));
    EXPECT_EQ(journal->end().segment, 2u);
    EXPECT_GT(journal->unsynced_bytes(), 0u);
    EXPECT_TRUE(journal->sync());
    EXPECT_EQ(journal->unsynced_bytes(), 0u);
    disk.crash();
    const auto read = read_all(disk);
    ASSERT_FALSE(read.entries.empty());
    expect_same(batch(1), read.entries.back());
  }
}

TEST(Journal, FindsEveryFlippedBitAndTakesTruncationForATornEnd) {
  const std::vector<JournalEntry> entries = {batch(1), rich_entry(), sealed_entry()};
  const auto whole = segment_with(entries);
  SimDisk disk;
  ASSERT_TRUE(disk.make_dirs(kFolder));
  const auto path = journal_path(kFolder, 1);
  ASSERT_TRUE(disk.replace(path, as_bytes(whole)));
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto flipped = whole;
      flipped[at] ^= static_cast<char>(1u << bit);
      std::vector<JournalEntry> out;
      ASSERT_FALSE(decode_journal_segment(flipped, out)) << at;
      if (bit != at % 8) continue;
      ASSERT_TRUE(disk.flip_bit(path, at, bit));
      std::vector<Damage> damage;
      EXPECT_TRUE(check_journal_file(disk, path, damage));
      ASSERT_EQ(damage.size(), 1u) << at;
      EXPECT_LE(damage[0].offset, at);
      ASSERT_TRUE(disk.flip_bit(path, at, bit));
    }
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::vector<JournalEntry> out;
    ASSERT_TRUE(decode_journal_segment(whole.substr(0, size), out)) << size;
    ASSERT_TRUE(decode_journal_segment(whole.substr(0, size) + std::string(30, '\0'), out)) << size;
    ASSERT_LE(out.size(), 6u);
  }
  std::vector<Damage> damage;
  EXPECT_FALSE(check_journal_file(disk, "journal/other", damage));
}

TEST(Journal, DecodingArbitraryPayloadsIsBounded) {
  Random random(11);
  JournalValues values;
  JournalEntry entry;
  std::string good;
  put_journal_entry(good, rich_entry(), values);
  for (int i = 0; i < 20'000; ++i) {
    auto payload = good.substr(kJournalFrameBytes);
    for (int k = 0; k < 3; ++k) payload[random.below(payload.size())] = static_cast<char>(random.next());
    if (i % 3 == 0) payload.resize(random.below(payload.size()));
    JournalValues fresh;
    (void)get_journal_entry(payload, entry, fresh);
  }
}

TEST(Journal, DamageEndsItsSegmentAndReadingGoesOnWithTheNext) {
  SimDisk disk;
  auto journal = open_journal(disk);
  for (std::uint64_t n = 0; n < 6; ++n) {
    ASSERT_TRUE(journal->append(batch(n)));
    if (n == 2) { ASSERT_TRUE(journal->rotate()); }
  }
  ASSERT_TRUE(disk.flip_bit(journal_path(kFolder, 1), kJournalHeaderBytes + 3));
  const auto read = read_all(disk);
  ASSERT_EQ(read.damage.size(), 1u);
  EXPECT_EQ(read.damage[0].offset, kJournalHeaderBytes);
  ASSERT_EQ(read.entries.size(), 3u);
  for (std::uint64_t n = 0; n < 3; ++n) expect_same(batch(n + 3), read.entries[n]);
}

TEST(Journal, AReaderFollowsTheWriterAndResumesFromItsPosition) {
  SimDisk disk;
  auto journal = open_journal(disk, 500);
  auto reader = JournalReader::open(disk, kFolder, {});
  ASSERT_TRUE(reader);
  JournalEntry entry;
  std::vector<Damage> damage;
  EXPECT_FALSE(*(*reader)->next(entry, damage));
  std::vector<Store::FeedPosition> positions = {{}};
  for (std::uint64_t n = 0; n < 30; ++n) {
    ASSERT_TRUE(journal->append(batch(n)));
    ASSERT_TRUE(*(*reader)->next(entry, damage)) << n;
    expect_same(batch(n), entry);
    EXPECT_EQ((*reader)->position().segment, journal->end().segment);
    EXPECT_EQ((*reader)->position().offset, journal->end().offset);
    positions.push_back((*reader)->position());
    EXPECT_FALSE(*(*reader)->next(entry, damage));
  }
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const auto read = read_all(disk, positions[i]);
    ASSERT_EQ(read.entries.size(), 30 - i);
    for (std::size_t k = i; k < 30; ++k) expect_same(batch(k), read.entries[k - i]);
  }
  EXPECT_EQ(read_all(disk, {1, kJournalHeaderBytes}).entries.size(), 30u);
  EXPECT_TRUE(damage.empty());
  EXPECT_EQ(JournalReader::open(disk, kFolder, {1, 77}).error().code, Errc::not_found);
  ASSERT_TRUE(journal->remove_below(3));
  EXPECT_EQ(JournalReader::open(disk, kFolder, positions[1]).error().code, Errc::not_found);
}

TEST(Journal, RemovesOldSegmentsButNoneThatIsHeldOrOpen) {
  SimDisk disk;
  auto journal = open_journal(disk);
  for (std::uint64_t n = 0; n < 6; ++n) {
    ASSERT_TRUE(journal->append(batch(n)));
    if (n < 5) { ASSERT_TRUE(journal->rotate()); }
  }
  journal->hold_from(3);
  ASSERT_TRUE(journal->remove_below(5));
  EXPECT_EQ(journal->first_segment(), 3u);
  journal->hold_from(std::nullopt);
  ASSERT_TRUE(journal->remove_below(100));
  EXPECT_EQ(journal->first_segment(), 6u);
  EXPECT_EQ(journal->bytes(), disk.used_bytes());
  EXPECT_TRUE(journal->sync());
  ASSERT_TRUE(journal->rotate());
  ASSERT_TRUE(journal->remove_below(100));
  EXPECT_EQ(journal->bytes(), 0u);
  EXPECT_EQ(journal->first_segment(), journal->current_segment());
  ASSERT_TRUE(journal->append(batch(7)));
  expect_same(batch(7), read_all(disk).entries.at(0));
}

TEST(Journal, ManyThreadsSyncBesideTheWriterAndAReader) {
  SimDisk disk;
  auto journal = open_journal(disk, 4000);
  std::mutex writing;
  std::atomic<std::uint64_t> next{0}, failed{0};
  std::atomic<bool> done{false};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        {
          std::lock_guard lock(writing);
          if (!journal->append(batch(next++))) ++failed;
        }
        if (!journal->sync()) ++failed;
      }
    });
  std::jthread reader([&] {
    auto follow = JournalReader::open(disk, kFolder, {});
    JournalEntry entry;
    std::vector<Damage> damage;
    std::uint64_t n = 0;
    while (n < 400) {
      const bool last = done;
      const auto more = (*follow)->next(entry, damage);
      if (!more || (!*more && last)) break;
      if (*more && entry.floats[0].t_ms == batch(n).floats[0].t_ms) ++n;
    }
    EXPECT_EQ(n, 400u);
    EXPECT_TRUE(damage.empty());
  });
  threads.clear();
  done = true;
  reader.join();
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(journal->unsynced_bytes(), 0u);
  disk.crash();
  EXPECT_EQ(read_all(disk).entries.size(), 400u);
}

TEST(Journal, EveryWaiterHearsOfAFailedSync) {
  SimDisk disk;
  auto journal = open_journal(disk);
  std::mutex writing;
  std::atomic<std::uint64_t> next{0};
  std::mutex kept_mutex;
  std::vector<std::uint64_t> kept;  // acknowledged as durable
  disk.fail_sync_at(9);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int k = 0; k < 40; ++k) {
          std::uint64_t n, losses;
          {
            std::lock_guard lock(writing);
            n = next++;
            losses = journal->losses();
            ASSERT_TRUE(journal->append(batch(n)));
          }
          if (!journal->sync(losses)) continue;
          std::lock_guard lock(kept_mutex);
          kept.push_back(n);
        }
      });
  }
  disk.crash();
  std::vector<bool> there(160);
  for (const auto& entry : read_all(disk).entries) there[static_cast<std::size_t>((entry.floats[0].t_ms - kStart) / 15'000)] = true;
  for (const auto n : kept) EXPECT_TRUE(there[n]) << n;
  EXPECT_GE(kept.size(), 150u);
}

// Two appended, one syncs and fails, and a third is made durable before the other asks.
TEST(Journal, WhoAsksAfterAFailedSyncAndAGoodOneHearsThatItsRecordIsLost) {
  SimDisk disk;
  auto journal = open_journal(disk);
  ASSERT_TRUE(journal->append(batch(0)) && journal->sync());
  const auto before = journal->losses();
  ASSERT_TRUE(journal->append(batch(1)) && journal->append(batch(2)));
  EXPECT_TRUE(journal->whole(before));
  disk.fail_sync_at(1);
  EXPECT_FALSE(journal->sync(before));
  EXPECT_FALSE(journal->whole(before));
  const auto after = journal->losses();
  ASSERT_TRUE(journal->append(batch(3)));
  EXPECT_TRUE(journal->sync(after));
  EXPECT_FALSE(journal->sync(before));
  EXPECT_TRUE(journal->sync());
  EXPECT_TRUE(journal->whole(after));
  disk.crash();
  std::vector<std::int64_t> there;
  for (const auto& entry : read_all(disk).entries) there.push_back((entry.floats[0].t_ms - kStart) / 15'000);
  EXPECT_EQ(there, (std::vector<std::int64_t>{0, 3}));
}

}  // namespace
}  // namespace pharos::metrics

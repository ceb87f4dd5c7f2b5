#include "metrics/series_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/sim_disk.hpp"
#include "codec/checksum.hpp"
#include "codec/varint.hpp"
#include "metrics/series_log_format.hpp"

namespace pharos::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Content = std::map<std::uint64_t, std::string>;  // id to labels

Labels labels_of(int i) {
  return {{"__name__", i % 2 ? "up" : "down"}, {"instance", "host-" + std::to_string(i / 3)}, {"job", "node"}, {"u", std::to_string(i)}};
}

std::vector<Slot> make(SeriesTable& table, int from, int to) {
  std::vector<Slot> created;
  for (int i = from; i < to; ++i) {
    std::vector<LabelView> views;
    const auto labels = labels_of(i);
    for (const auto label : labels) views.push_back(label);
    const std::vector<std::uint32_t> offsets{0, static_cast<std::uint32_t>(views.size())};
    Slot slot;
    std::vector<Appender::ResolveError> errors;
    table.resolve(views, offsets, std::span(&slot, 1), created, errors);
  }
  return created;
}

Content content(const SeriesTable& table) {
  Content out;
  const auto all = table.all();
  for (const auto slot : *all) out[static_cast<std::uint64_t>(table.id(slot))] = table.labels(slot).to_string();
  return out;
}

struct Opened {
  SeriesTable table{SeriesLimits{}};
  std::vector<Damage> damage;
  std::unique_ptr<SeriesLog> log;
  std::string error;
  explicit Opened(Disk& disk) {
    auto out = SeriesLog::open(disk, "s", table, damage);
    if (out) log = std::move(*out);
    else error = out.error().message;
  }
};

std::vector<Damage> verified(Disk& disk, const std::string& path) {
  std::vector<Damage> damage;
  verify_series_log(disk, path, damage);
  return damage;
}

void expect_part_of(const Content& part, const Content& all) {
  for (const auto& [id, labels] : part) {
    ASSERT_TRUE(all.contains(id)) << id;
    ASSERT_EQ(labels, all.at(id));
  }
}

TEST(SeriesLog, GivesBackSeriesIdsAndTheNextId) {
  SimDisk disk;
  Content expected;
  SeriesId next;
  {
    Opened o(disk);
    ASSERT_TRUE(o.log->append(make(o.table, 0, 10)));
    ASSERT_TRUE(o.log->append(make(o.table, 10, 30)));
    ASSERT_TRUE(o.log->sync());
    EXPECT_EQ(o.log->series(), 30u);
    expected = content(o.table);
    next = o.table.next_id();
  }
  Opened again(disk);
  EXPECT_THAT(again.damage, IsEmpty());
  EXPECT_EQ(content(again.table), expected);
  EXPECT_EQ(again.table.next_id(), next);
  EXPECT_EQ(again.log->series(), 30u);
  // And goes on with the pairs it knows.
  const auto before = again.log->bytes();
  ASSERT_TRUE(again.log->append(make(again.table, 30, 31)));
  EXPECT_LT(again.log->bytes() - before, 60u);
  EXPECT_EQ(content(Opened(disk).table), content(again.table));
  EXPECT_THAT(verified(disk, again.log->path()), IsEmpty());
}

TEST(SeriesLog, RewriteKeepsTheLiveSeriesAndNeverGivesAnIdTwice) {
  SimDisk disk;
  Opened o(disk);
  const auto slots = make(o.table, 0, 100);
  ASSERT_TRUE(o.log->append(slots));
  const auto next = o.table.next_id();
  o.table.release(std::span(slots).subspan(10));
  const auto before = o.log->bytes();
  const auto old = o.log->path();
  ASSERT_TRUE(o.log->rewrite());
  EXPECT_LT(o.log->bytes(), before / 3);
  EXPECT_EQ(o.log->series(), 10u);
  EXPECT_NE(o.log->path(), old);
  EXPECT_FALSE(disk.exists(old));
  {
    Opened again(disk);
    EXPECT_THAT(again.damage, IsEmpty());
    EXPECT_EQ(content(again.table), content(o.table));
    EXPECT_EQ(again.table.next_id(), next);
  }
  // The numbers of the pairs that went with the dead series serve others now.
  ASSERT_TRUE(o.log->append(make(o.table, 200, 260)));
  EXPECT_EQ(content(Opened(disk).table), content(o.table));

  o.table.release(*o.table.all());
  const auto after = o.table.next_id();
  ASSERT_TRUE(o.log->rewrite());
  EXPECT_EQ(Opened(disk).table.next_id(), after);
}

TEST(SeriesLog, ASeriesThatIsMadeAgainHasItsNewId) {
  SimDisk disk;
  Opened o(disk);
  const auto first = make(o.table, 0, 2);
  ASSERT_TRUE(o.log->append(first));
  o.table.release(first);
  ASSERT_TRUE(o.log->append(make(o.table, 0, 1)));
  Opened again(disk);
  EXPECT_THAT(again.damage, IsEmpty());
  EXPECT_EQ(again.table.live(), 2u);
  EXPECT_EQ(content(again.table).at(3), labels_of(0).to_string());
  EXPECT_EQ(again.table.slot_of(SeriesId{1}), SeriesTable::kNoSlot);
}

TEST(SeriesLog, AFailedAppendChangesNothingAndMayBeRepeatedWithMore) {
  SimDisk disk;
  Opened o(disk);
  ASSERT_TRUE(o.log->append(make(o.table, 0, 5)));
  auto pending = make(o.table, 5, 9);
  const auto before = o.log->bytes();
  disk.fail_write_at(1);
  EXPECT_FALSE(o.log->append(pending));
  EXPECT_EQ(o.log->bytes(), before);
  EXPECT_EQ(Opened(disk).table.live(), 5u);
  for (const auto slot : make(o.table, 9, 12)) pending.push_back(slot);
  ASSERT_TRUE(o.log->append(pending));
  Opened again(disk);
  EXPECT_THAT(again.damage, IsEmpty());
  EXPECT_EQ(content(again.table), content(o.table));

  disk.set_capacity(disk.used_bytes() + 10);
  EXPECT_FALSE(o.log->rewrite());
  EXPECT_EQ(content(Opened(disk).table), content(o.table));
  disk.set_capacity({});
  ASSERT_TRUE(o.log->append(make(o.table, 12, 14)));
  ASSERT_TRUE(o.log->rewrite());
  EXPECT_EQ(content(Opened(disk).table), content(o.table));
}

TEST(SeriesLog, SurvivesACrashAtEveryOperation) {
  for (const bool power_loss : {false, true})
    for (std::uint64_t stop = 1; stop < 40; ++stop) {
      SimDisk disk(stop);
      disk.stop_after(stop);
      Content all, synced;
      std::vector<Slot> slots;
      const auto work = [&]() -> bool {
        Opened o(disk);
        if (!o.log) return false;
        for (int round = 0; round < 4; ++round) {
          for (const auto slot : make(o.table, round * 5, round * 5 + 5)) slots.push_back(slot);
          all.merge(content(o.table));
          if (!o.log->append(std::span(slots).last(5)) || !o.log->sync()) return false;
          synced = content(o.table);
          if (round == 1) {
            const std::vector<Slot> gone(slots.begin(), slots.begin() + 3);
            o.table.release(gone);
            slots.erase(slots.begin(), slots.begin() + 3);
            synced = content(o.table);
            if (!o.log->rewrite()) return false;
          }
        }
        return true;
      };
      const bool done = work();
      if (power_loss) disk.crash();
      else disk.kill();
      Opened after(disk);
      ASSERT_TRUE(after.log) << after.error << ", stopped at " << stop;
      const auto found = content(after.table);
      expect_part_of(found, all);
      expect_part_of(synced, found);
      // It can be written again, and what is there then is whole.
      ASSERT_TRUE(after.log->append(make(after.table, 50, 55)));
      Opened again(disk);
      EXPECT_THAT(again.damage, IsEmpty());
      EXPECT_EQ(content(again.table), content(after.table));
      const auto left = *disk.list("s");
      EXPECT_EQ(left.size(), 1u);
      for (const auto& entry : left) EXPECT_THAT(entry.name, ::testing::EndsWith(".log"));
      if (done) break;
    }
}

struct Sample {
  std::string bytes, path;
  Content content;
  Sample() {
    SimDisk disk;
    Opened o(disk);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(o.log->append(make(o.table, i * 3, i * 3 + 3)));
    path = o.log->path();
    bytes = *disk.read(path);
    content = metrics::content(o.table);
  }
};

TEST(SeriesLog, EveryTruncationLeavesAWholeBeginning) {
  const Sample sample;
  for (std::size_t size = 0; size < sample.bytes.size(); ++size) {
    SimDisk disk;
    ASSERT_TRUE(disk.make_dirs("s"));
    ASSERT_TRUE(disk.replace(sample.path, as_bytes(sample.bytes.substr(0, size))));
    const auto verify = verified(disk, sample.path);
    Opened o(disk);
    ASSERT_TRUE(o.log) << size;
    EXPECT_EQ(o.damage.size(), verify.size());
    const auto found = content(o.table);
    expect_part_of(found, sample.content);
    if (verify.empty()) {
      EXPECT_EQ(found.size() % 3, 0u);
    }
    EXPECT_EQ(disk.read(sample.path)->size(), o.log->bytes());
    ASSERT_TRUE(o.log->append(make(o.table, 20, 22)));
    Opened again(disk);
    EXPECT_THAT(again.damage, IsEmpty());
    EXPECT_EQ(content(again.table), content(o.table));
  }
}

TEST(SeriesLog, EveryFlippedByteIsFoundAndCostsNoMoreThanItsDependents) {
  const Sample sample;
  for (std::size_t at = 0; at < sample.bytes.size(); ++at)
    for (const unsigned bit : {0u, 7u}) {
      SimDisk disk;
      ASSERT_TRUE(disk.make_dirs("s"));
      ASSERT_TRUE(disk.replace(sample.path, as_bytes(sample.bytes)));
      ASSERT_TRUE(disk.flip_bit(sample.path, at, bit));
      EXPECT_FALSE(verified(disk, sample.path).empty()) << at;
      Opened o(disk);
      ASSERT_TRUE(o.log) << at;
      EXPECT_FALSE(o.damage.empty()) << at;
      expect_part_of(content(o.table), sample.content);
      if (at < kSeriesLogHeader) {
        EXPECT_EQ(content(o.table), sample.content);
      }
      ASSERT_TRUE(o.log->append(make(o.table, 20, 22)));
      Opened again(disk);
      EXPECT_EQ(content(again.table), content(o.table));
    }
}

TEST(SeriesLog, ALostDefinitionCostsOnlyTheSeriesThatNeedIt) {
  SimDisk disk;
  std::string path;
  std::uint64_t second = 0;
  {
    Opened o(disk);
    ASSERT_TRUE(o.log->append(make(o.table, 0, 2)));   // defines job, both names, host-0
    second = o.log->bytes();
    ASSERT_TRUE(o.log->append(make(o.table, 3, 4)));   // defines host-1
    ASSERT_TRUE(o.log->append(make(o.table, 4, 5)));   // needs it
    ASSERT_TRUE(o.log->append(make(o.table, 6, 7)));   // defines host-2
    path = o.log->path();
  }
  ASSERT_TRUE(disk.flip_bit(path, second + 20));
  Opened o(disk);
  EXPECT_EQ(content(o.table).size(), 3u);
  EXPECT_TRUE(content(o.table).contains(5));
  ASSERT_EQ(o.damage.size(), 2u);
  EXPECT_EQ(o.damage[0].offset, second);
  EXPECT_THAT(o.damage[1].what, HasSubstr("1 series are lost"));
  EXPECT_GE(o.table.next_id(), SeriesId{6});
  // A rewrite heals the file.
  ASSERT_TRUE(o.log->rewrite());
  Opened healed(disk);
  EXPECT_THAT(healed.damage, IsEmpty());
  EXPECT_EQ(content(healed.table), content(o.table));
}

TEST(SeriesLog, OfANewerVersionIsLeftAlone) {
  SimDisk disk;
  ASSERT_TRUE(disk.make_dirs("s"));
  std::string header("PHAROSSL");
  codec::put_fixed(header, std::uint32_t{2});
  codec::put_fixed(header, codec::crc32c(header));
  ASSERT_TRUE(disk.replace("s/series-00000001.log", as_bytes(header)));
  const Opened o(disk);
  EXPECT_FALSE(o.log);
  EXPECT_THAT(o.error, HasSubstr("version 2"));
  EXPECT_EQ(*disk.read("s/series-00000001.log"), header);
  EXPECT_EQ(verified(disk, "s/series-00000001.log").size(), 1u);
}

}  // namespace
}  // namespace pharos::metrics

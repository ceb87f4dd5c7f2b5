#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/disk.hpp"
#include "base/sim_disk.hpp"

namespace pharos {
namespace {

struct Temp {
  std::string path;
  Temp() {
    char name[] = "/tmp/pharos-disk-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Temp() { std::filesystem::remove_all(path); }
};

// Both disks keep the same contract.
class AnyDisk : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (GetParam()) {
      disk = std::make_unique<SimDisk>(7);
    } else {
      auto opened = open_real_disk(temp.path);
      ASSERT_TRUE(opened) << opened.error().message;
      disk = std::move(*opened);
    }
  }
  Temp temp;
  std::unique_ptr<Disk> disk;
};
INSTANTIATE_TEST_SUITE_P(RealAndSim, AnyDisk, testing::Bool());

TEST_P(AnyDisk, AppendsAndReadsBack) {
  auto file = disk->create("a");
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append(as_bytes("hello ")));
  ASSERT_TRUE((*file)->append(as_bytes("world")));
  ASSERT_TRUE((*file)->write_at(0, as_bytes("J")));
  ASSERT_TRUE((*file)->sync());
  EXPECT_EQ((*file)->size(), 11u);
  EXPECT_EQ(*disk->read("a"), "Jello world");
  std::byte buffer[32];
  EXPECT_EQ(*(*file)->read_at(6, buffer), 5u);
  EXPECT_EQ(as_text(Bytes(buffer, 5)), "world");
  EXPECT_EQ(*(*file)->read_at(60, buffer), 0u);
  ASSERT_TRUE((*file)->truncate(5));
  EXPECT_EQ(*disk->read("a"), "Jello");
}

TEST_P(AnyDisk, CreatesOnlyWhatDoesNotExist) {
  ASSERT_TRUE(disk->create("a"));
  EXPECT_EQ(disk->create("a").error().code, Errc::conflict);
  EXPECT_EQ(disk->open("b").error().code, Errc::not_found);
  EXPECT_EQ(disk->create("no/such/folder").error().code, Errc::not_found);
}

TEST_P(AnyDisk, ReplacesLinksRenamesAndRemoves) {
  ASSERT_TRUE(disk->make_dirs("x/y"));
  ASSERT_TRUE(disk->make_dirs("x/y"));
  ASSERT_TRUE(disk->replace("x/a", as_bytes("one")));
  ASSERT_TRUE(disk->replace("x/a", as_bytes("two")));
  ASSERT_TRUE(disk->link("x/a", "x/y/b"));
  ASSERT_TRUE(disk->rename("x/a", "x/c"));
  EXPECT_EQ(*disk->read("x/y/b"), "two");
  EXPECT_EQ(*disk->read("x/c"), "two");
  EXPECT_FALSE(disk->exists("x/a"));
  const auto entries = *disk->list("x");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "c");
  EXPECT_EQ(entries[0].size, 3u);
  EXPECT_TRUE(entries[1].directory);
  ASSERT_TRUE(disk->rename("x", "z"));
  EXPECT_EQ(*disk->read("z/y/b"), "two");
  ASSERT_TRUE(disk->remove_all("z"));
  EXPECT_FALSE(disk->exists("z"));
  EXPECT_TRUE(disk->remove_all("z"));
  EXPECT_EQ(disk->remove("z").error().code, Errc::not_found);
}

TEST_P(AnyDisk, MappingOutlivesItsFile) {
  ASSERT_TRUE(disk->replace("a", as_bytes("mapped")));
  ASSERT_TRUE(disk->replace("empty", {}));
  auto mapping = *disk->map("a");
  ASSERT_TRUE(disk->remove("a"));
  EXPECT_EQ(as_text(mapping->bytes()), "mapped");
  EXPECT_TRUE((*disk->map("empty"))->bytes().empty());
}

TEST(RealDisk, RefusesPathsThatLeaveItsFolder) {
  Temp temp;
  auto disk = *open_real_disk(temp.path);
  EXPECT_EQ(disk->read("../etc/passwd").error().code, Errc::invalid);
  EXPECT_EQ(disk->read("/etc/passwd").error().code, Errc::invalid);
  EXPECT_EQ(disk->create("a/../../b").error().code, Errc::invalid);
}

TEST(RealDisk, LockNamesItsHolder) {
  Temp temp;
  auto first = open_real_disk(temp.path + "/deep/er", true);
  ASSERT_TRUE(first) << first.error().message;
  auto second = open_real_disk(temp.path + "/deep/er", true);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  first->reset();
  EXPECT_TRUE(open_real_disk(temp.path + "/deep/er", true));
}

TEST(SimDisk, CrashKeepsWhatWasSyncedAndAtMostAPrefixOfTheRest) {
  bool some_vanished = false, some_torn = false;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk(seed);
    auto file = *disk.create("a");
    ASSERT_TRUE(disk.sync_dir(""));
    ASSERT_TRUE(file->append(as_bytes("durable")));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(file->append(as_bytes("-perhaps")));
    disk.crash();
    EXPECT_FALSE(file->append(as_bytes("x")));
    const auto left = *disk.read("a");
    ASSERT_TRUE(left.starts_with("durable"));
    const auto tail = left.substr(7);
    some_vanished |= tail.empty();
    some_torn |= !tail.empty() && tail.size() < 8;
    const auto text = tail.substr(0, tail.find('\0'));
    EXPECT_TRUE(std::string("-perhaps").starts_with(text));
  }
  EXPECT_TRUE(some_vanished);
  EXPECT_TRUE(some_torn);
}

TEST(SimDisk, UnsyncedNamesMayVanishAndSyncedOnesNever) {
  bool vanished = false, stayed = false;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimDisk disk(seed);
    ASSERT_TRUE(disk.make_dirs("f"));
    ASSERT_TRUE((*disk.create("f/synced"))->sync());
    ASSERT_TRUE(disk.sync_dir("f"));
    ASSERT_TRUE((*disk.create("f/loose"))->sync());
    disk.crash();
    EXPECT_TRUE(disk.exists("f/synced"));
    (disk.exists("f/loose") ? stayed : vanished) = true;
  }
  EXPECT_TRUE(vanished);
  EXPECT_TRUE(stayed);
}

TEST(SimDisk, KillKeepsEverythingWritten) {
  SimDisk disk(3);
  auto file = *disk.create("a");
  ASSERT_TRUE(file->append(as_bytes("unsynced")));
  disk.kill();
  EXPECT_FALSE(file->sync());
  EXPECT_EQ(*disk.read("a"), "unsynced");
}

TEST(SimDisk, StopsAtEveryOperationInTurn) {
  const auto work = [](Disk& disk) -> Status {
    auto file = TRY(disk.create("log"));
    TRY(disk.sync_dir(""));
    for (int i = 0; i < 3; ++i) {
      TRY(file->append(as_bytes("record")));
      TRY(file->sync());
    }
    return disk.replace("head", as_bytes("3"));
  };
  std::uint64_t stops = 0;
  for (std::uint64_t n = 1;; ++n) {
    SimDisk disk(n);
    disk.stop_after(n);
    const auto done = work(disk);
    if (done) break;
    ++stops;
    EXPECT_FALSE(disk.open("log"));
    disk.crash();
    if (disk.exists("head")) {
      EXPECT_EQ(*disk.read("head"), "3");
    }
  }
  EXPECT_EQ(stops, 12u);
}

TEST(SimDisk, FullDiskRefusesAndRecovers) {
  SimDisk disk(1);
  disk.set_capacity(10);
  auto file = *disk.create("a");
  ASSERT_TRUE(file->append(as_bytes("12345678")));
  const auto full = file->append(as_bytes("9abc"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().message, "write to a: No space left on device");
  EXPECT_EQ(file->size(), 8u);
  EXPECT_EQ(*disk.free_bytes(), 2u);
  disk.set_capacity(100);
  EXPECT_TRUE(file->append(as_bytes("9abc")));
}

TEST(SimDisk, FailedSyncStaysFailedAndItsDataIsLost) {
  SimDisk disk(1);
  auto file = *disk.create("a");
  ASSERT_TRUE(disk.sync_dir(""));
  ASSERT_TRUE(file->append(as_bytes("lost")));
  disk.fail_sync_at(1);
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->sync());
  EXPECT_EQ(*disk.read("a"), "lost");
  disk.crash();
  EXPECT_EQ(*disk.read("a"), "");
}

TEST(SimDisk, FailsOneWriteAndFlipsBits) {
  SimDisk disk(1);
  auto file = *disk.create("a");
  disk.fail_write_at(2);
  EXPECT_TRUE(file->append(as_bytes("a")));
  EXPECT_FALSE(file->append(as_bytes("b")));
  EXPECT_TRUE(file->append(as_bytes("c")));
  EXPECT_EQ(*disk.read("a"), "ac");
  ASSERT_TRUE(disk.flip_bit("a", 1, 1));
  EXPECT_EQ(*disk.read("a"), "aa");
  EXPECT_FALSE(disk.flip_bit("a", 2));
}

}  // namespace
}  // namespace pharos

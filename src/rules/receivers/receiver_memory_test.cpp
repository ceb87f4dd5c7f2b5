#include "rules/receivers/receiver_memory.hpp"

#include <gtest/gtest.h>

#include "base/manual_clock.hpp"

namespace pharos::rules::receivers {
namespace {

TEST(ReceiverMemory, OutlivesARestartWithinItsBound) {
  const auto database = *Database::open(":memory:");
  ManualClock clock{from_unix_millis(1'700'000'000'000)};
  {
    const auto memory = *ReceiverMemory::open(*database, clock, 2);
    for (const char* key : {"a", "b", "c", "c"}) {
      ASSERT_TRUE(memory->put(key, std::string("text of ") + key));
      clock.advance(std::chrono::seconds(1));
    }
    ASSERT_TRUE(memory->put("b", "other"));
    EXPECT_EQ(memory->find("a"), std::nullopt) << "the oldest";
  }
  const auto memory = *ReceiverMemory::open(*database, clock, 2);
  EXPECT_EQ(memory->find("a"), std::nullopt);
  EXPECT_EQ(memory->find("b"), "other");
  EXPECT_EQ(memory->find("c"), "text of c");
}

}  // namespace
}  // namespace pharos::rules::receivers

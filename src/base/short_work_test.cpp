#include "base/short_work.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/threads.hpp"

namespace pharos {
namespace {

void count(void* n) {
  ++*static_cast<int*>(n);
}

TEST(ShortWork, IsToldOnceThatItTakesLong) {
  note_long_work();  // nobody lent this thread
  int told = 0;
  {
    const ShortWork lent(&told, count);
    note_long_work();
    note_long_work();
  }
  note_long_work();
  EXPECT_EQ(told, 1);
}

TEST(ShortWork, IsOfItsThreadAlone) {
  int told = 0;
  const ShortWork lent(&told, count);
  std::jthread([] { note_long_work(); }).join();
  EXPECT_EQ(told, 0);
}

TEST(ShortWork, IsOverWhenThePoolIsAskedForMuchHelp) {
  ThreadPool pool("test", 2);
  int told = 0;
  const ShortWork lent(&told, count);
  pool.parallel_for(2, [](std::size_t) {});
  EXPECT_EQ(told, 0);
  pool.parallel_for(100, [](std::size_t) {});
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace pharos

// Threads for answers that last as long as their client listens, so that they take none of the
// pool.
#pragma once
#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace pharos::net {

// Thread-safe. The destructor waits for all of them: their requests have been cancelled before.
class StreamThreads {
 public:
  explicit StreamThreads(std::size_t threads_max) : threads_max_(threads_max) {}
  // Runs the task on a new thread; false when there are as many as may be.
  bool run(std::move_only_function<void()> task);

 private:
  struct One {
    std::atomic<bool> done{false};
    std::jthread thread;
  };
  std::size_t threads_max_;
  std::mutex mutex_;
  std::list<One>
      threads_;  // guarded by mutex_; those that are done are joined when the next one begins
};

}  // namespace pharos::net

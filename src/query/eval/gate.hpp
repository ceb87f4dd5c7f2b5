// Lets a bounded number of queries run and a bounded number wait.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/metric.hpp"
#include "query/eval/control.hpp"

namespace pharos::query {

// Thread-safe.
class Gate {
 public:
  Gate(std::uint32_t running_max, std::uint32_t waiting_max);
  // Waits for a place: Errc::timeout or Errc::cancelled as the control says, Errc::unavailable when
  // the queue is full.
  Status enter(const Control& control);
  void leave();

 private:
  const std::uint32_t running_max_, waiting_max_;
  std::mutex mutex_;
  std::condition_variable place_;
  std::uint32_t running_ = 0, waiting_ = 0;  // guarded by mutex_
};

}  // namespace pharos::query

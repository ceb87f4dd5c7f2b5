// Tasks that run again and again on one thread, each at the time it asked for.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.hpp"

namespace pharos::scrape {

// Thread-safe. The thread starts with the first task. A task returns the time until its next run;
// Nanos::max() means: not before kick().
class RefreshTimers {
 public:
  using Task = std::function<Nanos()>;
  RefreshTimers(std::string thread_name, const Clock& clock)
      : name_(std::move(thread_name)), clock_(clock) {}
  ~RefreshTimers();

  std::uint64_t add(Task task);  // first run at once
  void kick(std::uint64_t id);   // run as soon as possible; nothing when it is gone
  void remove(
      std::uint64_t id);  // returns when the task does not run (unless called by the task itself)

 private:
  struct Entry {
    Nanos due;
    Task task;
    bool kicked = false;  // while it ran
  };
  void loop(std::stop_token stop);
  void wake() { wake_.request_stop(); }

  const std::string name_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<std::uint64_t, Entry> entries_;  // guarded by mutex_, like all below
  std::uint64_t next_id_ = 1, running_ = 0;
  std::stop_source wake_;  // ends the present sleep
  std::jthread thread_;
};

}  // namespace pharos::scrape

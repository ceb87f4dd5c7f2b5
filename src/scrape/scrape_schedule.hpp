// When each target is scraped: one thread, a heap of due times, an absolute grid per target.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace pharos::scrape {

// Thread-safe.
class ScrapeSchedule {
 public:
  // Runs on the schedule's thread and must not block: `at` is the wall-clock time of the tick, on the
  // grid when it is hit within the tolerance (2 ms, at most 1 % of the interval); `late` how late it is.
  using Tick = std::function<void(Time at, Nanos late)>;
  class Entry;
  using Handle = std::shared_ptr<Entry>;

  explicit ScrapeSchedule(const Clock& clock) : clock_(clock) {}
  ~ScrapeSchedule() { stop(); }

  Handle add(Millis first_in, Millis interval, Tick tick);
  // A new interval takes effect after `next_in`.
  void change(const Handle& entry, Millis next_in, Millis interval);
  void remove(const Handle& entry);
  void once(Millis in, std::function<void()> task);  // runs one time
  void stop();

 private:
  struct Due {
    Nanos at;
    std::uint64_t order;
    Handle entry;
    std::uint64_t version;         // of the entry, or it is out of date
    bool operator>(const Due& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  void push(const Handle& entry);  // mutex_ held
  void start_locked();
  void loop(std::stop_token stop);
  Time on_grid(Entry& entry) const;

  const Clock& clock_;
  std::mutex mutex_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> heap_;  // guarded by mutex_, like all below
  std::uint64_t order_ = 0;
  bool stopped_ = false;
  std::stop_source wake_;
  std::jthread thread_;
};

// Times of an aligned series of ticks: `now` moved onto the grid through `anchor` when it is close.
// The anchor follows when the clock was stepped.
Time aligned_tick(Time now, Time& anchor, Millis interval);

}  // namespace pharos::scrape

#include "scrape/scrape_schedule.hpp"

#include <algorithm>

#include "base/threads.hpp"

namespace pharos::scrape {

class ScrapeSchedule::Entry {
 public:
  Nanos due{0}, interval{0};   // interval 0: once
  Tick tick;
  Time anchor{};
  bool anchored = false;
  std::uint64_t version = 0;
};

Time aligned_tick(Time now, Time& anchor, Millis interval) {
  constexpr Millis kToleranceMax{2};
  const auto tolerance = std::min(kToleranceMax, interval / 100);
  const auto steps = (now - anchor + interval / 2) / interval;  // to the nearest tick
  const auto tick = anchor + steps * interval;
  if (now >= anchor && now - tick <= tolerance && tick - now <= tolerance) return anchor = tick;
  return anchor = now;
}

void ScrapeSchedule::push(const Handle& entry) {
  heap_.push({entry->due, ++order_, entry, entry->version});
}

void ScrapeSchedule::start_locked() {
  if (!thread_.joinable()) thread_ = start_thread("scrape-clock", [this](std::stop_token stop) { loop(stop); });
  wake_.request_stop();
}

ScrapeSchedule::Handle ScrapeSchedule::add(Millis first_in, Millis interval, Tick tick) {
  std::lock_guard lock(mutex_);
  auto entry = std::make_shared<Entry>();
  entry->due = clock_.monotonic() + first_in;
  entry->interval = interval;
  entry->tick = std::move(tick);
  if (stopped_) return entry;
  push(entry);
  start_locked();
  return entry;
}

void ScrapeSchedule::once(Millis in, std::function<void()> task) {
  add(in, Millis{0}, [task = std::move(task)](Time, Nanos) { task(); });
}

void ScrapeSchedule::change(const Handle& entry, Millis next_in, Millis interval) {
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  ++entry->version;
  entry->due = clock_.monotonic() + next_in;
  entry->interval = interval;
  entry->anchored = false;
  push(entry);
  start_locked();
}

void ScrapeSchedule::remove(const Handle& entry) {
  std::lock_guard lock(mutex_);
  ++entry->version;
}

void ScrapeSchedule::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!thread_.joinable()) return;
    thread_.request_stop();
    wake_.request_stop();
  }
  thread_.join();
}

void ScrapeSchedule::loop(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Nanos now = clock_.monotonic();
    while (!heap_.empty() && heap_.top().version != heap_.top().entry->version) heap_.pop();
    if (heap_.empty() || heap_.top().at > now) {
      const Nanos until = heap_.empty() ? now + std::chrono::hours(1) : heap_.top().at;
      wake_ = std::stop_source();
      const auto token = wake_.get_token();
      if (stop.stop_requested()) return;  // asked for between the check and the new source
      lock.unlock();
      clock_.sleep_until(until, token);
      lock.lock();
      continue;
    }
    const auto entry = heap_.top().entry;
    heap_.pop();
    const Nanos late = now - entry->due;
    Time at = clock_.now();
    if (entry->interval.count() > 0) {
      const auto interval = std::chrono::duration_cast<Millis>(entry->interval);
      if (!entry->anchored) entry->anchor = at, entry->anchored = true;
      else at = aligned_tick(at, entry->anchor, interval);
      entry->due += entry->interval * (1 + late / entry->interval);  // missed ticks are not made up for
      push(entry);
    }
    lock.unlock();
    entry->tick(at, late);
    lock.lock();
  }
}

}  // namespace pharos::scrape

#include "scrape/refresh_timers.hpp"

#include <algorithm>

#include "base/threads.hpp"

namespace pharos::scrape {

RefreshTimers::~RefreshTimers() {
  {
    std::lock_guard lock(mutex_);
    if (!thread_.joinable()) return;
    thread_.request_stop();
    wake();
  }
  thread_.join();
}

std::uint64_t RefreshTimers::add(Task task) {
  std::lock_guard lock(mutex_);
  const std::uint64_t id = next_id_++;
  entries_.emplace(id, Entry{.due = Nanos{0}, .task = std::move(task)});
  if (!thread_.joinable()) {
    thread_ = start_thread(name_, [this](std::stop_token stop) { loop(stop); });
  } else {
    wake();
  }
  return id;
}

void RefreshTimers::kick(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  entry->second.due = Nanos{0};
  entry->second.kicked = true;
  wake();
}

void RefreshTimers::remove(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  if (std::this_thread::get_id() != thread_.get_id())
    idle_.wait(lock, [&] { return running_ != id; });
  entries_.erase(id);
}

void RefreshTimers::loop(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    auto next =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
    const Nanos now = clock_.monotonic();
    if (next == entries_.end() || next->second.due > now) {
      const Nanos due = next == entries_.end() ? Nanos::max() : next->second.due;
      wake_ = std::stop_source();
      const auto token = wake_.get_token();
      lock.unlock();
      clock_.sleep_until(std::min(due, now + std::chrono::hours(1)), token);
      lock.lock();
      continue;
    }
    const std::uint64_t id = next->first;
    running_ = id;
    next->second.kicked = false;
    const Task task = next->second.task;  // the entry may go while the task runs
    lock.unlock();
    const Nanos delay = task();
    lock.lock();
    running_ = 0;
    if (const auto entry = entries_.find(id); entry != entries_.end() && !entry->second.kicked)
      entry->second.due = delay == Nanos::max() ? Nanos::max() : clock_.monotonic() + delay;
    idle_.notify_all();
  }
}

}  // namespace pharos::scrape

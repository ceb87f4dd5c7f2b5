#include "base/threads.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "base/metric.hpp"
#include "base/short_work.hpp"

namespace pharos {
namespace {

struct Stats {
  Counter refused{"pharos_pool_tasks_refused_total",
                  "Tasks refused because the queue of the pool was full.",
                  {"pool"}};
  Gauge queued{"pharos_pool_tasks_queued", "Tasks waiting for a thread of the pool.", {"pool"}};
};
Stats& stats() {
  static Stats* const stats = new Stats;  // never destroyed: pool threads may outlive statics
  return *stats;
}

// Callers cut work into parts of some tens of microseconds: from so many on it takes a millisecond.
constexpr std::size_t kLongFrom = 32;

// One parallel_for. Helpers that start late find no index left and touch nothing of the caller's.
struct Sweep {
  const std::function<void(std::size_t)>* body;
  std::size_t n;
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  std::condition_variable all_done;

  void work() {
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n;) {
      (*body)(i);
      if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == n) {
        std::lock_guard lock(mutex);
        all_done.notify_all();
      }
    }
  }
};

}  // namespace

std::jthread start_thread(std::string name, std::move_only_function<void(std::stop_token)> body) {
  return std::jthread(
      [name = name.substr(0, 15), body = std::move(body)](std::stop_token stop) mutable {
        pthread_setname_np(pthread_self(), name.c_str());
        body(stop);
      });
}

struct ThreadPool::State {
  State(const std::string& name, std::size_t limit)
      : queue_max(limit),
        refused(stats().refused.with({name})),
        queued(stats().queued.with({name})) {}
  const std::size_t queue_max;
  Counter refused;
  Gauge queued;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::move_only_function<void()>> queue;  // guarded by mutex
  bool closing = false;                               // guarded by mutex
  std::vector<std::jthread> threads;                  // joined by the pool's destructor

  bool push(std::move_only_function<void()> task, bool count_refusal) {
    {
      std::lock_guard lock(mutex);
      if (closing || queue.size() >= queue_max) {
        if (count_refusal) refused.add();
        return false;
      }
      queue.push_back(std::move(task));
      queued.add(1);
    }
    wake.notify_one();
    return true;
  }
  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      auto task = std::move(queue.front());
      queue.pop_front();
      queued.add(-1);
      lock.unlock();
      task();
      task = nullptr;  // what it holds is freed outside the lock
      lock.lock();
    }
  }
};

ThreadPool::ThreadPool(std::string name, std::size_t threads, std::size_t queue_max)
    : state_(std::make_shared<State>(name, queue_max)) {
  threads = std::max<std::size_t>(threads, 1);
  for (std::size_t i = 0; i < threads; ++i)
    state_->threads.push_back(start_thread(
        name + "-" + std::to_string(i), [state = state_.get()](std::stop_token) { state->run(); }));
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->wake.notify_all();
  state_->threads.clear();
}

bool ThreadPool::submit(std::move_only_function<void()> task) {
  return state_->push(std::move(task), true);
}

std::size_t ThreadPool::threads() const {
  return state_->threads.size();
}

void ThreadPool::parallel_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  if (n == 0) return;
  if (n == 1) return body(0);
  if (n >= kLongFrom) note_long_work();
  auto sweep = std::make_shared<Sweep>();
  sweep->body = &body;
  sweep->n = n;
  for (std::size_t i = 0; i < std::min(n - 1, threads()); ++i)
    if (!state_->push([sweep] { sweep->work(); }, false)) break;  // the caller alone is enough
  sweep->work();
  std::unique_lock lock(sweep->mutex);
  sweep->all_done.wait(lock, [&] { return sweep->done.load(std::memory_order_acquire) == n; });
}

}  // namespace pharos

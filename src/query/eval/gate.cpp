#include "query/eval/gate.hpp"

#include <chrono>
#include <string>

#include "base/short_work.hpp"

namespace pharos::query {
namespace {

struct Stats {
  Counter refused{"pharos_query_refused_total",
                  "Queries refused because the queue of waiting queries was full."};
  Gauge running{"pharos_query_running", "Queries being evaluated."};
  Gauge waiting{"pharos_query_waiting", "Queries waiting for a place."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

// How often a waiting query looks whether it was cancelled or ran out of time.
constexpr auto kLook = std::chrono::milliseconds(20);

}  // namespace

Gate::Gate(std::uint32_t running_max, std::uint32_t waiting_max)
    : running_max_(running_max == 0 ? 1 : running_max), waiting_max_(waiting_max) {}

Status Gate::enter(const Control& control) {
  std::unique_lock lock(mutex_);
  if (running_ >= running_max_) {
    if (waiting_ >= waiting_max_) {
      stats().refused.add();
      return fail(Errc::unavailable, "too many queries: " + std::to_string(running_max_) +
                                         " running and " + std::to_string(waiting_max_) +
                                         " waiting");
    }
    note_long_work();
    ++waiting_;
    stats().waiting.add(1);
    Status status;
    while (running_ >= running_max_ && (status = control.check("query queue")))
      place_.wait_for(lock, kLook);
    --waiting_;
    stats().waiting.add(-1);
    if (!status) return status;
  }
  ++running_;
  stats().running.add(1);
  return {};
}

void Gate::leave() {
  {
    std::lock_guard lock(mutex_);
    --running_;
  }
  stats().running.add(-1);
  place_.notify_one();
}

}  // namespace pharos::query

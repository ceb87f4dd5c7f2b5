#include "base/cpu_sampler.hpp"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

namespace pharos {
namespace {

constexpr std::size_t kDepthMax = 96;
constexpr std::size_t kSamplesMax = 40'000;  // 31 MB; a minute of 64 busy threads would be 384,000: the rest is counted
constexpr long kPeriodNanos = 10'000'000;
constexpr auto kLook = std::chrono::milliseconds(50);  // how often new threads are looked for

struct Sample {
  pid_t thread;
  std::uint32_t depth;
  std::uint64_t addresses[kDepthMax];
};
struct Buffer {
  std::atomic<std::size_t> next{0};
  std::size_t capacity;
  std::unique_ptr<Sample[]> samples;
};

std::atomic<Buffer*> active{nullptr};
std::atomic<int> in_handler{0};

struct Walk {
  Sample* sample;
  std::uint64_t interrupted;
  bool begun;
};

_Unwind_Reason_Code step(_Unwind_Context* context, void* argument) {
  auto& walk = *static_cast<Walk*>(argument);
  int exact = 0;
  const std::uint64_t at = _Unwind_GetIPInfo(context, &exact);
  if (at == 0) return _URC_END_OF_STACK;
  if (!walk.begun && at != walk.interrupted) return _URC_NO_REASON;  // the handler's own frames
  walk.begun = true;
  walk.sample->addresses[walk.sample->depth++] = exact ? at : at - 1;
  return walk.sample->depth == kDepthMax ? _URC_END_OF_STACK : _URC_NO_REASON;
}

std::uint64_t interrupted_at(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uint64_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return machine.pc;
#else
  (void)machine;
  return 0;
#endif
}

// In signal context: no allocation, no lock. The unwinder finds its tables without one since glibc 2.35.
void on_signal(int, siginfo_t*, void* context) {
  const int kept = errno;
  in_handler.fetch_add(1);
  if (Buffer* const buffer = active.load()) {
    const auto at = buffer->next.fetch_add(1);
    if (at < buffer->capacity) {
      auto& sample = buffer->samples[at];
      sample.depth = 0;
      sample.thread = static_cast<pid_t>(::syscall(SYS_gettid));
      Walk walk{&sample, interrupted_at(context), false};
      _Unwind_Backtrace(step, &walk);
      if (sample.depth == 0) sample.addresses[sample.depth++] = walk.interrupted;
    }
  }
  in_handler.fetch_sub(1);
  errno = kept;
}

void read_name(pid_t thread, std::string& name) {
  std::ifstream in("/proc/self/task/" + std::to_string(thread) + "/comm");
  if (std::string text; std::getline(in, text)) name = text;
}

// A timer on the CPU time of each thread: a signal interrupts only who is running.
class Timers {
 public:
  ~Timers() {
    for (const auto& [thread, timer] : timers_) ::timer_delete(timer);
  }
  void look(std::map<pid_t, std::string>& names) {
    std::set<pid_t> alive;
    if (DIR* dir = ::opendir("/proc/self/task")) {
      while (const auto* entry = ::readdir(dir))
        if (const auto id = static_cast<pid_t>(std::atoi(entry->d_name)); id > 0) alive.insert(id);
      ::closedir(dir);
    }
    std::erase_if(timers_, [&](const auto& entry) { return !alive.contains(entry.first) && ::timer_delete(entry.second) == 0; });
    for (const auto id : alive) {
      if (timers_.contains(id)) continue;
      sigevent event{};
      event.sigev_notify = SIGEV_THREAD_ID;
      event.sigev_signo = SIGPROF;
      event._sigev_un._tid = id;
      timer_t timer;
      // The kernel's number for the CPU clock of a thread: ~id, then "per thread" and "scheduler's count".
      const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(id)) << 3 | 4 | 2);
      if (::timer_create(clock, &event, &timer) != 0) continue;  // gone meanwhile
      const itimerspec every{{0, kPeriodNanos}, {0, kPeriodNanos}};
      ::timer_settime(timer, 0, &every, nullptr);
      timers_[id] = timer;
      read_name(id, names[id]);
    }
  }

 private:
  std::map<pid_t, timer_t> timers_;
};

}  // namespace

Result<CpuSamples> sample_cpu(Millis duration, const std::function<bool()>& stop) {
  static std::mutex one_at_a_time;
  const std::unique_lock lock(one_at_a_time, std::try_to_lock);
  if (!lock) return fail(Errc::conflict, "cpu profiling already in use");
  static const bool installed = [] {  // for good: a signal may still be on its way when a profile has ended
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    return ::sigaction(SIGPROF, &action, nullptr) == 0;
  }();
  if (!installed) return fail(Errc::unsupported, "SIGPROF cannot be handled");

  Buffer buffer;
  const auto threads = std::max(1u, std::thread::hardware_concurrency());
  const auto expected = static_cast<std::size_t>(duration.count() / 10 + 100) * (threads + 1);
  buffer.capacity = std::min(kSamplesMax, expected);
  buffer.samples = std::make_unique_for_overwrite<Sample[]>(buffer.capacity);
  std::map<pid_t, std::string> names;
  const auto began = std::chrono::steady_clock::now();
  active.store(&buffer);
  {
    Timers timers;
    while (std::chrono::steady_clock::now() - began < duration && !(stop && stop())) {
      timers.look(names);
      const auto left = std::chrono::duration_cast<Millis>(duration - (std::chrono::steady_clock::now() - began));
      std::this_thread::sleep_for(std::clamp<Millis>(left, Millis(1), kLook));
    }
  }
  active.store(nullptr);
  for (auto& [thread, name] : names) read_name(thread, name);  // threads name themselves a moment after their start
  while (in_handler.load() != 0) std::this_thread::yield();

  CpuSamples out;
  out.took = std::chrono::steady_clock::now() - began;
  const auto taken = std::min(buffer.next.load(), buffer.capacity);
  out.dropped = buffer.next.load() - taken;
  std::map<std::pair<std::string, std::vector<std::uint64_t>>, std::uint64_t> counts;
  for (std::size_t i = 0; i < taken; ++i) {
    const auto& s = buffer.samples[i];
    ++counts[{names[s.thread], std::vector<std::uint64_t>(s.addresses, s.addresses + s.depth)}];
  }
  for (auto& [key, count] : counts) out.stacks.push_back({key.first, key.second, count});
  return out;
}

}  // namespace pharos

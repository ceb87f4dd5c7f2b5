#include "base/process.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "base/metric.hpp"

namespace pharos {
namespace {

std::string slurp(const char* path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// "VmSize:   1234 kB" → 1234; 0 when the key is absent.
std::uint64_t status_value(std::string_view status, std::string_view key) {
  auto at = status.find("\n" + std::string(key) + ":");
  if (at == status.npos) return 0;
  at = status.find_first_of("0123456789", at + key.size());
  std::uint64_t v = 0;
  if (at != status.npos) std::from_chars(status.data() + at, status.data() + status.size(), v);
  return v;
}

std::uint64_t count_fds() {
  DIR* dir = ::opendir("/proc/self/fd");
  if (dir == nullptr) return 0;
  std::uint64_t n = 0;
  while (const auto* entry = ::readdir(dir))
    if (entry->d_name[0] != '.') ++n;
  ::closedir(dir);
  return n > 0 ? n - 1 : 0;  // not the one that reads the folder
}

double boot_time() {
  const auto stat = slurp("/proc/stat");
  const auto at = stat.find("\nbtime ");
  double v = 0;
  if (at != stat.npos) std::from_chars(stat.data() + at + 7, stat.data() + stat.size(), v);
  return v;
}

struct Stats {
  Counter cpu{"process_cpu_seconds_total", "Total user and system CPU time spent in seconds."};
  Gauge start{"process_start_time_seconds",
              "Start time of the process since unix epoch in seconds."};
  Gauge resident{"process_resident_memory_bytes", "Resident memory size in bytes."};
  Gauge anonymous{"process_resident_memory_anon_bytes", "Resident anonymous memory in bytes."};
  Gauge virtual_size{"process_virtual_memory_bytes", "Virtual memory size in bytes."};
  Gauge threads{"process_threads", "Number of threads in the process."};
  Gauge fds{"process_open_fds", "Number of open file descriptors."};
  Gauge fds_max{"process_max_fds", "Maximum number of open file descriptors."};
};

}  // namespace

Result<ProcessUsage> read_process_usage() {
  ProcessUsage usage;
  const auto stat = slurp("/proc/self/stat");
  const auto after_name = stat.rfind(')');  // the name may hold spaces and brackets
  if (after_name == stat.npos) return fail(Errc::io, "/proc/self/stat cannot be read");
  std::istringstream fields(stat.substr(after_name + 1));
  std::vector<std::string> field;  // field[0] is the third of proc(5): state
  for (std::string word; fields >> word;) field.push_back(word);
  if (field.size() < 22) return fail(Errc::io, "/proc/self/stat is short");
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto number = [&](std::size_t i) {
    std::uint64_t v = 0;
    std::from_chars(field[i].data(), field[i].data() + field[i].size(), v);
    return v;
  };
  usage.cpu_seconds = static_cast<double>(number(11) + number(12)) / ticks;
  static const double boot = boot_time();
  usage.start_time_seconds = boot + static_cast<double>(number(19)) / ticks;

  const auto status = slurp("/proc/self/status");
  usage.resident_bytes = status_value(status, "VmRSS") * 1024;
  usage.anonymous_bytes = status_value(status, "RssAnon") * 1024;
  usage.virtual_bytes = status_value(status, "VmSize") * 1024;
  usage.threads = status_value(status, "Threads");
  usage.open_fds = count_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.fds_max = limit.rlim_cur;
  return usage;
}

void expose_process_metrics() {
  static std::once_flag once;
  std::call_once(once, [] {
    static Stats* const stats = new Stats;
    on_scrape([] {
      const auto usage = read_process_usage();
      if (!usage) return;
      static std::mutex mutex;  // two scrapes at once must not add the same CPU time twice
      std::lock_guard lock(mutex);
      if (const double more = usage->cpu_seconds - stats->cpu.value(); more > 0)
        stats->cpu.add(more);
      stats->start.set(usage->start_time_seconds);
      stats->resident.set(static_cast<double>(usage->resident_bytes));
      stats->anonymous.set(static_cast<double>(usage->anonymous_bytes));
      stats->virtual_size.set(static_cast<double>(usage->virtual_bytes));
      stats->threads.set(static_cast<double>(usage->threads));
      stats->fds.set(static_cast<double>(usage->open_fds));
      stats->fds_max.set(static_cast<double>(usage->fds_max));
    });
  });
}

std::uint64_t raise_fd_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace pharos

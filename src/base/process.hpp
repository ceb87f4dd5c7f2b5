// What this process uses, from /proc/self, and its process_* series on /metrics.
#pragma once
#include <cstdint>

#include "base/result.hpp"

namespace pharos {

struct ProcessUsage {
  double cpu_seconds = 0;             // user + system, all threads
  double start_time_seconds = 0;      // Unix
  std::uint64_t resident_bytes = 0;   // RssAnon + RssFile + RssShmem
  std::uint64_t anonymous_bytes = 0;  // RssAnon: what our own structures hold
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_fds = 0, fds_max = 0;
};

Result<ProcessUsage> read_process_usage();

// Registers process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds and so on;
// read anew on every scrape. Idempotent.
void expose_process_metrics();

// Raises the soft limit of open files to the hard one and returns it.
std::uint64_t raise_fd_limit();

}  // namespace pharos

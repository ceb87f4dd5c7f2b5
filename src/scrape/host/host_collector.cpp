#include "scrape/host/host_collector.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <optional>

#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/threads.hpp"
#include "scrape/host/fields.hpp"
#include "scrape/host/sections.hpp"
#include "scrape/scrape_schedule.hpp"

namespace pharos::scrape::host {
namespace {

struct Stats {
  Counter rounds{"pharos_host_collections_total", "Rounds of the host collector."};
  Counter failed{"pharos_host_collections_failed_total", "Rounds whose samples the store could not take."};
  Gauge samples{"pharos_host_samples", "Samples of the last round."};
  Counter seconds{"pharos_host_collection_cpu_seconds_total", "CPU time spent collecting."};
};
Stats& stats() {
  static Stats all;
  return all;
}

double thread_cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_THREAD, &use);
  const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

std::string own_host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

Labels own_labels(const HostOptions& options) {
  const auto instance = options.instance.empty() ? own_host_name() : options.instance;
  return Labels{{"instance", instance}, {"job", options.job}};
}

}  // namespace

struct HostCollector::State {
  State(Appender& appender, const Clock& c, HostOptions o)
      : clock(c), options(std::move(o)), files(options.root), sink(appender, own_labels(options)) {}

  const Clock& clock;
  const HostOptions options;
  HostFiles files;
  HostSink sink;
  std::uint64_t round = 0;
  std::vector<Mount> mounts;
  HostSink::Kept interfaces, sensors, processes, groups, slow;
  std::jthread thread;

  Status collect(Time at);
  void loop(std::stop_token stop);
};

Status HostCollector::State::collect(Time at) {
  const bool each_5th = round % 5 == 0, each_10th = round % 10 == 0;
  ++round;
  sink.begin();
  sink.put({"up", MetricType::unknown, ""}, 1);
  read_stat(files.read_kept("/proc/stat"), sink);
  read_loadavg(files.read_kept("/proc/loadavg"), sink);
  for (const auto& [resource, path] : {std::pair("cpu", "/proc/pressure/cpu"), {"io", "/proc/pressure/io"}, {"memory", "/proc/pressure/memory"}, {"irq", "/proc/pressure/irq"}})
    read_pressure(resource, files.read_kept(path), sink);
  read_meminfo(files.read_kept("/proc/meminfo"), sink);
  read_vmstat(files.read_kept("/proc/vmstat"), sink);
  read_diskstats(files.read_kept("/proc/diskstats"), sink);
  if (each_10th) mounts = parse_mounts(files.read("/proc/self/mountinfo"));
  read_file_systems(mounts, files, sink);
  read_net_dev(files.read_kept("/proc/net/dev"), sink);
  read_netstat(files.read_kept("/proc/net/netstat"), sink);
  read_netstat(files.read_kept("/proc/net/snmp"), sink);
  read_snmp6(files.read_kept("/proc/net/snmp6"), sink);
  const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  read_sockstat(files.read_kept("/proc/net/sockstat"), page_bytes, sink);
  read_sockstat(files.read_kept("/proc/net/sockstat6"), page_bytes, sink);
  read_softnet(files.read_kept("/proc/net/softnet_stat"), sink);
  read_file_nr(files.read_kept("/proc/sys/fs/file-nr"), sink);
  read_small_files(files, sink);
  read_clock(files.is_real_root(), to_unix_millis(at), sink);
  sink.keep(interfaces, each_10th, [&] { read_interfaces(files, sink); });
  sink.keep(sensors, each_5th, [&] { read_sensors(files, sink); });
  sink.keep(processes, each_5th, [&] { read_processes(files, sink); });
  sink.keep(groups, each_5th, [&] { read_cgroups(files, sink); });
  sink.keep(slow, each_10th, [&] {
    read_arp(files.read("/proc/net/arp"), sink);
    read_disk_info(files, sink);
    read_uname(files, sink);
    auto release = std::string(files.read("/etc/os-release"));
    if (release.empty()) release = files.read("/usr/lib/os-release");
    read_os_release(release, sink);
  });
  return sink.end(to_unix_millis(at));
}

void HostCollector::State::loop(std::stop_token stop) {
  const auto interval = std::chrono::duration_cast<Nanos>(options.interval);
  Nanos due = clock.monotonic();
  std::optional<Time> anchor;
  while (!stop.stop_requested()) {
    Time at = clock.now();
    if (!anchor) anchor = at;
    else at = aligned_tick(at, *anchor, options.interval);
    const double before = thread_cpu_seconds();
    if (const auto status = collect(at); !status) {
      stats().failed.add();
      log::debug("host samples not stored", {{"error", status.error().message}});
    }
    stats().rounds.add();
    stats().samples.set(static_cast<double>(sink.last_round_samples()));
    stats().seconds.add(thread_cpu_seconds() - before);
    due += interval;
    const Nanos now = clock.monotonic();
    if (due < now) due += interval * ((now - due) / interval + 1);  // missed rounds are not made up for
    clock.sleep_until(due, stop);
  }
}

HostCollector::HostCollector(Appender& appender, const Clock& clock, HostOptions options)
    : state_(std::make_unique<State>(appender, clock, std::move(options))) {}

HostCollector::~HostCollector() { stop(); }

void HostCollector::start() {
  if (state_->thread.joinable()) return;
  state_->thread = start_thread("host", [state = state_.get()](std::stop_token stop) { state->loop(stop); });
}

void HostCollector::stop() {
  if (!state_->thread.joinable()) return;
  state_->thread.request_stop();
  state_->thread.join();
}

Status HostCollector::collect(Time at) { return state_->collect(at); }

std::size_t HostCollector::samples_per_round() const { return state_->sink.last_round_samples(); }

}  // namespace pharos::scrape::host

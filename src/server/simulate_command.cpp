// `pharos simulate`: a fleet behind HTTP until a signal comes, or days of it written into a store.
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/disk.hpp"
#include "base/log.hpp"
#include "metrics/store.hpp"
#include "net/http_server.hpp"
#include "server/serve_signals.hpp"
#include "server/simulate_flags.hpp"
#include "server/simulation.hpp"
#include "sim/driver.hpp"
#include "sim/front.hpp"
#include "sim/virtual_run.hpp"

namespace pharos::server {
namespace {

Status write_store(const SimulateFlags& flags) {
  const auto duration = TRY(parse_duration(flags.duration));
  const auto interval = TRY(parse_duration(flags.interval));
  if (interval.count() <= 0)
    return fail(Errc::invalid, "--interval: 0 is not a time between scrapes");
  Time start = system_clock().now() - duration;
  if (!flags.start.empty()) start = TRY(parse_time(flags.start));
  const auto world = TRY(make_simulation(flags, start));
  auto disk = open_real_disk(flags.storage_path, true);
  if (!disk) return fail(std::move(disk).error().in("--storage.path"));
  metrics::StoreConfig config;
  config.retention_time = std::chrono::hours(24 * 365 * 100);
  const auto pool = std::make_shared<ThreadPool>("work", 2);
  const auto store = TRY(metrics::Store::open(std::shared_ptr<Disk>(std::move(*disk)), "metrics",
                                              system_clock(), pool, config));
  const auto began = system_clock().monotonic();
  const auto report = TRY(
      sim::run_virtual(*world, *store, {.interval = interval, .duration = duration, .stop = {}}));
  const double seconds = std::chrono::duration<double>(system_clock().monotonic() - began).count();
  std::string out;
  codec::JsonWriter json(out);
  json.begin_object().key("series").value(report.series).key("ticks").value(report.ticks);
  json.key("samples")
      .value(report.samples)
      .key("rejected")
      .value(report.rejected)
      .key("seconds")
      .value(seconds);
  json.key("truth");
  world->faults().write_truth(json, world->config().start);
  json.end_object();
  std::printf("%s\n", out.c_str());
  return {};
}

Status serve(const SimulateFlags& flags, const sigset_t& signals) {
  const auto& clock = system_clock();
  Time start = clock.now();
  if (!flags.start.empty()) start = TRY(parse_time(flags.start));
  auto world = TRY(make_simulation(flags, start));
  if (flags.speed == "max") {  // first the time that is asked for, then what comes of it
    const auto duration = TRY(parse_duration(flags.duration));
    const auto interval = TRY(parse_duration(flags.interval));
    if (interval.count() <= 0)
      return fail(Errc::invalid, "--interval: 0 is not a time between scrapes");
    for (Millis passed{0}; passed < duration; passed += interval) world->step(interval);
  }
  sim::Driver driver(std::move(world));
  const auto pool = std::make_shared<ThreadPool>("http", 16, 4'096);
  const auto server =
      TRY(net::HttpServer::start({.listen = flags.listen}, sim::make_front(driver), pool, clock));
  if (flags.speed == "real") driver.start(clock);
  log::info("ready", {{"port", server->port()},
                      {"regions", flags.regions},
                      {"nodes", flags.nodes},
                      {"seed", flags.seed}});
  int number = 0;
  while (::sigwait(&signals, &number) != 0 || number == SIGHUP) {
  }
  server->drain(std::chrono::seconds(2));
  driver.stop();
  return {};
}

}  // namespace

int run_simulate(const SimulateFlags& flags) {
  const sigset_t signals = block_signals();
  const auto status = flags.speed == "max" && !flags.storage_path.empty() ? write_store(flags)
                                                                          : serve(flags, signals);
  if (status) return 0;
  std::fprintf(stderr, "simulate: %s\n", status.error().message.c_str());
  return status.error().code == Errc::invalid ? 2 : 1;
}

}  // namespace pharos::server

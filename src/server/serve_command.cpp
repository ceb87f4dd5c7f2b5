// `pharos serve`: signals in, a Server until one of them ends it.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/log.hpp"
#include "server/flags.hpp"
#include "server/serve.hpp"
#include "server/serve_signals.hpp"
#include "server/version.hpp"

namespace pharos::server {
namespace {

log::Level level_of(const std::string& text) {
  if (text == "debug") return log::Level::debug;
  if (text == "warn") return log::Level::warn;
  if (text == "error") return log::Level::error;
  return log::Level::info;
}

// Prometheus' names. Those of the query language and of the store are always on here; the scrape
// ones act.
constexpr std::string_view kFeatures[] = {
    "exemplar-storage",
    "memory-snapshot-on-shutdown",
    "extra-scrape-metrics",
    "per-step-stats",
    "auto-gomaxprocs",
    "auto-gomemlimit",
    "no-default-scrape-port",
    "native-histograms",
    "promql-experimental-functions",
    "promql-delayed-name-removal",
    "promql-duration-expr",
    "promql-extended-range-selectors",
    "promql-binop-fill-modifiers",
    "created-timestamp-zero-ingestion",
    "st-storage",
    "st-synthesis",
    "concurrent-rule-eval",
    "delayed-compaction",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "type-and-unit-labels",
    "use-uncached-io",
    "auto-reload-config",
    "metadata-wal-records",
    "otlp-write-receiver",
    "remote-write-receiver",
    "agent",
    "expand-external-labels",
    "promql-at-modifier",
    "promql-negative-offset",
    "promql-per-step-stats",
    "new-service-discovery-manager",
    "utf8-names",
    "xor2-encoding",
    "fast-startup",
};

}  // namespace

sigset_t block_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

int run_serve(const ServeFlags& flags) {
  const sigset_t signals = block_signals();
  return serve_until_signal(flags, signals, [](const Server&) {});
}

int serve_until_signal(const ServeFlags& flags, const sigset_t& signals,
                       const std::function<void(const Server&)>& ready) {
  log::set_level(level_of(flags.log_level));
  log::set_json(flags.log_format == "json");
  log::info("starting", {{"version", version()}, {"revision", revision()}});
  for (const auto& name : flags.without_effect)
    log::info("flag has no effect here", {{"flag", name}});
  for (const auto& name : flags.features)
    if (std::find(std::begin(kFeatures), std::end(kFeatures), name) == std::end(kFeatures))
      log::warn("unknown option for --enable-feature", {{"option", name}});
  auto server = Server::start(flags, [] { ::kill(::getpid(), SIGTERM); });
  if (!server) {
    log::error("cannot start", {{"error", server.error().message}});
    return 1;
  }
  log::info("ready", {{"port", (*server)->port()}});
  ready(**server);
  for (;;) {
    int number = 0;
    if (::sigwait(&signals, &number) != 0) continue;
    if (number == SIGHUP) {
      (void)(*server)->reload();  // what went wrong is logged, counted and on the page
      continue;
    }
    log::info("stopping", {{"signal", number == SIGTERM ? "SIGTERM" : "SIGINT"}});
    (*server)->drain();
    log::info("stopped", {});
    return 0;
  }
}

}  // namespace pharos::server

// Watches the machine itself: CPU, memory, disks, network, … in node_exporter's names, every second.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "model/appender.hpp"

namespace pharos::scrape::host {

struct HostOptions {
  std::string root = "/";                 // where /proc and /sys are found; tests bring their own
  std::string job = "node";
  std::string instance;                   // "" is the host's name
  Millis interval{1000};
};

// Series get {job="node", instance="<host name>"} and an `up` of 1, as if a node exporter there had been
// scraped. Files that change slowly (interfaces, sensors, processes, control groups, mounts) are looked
// at every 5 or 10 seconds and repeated between. One thread; collect() is for tests, without start().
class HostCollector {
 public:
  HostCollector(Appender& appender, const Clock& clock, HostOptions options = {});
  ~HostCollector();
  void start();
  void stop();
  Status collect(Time at);                // one round
  std::size_t samples_per_round() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pharos::scrape::host

// The watcher of the watcher: a few built-in rules over this process's own metrics, evaluated apart
// from everything they are about.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "query/engine.hpp"
#include "query/overlay_querier.hpp"
#include "rules/evaluation/rule_group.hpp"

namespace pharos::server {

struct SelfWatchOptions {
  bool enabled = true;
  bool watchdog = false;  // an alert that always fires, for a dead man's switch elsewhere
  Millis interval = std::chrono::seconds(5);
  std::string external_url;
  bool operator==(const SelfWatchOptions&) const = default;
};

// Its own thread, engine and memory: it goes on when the rule manager, the pool or the store stall.
// Only `up` is read from the store. `querier` and `sink` outlive it.
class SelfWatch {
 public:
  static Result<std::unique_ptr<SelfWatch>> start(std::function<std::shared_ptr<Querier>()> querier,
                                                  rules::AlertSink& sink, const Clock& clock,
                                                  SelfWatchOptions options);
  ~SelfWatch() { stop(); }
  void stop();
  const SelfWatchOptions& options() const { return options_; }

  // One round at this time; what the thread does. For tests.
  void round(Time at, std::string_view own_metrics);
  const rules::RuleGroup& group() const { return group_; }

 private:
  SelfWatch(std::function<std::shared_ptr<Querier>()> querier, rules::AlertSink& sink,
            const Clock& clock, SelfWatchOptions options, rules::RuleGroup group);
  void sample(Time at, std::string_view own_metrics);

  std::function<std::shared_ptr<Querier>()> querier_;
  const Clock& clock_;
  SelfWatchOptions options_;
  rules::RuleGroup group_;
  query::Engine engine_;
  query::MemoryStore memory_;
  std::unordered_set<Labels> seen_;  // in the last round
  rules::RuleEnvironment world_;
  std::jthread thread_;
};

// The built-in rules as a rule file.
std::string self_watch_rules(bool watchdog);

}  // namespace pharos::server

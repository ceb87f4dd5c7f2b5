// Evaluates rule groups: on their grid and on ingest; keeps alert state, writes ALERTS, delivers.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/commit.hpp"
#include "base/database.hpp"
#include "base/result.hpp"
#include "base/threads.hpp"
#include "model/appender.hpp"
#include "model/querier.hpp"
#include "model/series_watch.hpp"
#include "query/engine.hpp"
#include "rules/alert.hpp"
#include "rules/evaluation/active_alert.hpp"
#include "rules/evaluation/rule_group.hpp"
#include "rules/rule_file.hpp"

namespace pharos::rules {

struct RuleStatus {
  RuleSpec spec;
  AlertState state = AlertState::inactive;
  std::vector<ActiveAlert> alerts;             // pending and firing ones
  std::string health = "unknown", last_error;  // "ok", "err", "unknown"
  double evaluation_seconds = 0;
  std::optional<Time> last_evaluation;
};

struct GroupStatus {
  RuleGroupSpec spec;
  Millis interval{0};  // the one in force
  std::vector<RuleStatus> rules;
  double evaluation_seconds = 0;
  std::optional<Time> last_evaluation;
  std::uint64_t iterations_missed = 0;
};

struct RuleManagerOptions {
  Millis interval_default = std::chrono::minutes(1);
  Millis query_offset_default{0};
  Millis resend_delay = std::chrono::minutes(1);
  Millis outage_tolerance = std::chrono::hours(1), for_grace_period = std::chrono::minutes(10);
  enum class Restore : std::uint8_t { durable, prometheus } restore = Restore::durable;
  bool evaluate_on_ingest = true;
  std::string external_url;
  Labels external_labels;  // for templates; the sink adds them to what it sends
  GridHash grid_hash = GridHash::length_prefixed;
  std::size_t concurrent_max = 4;  // groups evaluated at a time
};

// Thread-safe.
class RuleManager {
 public:
  struct World {  // all outlive the manager
    const Clock& clock;
    query::Engine& engine;
    std::function<std::shared_ptr<Querier>()> querier;
    Appender& appender;
    Database& database;
    AlertSink& sink;
    std::shared_ptr<ThreadPool> pool;  // for queries
    SeriesWatch* watch = nullptr;      // of the store; none: no evaluation on ingest
  };
  static Result<std::unique_ptr<RuleManager>> open(World world, RuleManagerOptions options);
  virtual ~RuleManager() = default;

  // Replaces the groups; state of rules that stay the same (group, name, expression, labels)
  // carries over. Series of rules that went get stale markers. Starts the timers at the first call.
  Status set_groups(std::vector<RuleGroupSpec> groups, const RuleManagerOptions& options) {
    auto commit = TRY(prepare(std::move(groups), options));
    commit();
    return {};
  }
  // The same in two steps, for one who has more to change at the same time.
  virtual Result<Commit> prepare(std::vector<RuleGroupSpec> groups,
                                 const RuleManagerOptions& options) = 0;
  virtual std::vector<GroupStatus> groups() const = 0;
  virtual void stop() = 0;
};

}  // namespace pharos::rules

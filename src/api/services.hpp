// What the HTTP API needs from the rest of the server, as plain functions: the server wires them,
// tests fake them. All of them are called from several threads at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/ui/ui_asset.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "metrics/store.hpp"
#include "model/querier.hpp"
#include "query/engine.hpp"
#include "rules/notify/alertmanager.hpp"
#include "rules/oncall/oncall.hpp"

namespace pharos::dashboards {
class AnnotationStore;
class DashboardStore;
class Provisioner;
}  // namespace pharos::dashboards

namespace pharos::rules::edited {
class EditedRules;
}

namespace pharos::api {

namespace live {
class Hub;
}

using Texts = std::vector<std::pair<std::string, std::string>>;  // name, value

enum class Health : std::uint8_t { unknown, up, down };

struct ActiveTarget {
  Labels discovered, labels;
  std::string scrape_pool, scrape_url, global_url;
  std::string last_error;
  std::optional<Time> last_scrape;  // none yet
  double last_scrape_seconds = 0;
  Health health = Health::unknown;
  Millis interval{0}, timeout{0};
};
struct DroppedTarget {
  Labels discovered;
  std::string scrape_pool;
};
struct Targets {
  std::vector<ActiveTarget> active;
  std::vector<DroppedTarget> dropped;                   // as many as keep_dropped_targets allows
  std::map<std::string, std::uint64_t> dropped_counts;  // per pool, all of them
};

// What one target said about its metrics.
struct TargetMetadata {
  Labels target;
  Metadata metadata;
};

struct Alert {
  Labels labels, annotations;
  std::string state;  // "pending", "firing", "unknown"
  std::optional<Time> active_at, keep_firing_since;
  double value = 0;
};
struct Rule {
  bool alerting = false;
  std::string name, query;
  Labels labels, annotations;      // annotations: alerting rules only
  Millis hold{0}, keep_firing{0};  // `for`, `keep_firing_for`
  std::string state;  // of an alerting rule: "inactive", "pending", "firing", "unknown"
  std::vector<Alert> alerts;
  std::string health = "unknown", last_error;
  double evaluation_seconds = 0;
  std::optional<Time> last_evaluation;
};
struct RuleGroup {
  std::string name, file;
  std::vector<Rule> rules;
  Millis interval{0};
  std::uint64_t limit = 0;
  double evaluation_seconds = 0;
  std::optional<Time> last_evaluation;
};

// A configuration that was loaded, or could not be.
struct ConfigLoad {
  std::int64_t id = 0;
  Time at{};
  std::string error;               // "": it was taken
  std::string yaml, alertmanager;  // without secrets; "" for one that could not be read
};

struct RuntimeInfo {
  Time start_time;
  std::string working_folder, hostname;
  bool reload_succeeded = true;
  Time last_reload;
  std::string last_reload_error;  // shown on the page
  Time last_reload_failure{};
  std::uint64_t corruption_count = 0;
  std::string storage_retention;  // "15d", "15d or 10GiB"
};
struct BuildInfo {
  std::string version, revision, branch, build_user, build_date, compiler;
};
struct WalReplay {
  std::uint64_t min = 0, max = 0, current = 0;
};

// Members left empty answer as if there were nothing: no targets, no rules, no store.
struct Services {
  const Clock* clock = &system_clock();
  std::shared_ptr<ThreadPool> workers;  // write large answers together

  std::function<std::shared_ptr<Querier>()> querier;
  metrics::Store* store = nullptr;  // status/tsdb and the admin calls
  // Time of the oldest sample that the querier has; none: not known, as others are asked too.
  std::function<std::optional<Time>()> stored_from;
  std::function<Result<query::Output>(Querier&, const query::QueryRequest&)> run_query;
  std::function<std::vector<query::QueryRecord>()> queries;
  std::function<bool(std::uint64_t id)> kill_query;

  std::function<Targets()> targets;
  std::function<std::vector<std::string>()> scrape_pools;
  std::function<std::vector<TargetMetadata>()> target_metadata;
  std::function<std::vector<RuleGroup>()> rules;
  std::function<std::pair<std::vector<std::string>, std::vector<std::string>>()>
      alertmanagers;  // URLs: active, dropped
  rules::edited::EditedRules* edited_rules = nullptr;
  // YAML of a group that is evaluated, whoever owns its file; none: there is no such group.
  std::function<std::optional<std::string>(const std::string& file, const std::string& group)>
      rule_group_text;

  rules::notify::Alertmanager* alertmanager = nullptr;
  rules::oncall::OnCall* oncall = nullptr;
  live::Hub* live = nullptr;  // outlives the router's handlers, as do
  dashboards::DashboardStore* boards = nullptr;
  dashboards::AnnotationStore* annotations = nullptr;
  dashboards::Provisioner* dashboard_files = nullptr;

  std::function<Labels()> external_labels;
  std::function<Millis()> scrape_interval;                         // the global one
  std::function<std::string()> config_yaml;                        // without secrets
  std::function<Result<std::vector<ConfigLoad>>()> config_loads;   // newest first, no texts
  std::function<Result<ConfigLoad>(std::int64_t id)> config_load;  // with its texts
  std::function<Result<ConfigLoad>()>
      config_on_disk;  // read now; an error says what is wrong with it
  std::function<Result<std::string>(std::string_view name)> runbook;  // a Markdown page
  std::function<Texts()> flags;
  std::function<RuntimeInfo()> runtime;
  std::function<WalReplay()> wal_replay;
  std::function<std::map<std::string, std::map<std::string, bool>>()> features;
  BuildInfo build;

  std::function<bool()> ready;  // false: 503 "Service Unavailable" for everything but /-/healthy
  std::function<Status()> reload;
  std::function<void()> quit;
};

struct Options {
  bool admin_api = false;              // --web.enable-admin-api
  bool lifecycle = false;              // --web.enable-lifecycle
  std::string route_prefix;            // "/prometheus", without a slash at its end
  std::string cors_origin = ".*";      // regular expression of allowed origins
  std::span<const UiAsset> ui;         // the web UI's files; none: the small built-in page
  std::string base_path;               // of --web.external-url, what links of the UI begin with
  std::string external_url;            // as given, "" when it is not: its pages may change things
  std::vector<std::string> own_hosts;  // names under which browsers may change things, as well
  bool read_only = false;              // --web.read-only: nothing that people edit can be changed
  int query_compat = 3;                // the language of parse_query and its like, as the engine's
  std::string page_title = "Pharos";
  Millis lookback{std::chrono::minutes(5)};
  Millis query_timeout{
      std::chrono::minutes(2)};             // the engine's; a request may take a minute longer
  std::uint64_t query_body_max = 4u << 20;  // bytes of a form
};

}  // namespace pharos::api

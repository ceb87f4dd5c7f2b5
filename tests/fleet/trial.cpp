#include "trial.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/manual_clock.hpp"
#include "base/sim_disk.hpp"
#include "codec/yaml.hpp"
#include "metrics/store.hpp"
#include "query/engine.hpp"
#include "sim/virtual_run.hpp"

namespace pharos::fleet {
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, path + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// A round hour, so that grids of any interval start with the world.
const Time kStart = from_unix_millis(1'780'272'000'000);

}  // namespace

std::string full_name(const rules::RuleGroupSpec& group, const std::string& alert) {
  return std::filesystem::path(group.file).stem().string() + "/" + alert;
}

Result<Groups> load_rules(const std::string& folder, Millis step) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".yml")
      files.push_back(entry.path().string());
  std::ranges::sort(files);
  Groups out;
  for (const auto& path : files) {
    const auto text = TRY(read_file(path));
    auto file = rules::parse_rule_file(text, path);
    if (!file.errors.empty()) return fail(file.errors.front());
    for (auto& group : file.groups) {
      group.interval = step;
      out.push_back(std::move(group));
    }
  }
  return out;
}

Groups only(const Groups& groups, const std::vector<std::string>& alerts) {
  Groups out;
  for (const auto& group : groups) {
    auto some = group;
    std::erase_if(some.rules, [&](const rules::RuleSpec& rule) {
      return rule.alerting &&
             std::ranges::find(alerts, full_name(group, rule.name)) == alerts.end();
    });
    if (std::ranges::any_of(some.rules, &rules::RuleSpec::alerting)) out.push_back(std::move(some));
  }
  return out;
}

Result<std::vector<Expectation>> load_expectations(const std::string& path) {
  const auto text = TRY(read_file(path));
  const auto root = TRY(codec::Yaml::parse(text, path));
  std::vector<Expectation> out;
  for (const auto& [key, list] : root.members()) {
    if (key.scalar() != "faults") return fail(key.error("expected faults:"));
    for (const auto& item : list.items()) {
      Expectation one;
      for (const auto& [name, value] : item.members()) {
        const auto what = name.scalar();
        if (what == "alerts" || what == "fast") {
          for (const auto& alert : value.items())
            (what == "fast" ? one.fast : one.alerts).push_back(alert.scalar());
        } else if (what == "kind") {
          one.kind = value.scalar();
        } else if (what == "target") {
          one.target = value.scalar();
        } else if (what == "severity") {
          one.severity = std::stod(value.scalar());
        } else if (what == "for") {
          const auto length = TRY(parse_duration(value.scalar()));
          one.seconds = static_cast<double>(length.count()) / 1000;
        } else {
          return fail(name.error("unknown key"));
        }
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

sim::Fault Expectation::fault(const sim::Fleet& fleet) const {
  sim::Fault out{.kind = sim::find_fault_kind(kind), .target = {}, .severity = severity};
  const auto colon = target.find(": ");
  if (colon == target.npos) return out;
  const auto what = target.substr(0, colon), which = target.substr(colon + 2);
  if (what == "component") out.target.component = *sim::find_component(which);
  if (what == "version") out.target.version = *sim::find_version(which);
  if (what == "region") out.target.region = *fleet.find_region(which);
  if (what == "node") out.target.node = *fleet.find_node(which);
  if (what == "link") out.target.links = *fleet.find_links(which);
  return out;
}

Trial trial_of(const Expectation& one) {
  Trial out;
  out.length_s = one.seconds;
  if (one.kind == "rollout_stuck") out.rollout_first_hours = (out.warm_up_s - 1500) / 3600;
  return out;
}

Trial fast_trial_of(const Expectation& one) {
  Trial out;
  out.scrape = std::chrono::seconds(1);
  out.warm_up_s = 420;
  if (one.kind == "rollout_stuck") {
    out.warm_up_s = 2400;
    out.rollout_first_hours = 0.02;
  }
  return out;
}

struct TrialRun::Parts {
  ManualClock clock{kStart};
  std::shared_ptr<ThreadPool> pool;
  std::unique_ptr<metrics::Store> store;
  std::unique_ptr<query::Engine> engine;
};

TrialRun::~TrialRun() = default;

double TrialRun::seconds_from_start(Time at) const {
  return static_cast<double>((at - kStart).count()) / 1000;
}

Result<std::unique_ptr<TrialRun>> TrialRun::run(const Trial& trial,
                                                std::shared_ptr<ThreadPool> pool) {
  std::unique_ptr<TrialRun> out(new TrialRun);
  sim::WorldConfig config{.fleet = trial.fleet, .start = kStart};
  config.rollout_every_hours = trial.rollout_first_hours > 0 ? 48 : 0;
  config.rollout_first_hours = trial.rollout_first_hours;
  out->world_ = TRY(sim::World::make(config));
  out->parts_ = std::make_unique<Parts>();
  auto& parts = *out->parts_;
  parts.pool = std::move(pool);
  metrics::StoreConfig store_config;
  store_config.background = false;
  store_config.retention_time = std::chrono::hours(24 * 365);
  parts.store = TRY(metrics::Store::open(std::make_shared<SimDisk>(trial.fleet.seed), "store",
                                         parts.clock, parts.pool, store_config));
  query::EngineOptions options;
  options.concurrent_max = 4;
  parts.engine = std::make_unique<query::Engine>(options, parts.pool, parts.clock);

  auto faults = trial.faults;
  for (auto& fault : faults) fault.at_seconds += trial.warm_up_s;
  out->onset_s_ = faults.empty() ? trial.warm_up_s : faults.front().at_seconds;
  if (auto status = out->world_->faults().add(std::move(faults), 0); !status)
    return fail(std::move(status).error());

  // All of it is the past for the store, whose clock stands at the end.
  const auto whole = Millis(static_cast<std::int64_t>((trial.warm_up_s + trial.length_s) * 1000));
  parts.clock.set(kStart + whole);
  for (Millis done{0}; done < whole;) {
    const auto part = std::min<Millis>(whole - done, std::chrono::hours(1));
    const auto report = TRY(sim::run_virtual(
        *out->world_, *parts.store,
        {.interval = trial.scrape, .duration = part, .instance = "sim", .stop = {}}));
    if (report.rejected > 0)
      return fail(Errc::internal, std::to_string(report.rejected) + " samples were refused");
    out->series_ = report.series;
    done += part;
    if (auto status = parts.store->maintain(); !status) return fail(std::move(status).error());
  }
  return out;
}

Result<std::vector<rules::backtest::RuleReport>> TrialRun::judge(const Groups& groups,
                                                                 double from_s) {
  rules::backtest::Options options;
  options.range = {kStart + Millis(static_cast<std::int64_t>(from_s * 1000)),
                   world_->now() + Millis(1)};
  options.evaluations_max = 100'000'000;
  const auto history = parts_->store->querier();
  return rules::backtest::run(
      groups, *history,
      [this](Querier& querier, const query::QueryRequest& request) {
        return parts_->engine->run(querier, request);
      },
      options);
}

Result<double> TrialRun::value(const std::string& expr, double at_s) {
  query::QueryRequest request;
  request.expr = expr;
  request.start_ms = request.end_ms =
      to_unix_millis(kStart) + static_cast<std::int64_t>(at_s * 1000);
  const auto history = parts_->store->querier();
  auto output = TRY(parts_->engine->run(*history, request));
  const auto* vector = std::get_if<query::Vector>(&output.value);
  if (vector == nullptr || vector->series.size() != 1)
    return fail(Errc::not_found, expr + ": expected one element");
  return vector->series[0].points[0].value;
}

double time_allowed_s(const rules::RuleSpec& rule) {
  double longest = 0;
  const std::string_view text = rule.expr;
  const auto look = [&](std::size_t from) {
    const auto end = text.find_first_not_of("0123456789smhdw", from);
    const auto window = parse_duration(text.substr(from, end - from));
    if (window) longest = std::max(longest, static_cast<double>(window->count()) / 1000);
  };
  for (auto at = text.find('['); at != text.npos; at = text.find('[', at + 1)) look(at + 1);
  constexpr std::string_view kOffset = "offset ";
  for (auto at = text.find(kOffset); at != text.npos; at = text.find(kOffset, at + 1))
    look(at + kOffset.size());
  return longest + static_cast<double>(rule.hold.count()) / 1000 + 30;
}

}  // namespace pharos::fleet

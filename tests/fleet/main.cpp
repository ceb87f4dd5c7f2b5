// pharos-detection: how fast, and whether at all, the pack's rules see each kind of fault.
//
//   pharos-detection rules [KIND…]     every rule at 15 s scrapes: which fire, how long after the
//   onset pharos-detection fast [KIND…]      rules/fast at 1 s scrapes: time to the first alert,
//   median, p95 pharos-detection healthy HOURS     a run without faults, rollout included: false
//   alerts
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "trial.hpp"

namespace pharos::fleet {
namespace {

#ifndef PHAROS_SOURCE_FOLDER
#define PHAROS_SOURCE_FOLDER "."
#endif
const std::string kPack = std::string(PHAROS_SOURCE_FOLDER) + "/packs/dwcp/";

sim::FleetConfig fleet_config = Trial().fleet;  // set once, by the command line

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.message);
  return 1;
}

// Severity and length are those of packs/dwcp/faults.yml, when it names the kind.
Expectation expectation_of(const std::vector<Expectation>& all, std::string_view kind) {
  for (const auto& one : all)
    if (one.kind == kind) return one;
  return {.kind = std::string(kind), .target = {}, .alerts = {}, .fast = {}};
}

Result<std::vector<Expectation>> chosen(std::span<char*> kinds) {
  const auto all = TRY(load_expectations(kPack + "faults.yml"));
  std::vector<Expectation> out;
  if (kinds.empty())
    for (const auto& kind : sim::fault_kinds()) out.push_back(expectation_of(all, kind.name));
  for (const char* kind : kinds) {
    if (!sim::find_fault_kind(kind))
      return fail(Errc::invalid, std::string("there is no kind of fault '") + kind + "'");
    out.push_back(expectation_of(all, kind));
  }
  return out;
}

int show_rules(std::span<char*> kinds, const std::shared_ptr<ThreadPool>& pool) {
  const auto groups = load_rules(kPack + "rules", std::chrono::seconds(15));
  if (!groups) return complain(groups.error());
  const auto list = chosen(kinds);
  if (!list) return complain(list.error());
  const auto fleet = sim::Fleet::make(fleet_config);
  if (!fleet) return complain(fleet.error());
  std::set<std::string> silent;
  for (const auto& group : *groups)
    for (const auto& rule : group.rules)
      if (rule.alerting) silent.insert(full_name(group, rule.name));
  bool good = true;
  for (const auto& one : *list) {
    Trial trial = trial_of(one);
    trial.fleet = fleet_config;
    trial.faults = {one.fault(*fleet)};
    auto run = TrialRun::run(trial, pool);
    if (!run) return complain(run.error());
    const auto reports = (*run)->judge(*groups, (*run)->onset_s() - 600);
    if (!reports) return complain(reports.error());
    fmt::print("{} ({:.0f} s, severity {})\n", one.kind, one.seconds, one.severity);
    std::size_t at = 0;
    for (const auto& group : *groups)
      for (const auto& rule : group.rules) {
        if (!rule.alerting) continue;
        const auto& report = (*reports)[at++];
        const auto name = full_name(group, rule.name);
        const bool expected = std::ranges::find(one.alerts, name) != one.alerts.end();
        if (!report.error.empty()) fmt::print("  {}: {}\n", name, report.error);
        if (report.fired == 0) {
          if (expected) {
            fmt::print("  MISSING {}\n", name);
            good = false;
          }
          continue;
        }
        const double after =
            (*run)->seconds_from_start(report.episodes[0].fired_at) - (*run)->onset_s();
        const double allowed = time_allowed_s(rule);
        if (after < 0) {
          fmt::print("  FALSE {} {:.0f} s before\n", name, -after);
          good = false;
          continue;
        }
        silent.erase(name);
        const bool late = after > allowed;
        if (expected && late) good = false;
        fmt::print("  {}{} after {:.0f} s of {:.0f} s{}\n", expected ? "" : "also ", name, after,
                   allowed, late ? " LATE" : "");
      }
    std::fflush(stdout);
  }
  if (kinds.empty()) {
    for (const auto& name : silent) fmt::print("never fired: {}\n", name);
    good = good && silent.empty();
  }
  return good ? 0 : 1;
}

int show_fast(std::span<char*> kinds, const std::shared_ptr<ThreadPool>& pool) {
  const auto groups = load_rules(kPack + "rules/fast", std::chrono::seconds(1));
  if (!groups) return complain(groups.error());
  const auto list = chosen(kinds);
  if (!list) return complain(list.error());
  const auto fleet = sim::Fleet::make(fleet_config);
  if (!fleet) return complain(fleet.error());
  std::vector<double> times;
  std::size_t missed = 0, wrong = 0;
  fmt::print("{:<24} {:>8} {:>8}  {}\n", "kind", "harm", "seconds", "first alerts");
  for (const auto& one : *list) {
    Trial trial = fast_trial_of(one);
    trial.fleet = fleet_config;
    trial.faults = {one.fault(*fleet)};
    // Slow faults count from the moment at which they hurt.
    const double harm = sim::harm_seconds(trial.faults[0]);
    if (harm > 1500) trial.scrape = std::chrono::seconds(5);  // hours of samples
    trial.length_s = harm + 120;
    auto run = TrialRun::run(trial, pool);
    if (!run) return complain(run.error());
    const auto reports = (*run)->judge(*groups, (*run)->onset_s() - 60);
    if (!reports) return complain(reports.error());
    double first = -1;
    std::string names;
    for (const auto& report : *reports) {
      if (!report.error.empty()) fmt::print("  {}: {}\n", report.name, report.error);
      if (report.fired == 0) continue;
      const double after =
          (*run)->seconds_from_start(report.episodes[0].fired_at) - (*run)->onset_s();
      if (after < 0) {
        fmt::print("  FALSE {} {:.0f} s before the onset of {}\n", report.name, -after, one.kind);
        ++wrong;
        continue;
      }
      const double seen = std::max(0.0, after - harm);
      if (first < 0 || seen < first) first = seen;
      names += fmt::format(" {}@{:.0f}", report.name, after);
    }
    if (first < 0) {
      ++missed;
      fmt::print("{:<24} {:>8.0f} {:>8}\n", one.kind, harm, "missed");
    } else {
      times.push_back(first);
      fmt::print("{:<24} {:>8.0f} {:>8.0f} {}\n", one.kind, harm, first, names);
    }
    std::fflush(stdout);
  }
  std::ranges::sort(times);
  if (times.empty()) return 1;
  const auto at = [&](double share) {
    return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1) + 0.5)];
  };
  fmt::print("kinds {}, missed {}, false {}, median {:.0f} s, p95 {:.0f} s\n", list->size(), missed,
             wrong, at(0.5), at(0.95));
  return missed + wrong == 0 ? 0 : 1;
}

int show_healthy(double hours, const std::shared_ptr<ThreadPool>& pool) {
  std::size_t wrong = 0;
  for (const bool fast : {false, true}) {
    const auto groups =
        load_rules(kPack + (fast ? "rules/fast" : "rules"), std::chrono::seconds(fast ? 5 : 30));
    if (!groups) return complain(groups.error());
    Trial trial;
    trial.fleet = fleet_config;
    trial.scrape = std::chrono::seconds(fast ? 1 : 15);
    trial.warm_up_s = 0;
    // Fast rules see a shorter run: fifteen times the samples.
    trial.length_s = hours * 3600 / (fast ? 15 : 1);
    trial.rollout_first_hours = fast ? 0.2 : 2;
    auto run = TrialRun::run(trial, pool);
    if (!run) return complain(run.error());
    const auto reports = (*run)->judge(*groups, 0);
    if (!reports) return complain(reports.error());
    std::size_t count = 0;
    for (const auto& report : *reports) {
      ++count;
      if (!report.error.empty()) fmt::print("{}: {}\n", report.name, report.error);
      if (report.fired == 0) continue;
      wrong += report.fired;
      const auto& episode = report.episodes[0];
      fmt::print("FALSE {} {} times, first after {:.0f} s: {} = {}\n", report.name, report.fired,
                 (*run)->seconds_from_start(episode.fired_at), episode.labels.to_string(),
                 episode.value);
    }
    fmt::print("{} rules, {} series, {:.1f} h at {} s: {} false alerts so far\n", count,
               (*run)->series(), trial.length_s / 3600, fast ? 1 : 15, wrong);
  }
  return wrong == 0 ? 0 : 1;
}

int run(std::span<char*> arguments) {
  const auto pool =
      std::make_shared<ThreadPool>("detection", std::max(2U, std::thread::hardware_concurrency()));
  while (!arguments.empty()) {
    const std::string_view word = arguments[0];
    if (word.starts_with("nodes=")) {
      fleet_config.nodes = static_cast<std::uint32_t>(std::atoi(arguments[0] + 6));
    } else if (word.starts_with("seed=")) {
      fleet_config.seed = static_cast<std::uint64_t>(std::atoll(arguments[0] + 5));
    } else {
      break;
    }
    arguments = arguments.subspan(1);
  }
  const std::string_view what = arguments.empty() ? "" : arguments[0];
  if (what == "rules") return show_rules(arguments.subspan(1), pool);
  if (what == "fast") return show_fast(arguments.subspan(1), pool);
  if (what == "healthy" && arguments.size() == 2)
    return show_healthy(std::atof(arguments[1]), pool);
  fmt::print(stderr,
             "usage: pharos-detection [nodes=N] [seed=N] rules|fast [KIND…] | healthy HOURS\n");
  return 2;
}

}  // namespace
}  // namespace pharos::fleet

int main(int argc, char** argv) {
  return pharos::fleet::run(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
}

#include "rules/unit_test/test_run.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "query/engine.hpp"
#include "query/memory_store.hpp"
#include "query/promql/series_description.hpp"
#include "rules/evaluation/rule_group.hpp"
#include "rules/unit_test/comparison.hpp"

namespace pharos::rules::unit_test {
namespace {

// An input series on its way into the store: samples come in when their time has.
struct Feed {
  Labels labels;
  std::vector<query::promql::SeriesValue> values;
  std::size_t next = 0;
};

query::EngineOptions engine_options(const TestFile& file) {
  query::EngineOptions options;
  options.subquery_step_default = file.evaluation_interval;
  options.concurrent_max = 1;
  return options;
}

class Run {
 public:
  Run(const TestFile& file, const TestGroup& test, const std::shared_ptr<ThreadPool>& pool)
      : file_(file),
        test_(test),
        start_(test.start_timestamp),
        engine_(engine_options(file), pool, system_clock()) {
    world_.query = [this](const std::string& expr, Time at) { return query(expr, at); };
    world_.write = [this](Time at, std::span<const RuleSample> samples) {
      return write(at, samples);
    };
    world_.external_url = test.external_url;
    world_.external_labels = test.external_labels;
  }

  std::vector<std::string> run(const std::vector<RuleGroupSpec>& groups) {
    if (auto status = prepare(groups); !status) return {"    " + status.error().message};
    const Time end = start_ + test_.last_eval_time();
    for (Time at = start_; at <= end; at += file_.evaluation_interval) {
      load_until(at);
      if (!evaluate(at)) return std::move(failures_);
      check_alerts(at);
    }
    for (const auto& test : test_.exprs) check_expr(test);
    return std::move(failures_);
  }

 private:
  Status prepare(const std::vector<RuleGroupSpec>& groups) {
    for (const auto& series : test_.series) {
      auto parsed = query::promql::parse_series_description(series.series + " " + series.values);
      if (!parsed)
        return fail(std::move(parsed).error().in("line " + std::to_string(series.line) +
                                                 ": input series " + go_quote(series.series)));
      feeds_.push_back({std::move(parsed->labels), std::move(parsed->values)});
    }
    for (const auto& spec : groups) {
      auto group = RuleGroup::make(spec, test_.interval);
      if (!group) return fail(std::move(group).error());
      groups_.push_back(std::move(*group));
    }
    // Named groups in the order that the file wants; the others stay where they are, in front of
    // the second named one, as a group without a number counts as the first.
    std::map<std::string_view, std::size_t> order;
    for (const auto& name : file_.group_eval_order) order.emplace(name, order.size());
    const auto rank = [&](const RuleGroup& group) {
      const auto at = order.find(group.spec().name);
      return at == order.end() ? 0 : at->second;
    };
    std::ranges::stable_sort(groups_, {}, rank);
    for (const auto& test : test_.alerts) due_.push_back(&test);
    std::ranges::stable_sort(due_, {}, [](const AlertCase* test) { return test->eval_time; });
    return {};
  }

  void load_until(Time until) {
    for (auto& feed : feeds_)
      for (; feed.next < feed.values.size(); ++feed.next) {
        const auto at = start_ + static_cast<std::int64_t>(feed.next) * test_.interval;
        if (at > until) break;
        const auto& value = feed.values[feed.next];
        if (value.omitted) continue;
        if (value.histogram)
          store_.put(feed.labels, to_unix_millis(at), value.histogram);
        else
          store_.put(feed.labels, to_unix_millis(at), value.value);
      }
  }

  bool evaluate(Time at) {
    bool good = true;
    for (auto& group : groups_) {
      group.evaluate(at, world_);
      for (const auto& rule : group.rules()) {
        if (rule.last_error.empty()) continue;
        good = false;
        failures_.push_back("    rule: " + rule.spec().name +
                            ", time: " + go_duration(at - start_) + ", err: " + rule.last_error);
      }
    }
    return good;
  }

  // Tests at times between two evaluations are answered by the earlier one.
  void check_alerts(Time at) {
    const auto begin = at - start_;
    for (; next_due_ < due_.size(); ++next_due_) {
      const auto& test = *due_[next_due_];
      if (test.eval_time >= begin + file_.evaluation_interval) return;
      std::vector<SeenAlert> got;
      for (const auto& group : groups_)
        for (const auto& rule : group.rules()) {
          const auto* alerting = rule.alerting();
          if (alerting == nullptr || rule.spec().name != test.alertname) continue;
          for (auto& alert : alerting->active())
            if (alert.state == AlertState::firing)
              got.push_back({std::move(alert.labels), std::move(alert.annotations)});
        }
      if (auto wrong = compare_alerts(test, test_.name, std::move(got)); !wrong.empty())
        failures_.push_back(std::move(wrong));
    }
  }

  void check_expr(const ExprCase& test) {
    auto got = query(test.expr, start_ + test.eval_time);
    if (!got) {
      failures_.push_back(expr_error(test, got.error().message));
      return;
    }
    std::vector<SeenSample> seen;
    for (auto& sample : *got)
      seen.push_back({std::move(sample.labels), sample.value,
                      sample.histogram ? histogram_text(*sample.histogram) : ""});
    if (auto wrong = compare_samples(test, std::move(seen), file_.fuzzy_compare); !wrong.empty())
      failures_.push_back(std::move(wrong));
  }

  Result<std::vector<RuleSample>> query(const std::string& expr, Time at) {
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = request.end_ms = to_unix_millis(at);
    request.source = "unit test";
    auto output = TRY(engine_.run(store_, request));
    std::vector<RuleSample> out;
    if (const auto* scalar = std::get_if<query::Scalar>(&output.value)) {
      out.push_back({{}, scalar->value, nullptr});
      return out;
    }
    auto* vector = std::get_if<query::Vector>(&output.value);
    if (vector == nullptr) return fail(Errc::invalid, "rule result is not a vector or scalar");
    for (auto& series : vector->series)
      out.push_back({std::move(series.labels), series.points[0].value,
                     std::move(series.points[0].histogram)});
    return out;
  }

  RuleWriteOutcome write(Time at, std::span<const RuleSample> samples) {
    for (const auto& sample : samples) {
      if (sample.histogram)
        store_.put(sample.labels, to_unix_millis(at), sample.histogram);
      else
        store_.put(sample.labels, to_unix_millis(at), sample.value);
    }
    return {};
  }

  const TestFile& file_;
  const TestGroup& test_;
  Time start_;
  query::MemoryStore store_;
  query::Engine engine_;
  RuleEnvironment world_;
  std::vector<Feed> feeds_;
  std::vector<RuleGroup> groups_;
  std::vector<const AlertCase*> due_;  // by time
  std::size_t next_due_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<std::string> run_test_group(const TestFile& file, const TestGroup& test,
                                        const std::vector<RuleGroupSpec>& groups,
                                        const std::shared_ptr<ThreadPool>& pool) {
  return Run(file, test, pool).run(groups);
}

}  // namespace pharos::rules::unit_test

#include "tests/conformance/promql_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "query/engine.hpp"
#include "query/promql/ast.hpp"
#include "query/promql/functions.hpp"
#include "tests/conformance/promql_compare.hpp"
#include "tests/conformance/promql_load.hpp"

namespace pharos::conformance {
namespace {

using query::promql::Node;
using query::promql::NodeKind;

query::EngineOptions engine_options() {
  query::EngineOptions options;
  options.lookback = std::chrono::minutes(5);
  options.timeout = std::chrono::seconds(100);
  options.subquery_step_default = std::chrono::minutes(1);
  options.samples_max = 10'000;
  options.type_and_unit_labels = true;
  return options;
}

// Functions whose value depends on the moment of evaluation, whatever their arguments.
bool reads_the_moment(std::string_view name) {
  static constexpr std::string_view kNames[] = {"time",          "timestamp",    "predict_linear",
                                                "days_in_month", "day_of_month", "day_of_week",
                                                "day_of_year",   "hour",         "minute",
                                                "month",         "year",         "start",
                                                "end",           "range",        "step"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

bool calls(const Node& node, auto&& test) {
  if (node.kind == NodeKind::call && test(node.function->name)) return true;
  if (node.kind == NodeKind::duration && test(node.text)) return true;
  for (const auto* value : {&node.offset, &node.range, &node.step}) {
    if (value->expr && calls(*value->expr, test)) return true;
  }
  return std::ranges::any_of(node.children, [&](const auto& child) { return calls(*child, test); });
}

bool calls_query_time(const Node& node) {
  return calls(node, [](std::string_view name) {
    return name == "start" || name == "end" || name == "range" || name == "step";
  });
}

// Ties every selector, and every outermost sub-query, to one time.
void pin(Node& node, UnixMillis t_ms) {
  if (node.kind == NodeKind::selector) {
    if (!node.at_ms) node.at_ms = t_ms;
    return;
  }
  if (node.kind == NodeKind::subquery) {
    if (!node.at_ms) node.at_ms = t_ms;
    return;
  }
  for (auto& child : node.children) pin(*child, t_ms);
}

class Runner {
 public:
  explicit Runner(const PromqlOptions& options)
      : options_(options),
        engine_(engine_options(), std::make_shared<ThreadPool>("promql-tests", 1), system_clock()) {
  }

  MemoryStore& store() { return store_; }

  std::string judge(const EvalCommand& eval) {
    if (eval.is_range) return judge_range(eval);
    const auto parsed = query::promql::parse(eval.expr);
    const bool in_range_mode = options_.extra_runs && parsed && !eval.ordered &&
                               !eval.range_vector && !eval.text && !calls_query_time(**parsed);
    if (auto wrong = judge_instant(eval, eval.expr, eval.start_ms, in_range_mode); !wrong.empty())
      return wrong;
    if (!options_.extra_runs || !parsed || calls(**parsed, reads_the_moment)) return {};
    const auto pinned = query::promql::clone(**parsed);
    const auto t_ms = eval.start_ms;
    pin(*pinned, t_ms);
    const auto expr = query::promql::to_string(*pinned);
    std::vector<UnixMillis> times = {-10 * t_ms, 0, t_ms / 5, t_ms, 10 * t_ms};
    if (t_ms == 0) times = {-1000, 0, 1000};
    for (const auto at_ms : times) {
      if (auto wrong = judge_instant(eval, expr, at_ms, in_range_mode); !wrong.empty()) {
        return fmt::format("as {} at {} ms: {}", expr, at_ms, wrong);
      }
    }
    return {};
  }

 private:
  Result<query::Output> run(const std::string& expr, UnixMillis start_ms, UnixMillis end_ms,
                            std::int64_t step_ms) {
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = start_ms;
    request.end_ms = end_ms;
    request.step_ms = step_ms;
    request.source = "conformance";
    return engine_.run(store_, request);
  }

  // "" when a failure is what was wanted; sets `done` when there is nothing more to judge.
  std::string judge_outcome(const EvalCommand& eval, const Result<query::Output>& output,
                            bool& done) {
    done = true;
    if (!output)
      return eval.fails ? compare_failure(eval, output.error(), options_.exact_texts)
                        : "failed: " + output.error().message;
    if (eval.fails) return "expected to fail";
    done = false;
    return compare_annotations(eval, output->annotations, options_.exact_texts);
  }

  std::string judge_instant(const EvalCommand& eval, const std::string& expr, UnixMillis t_ms,
                            bool in_range_mode) {
    const auto output = run(expr, t_ms, t_ms, 0);
    bool done = false;
    auto wrong = judge_outcome(eval, output, done);
    if (done || !wrong.empty()) return wrong;
    wrong = compare_value(eval, output->value);
    if (!wrong.empty() || !in_range_mode) return wrong;
    constexpr std::int64_t kMinute = 60'000;
    const auto range = run(expr, t_ms - kMinute, t_ms + kMinute, kMinute);
    if (!range) return "in range mode: failed: " + range.error().message;
    wrong = check_sorted(range->value);
    if (wrong.empty()) wrong = compare_value(eval, middle_step(range->value, output->value, t_ms));
    return wrong.empty() ? "" : "in range mode: " + wrong;
  }

  std::string judge_range(const EvalCommand& eval) {
    const auto output = run(eval.expr, eval.start_ms, eval.end_ms, eval.step_ms);
    bool done = false;
    auto wrong = judge_outcome(eval, output, done);
    if (done || !wrong.empty()) return wrong;
    wrong = check_sorted(output->value);
    return wrong.empty() ? compare_value(eval, output->value) : wrong;
  }

  const PromqlOptions& options_;
  MemoryStore store_;
  query::Engine engine_;
};

}  // namespace

Result<std::vector<CaseResult>> run_promql_cases(const std::string& file,
                                                 const PromqlOptions& options) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return fail(Errc::io, file + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto commands = parse_script(text);
  if (!commands) return fail(std::move(commands.error()).in(file));
  const auto name = std::filesystem::path(file).filename().string();

  std::vector<CaseResult> out;
  Runner runner(options);
  for (const auto& command : *commands) {
    if (std::holds_alternative<ClearCommand>(command)) {
      runner.store().clear();
    } else if (const auto* loaded = std::get_if<LoadCommand>(&command)) {
      if (auto status = load(runner.store(), *loaded); !status)
        return fail(std::move(status.error()).in(file));
    } else {
      const auto& eval = std::get<EvalCommand>(command);
      CaseResult result;
      result.id = fmt::format("{}:{}  {}", name, eval.line, eval.expr);
      if (options.wanted && !options.wanted(result.id)) continue;
      if (!options.list_only) {
        result.reason = runner.judge(eval);
        result.pass = result.reason.empty();
      }
      out.push_back(std::move(result));
    }
  }
  return out;
}

}  // namespace pharos::conformance

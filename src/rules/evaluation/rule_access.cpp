#include "rules/evaluation/rule_access.hpp"

#include <cmath>

namespace pharos::rules {

Result<std::vector<RuleSample>> rule_samples(query::Value value) {
  std::vector<RuleSample> out;
  if (const auto* const scalar = std::get_if<query::Scalar>(&value)) {
    out.push_back({{}, scalar->value, nullptr});
    return out;
  }
  auto* const vector = std::get_if<query::Vector>(&value);
  if (vector == nullptr) return fail(Errc::conflict, "rule result is not a vector or scalar");
  out.reserve(vector->series.size());
  for (auto& series : vector->series) {
    auto& point = series.points.front();
    out.push_back({std::move(series.labels), point.value, std::move(point.histogram)});
  }
  return out;
}

Result<RuleWriteOutcome> write_rule_samples(Appender& appender, Time at,
                                            std::span<const RuleSample> samples) {
  RuleWriteOutcome out;
  std::vector<FloatSample> floats;
  std::vector<HistogramSample> histograms;
  std::vector<std::size_t> float_index, histogram_index;
  const auto refuse = [&](std::size_t index, std::string reason) {
    if (out.refused.empty()) out.reason = std::move(reason);
    out.refused.push_back(index);
  };
  const auto t_ms = to_unix_millis(at);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto ref = appender.resolve(samples[i].labels);
    if (!ref) {
      refuse(i, ref.error().message);
    } else if (samples[i].histogram) {
      histograms.push_back({*ref, t_ms, samples[i].histogram});
      histogram_index.push_back(i);
    } else {
      floats.push_back({*ref, t_ms, samples[i].value});
      float_index.push_back(i);
    }
  }
  AppendBatch batch;
  batch.floats = floats;
  batch.histograms = histograms;
  const auto outcome = TRY(appender.append(batch, {.in_order_only = true}));
  for (const auto& rejection : outcome.rejections) {
    const auto& index = rejection.kind == Rejection::Kind::floating ? float_index : histogram_index;
    refuse(index[rejection.index], std::string(name(rejection.reason)));
  }
  return out;
}

RuleEnvironment rule_environment(query::Engine& engine, Querier& querier, Appender& appender) {
  RuleEnvironment world;
  world.query = [&engine, &querier](const std::string& expr, Time at) {
    query::QueryRequest request;
    request.expr = expr;
    request.start_ms = request.end_ms = to_unix_millis(at);
    request.source = "rule";
    auto output = engine.run(querier, request);
    if (!output) return Result<std::vector<RuleSample>>(std::unexpect, output.error());
    return rule_samples(std::move(output->value));
  };
  world.write = [&appender](Time at, std::span<const RuleSample> samples) {
    return write_rule_samples(appender, at, samples);
  };
  return world;
}

Result<std::vector<ForStateSample>> read_for_state(Querier& querier, const AlertingRule& rule,
                                                   Time from, Time to) {
  const auto matchers = rule.for_state_matchers();
  const auto from_ms = to_unix_millis(from), to_ms = to_unix_millis(to);
  SelectHints hints;
  hints.start_ms = hints.end_ms = to_ms;
  hints.range_ms = to_ms - from_ms;
  const auto selection = TRY(querier.select(matchers, from_ms, to_ms, hints));
  std::vector<ForStateSample> out;
  SampleColumn column;
  for (std::size_t i = 0; i < selection->size(); ++i) {
    TRY(selection->read(i, from_ms, to_ms, column));
    if (column.empty() || is_stale(column.value.back()) || !std::isfinite(column.value.back()))
      continue;
    out.push_back({selection->labels(i).without_metric_name(), from_unix_millis(column.t_ms.back()),
                   from_unix_millis(static_cast<UnixMillis>(column.value.back() * 1000))});
  }
  return out;
}

}  // namespace pharos::rules

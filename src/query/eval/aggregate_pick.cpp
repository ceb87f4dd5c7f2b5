// Aggregations that keep series as they are: topk, bottomk, limitk, limit_ratio; and quantile.
#include <algorithm>
#include <cmath>
#include <limits>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

using promql::AggregateOp;

namespace {

struct Extent {
  double min = std::numeric_limits<double>::infinity(),
         max = -std::numeric_limits<double>::infinity();
  bool nan = false;
};
Extent extent_of(std::span<const double> values) {
  Extent out;
  for (const double v : values) {
    if (std::isnan(v)) {
      out.nan = true;
      continue;
    }
    out.min = std::min(out.min, v);
    out.max = std::max(out.max, v);
  }
  if (out.nan && out.min > out.max) out.min = out.max = std::numeric_limits<double>::quiet_NaN();
  return out;
}

// Where a series falls in [0, 1): fixed by its labels, so that complementary ratios complement.
double sample_offset(const Labels& labels) {
  return static_cast<double>(labels.hash()) /
         static_cast<double>(std::numeric_limits<std::uint64_t>::max());
}

struct Candidate {
  double value;
  std::uint32_t row;
};

// The best k of the candidates, best first; NaN behind everything, ties in row order.
void pick_best(std::vector<Candidate>& candidates, std::size_t k, bool largest) {
  const auto better = [largest](const Candidate& a, const Candidate& b) {
    const bool a_nan = std::isnan(a.value), b_nan = std::isnan(b.value);
    if (a_nan != b_nan) return b_nan;
    if (!a_nan && a.value != b.value) return largest ? a.value > b.value : a.value < b.value;
    return a.row < b.row;
  };
  if (candidates.size() > k) {
    std::ranges::nth_element(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(k),
                             better);
    candidates.resize(k);
  }
  std::ranges::sort(candidates, better);
}

}  // namespace

Result<FramePtr> Evaluator::aggregate_pick(const Node& node, FramePtr input,
                                           std::span<const double> parameter) {
  const auto op = node.aggregate_op;
  const auto steps = input->steps();
  const auto bounds = extent_of(parameter);
  const auto empty = [&] {
    auto frame = std::make_shared<Frame>();
    frame->grid = input->grid;
    return frame;
  };
  const auto parameter_pos = bare(*node.children.front()).pos;
  if (op == AggregateOp::limit_ratio) {
    if (bounds.max == 0 && bounds.min == 0 && !bounds.nan) return empty();
    if (bounds.nan) return execution_error("Ratio value is NaN");
    if (bounds.max > 1) notes_.add(note::invalid_ratio(bounds.max, 1, parameter_pos));
    if (bounds.min < -1) notes_.add(note::invalid_ratio(bounds.min, -1, parameter_pos));
  } else {
    if (bounds.max < 1) return empty();
    if (bounds.nan) return execution_error("Parameter value is NaN");
    if (bounds.min <= -9223372036854775808.0)
      return execution_error("Scalar value " + go_float(bounds.min) + " underflows int64");
    if (bounds.max >= 9223372036854775808.0)
      return execution_error("Scalar value " + go_float(bounds.max) + " overflows int64");
  }

  input = own(std::move(input));
  const auto grouping = group_rows(node, input->labels, false);
  const auto groups = grouping.labels.size();
  std::vector<double> offsets;
  if (op == AggregateOp::limit_ratio) {
    offsets.resize(input->rows());
    for (std::size_t row = 0; row < input->rows(); ++row)
      offsets[row] = sample_offset(input->labels[row]);
  }
  std::vector<std::vector<Candidate>> candidates(groups);
  std::vector<std::uint32_t> order;  // of an instant query's answer
  std::vector<Cell> chosen(input->cells.size(), Cell::absent);
  bool ignored = false;
  const bool ranked = op == AggregateOp::topk || op == AggregateOp::bottomk;
  for (std::size_t step = 0; step < steps; ++step) {
    const double p = parameter[step];
    if (op == AggregateOp::limit_ratio ? p == 0 : !(p >= 1)) continue;
    for (auto& list : candidates) list.clear();
    const auto k = op == AggregateOp::limit_ratio
                       ? std::size_t{0}
                       : static_cast<std::size_t>(std::min(p, static_cast<double>(input->rows())));
    for (std::size_t row = 0; row < input->rows(); ++row) {
      const auto at = row * steps + step;
      const auto cell = input->cells[at];
      if (cell == Cell::absent) continue;
      if (ranked && cell == Cell::histogram) {
        ignored = true;
        continue;
      }
      auto& list = candidates[grouping.group_of[row]];
      if (op == AggregateOp::limit_ratio) {
        const double ratio = std::clamp(p, -1.0, 1.0);
        if (ratio >= 0 ? offsets[row] >= ratio && ratio < 1 : offsets[row] < 1 + ratio) continue;
      } else if (op == AggregateOp::limitk && list.size() >= k) {
        continue;
      }
      list.push_back({input->values[at], static_cast<std::uint32_t>(row)});
    }
    for (auto& list : candidates) {
      if (ranked) pick_best(list, k, op == AggregateOp::topk);
      for (const auto& candidate : list) {
        const auto at = candidate.row * steps + step;
        chosen[at] = input->cells[at];
        if (steps == 1) order.push_back(candidate.row);
      }
    }
  }
  if (ignored)
    notes_.add(note::histogram_ignored_in_aggregation(op == AggregateOp::topk ? "topk" : "bottomk",
                                                      node.pos));
  input->cells = std::move(chosen);
  if (steps == 1) {
    input->keep(order);
    input->ordered = ranked;
  } else {
    input->drop_empty_rows();
  }
  TRY(account(*input));
  return input;
}

Result<FramePtr> Evaluator::aggregate_quantile(const Node& node, const Frame& input,
                                               std::span<const double> parameter) {
  const auto steps = input.steps();
  const auto bounds = extent_of(parameter);
  const auto parameter_pos = bare(*node.children.front()).pos;
  if (bounds.nan)
    notes_.add(note::invalid_quantile(std::numeric_limits<double>::quiet_NaN(), parameter_pos));
  if (bounds.max > 1) notes_.add(note::invalid_quantile(bounds.max, parameter_pos));
  if (bounds.min < 0) notes_.add(note::invalid_quantile(bounds.min, parameter_pos));
  const auto grouping = group_rows(node, input.labels, false);
  const auto groups = grouping.labels.size();
  std::vector<std::vector<std::uint32_t>> members(groups);
  std::vector<std::uint8_t> drop(groups);
  for (std::size_t row = 0; row < input.rows(); ++row) {
    members[grouping.group_of[row]].push_back(static_cast<std::uint32_t>(row));
    drop[grouping.group_of[row]] |= input.drop_name[row];
  }
  auto frame = std::make_shared<Frame>();
  frame->grid = input.grid;
  for (const auto& labels : grouping.labels) frame->labels.push_back(labels);
  frame->drop_name = std::move(drop);
  frame->values.resize(groups * steps);
  frame->cells.resize(groups * steps);
  TRY(for_chunks(groups, 1, [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
    std::vector<double> values;
    for (auto g = begin; g < end; ++g) {
      for (std::size_t step = 0; step < steps; ++step) {
        values.clear();
        for (const auto row : members[g]) {
          const auto at = row * steps + step;
          if (input.cells[at] == Cell::number) {
            values.push_back(input.values[at]);
          } else if (input.cells[at] == Cell::histogram) {
            scratch.notes.add(note::histogram_ignored_in_aggregation(
                "quantile", bare(*node.children.back()).pos));
          }
        }
        if (values.empty()) continue;
        frame->values[g * steps + step] = quantile_of(parameter[step], values);
        frame->cells[g * steps + step] = Cell::number;
      }
    }
    return {};
  }));
  frame->drop_empty_rows();
  TRY(account(*frame));
  return frame;
}

}  // namespace pharos::query

// sum, avg, min, max, count, group, stddev, stdvar: series are read, added to their group and
// forgotten. A group's series are split into fixed runs, added up in parallel and merged in order:
// the same bits every time. Groups that hold histograms, or whose mean overflows, are done again
// one by one.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "query/eval/aggregate_kernels.hpp"
#include "query/eval/evaluator.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {

using note::HistogramOperation;
using promql::AggregateOp;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string_view name(AggregateOp op) {
  switch (op) {
    case AggregateOp::sum: return "sum";
    case AggregateOp::avg: return "avg";
    case AggregateOp::min: return "min";
    case AggregateOp::max: return "max";
    case AggregateOp::count: return "count";
    case AggregateOp::group: return "group";
    case AggregateOp::stddev: return "stddev";
    case AggregateOp::stdvar: return "stdvar";
    case AggregateOp::topk: return "topk";
    case AggregateOp::bottomk: return "bottomk";
    case AggregateOp::quantile: return "quantile";
    case AggregateOp::count_values: return "count_values";
    case AggregateOp::limitk: return "limitk";
    case AggregateOp::limit_ratio: return "limit_ratio";
  }
  return "";
}

// Columns of one group, or of a part of one.
struct Accumulator {
  std::vector<double> value, extra;  // sum & compensation, best, or mean & squares
  std::vector<std::uint32_t> count;
  bool drop_name = false, histograms = false;

  void start(AggregateOp op, std::size_t steps) {
    const bool extreme = op == AggregateOp::min || op == AggregateOp::max;
    const bool counting = op == AggregateOp::count || op == AggregateOp::group;
    if (!counting)
      value.assign(steps, extreme                                              ? kNaN
                          : (op == AggregateOp::sum || op == AggregateOp::avg) ? -0.0
                                                                               : 0.0);
    if (!counting && !extreme) extra.assign(steps, 0);
    count.assign(steps, 0);
  }
  void add(AggregateOp op, const Row& row) {
    switch (op) {
      case AggregateOp::sum:
      case AggregateOp::avg: return accumulate_sum(row.values, row.cells, value, extra, count);
      case AggregateOp::min: return accumulate_min(row.values, row.cells, value, count);
      case AggregateOp::max: return accumulate_max(row.values, row.cells, value, count);
      case AggregateOp::stddev:
      case AggregateOp::stdvar:
        return accumulate_variance(row.values, row.cells, value, extra, count);
      default: return accumulate_count(row.cells, count);
    }
  }
  void merge(AggregateOp op, const Accumulator& other) {
    drop_name |= other.drop_name;
    for (std::size_t i = 0; i < count.size(); ++i) {
      if (other.count[i] == 0) continue;
      if (op == AggregateOp::sum || op == AggregateOp::avg) {
        kahan_add(other.value[i], value[i], extra[i]);
        extra[i] += other.extra[i];
      } else if (op == AggregateOp::min || op == AggregateOp::max) {
        const double v = other.value[i];
        if ((op == AggregateOp::min ? v < value[i] : v > value[i]) || std::isnan(value[i]))
          value[i] = v;
      }
      count[i] += other.count[i];
    }
  }
  double result(AggregateOp op, std::size_t i) const {
    switch (op) {
      case AggregateOp::sum: return value[i] + extra[i];
      case AggregateOp::avg: return value[i] / count[i] + extra[i] / count[i];
      case AggregateOp::count: return count[i];
      case AggregateOp::group: return 1;
      case AggregateOp::stddev: return std::sqrt(extra[i] / count[i]);
      case AggregateOp::stdvar: return extra[i] / count[i];
      default: return value[i];
    }
  }
};

bool has_overflow(const Histogram& h) {
  const auto inf = [](double v) { return std::isinf(v); };
  return inf(h.zero_count) || inf(h.count) || inf(h.sum) || std::ranges::any_of(h.positive, inf) ||
         std::ranges::any_of(h.negative, inf);
}

// One group at one step with everything Prometheus keeps for it: the slow and complete way.
struct CompleteGroup {
  bool seen = false, has_float = false, has_histogram = false, incompatible = false,
       incremental = false;
  bool incremental_histogram = false, reset = false, not_reset = false;
  double count = 0, sum = 0, c = 0, mean = 0;
  Histogram total, total_c, running;

  void add_float(AggregateOp op, double v) {
    seen = true;
    count += 1;
    if (op == AggregateOp::min || op == AggregateOp::max) {
      if (count == 1 || (op == AggregateOp::min ? v < sum : v > sum) || std::isnan(sum)) sum = v;
      return;
    }
    if (op == AggregateOp::stddev || op == AggregateOp::stdvar) {
      if (count == 1) {
        mean = v;
        sum = std::isfinite(v) ? 0 : kNaN;
        return;
      }
      const double delta = v - mean;
      mean += delta / count;
      sum += delta * (v - mean);
      return;
    }
    has_float = true;
    if (count == 1) {
      sum = v;
      return;
    }
    if (op == AggregateOp::sum) return kahan_add(v, sum, c);
    if (!incremental) {
      double new_sum = sum, new_c = c;
      kahan_add(v, new_sum, new_c);
      if (!std::isinf(new_sum)) {
        sum = new_sum, c = new_c;
        return;
      }
      incremental = true;
      mean = sum / (count - 1);
      c /= count - 1;
    }
    const double q = (count - 1) / count;
    mean *= q, c *= q;
    kahan_add(v / count, mean, c);
  }

  // False when the histograms do not go together.
  bool add_histogram(AggregateOp op, const Histogram& h, bool& reconciled) {
    seen = has_histogram = true;
    count += 1;
    if (has_float) return true;  // invalid anyway
    reset |= h.reset_hint == ResetHint::reset;
    not_reset |= h.reset_hint == ResetHint::not_reset;
    if (count == 1) {
      total = h;
      total.integer = false;
      total_c = zero_compensation(total);
      return true;
    }
    if (op == AggregateOp::sum || !incremental_histogram) {
      Histogram new_total = total, new_c = total_c;
      const auto noted = kahan_add(new_total, new_c, h);
      reconciled |= noted.bounds_reconciled;
      if (noted.incompatible) return false;
      if (op == AggregateOp::sum || !has_overflow(new_total)) {
        total = std::move(new_total), total_c = std::move(new_c);
        return true;
      }
      incremental_histogram = true;
      running = total;
      divide(running, count - 1);
      divide(total_c, count - 1);
    }
    const double q = (count - 1) / count;
    multiply(running, q);
    multiply(total_c, q);
    auto part = h;
    divide(part, count);
    const auto noted = kahan_add(running, total_c, part);
    reconciled |= noted.bounds_reconciled;
    return !noted.incompatible;
  }

  HistogramPtr histogram_result(AggregateOp op) {
    Histogram out = incremental_histogram ? std::move(running) : std::move(total);
    if (op == AggregateOp::avg && !incremental_histogram) {
      divide(out, count);
      divide(total_c, count);
    }
    if (count > 1) add(out, total_c);
    compact(out);
    return std::make_shared<const Histogram>(std::move(out));
  }
  double float_result(AggregateOp op) const {
    switch (op) {
      case AggregateOp::sum: return sum + c;
      case AggregateOp::avg: return incremental ? mean + c : sum / count + c / count;
      case AggregateOp::stddev: return std::sqrt(sum / count);
      case AggregateOp::stdvar: return sum / count;
      default: return sum;
    }
  }
};

// One group, series by series in order.
Status complete(AggregateOp op, const RowSource& rows, std::span<const std::uint32_t> members,
                promql::Range pos, Scratch& scratch, Row& out, bool& drop_name) {
  const auto steps = rows.grid.count;
  std::vector<CompleteGroup> groups(steps);
  const bool totals = op == AggregateOp::sum || op == AggregateOp::avg;
  Row row;
  drop_name = false;
  for (const auto member : members) {
    TRY(rows.read(member, scratch, row));
    if (!row.any) continue;
    drop_name |= rows.drop_name(member);
    for (std::size_t i = 0; i < steps; ++i) {
      auto& group = groups[i];
      if (row.cells[i] == Cell::absent || group.incompatible) continue;
      if (row.cells[i] == Cell::number) {
        group.add_float(op, row.values[i]);
      } else if (!totals) {
        scratch.notes.add(note::histogram_ignored_in_aggregation(name(op), pos));
      } else {
        bool reconciled = false;
        if (!group.add_histogram(op, *row.histograms[i], reconciled)) {
          group.incompatible = true;
          scratch.notes.add(note::mixed_exponential_custom(rows.labels[member].metric_name(), pos));
        }
        if (reconciled)
          scratch.notes.add(note::bounds_reconciled(HistogramOperation::aggregation, pos));
      }
    }
  }
  out.reset(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    auto& group = groups[i];
    if (!group.seen) continue;
    if (group.has_float && group.has_histogram) {
      scratch.notes.add(note::mixed_floats_histograms_aggregation(pos));
      continue;
    }
    if (group.incompatible) continue;
    if (group.reset && group.not_reset)
      scratch.notes.add(note::reset_collision(HistogramOperation::aggregation, pos));
    if (group.has_histogram) {
      out.set(i, group.histogram_result(op));
    } else {
      out.set(i, group.float_result(op));
    }
  }
  return {};
}

// A run of members [begin, end) of one group.
struct Part {
  std::uint32_t group, begin, end;
};

}  // namespace

Selection::Grouping Evaluator::group_rows(const Node& node, const LabelColumn& labels,
                                          bool names_gone) const {
  auto names = node.grouping;
  if (names_gone) {  // (compat 2) the rows' own labels still show what the operation has dropped
    const auto metadata = [](const std::string& n) {
      return n == kMetricName || n == kTypeLabel || n == kUnitLabel;
    };
    std::erase_if(names, metadata);
    if (node.without) names.insert(names.end(), {std::string(kTypeLabel), std::string(kUnitLabel)});
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return labels.group(names, node.without);
}

Result<FramePtr> Evaluator::aggregate_stream(const Node& node, RowSource& rows) {
  const auto op = node.aggregate_op;
  const auto steps = rows.grid.count;
  const auto n = rows.labels.size();
  const auto pos = bare(*node.children.back()).pos;
  auto frame = std::make_shared<Frame>();
  frame->grid = rows.grid;
  if (n == 0) return frame;

  const bool names_gone = !settings_.delayed_name_removal && rows.drop_name(0);
  auto grouping = group_rows(node, rows.labels, names_gone);
  const auto groups = grouping.labels.size();
  // Members by group, in row order.
  std::vector<std::uint32_t> first(groups + 1), members(n);
  for (const auto group : grouping.group_of) ++first[group + 1];
  for (std::size_t g = 0; g < groups; ++g) first[g + 1] += first[g];
  {
    auto next = first;
    for (std::size_t row = 0; row < n; ++row)
      members[next[grouping.group_of[row]]++] = static_cast<std::uint32_t>(row);
  }
  // Parts: whole groups where the order of operations matters, else runs of a fixed length.
  constexpr std::size_t kPartsPerGroupMax = 32, kPartRowsMin = 64;
  const bool whole = op == AggregateOp::stddev || op == AggregateOp::stdvar;
  std::vector<Part> parts;
  std::vector<std::uint32_t> first_part(groups + 1);
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t size = first[g + 1] - first[g];
    const auto length =
        whole ? size : std::max(kPartRowsMin, (size + kPartsPerGroupMax - 1) / kPartsPerGroupMax);
    for (std::size_t at = 0; at < size; at += length)
      parts.push_back({static_cast<std::uint32_t>(g), static_cast<std::uint32_t>(first[g] + at),
                       static_cast<std::uint32_t>(first[g] + std::min(size, at + length))});
    first_part[g + 1] = static_cast<std::uint32_t>(parts.size());
  }

  Charge working;
  TRY(working.take(control_, 0, parts.size() * steps * 20));
  std::vector<Accumulator> sums(parts.size());
  std::atomic<std::uint64_t> seen{0};
  // Small groups share a task.
  const auto rows_per_part = std::max<std::size_t>(1, n / parts.size());
  const auto parts_per_task = std::max<std::size_t>(1, rows_per_task(rows) / rows_per_part);
  TRY(for_chunks(parts.size(), parts_per_task,
                 [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
                   for (auto p = begin; p < end; ++p) {
                     auto& sum = sums[p];
                     sum.start(op, steps);
                     const bool counting = op == AggregateOp::count || op == AggregateOp::group;
                     for (auto m = parts[p].begin; m < parts[p].end; ++m) {
                       TRY(rows.read(members[m], scratch, scratch.row));
                       if (!scratch.row.any) continue;
                       sum.drop_name |= rows.drop_name(members[m]);
                       if (!scratch.row.histograms.empty() && !counting) {
                         sum.histograms = true;
                         break;
                       }
                       sum.add(op, scratch.row);
                     }
                     seen.fetch_add(
                         std::accumulate(sum.count.begin(), sum.count.end(), std::uint64_t{0}),
                         std::memory_order_relaxed);
                   }
                   return {};
                 }));
  TRY(control_.peek(seen.load()));

  // Merge, in order; find the groups to do again.
  std::vector<Row> redone(groups);
  std::vector<std::uint8_t> again(groups), drop(groups);
  std::vector<std::uint32_t> again_list;
  for (std::size_t g = 0; g < groups; ++g) {
    auto& total = sums[first_part[g]];
    for (auto p = first_part[g]; p < first_part[g + 1]; ++p) again[g] |= sums[p].histograms;
    if (!again[g]) {
      for (auto p = first_part[g] + 1; p < first_part[g + 1]; ++p) {
        total.merge(op, sums[p]);
        sums[p] = {};
      }
      if (op == AggregateOp::avg)
        again[g] = std::ranges::any_of(total.value, [](double v) { return std::isinf(v); });
    }
    drop[g] = total.drop_name;
    if (again[g]) again_list.push_back(static_cast<std::uint32_t>(g));
  }
  TRY(for_chunks(again_list.size(), 1,
                 [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
                   for (auto k = begin; k < end; ++k) {
                     const auto g = again_list[k];
                     const std::span all(members);
                     bool drop_name = false;
                     TRY(complete(op, rows, all.subspan(first[g], first[g + 1] - first[g]), pos,
                                  scratch, redone[g], drop_name));
                     drop[g] = drop_name;
                   }
                   return {};
                 }));
  rows.finish(notes_);

  std::vector<std::uint32_t> kept;
  for (std::size_t g = 0; g < groups; ++g) {
    const auto& total = sums[first_part[g]];
    if (again[g] ? redone[g].any : std::ranges::any_of(total.count, [](auto c) { return c > 0; }))
      kept.push_back(static_cast<std::uint32_t>(g));
  }
  frame->values.resize(kept.size() * steps);
  frame->cells.resize(kept.size() * steps);
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const auto g = kept[k];
    frame->labels.push_back(grouping.labels[g]);
    frame->drop_name.push_back(drop[g] && settings_.delayed_name_removal);
    auto values = frame->row_values(k);
    auto cells = frame->row_cells(k);
    if (again[g]) {
      std::ranges::copy(redone[g].values, values.begin());
      std::ranges::copy(redone[g].cells, cells.begin());
      if (!redone[g].histograms.empty()) {
        frame->histograms.resize(kept.size());
        frame->histograms[k] = std::move(redone[g].histograms);
      }
      continue;
    }
    const auto& total = sums[first_part[g]];
    for (std::size_t i = 0; i < steps; ++i) {
      if (total.count[i] == 0) continue;
      values[i] = total.result(op, i);
      cells[i] = Cell::number;
    }
  }
  TRY(account(*frame));
  return frame;
}

Result<FramePtr> Evaluator::eval_aggregate(const Node& node, const Grid& grid) {
  const Node& operand = *node.children.back();
  switch (node.aggregate_op) {
    case AggregateOp::sum:
    case AggregateOp::avg:
    case AggregateOp::min:
    case AggregateOp::max:
    case AggregateOp::count:
    case AggregateOp::group:
    case AggregateOp::stddev:
    case AggregateOp::stdvar: {
      auto rows = TRY(source(operand, grid));
      if (!settings_.delayed_name_removal && rows->labels.size() > 0 && rows->drop_name(0)) {
        // (compat 2) without their names, series of several metrics may collide: that is looked at
        // first.
        static const std::vector<std::string> kName{std::string(kMetricName)};
        if (rows->labels.group(kName, false).labels.size() > 1) {
          auto frame = TRY(materialise(*rows));
          rows = frame_rows(std::move(frame));
        }
      }
      return aggregate_stream(node, *rows);
    }
    case AggregateOp::count_values: {
      auto input = TRY(eval(operand, grid));
      return aggregate_values(node, *input);
    }
    default: break;
  }
  const auto parameter = TRY(scalar_argument(*node.children.front(), grid));
  auto input = TRY(eval(operand, grid));
  if (node.aggregate_op == AggregateOp::quantile)
    return aggregate_quantile(node, *input, parameter);
  return aggregate_pick(node, std::move(input), parameter);
}

}  // namespace pharos::query

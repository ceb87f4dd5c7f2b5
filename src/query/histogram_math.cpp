#include "query/histogram_math.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "query/histogram_buckets.hpp"
#include "query/histogram_cells.hpp"

namespace pharos::query {
namespace {

struct ZeroBucket {
  double count = 0, rest = 0, threshold = 0;
};

// The zero bucket if its threshold were `threshold` or, when that lies inside a populated bucket,
// that bucket's far end. `rests` belong to h's buckets in order, or are empty.
ZeroBucket widened(const Histogram& h, double threshold, const Histogram* compensation) {
  const double start_rest = compensation != nullptr ? compensation->zero_count : 0.0;
  if (!(threshold > h.zero_threshold)) return {h.zero_count, start_rest, h.zero_threshold};
  const auto positive = positive_buckets(h), negative = negative_buckets(h);
  for (;;) {
    ZeroBucket zero{h.zero_count, start_rest, threshold};
    const auto absorb = [&](const std::vector<Bucket>& buckets,
                            bool is_positive) {  // true: start again
      for (std::size_t i = 0; i < buckets.size(); ++i) {
        const auto& b = buckets[i];
        const double near = is_positive ? b.lower : -b.upper,
                     far = is_positive ? b.upper : -b.lower;
        if (near >= zero.threshold) break;
        kahan_increment(b.count, zero.count, zero.rest);
        if (compensation != nullptr) {
          const auto& rests = is_positive ? compensation->positive : compensation->negative;
          if (i < rests.size()) kahan_increment(rests[i], zero.count, zero.rest);
        }
        if (far > zero.threshold) {
          if (b.count == 0) break;
          threshold = zero.threshold = far;
          return !is_positive;
        }
      }
      return false;
    };
    absorb(positive, true);
    if (!absorb(negative, false)) return zero;
  }
}

void drop_cells_below(const Histogram& h,
                      Cells& cells) {  // those inside the zero bucket, and empty ones
  std::erase_if(cells, [&](const Cell& cell) {
    return cell.count == 0 || bucket_bound(h.schema, cell.index - 1) < h.zero_threshold;
  });
}

// Makes both zero thresholds equal by widening; h is changed, of the other the zero bucket comes
// back.
ZeroBucket reconcile_zero(Histogram& h, const Histogram& other, Histogram* compensation) {
  ZeroBucket theirs{other.zero_count, 0, other.zero_threshold};
  if (std::isnan(h.zero_threshold) || std::isnan(other.zero_threshold)) return theirs;
  while (theirs.threshold != h.zero_threshold) {
    if (h.zero_threshold > theirs.threshold) theirs = widened(other, h.zero_threshold, nullptr);
    if (theirs.threshold > h.zero_threshold) {
      const auto ours = widened(h, theirs.threshold, compensation);
      h.zero_count = ours.count;
      h.zero_threshold = ours.threshold;
      auto positive =
          cells_of(h.positive_spans, h.positive,
                   compensation != nullptr ? compensation->positive : std::vector<double>{});
      auto negative =
          cells_of(h.negative_spans, h.negative,
                   compensation != nullptr ? compensation->negative : std::vector<double>{});
      drop_cells_below(h, positive);
      drop_cells_below(h, negative);
      put_cells(positive, h.positive_spans, h.positive);
      put_cells(negative, h.negative_spans, h.negative);
      if (compensation != nullptr) {
        compensation->zero_count = ours.rest;
        compensation->positive = rests_of(positive);
        compensation->negative = rests_of(negative);
      }
    }
  }
  return theirs;
}

std::vector<double> common_bounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

// Cells of custom bounds `from` under the bounds `to`, a subset of them.
Cells rebound(const Cells& cells, const std::vector<double>& from, const std::vector<double>& to,
              bool kahan) {
  Cells out;
  for (const auto& cell : cells) {
    auto index = static_cast<std::int32_t>(to.size());
    if (cell.index >= 0 && static_cast<std::size_t>(cell.index) < from.size()) {
      index = static_cast<std::int32_t>(
          std::ranges::lower_bound(to, from[static_cast<std::size_t>(cell.index)]) - to.begin());
    }
    if (out.empty() || out.back().index != index) {
      out.push_back({index, cell.count, cell.rest});
    } else if (kahan) {
      kahan_increment(cell.count, out.back().count, out.back().rest);
      kahan_increment(cell.rest, out.back().count, out.back().rest);
    } else {
      out.back().count += cell.count;
    }
  }
  return out;
}

void skip_below(Cells& cells, std::int32_t schema, double threshold) {
  const auto first = std::ranges::find_if(
      cells, [&](const Cell& cell) { return bucket_bound(schema, cell.index) > threshold; });
  cells.erase(cells.begin(), first);
}

// h += sign·other; with a compensation, by Kahan summation.
HistogramNotes combine(Histogram& h, const Histogram& other, double sign, Histogram* compensation) {
  HistogramNotes notes;
  if (h.custom() != other.custom()) {
    notes.incompatible = true;
    return notes;
  }
  const bool kahan = compensation != nullptr;
  notes.reset_collision = merge_reset_hint(h, other);
  h.integer = false;
  const auto increment = [&](double value, double& sum, double Histogram::*rest) {
    if (kahan) {
      kahan_increment(sign * value, sum, compensation->*rest);
    } else {
      sum += sign * value;
    }
  };
  if (!h.custom()) {
    const auto theirs = reconcile_zero(h, other, compensation);
    increment(theirs.count, h.zero_count, &Histogram::zero_count);
    if (kahan) increment(theirs.rest, h.zero_count, &Histogram::zero_count);
  }
  increment(other.count, h.count, &Histogram::count);
  increment(other.sum, h.sum, &Histogram::sum);

  const auto side = [&](std::vector<Span> Histogram::*spans,
                        std::vector<double> Histogram::*counts) {
    auto ours =
        cells_of(h.*spans, h.*counts, kahan ? compensation->*counts : std::vector<double>{});
    auto theirs = cells_of(other.*spans, other.*counts);
    if (h.custom()) {
      if (notes.bounds_reconciled) {
        const auto bounds = common_bounds(h.custom_values, other.custom_values);
        ours = rebound(ours, h.custom_values, bounds, kahan);
        theirs = rebound(theirs, other.custom_values, bounds, kahan);
      }
    } else {
      const auto schema = std::min(h.schema, other.schema);
      ours = reduce_cells(ours, h.schema, schema, kahan);
      theirs = reduce_cells(theirs, other.schema, schema, kahan);
      skip_below(theirs, schema, h.zero_threshold);
    }
    auto sum = add_cells(ours, theirs, sign, kahan);
    if (notes.bounds_reconciled)
      std::erase_if(sum, [](const Cell& cell) { return cell.count == 0; });
    put_cells(sum, h.*spans, h.*counts);
    if (kahan) {
      compensation->*spans = h.*spans;
      compensation->*counts = rests_of(sum);
    }
  };
  notes.bounds_reconciled = h.custom() && h.custom_values != other.custom_values;
  side(&Histogram::positive_spans, &Histogram::positive);
  if (!h.custom()) side(&Histogram::negative_spans, &Histogram::negative);
  if (notes.bounds_reconciled)
    h.custom_values = common_bounds(h.custom_values, other.custom_values);
  if (!h.custom()) h.schema = std::min(h.schema, other.schema);
  if (kahan) {
    compensation->schema = h.schema;
    compensation->zero_threshold = h.zero_threshold;
    compensation->custom_values = h.custom_values;
  }
  return notes;
}

void scale(Histogram& h, auto&& apply) {
  h.integer = false;
  h.zero_count = apply(h.zero_count);
  h.count = apply(h.count);
  h.sum = apply(h.sum);
  for (auto& n : h.positive) n = apply(n);
  for (auto& n : h.negative) n = apply(n);
}

void compact_side(std::vector<Span>& spans, std::vector<double>& counts, int max_empty) {
  auto cells = cells_of(spans, counts);
  std::erase_if(cells, [](const Cell& cell) { return cell.count == 0; });
  if (max_empty > 0) {
    Cells filled;
    for (const auto& cell : cells) {
      if (!filled.empty()) {
        const auto gap = std::int64_t{cell.index} - filled.back().index - 1;
        if (gap > 0 && gap <= max_empty) {
          for (auto i = filled.back().index + 1; i < cell.index; ++i) filled.push_back({i, 0, 0});
        }
      }
      filled.push_back(cell);
    }
    cells = std::move(filled);
  }
  put_cells(cells, spans, counts);
}

// Whether a bucket of `before` is fuller than (or missing in) `now`. Both rising.
bool shrunk(const Cells& now, const Cells& before) {
  std::size_t i = 0;
  for (const auto& cell : before) {
    while (i < now.size() && now[i].index < cell.index) ++i;
    const bool present = i < now.size() && now[i].index == cell.index;
    if (present ? now[i].count < cell.count : cell.count != 0) return true;
  }
  return false;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same_cells(const Cells& a, const Cells& b) {
  return std::ranges::equal(a, b, [](const Cell& x, const Cell& y) {
    return x.index == y.index && same_bits(x.count, y.count);
  });
}

}  // namespace

bool merge_reset_hint(Histogram& h, const Histogram& other) {
  using enum ResetHint;
  if (other.reset_hint == h.reset_hint || h.reset_hint == gauge) return false;
  if (other.reset_hint == gauge) {
    h.reset_hint = gauge;
    return false;
  }
  const bool collision = h.reset_hint != unknown && other.reset_hint != unknown;
  h.reset_hint = unknown;
  return collision;
}

HistogramNotes add(Histogram& h, const Histogram& other) {
  return combine(h, other, 1, nullptr);
}
HistogramNotes subtract(Histogram& h, const Histogram& other) {
  return combine(h, other, -1, nullptr);
}

Histogram zero_compensation(const Histogram& h) {
  Histogram c = h;
  c.integer = false;
  c.zero_count = c.count = c.sum = 0;
  std::ranges::fill(c.positive, 0.0);
  std::ranges::fill(c.negative, 0.0);
  return c;
}

HistogramNotes kahan_add(Histogram& h, Histogram& compensation, const Histogram& other) {
  return combine(h, other, 1, &compensation);
}

void multiply(Histogram& h, double factor) {
  scale(h, [factor](double n) { return n * factor; });
  if (factor < 0) h.reset_hint = ResetHint::gauge;
}

void divide(Histogram& h, double divisor) {
  scale(h, [divisor](double n) { return n / divisor; });
  if (divisor == 0) {
    h.positive.clear(), h.negative.clear();
    h.positive_spans.clear(), h.negative_spans.clear();
  }
  if (divisor < 0) h.reset_hint = ResetHint::gauge;
}

void compact(Histogram& h, int max_empty) {
  compact_side(h.positive_spans, h.positive, max_empty);
  compact_side(h.negative_spans, h.negative, max_empty);
}

Histogram to_schema(const Histogram& h, std::int32_t schema) {
  Histogram out = h;
  if (h.custom() || schema >= h.schema) return out;
  out.schema = schema;
  put_cells(reduce_cells(cells_of(h.positive_spans, h.positive), h.schema, schema, false),
            out.positive_spans, out.positive);
  put_cells(reduce_cells(cells_of(h.negative_spans, h.negative), h.schema, schema, false),
            out.negative_spans, out.negative);
  return out;
}

bool detect_reset(const Histogram& current, const Histogram& previous) {
  if (current.reset_hint == ResetHint::reset) return true;
  if (current.reset_hint == ResetHint::not_reset) return false;
  if (current.count < previous.count) return true;
  if (current.custom() != previous.custom()) return true;
  if (current.custom()) {
    auto now = cells_of(current.positive_spans, current.positive);
    auto before = cells_of(previous.positive_spans, previous.positive);
    if (current.custom_values != previous.custom_values) {
      const auto bounds = common_bounds(current.custom_values, previous.custom_values);
      now = rebound(now, current.custom_values, bounds, false);
      before = rebound(before, previous.custom_values, bounds, false);
    }
    return shrunk(now, before);
  }
  if (current.schema > previous.schema || current.zero_threshold < previous.zero_threshold)
    return true;
  const auto zero = widened(previous, current.zero_threshold, nullptr);
  if (zero.threshold != current.zero_threshold || current.zero_count < zero.count) return true;
  const auto side = [&](const auto& now_spans, const auto& now_counts, const auto& before_spans,
                        const auto& before_counts) {
    auto now = cells_of(now_spans, now_counts);
    auto before =
        reduce_cells(cells_of(before_spans, before_counts), previous.schema, current.schema, false);
    skip_below(now, current.schema, current.zero_threshold);
    skip_below(before, current.schema, current.zero_threshold);
    return shrunk(now, before);
  };
  return side(current.positive_spans, current.positive, previous.positive_spans,
              previous.positive) ||
         side(current.negative_spans, current.negative, previous.negative_spans, previous.negative);
}

bool equals(const Histogram& a, const Histogram& b) {
  if (a.schema != b.schema || !same_bits(a.count, b.count) || !same_bits(a.sum, b.sum))
    return false;
  if (a.custom() && a.custom_values != b.custom_values) return false;
  if (a.zero_threshold != b.zero_threshold || !same_bits(a.zero_count, b.zero_count)) return false;
  return same_cells(cells_of(a.negative_spans, a.negative),
                    cells_of(b.negative_spans, b.negative)) &&
         same_cells(cells_of(a.positive_spans, a.positive), cells_of(b.positive_spans, b.positive));
}

bool nearly_equal(double a, double b) {
  constexpr double kTolerance = 1e-6;
  if (is_stale(a) || is_stale(b)) return is_stale(a) && is_stale(b);
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b), difference = std::abs(a - b);
  constexpr double kSmallest = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || sum < kSmallest) return difference < kTolerance * kSmallest;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

bool nearly_equal(const Histogram& left, const Histogram& right) {
  Histogram a = left, b = right;
  compact(a);
  compact(b);
  if (a.schema != b.schema || !nearly_equal(a.count, b.count) || !nearly_equal(a.sum, b.sum))
    return false;
  if (a.custom() && a.custom_values != b.custom_values) return false;
  if (a.zero_threshold != b.zero_threshold || !nearly_equal(a.zero_count, b.zero_count))
    return false;
  const auto close = [](double x, double y) { return nearly_equal(x, y); };
  return a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         std::ranges::equal(a.positive, b.positive, close) &&
         std::ranges::equal(a.negative, b.negative, close);
}

std::size_t sample_weight(const Histogram& h) {
  // The bytes Prometheus' type takes, in samples of 16 bytes.
  const std::size_t bytes =
      168 + 8 * (h.positive_spans.size() + h.negative_spans.size() + h.positive.size() +
                 h.negative.size() + h.custom_values.size());
  return bytes / 16;
}

Result<Histogram> from_classic(const std::vector<double>& upper,
                               const std::vector<double>& cumulative, double count, double sum) {
  Histogram h;
  h.schema = kCustomBucketsSchema;
  h.count = count;
  h.sum = sum;
  h.custom_values = upper;
  Cells cells;
  double before = 0;
  for (std::size_t i = 0; i <= upper.size(); ++i) {
    const double total = i < cumulative.size() ? cumulative[i] : count;
    if (total < before) {
      return fail(
          Errc::invalid,
          fmt::format(
              "classic histogram: bucket {} holds {} observations, fewer than the {} below it", i,
              total, before));
    }
    if (total != before) cells.push_back({static_cast<std::int32_t>(i), total - before, 0});
    before = total;
  }
  put_cells(cells, h.positive_spans, h.positive);
  return h;
}

}  // namespace pharos::query

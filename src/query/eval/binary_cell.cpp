// One binary operation between two samples.
#include <cmath>

#include "query/eval/evaluator.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {

using promql::BinaryOp;

std::string_view symbol(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return "+";
    case BinaryOp::sub: return "-";
    case BinaryOp::mul: return "*";
    case BinaryOp::div: return "/";
    case BinaryOp::mod: return "%";
    case BinaryOp::pow: return "^";
    case BinaryOp::atan2: return "atan2";
    case BinaryOp::eql: return "==";
    case BinaryOp::neq: return "!=";
    case BinaryOp::lss: return "<";
    case BinaryOp::gtr: return ">";
    case BinaryOp::lte: return "<=";
    case BinaryOp::gte: return ">=";
    case BinaryOp::land: return "and";
    case BinaryOp::lor: return "or";
    case BinaryOp::lunless: return "unless";
    case BinaryOp::trim_upper: return "</";
    case BinaryOp::trim_lower: return ">/";
  }
  return "";
}

bool is_comparison(BinaryOp op) {
  switch (op) {
    case BinaryOp::eql:
    case BinaryOp::neq:
    case BinaryOp::lss:
    case BinaryOp::gtr:
    case BinaryOp::lte:
    case BinaryOp::gte: return true;
    default: return false;
  }
}

bool changes_meaning(BinaryOp op) {
  switch (op) {
    case BinaryOp::add:
    case BinaryOp::sub:
    case BinaryOp::mul:
    case BinaryOp::div:
    case BinaryOp::mod:
    case BinaryOp::pow:
    case BinaryOp::atan2: return true;
    default: return false;
  }
}

double scalar_operation(BinaryOp op, double left, double right) {
  switch (op) {
    case BinaryOp::add: return left + right;
    case BinaryOp::sub: return left - right;
    case BinaryOp::mul: return left * right;
    case BinaryOp::div: return left / right;
    case BinaryOp::mod: return std::fmod(left, right);
    case BinaryOp::pow: return std::pow(left, right);
    case BinaryOp::atan2: return std::atan2(left, right);
    case BinaryOp::eql: return left == right;
    case BinaryOp::neq: return left != right;
    case BinaryOp::lss: return left < right;
    case BinaryOp::gtr: return left > right;
    case BinaryOp::lte: return left <= right;
    case BinaryOp::gte: return left >= right;
    default: return std::nan("");
  }
}

namespace {

HistogramPtr scaled(const Histogram& h, double by, bool divided) {
  Histogram out = h;
  out.integer = false;
  if (divided) {
    divide(out, by);
  } else {
    multiply(out, by);
  }
  compact(out);
  return std::make_shared<const Histogram>(std::move(out));
}

std::optional<CellResult> incompatible(BinaryOp op, const char* left, const char* right,
                                       promql::Range pos, Notes& notes) {
  notes.add(note::incompatible_types(left, symbol(op), right, pos));
  return std::nullopt;
}

std::optional<CellResult> both_histograms(BinaryOp op, const HistogramPtr& left,
                                          const HistogramPtr& right, promql::Range pos,
                                          Notes& notes) {
  if (op == BinaryOp::eql || op == BinaryOp::neq) {
    const bool same = equals(*left, *right);
    return CellResult{0, left, op == BinaryOp::eql ? same : !same};
  }
  if (op != BinaryOp::add && op != BinaryOp::sub)
    return incompatible(op, "histogram", "histogram", pos, notes);
  const bool adding = op == BinaryOp::add;
  Histogram out = *left;
  out.integer = false;
  const auto noted = adding ? add(out, *right) : subtract(out, *right);
  if (noted.incompatible) {
    notes.add(note::incompatible_bucket_layout(symbol(op), pos));
    return std::nullopt;
  }
  const auto operation =
      adding ? note::HistogramOperation::addition : note::HistogramOperation::subtraction;
  if (noted.reset_collision) notes.add(note::reset_collision(operation, pos));
  if (noted.bounds_reconciled) notes.add(note::bounds_reconciled(operation, pos));
  if (!adding) out.reset_hint = ResetHint::gauge;
  compact(out);
  return CellResult{0, std::make_shared<const Histogram>(std::move(out)), true};
}

}  // namespace

std::optional<CellResult> cell_operation(BinaryOp op, double left,
                                         const HistogramPtr& left_histogram, double right,
                                         const HistogramPtr& right_histogram, promql::Range pos,
                                         Notes& notes) {
  if (left_histogram && right_histogram)
    return both_histograms(op, left_histogram, right_histogram, pos, notes);
  if (right_histogram) {
    if (op == BinaryOp::mul) return CellResult{0, scaled(*right_histogram, left, false), true};
    return incompatible(op, "float", "histogram", pos, notes);
  }
  if (left_histogram) {
    if (op == BinaryOp::mul || op == BinaryOp::div)
      return CellResult{0, scaled(*left_histogram, right, op == BinaryOp::div), true};
    if (op == BinaryOp::trim_upper || op == BinaryOp::trim_lower) {
      Histogram out = *left_histogram;
      out.integer = false;
      trim(out, right, op == BinaryOp::trim_upper);
      return CellResult{0, std::make_shared<const Histogram>(std::move(out)), true};
    }
    return incompatible(op, "histogram", "float", pos, notes);
  }
  if (op == BinaryOp::trim_upper || op == BinaryOp::trim_lower)
    return incompatible(op, "float", "float", pos, notes);
  if (is_comparison(op)) return CellResult{left, nullptr, scalar_operation(op, left, right) != 0};
  return CellResult{scalar_operation(op, left, right), nullptr, true};
}

}  // namespace pharos::query

// Binary operators with a scalar on at least one side, and set operators.
#include <algorithm>
#include <cmath>

#include "query/eval/evaluator.hpp"
#include "query/eval/matching.hpp"

namespace pharos::query {

using promql::BinaryOp;
using promql::ValueType;

namespace {

// Arithmetic on a whole column: the operator is chosen once, the loops vectorise.
template <class Operation>
void column(std::span<double> v, std::span<const double> scalar, bool swapped,
            Operation operation) {
  if (swapped) {
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = operation(scalar[i], v[i]);
  } else {
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = operation(v[i], scalar[i]);
  }
}

void arithmetic(BinaryOp op, std::span<double> v, std::span<const double> scalar, bool swapped) {
  switch (op) {
    case BinaryOp::add: return column(v, scalar, swapped, [](double a, double b) { return a + b; });
    case BinaryOp::sub: return column(v, scalar, swapped, [](double a, double b) { return a - b; });
    case BinaryOp::mul: return column(v, scalar, swapped, [](double a, double b) { return a * b; });
    case BinaryOp::div: return column(v, scalar, swapped, [](double a, double b) { return a / b; });
    default:
      return column(v, scalar, swapped,
                    [op](double a, double b) { return scalar_operation(op, a, b); });
  }
}

}  // namespace

Result<FramePtr> Evaluator::eval_binary(const Node& node, const Grid& grid) {
  const Node &left = *node.children[0], &right = *node.children[1];
  const bool left_scalar = left.type == ValueType::scalar,
             right_scalar = right.type == ValueType::scalar;
  if (left_scalar && right_scalar) {
    auto first = TRY(eval(left, grid));
    auto out = own(std::move(first));
    const auto other = TRY(eval(right, grid));
    for (std::size_t i = 0; i < grid.count; ++i)
      out->values[i] = scalar_operation(node.binary_op, out->values[i], other->values[i]);
    return out;
  }
  if (right_scalar) {
    auto vector = TRY(eval(left, grid));
    const auto scalar = TRY(scalar_argument(right, grid));
    return vector_scalar(node, std::move(vector), scalar, false);
  }
  if (left_scalar) {
    const auto scalar = TRY(scalar_argument(left, grid));
    auto vector = TRY(eval(right, grid));
    return vector_scalar(node, std::move(vector), scalar, true);
  }
  auto left_frame = TRY(eval(left, grid));
  auto right_frame = TRY(eval(right, grid));
  switch (node.binary_op) {
    case BinaryOp::land:
    case BinaryOp::lor:
    case BinaryOp::lunless: return vector_set(node, std::move(left_frame), std::move(right_frame));
    default: return vector_vector(node, *left_frame, *right_frame);
  }
}

Result<FramePtr> Evaluator::vector_scalar(const Node& node, FramePtr vector,
                                          std::span<const double> scalar, bool swapped) {
  const auto op = node.binary_op;
  auto frame = own(std::move(vector));
  const auto steps = frame->steps();
  const bool comparison = is_comparison(op);
  const bool plain = !comparison && op != BinaryOp::trim_upper && op != BinaryOp::trim_lower;
  for (std::size_t row = 0; row < frame->rows(); ++row) {
    const bool histograms = frame->has_histograms(row);
    if (plain && !histograms) {
      arithmetic(op, frame->row_values(row), scalar, swapped);
      continue;
    }
    const auto values = frame->row_values(row);
    const auto cells = frame->row_cells(row);
    for (std::size_t i = 0; i < steps; ++i) {
      if (cells[i] == Cell::absent) continue;
      const bool histogram = cells[i] == Cell::histogram;
      if (!histogram && comparison) {  // the vector's own value stays, on whichever side it is
        const bool keep = scalar_operation(op, swapped ? scalar[i] : values[i],
                                           swapped ? values[i] : scalar[i]) != 0;
        if (node.return_bool) {
          values[i] = keep;
        } else if (!keep) {
          cells[i] = Cell::absent;
        }
        continue;
      }
      const auto own_histogram = histogram ? frame->histogram(row, i) : nullptr;
      const auto result =
          swapped
              ? cell_operation(op, scalar[i], nullptr, values[i], own_histogram, node.pos, notes_)
              : cell_operation(op, values[i], own_histogram, scalar[i], nullptr, node.pos, notes_);
      if (!result || (!result->keep && !node.return_bool)) {
        cells[i] = Cell::absent;
      } else if (node.return_bool) {
        values[i] = result->keep;
        cells[i] = Cell::number;
      } else if (result->histogram) {
        frame->histograms[row][i] = result->histogram;
        cells[i] = Cell::histogram;
      } else {
        values[i] = result->value;
        cells[i] = Cell::number;
      }
    }
  }
  if (!plain || !frame->histograms.empty()) frame->drop_empty_rows();
  if (changes_meaning(op) || node.return_bool) frame = TRY(drop_names(std::move(frame), true));
  TRY(account(*frame));
  return frame;
}

Result<FramePtr> Evaluator::vector_set(const Node& node, FramePtr left, FramePtr right) {
  const auto steps = left->steps();
  const Signatures signatures(node.matching, left->labels, right->labels);
  const auto presence = [&](const Frame& frame, std::span<const std::uint32_t> of) {
    std::vector<std::uint8_t> out(signatures.count * steps);
    for (std::size_t row = 0; row < frame.rows(); ++row) {
      auto* const at = out.data() + of[row] * steps;
      const auto cells = frame.row_cells(row);
      for (std::size_t i = 0; i < steps; ++i) at[i] |= cells[i] != Cell::absent;
    }
    return out;
  };
  // Blanks the cells of a frame where the other side's signature is (or is not) present.
  const auto mask = [&](Frame& frame, std::span<const std::uint32_t> of,
                        std::span<const std::uint8_t> other, bool keep_if) {
    for (std::size_t row = 0; row < frame.rows(); ++row) {
      const auto* const at = other.data() + of[row] * steps;
      const auto cells = frame.row_cells(row);
      for (std::size_t i = 0; i < steps; ++i)
        if ((at[i] != 0) != keep_if) cells[i] = Cell::absent;
    }
    frame.drop_empty_rows();
  };
  if (node.binary_op != BinaryOp::lor) {
    const auto there = presence(*right, signatures.right);
    auto out = own(std::move(left));
    mask(*out, signatures.left, there, node.binary_op == BinaryOp::land);
    TRY(account(*out));
    return out;
  }
  const auto there = presence(*left, signatures.left);
  auto others = own(std::move(right));
  mask(*others, signatures.right, there, false);
  auto out = own(std::move(left));
  if (others->rows() > 0) {
    out->histograms.resize(out->histograms.empty() && others->histograms.empty() ? 0 : out->rows());
    for (std::size_t row = 0; row < others->rows(); ++row) {
      const auto added = out->add_row(others->labels[row], others->drop_name[row] != 0);
      for (std::size_t i = 0; i < steps; ++i)
        if (others->present(row, i)) out->copy_cell(added, i, *others, row, i);
    }
    TRY(merge_same_labels(*out));
  }
  out->ordered = false;
  TRY(account(*out));
  return out;
}

}  // namespace pharos::query

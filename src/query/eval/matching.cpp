// Binary operators between two vectors.
#include "query/eval/matching.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

using promql::BinaryOp;
using promql::Cardinality;

Labels matching_labels(const promql::VectorMatching& matching, const Labels& labels) {
  if (matching.on) return labels.keep(matching.labels);
  auto names = matching.labels;
  names.emplace_back(kMetricName);
  return labels.remove(names);
}

Signatures::Signatures(const promql::VectorMatching& matching, const LabelColumn& left_labels,
                       const LabelColumn& right_labels) {
  std::unordered_map<Labels, std::uint32_t> numbers;
  const auto number = [&](const LabelColumn& labels, std::vector<std::uint32_t>& out) {
    // Grouping is by the same labels, and a selection knows a faster way.
    const auto groups = labels.group(matching.labels, !matching.on);
    std::vector<std::uint32_t> of_group(groups.labels.size());
    for (std::size_t g = 0; g < groups.labels.size(); ++g)
      of_group[g] =
          numbers.try_emplace(groups.labels[g], static_cast<std::uint32_t>(numbers.size()))
              .first->second;
    out.resize(labels.size());
    for (std::size_t row = 0; row < labels.size(); ++row) out[row] = of_group[groups.group_of[row]];
  };
  number(left_labels, left);
  number(right_labels, right);
  count = numbers.size();
}

namespace {

// Result rows by label set. The same labels may come from several pairs, at different steps.
class Results {
 public:
  explicit Results(const Grid& grid) : frame_(std::make_shared<Frame>()) { frame_->grid = grid; }
  Frame& frame() { return *frame_; }
  FramePtr take() { return std::move(frame_); }
  std::size_t row(const Labels& labels, bool drop_name) {
    const auto [at, fresh] = rows_.try_emplace(labels, frame_->rows());
    if (fresh) frame_->add_row(labels, drop_name);
    return at->second;
  }
  Status set(std::size_t row, std::size_t step, const CellResult& result) {
    if (frame_->present(row, step)) return execution_error(std::string(kSameLabelset));
    if (result.histogram) {
      frame_->set_histogram(row, step, result.histogram);
    } else {
      frame_->values[row * frame_->steps() + step] = result.value;
      frame_->cells[row * frame_->steps() + step] = Cell::number;
    }
    return {};
  }

 private:
  FramePtr frame_;
  std::unordered_map<Labels, std::size_t> rows_;
};

// One operation; `many` is the side that may have several series per signature (the left one unless
// group_right swapped them).
class VectorOperation {
 public:
  VectorOperation(const promql::Node& node, const Frame& many, const Frame& one, bool delayed,
                  Notes& notes)
      : node_(node),
        matching_(node.matching),
        many_(many),
        one_(one),
        delayed_(delayed),
        notes_(notes),
        results_(many.grid),
        swapped_(matching_.card == Cardinality::one_to_many) {}

  Result<FramePtr> run() {
    const Signatures signatures(matching_, many_.labels, one_.labels);
    std::vector<std::vector<std::uint32_t>> many_of(signatures.count), one_of(signatures.count);
    for (std::size_t row = 0; row < many_.rows(); ++row)
      many_of[signatures.left[row]].push_back(static_cast<std::uint32_t>(row));
    for (std::size_t row = 0; row < one_.rows(); ++row)
      one_of[signatures.right[row]].push_back(static_cast<std::uint32_t>(row));
    // Signatures in order of first appearance, so that answers and errors are the same every time.
    for (std::size_t s = 0; s < signatures.count; ++s) TRY(signature(many_of[s], one_of[s]));
    auto out = results_.take();
    out->drop_empty_rows();
    return out;
  }

 private:
  Status signature(const std::vector<std::uint32_t>& many, const std::vector<std::uint32_t>& ones) {
    TRY(check_ones(ones));
    if (many.empty() && !matching_.fill_left) return {};
    if (ones.empty() && !matching_.fill_right) return {};
    const bool single = many.size() == 1 && ones.size() == 1;
    if (single && !matching_.fill_left && !matching_.fill_right) {
      Pair pair;
      for (std::size_t i = 0; i < many_.steps(); ++i)
        if (many_.present(many[0], i) && one_.present(ones[0], i))
          TRY(operate(pair, many[0], ones[0], i));
      return {};
    }
    return steps(many, ones);
  }

  // Two series of the "one" side at the same step are an error, whether they meet anything or not.
  Status check_ones(const std::vector<std::uint32_t>& ones) const {
    if (ones.size() < 2) return {};
    for (std::size_t i = 0; i < one_.steps(); ++i) {
      std::optional<std::uint32_t> seen;
      for (const auto row : ones) {
        if (!one_.present(row, i)) continue;
        if (seen) {
          // Prometheus looks at the right side only where both sides have something at this step.
          if (!any_present(many_, i) && !matching_.fill_left && !matching_.fill_right) break;
          const auto& labels = one_.labels[row];
          return execution_error(
              "found duplicate series for the match group " +
              matching_labels(matching_, labels).to_string() + " on the " +
              (swapped_ ? "left" : "right") + " hand-side of the operation: [" +
              labels.to_string() + ", " + one_.labels[*seen].to_string() +
              "];many-to-many matching not allowed: matching labels must be unique on one side");
        }
        seen = row;
      }
    }
    return {};
  }

  static bool any_present(const Frame& frame, std::size_t step) {
    for (std::size_t row = 0; row < frame.rows(); ++row)
      if (frame.present(row, step)) return true;
    return false;
  }

  struct Pair {  // the result row of a pair of series, once it is known
    std::optional<std::size_t> row;
    Labels labels;
    bool labelled = false;
  };

  Status steps(const std::vector<std::uint32_t>& many, const std::vector<std::uint32_t>& ones) {
    constexpr auto kFilled = ~std::uint32_t{0};
    std::unordered_map<std::uint64_t, Pair> pairs;
    const auto pair = [&](std::uint32_t m, std::uint32_t o) -> Pair& {
      return pairs[std::uint64_t{m} << 32 | o];
    };
    for (std::size_t i = 0; i < many_.steps(); ++i) {
      std::optional<std::uint32_t> one;
      for (const auto row : ones)
        if (one_.present(row, i)) one = row;
      bool matched = false;
      std::unordered_set<Labels> inserted;
      const auto meet = [&](std::uint32_t m, std::uint32_t o) -> Status {
        auto& met = pair(m, o);
        label(met, m, o);
        if (matching_.card == Cardinality::one_to_one) {
          if (matched)
            return execution_error(
                "multiple matches for labels: many-to-one matching must be explicit "
                "(group_left/group_right)");
        } else if (many.size() > 1 && !inserted.insert(met.labels).second) {
          return execution_error(
              "multiple matches for labels: grouping labels must ensure unique matches");
        }
        matched = true;
        return operate(met, m, o, i);
      };
      for (const auto row : many) {
        if (!many_.present(row, i)) continue;
        if (one) {
          TRY(meet_checked(meet, row, *one, i));
        } else if (matching_.fill_right) {
          TRY(meet_checked(meet, row, kFilled, i));
        }
      }
      if (one && !matched && matching_.fill_left) TRY(meet(kFilled, *one));
    }
    return {};
  }

  // Samples that do not go together are left out before they count as a match.
  template <class Meet>
  Status meet_checked(Meet& meet, std::uint32_t m, std::uint32_t o, std::size_t step) {
    if (!compute(m, o, step)) return {};
    return meet(m, o);
  }

  std::optional<CellResult> compute(std::uint32_t m, std::uint32_t o, std::size_t step) {
    double left = fill_of(true), right = fill_of(false);
    HistogramPtr left_histogram, right_histogram;
    sample(many_, m, step, left, left_histogram);
    sample(one_, o, step, right, right_histogram);
    if (swapped_) {
      std::swap(left, right);
      std::swap(left_histogram, right_histogram);
    }
    return cell_operation(node_.binary_op, left, left_histogram, right, right_histogram, node_.pos,
                          notes_);
  }
  double fill_of(bool many) const {
    return (many ? matching_.fill_left : matching_.fill_right).value_or(0);
  }
  static void sample(const Frame& frame, std::uint32_t row, std::size_t step, double& value,
                     HistogramPtr& histogram) {
    if (row == ~std::uint32_t{0}) return;
    const auto at = row * frame.steps() + step;
    if (frame.cells[at] == Cell::histogram) {
      histogram = frame.histogram(row, step);
      value = 0;
    } else {
      value = frame.values[at];
    }
  }

  void label(Pair& pair, std::uint32_t m, std::uint32_t o) {
    if (pair.labelled) return;
    constexpr auto kFilled = ~std::uint32_t{0};
    const Labels many = m == kFilled ? matching_labels(matching_, one_.labels[o]) : many_.labels[m];
    const Labels one = o == kFilled ? matching_labels(matching_, many_.labels[m]) : one_.labels[o];
    pair.labels = result_labels(many, one);
    pair.labelled = true;
  }

  Labels result_labels(const Labels& many, const Labels& one) const {
    Labels out = many;
    if (changes_meaning(node_.binary_op) || (!delayed_ && node_.return_bool))
      out = without_metadata(out);
    if (matching_.card == Cardinality::one_to_one)
      out = matching_.on ? out.keep(matching_.labels) : out.remove(matching_.labels);
    for (const auto& name : matching_.include) out = out.with(name, one.get(name));
    return out;
  }

  Status operate(Pair& pair, std::uint32_t m, std::uint32_t o, std::size_t step) {
    auto result = compute(m, o, step);
    if (!result) return {};
    if (node_.return_bool) {
      result->histogram = nullptr;
      result->value = result->keep;
    } else if (!result->keep) {
      return {};
    }
    if (!pair.row) {
      label(pair, m, o);
      const bool was_dropped = m != ~std::uint32_t{0} && many_.drop_name[m] != 0;
      pair.row = results_.row(pair.labels, was_dropped || (node_.return_bool && delayed_));
    }
    return results_.set(*pair.row, step, *result);
  }

  const promql::Node& node_;
  const promql::VectorMatching& matching_;
  const Frame &many_, &one_;
  bool delayed_;
  Notes& notes_;
  Results results_;
  bool swapped_;
};

}  // namespace

Result<FramePtr> Evaluator::vector_vector(const Node& node, const Frame& left, const Frame& right) {
  const bool swapped = node.matching.card == Cardinality::one_to_many;
  auto out = TRY(VectorOperation(node, swapped ? right : left, swapped ? left : right,
                                 settings_.delayed_name_removal, notes_)
                     .run());
  TRY(account(*out));
  return out;
}

}  // namespace pharos::query

// Functions that look at labels only: label_replace, label_join, sort*, absent.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

using promql::NodeKind;

namespace {

const std::string& text_argument(const promql::Node& call, std::size_t i) {
  return bare(*call.children[i]).text;
}

// Digits as numbers, the rest as bytes: "a2" before "a10".
bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  // Pieces of digits and of other bytes, in turn.
  std::size_t i = 0, k = 0;
  while (i < a.size() && k < b.size()) {
    const bool a_digits = digit(a[i]), b_digits = digit(b[k]);
    auto i_end = i, k_end = k;
    while (i_end < a.size() && digit(a[i_end]) == a_digits) ++i_end;
    while (k_end < b.size() && digit(b[k_end]) == b_digits) ++k_end;
    const auto x = a.substr(i, i_end - i), y = b.substr(k, k_end - k);
    if (x != y) {
      if (!a_digits || !b_digits) return x < y;
      const auto strip = [](std::string_view s) {
        const auto at = s.find_first_not_of('0');
        return at == s.npos ? std::string_view{} : s.substr(at);
      };
      const auto p = strip(x), q = strip(y);
      if (p.size() != q.size()) return p.size() < q.size();
      if (p != q) return p < q;  // "01" and "1" are the same number: what follows decides
    }
    i = i_end, k = k_end;
  }
  return a.size() - i < b.size() - k;
}

}  // namespace

Labels labels_for_absent(const promql::Node& argument) {
  const auto* node = &bare(argument);
  if (node->kind == NodeKind::matrix_selector) node = &bare(*node->children[0]);
  if (node->kind != NodeKind::selector) return {};
  // The first equality of a name counts; whatever else is said about the name takes it away again.
  LabelsBuilder builder;
  std::unordered_set<std::string> seen;
  for (const auto& matcher : node->matchers) {
    if (matcher.name() == kMetricName) continue;
    if (matcher.op() == MatchOp::equal && seen.insert(matcher.name()).second) {
      builder.set(matcher.name(), matcher.value());
    } else {
      builder.remove(matcher.name());
    }
  }
  return builder.build();
}

Result<FramePtr> Evaluator::eval_absent(const Node& call, const Grid& grid) {
  const auto input = TRY(eval(*call.children[0], grid));
  std::vector<std::uint8_t> present(grid.count);
  for (std::size_t row = 0; row < input->rows(); ++row) {
    const auto cells = input->row_cells(row);
    for (std::size_t i = 0; i < grid.count; ++i) present[i] |= cells[i] != Cell::absent;
  }
  auto frame = std::make_shared<Frame>();
  frame->grid = grid;
  if (std::ranges::find(present, 0) == present.end()) return frame;
  const auto row = frame->add_row(labels_for_absent(*call.children[0]), false);
  for (std::size_t i = 0; i < grid.count; ++i) {
    if (present[i]) continue;
    frame->values[row * grid.count + i] = 1;
    frame->cells[row * grid.count + i] = Cell::number;
  }
  return frame;
}

bool Evaluator::valid_label_name(std::string_view name) const {
  return settings_.legacy_label_names ? is_legacy_label_name(name) : !name.empty() && is_utf8(name);
}

Result<FramePtr> Evaluator::call_label(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  if (name != "label_replace" && name != "label_join") {
    known = false;
    return FramePtr{};
  }
  const auto& target = text_argument(call, 1);
  FramePtr frame;
  if (name == "label_replace") {
    const auto &replacement = text_argument(call, 2), &from = text_argument(call, 3),
               &pattern = text_argument(call, 4);
    const auto regex = Regex::compile("(?s:" + pattern + ")");
    if (!regex) return execution_error("invalid regular expression in label_replace(): " + pattern);
    if (!valid_label_name(target))
      return execution_error("invalid destination label name in label_replace(): " + target);
    auto input = TRY(eval(*call.children[0], grid));
    frame = own(std::move(input));
    for (std::size_t row = 0; row < frame->rows(); ++row) {
      const Labels labels = frame->labels[row];
      if (const auto value = regex->expand(labels.get(from), replacement)) {
        frame->labels.set(row, labels.with(target, *value));
        if (target == kMetricName) frame->drop_name[row] = 0;
      }
    }
  } else {
    const auto& separator = text_argument(call, 2);
    for (std::size_t i = 3; i < call.children.size(); ++i)
      if (!valid_label_name(text_argument(call, i)))
        return execution_error("invalid source label name in label_join(): " +
                               text_argument(call, i));
    if (!valid_label_name(target))
      return execution_error("invalid destination label name in label_join(): " + target);
    auto input = TRY(eval(*call.children[0], grid));
    frame = own(std::move(input));
    for (std::size_t row = 0; row < frame->rows(); ++row) {
      const Labels labels = frame->labels[row];
      std::string joined;
      for (std::size_t i = 3; i < call.children.size(); ++i) {
        if (i > 3) joined += separator;
        joined += labels.get(text_argument(call, i));
      }
      frame->labels.set(row, labels.with(target, joined));
      if (target == kMetricName) frame->drop_name[row] = 0;
    }
  }
  TRY(merge_same_labels(*frame));
  TRY(account(*frame));
  return frame;
}

Result<FramePtr> Evaluator::call_sort(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  const bool by_value = name == "sort" || name == "sort_desc";
  const bool by_label = name == "sort_by_label" || name == "sort_by_label_desc";
  if (!by_value && !by_label) {
    known = false;
    return FramePtr{};
  }
  auto input = TRY(eval(*call.children[0], grid));
  auto frame = own(std::move(input));
  if (by_value && !frame->histograms.empty()) {
    for (auto& cell : frame->cells)
      if (cell == Cell::histogram) cell = Cell::absent;
    frame->histograms.clear();
    frame->drop_empty_rows();
  }
  if (grid.count != 1) return frame;  // a range query orders by labels
  const bool descending = name.ends_with("_desc");
  std::vector<std::uint32_t> order(frame->rows());
  std::iota(order.begin(), order.end(), 0u);
  if (by_value) {
    std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
      const double x = frame->values[a], y = frame->values[b];
      if (std::isnan(x) || std::isnan(y))
        return !std::isnan(x) && std::isnan(y);  // NaN last either way
      return descending ? x > y : x < y;
    });
  } else {
    std::vector<std::string> names;
    for (std::size_t i = 1; i < call.children.size(); ++i) names.push_back(text_argument(call, i));
    std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
      const Labels &x = frame->labels[descending ? b : a], &y = frame->labels[descending ? a : b];
      for (const auto& label : names) {
        const auto p = x.get(label), q = y.get(label);
        if (p != q) return natural_less(p, q);
      }
      return (x <=> y) < 0;
    });
  }
  frame->keep(order);
  frame->ordered = true;
  return frame;
}

}  // namespace pharos::query

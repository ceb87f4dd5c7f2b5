// count_values: how many series of a group have each value.
#include <algorithm>
#include <unordered_map>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

Result<FramePtr> Evaluator::aggregate_values(const Node& node, const Frame& input) {
  const auto& label = bare(*node.children.front()).text;
  if (!valid_label_name(label)) return execution_error("invalid label name " + go_quote(label));
  auto names = node.grouping;
  if (!node.without) names.push_back(label);
  if (node.without) names.emplace_back(kMetricName);

  auto frame = std::make_shared<Frame>();
  frame->grid = input.grid;
  std::unordered_map<Labels, std::size_t> rows;
  for (std::size_t row = 0; row < input.rows(); ++row) {
    // Neighbouring steps mostly hold the same value: its group is looked up once.
    std::string last_text;
    std::size_t last_row = 0;
    bool known = false;
    for (std::size_t step = 0; step < input.steps(); ++step) {
      if (!input.present(row, step)) continue;
      const auto at = row * input.steps() + step;
      auto text = input.cells[at] == Cell::histogram ? input.histogram(row, step)->to_string()
                                                     : go_float_plain(input.values[at]);
      if (!known || text != last_text) {
        const auto labelled = input.labels[row].with(label, text);
        auto key = node.without ? labelled.remove(names) : labelled.keep(names);
        const auto [entry, fresh] = rows.try_emplace(std::move(key), frame->rows());
        if (fresh) frame->add_row(entry->first, false);
        last_row = entry->second;
        last_text = std::move(text);
        known = true;
      }
      frame->values[last_row * frame->steps() + step] += 1;
      frame->cells[last_row * frame->steps() + step] = Cell::number;
    }
  }
  TRY(account(*frame));
  return frame;
}

}  // namespace pharos::query

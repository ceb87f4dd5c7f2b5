#include "query/eval/evaluator.hpp"

#include <algorithm>
#include <unordered_map>

#include "query/eval/reset_hints.hpp"
#include "query/histogram_math.hpp"

namespace pharos::query {

using promql::AggregateOp;
using promql::BinaryOp;
using promql::NodeKind;
using promql::ValueType;

const promql::Node& bare(const promql::Node& node) {
  const promql::Node* at = &node;
  while (at->kind == NodeKind::paren || at->kind == NodeKind::step_invariant)
    at = at->children[0].get();
  return *at;
}

std::unexpected<Error> execution_error(std::string message) {
  return fail(Errc::conflict, std::move(message));
}

Evaluator::Evaluator(EvaluationSettings settings, std::string_view text, Querier& querier,
                     ThreadPool* pool, Control& control, SharedResults* common)
    : settings_(settings),
      text_(text),
      querier_(querier),
      pool_(pool),
      control_(control),
      common_(common) {
  if (!settings_.per_step_stats) return;
  const auto steps =
      settings_.instant ? 1 : (settings_.end_ms - settings_.start_ms) / settings_.step_ms + 1;
  per_step_ = std::vector<std::atomic<std::uint64_t>>(static_cast<std::size_t>(steps));
}

std::vector<std::uint64_t> Evaluator::samples_per_step() const {
  std::vector<std::uint64_t> out;
  out.reserve(per_step_.size());
  for (const auto& n : per_step_) out.push_back(n.load(std::memory_order_relaxed));
  return out;
}

// ---- sharing
// -------------------------------------------------------------------------------------

namespace {

bool any_of_tree(const promql::Node& node, const std::unordered_set<const promql::Node*>& wanted) {
  return wanted.contains(&node) || std::ranges::any_of(node.children, [&](const auto& child) {
           return child && any_of_tree(*child, wanted);
         });
}

}  // namespace

// The canonical text, the text as written (notes shift by it), and how histograms are to be read.
std::string Evaluator::share_key(const Node& node) const {
  auto key = promql::to_string(node);
  if (node.pos.end <= text_.size())
    key.append("\n").append(text_.substr(node.pos.begin, node.pos.end - node.pos.begin));
  if (any_of_tree(node, statistics_selectors_)) key += "\nstatistics";
  return key;
}

void Evaluator::count_shared(const Node& node) {
  if (worth_sharing(node)) ++occurrences_[share_key(node)];
  for (const auto& child : node.children)
    if (child) count_shared(*child);
}

Result<FramePtr> Evaluator::eval(const Node& node, const Grid& grid) {
  TRY(control_.check());
  if ((occurrences_.empty() && common_ == nullptr) || !worth_sharing(node))
    return eval_node(node, grid);
  auto key = share_key(node);
  const auto count = occurrences_.find(key);
  const bool here = count != occurrences_.end() && count->second >= 2;
  const bool elsewhere = common_ != nullptr && common_->plan().wants(promql::to_string(node));
  if (!here && !elsewhere) return eval_node(node, grid);
  key += "\n" + std::to_string(grid.start_ms) + "/" + std::to_string(grid.step_ms) + "/" +
         std::to_string(grid.count);
  if (const auto known = shared_.find(key); known != shared_.end()) {
    notes_.merge(known->second.notes, static_cast<std::int64_t>(node.pos.begin) -
                                          static_cast<std::int64_t>(known->second.begin));
    return known->second.frame;
  }
  if (elsewhere) {
    if (const auto* known = common_->find(key)) {
      notes_.merge(*known->notes, static_cast<std::int64_t>(node.pos.begin) -
                                      static_cast<std::int64_t>(known->begin));
      auto frame = copy(*known->frame);
      TRY(account(*frame));
      if (here) shared_[key] = {frame, *known->notes, node.pos.begin};
      return frame;
    }
  }
  Notes outer = std::move(notes_);
  notes_ = {};
  auto result = eval_node(node, grid);
  Notes inner = std::move(notes_);
  notes_ = std::move(outer);
  notes_.merge(inner);
  if (result && elsewhere)
    common_->keep(key, {copy(**result), std::make_unique<Notes>(inner), node.pos.begin});
  if (result && here) shared_[key] = {*result, std::move(inner), node.pos.begin};
  return result;
}

FramePtr Evaluator::copy(const Frame& frame) {
  auto out = std::make_shared<Frame>();
  out->grid = frame.grid;
  out->labels = frame.labels;
  out->drop_name = frame.drop_name;
  out->values = frame.values;
  out->cells = frame.cells;
  out->histograms = frame.histograms;
  out->ordered = frame.ordered;
  return out;
}

FramePtr Evaluator::own(FramePtr frame) const {
  return frame.use_count() == 1 ? frame : copy(*frame);
}

Status Evaluator::account(Frame& frame) {
  std::uint64_t samples = frame.samples();
  for (const auto& row : frame.histograms)
    for (const auto& h : row)
      if (h) samples += sample_weight(*h) - 1;
  frame.charge = {};
  return frame.charge.take(control_, samples,
                           frame.values.size() * (sizeof(double) + sizeof(Cell)));
}

// ---- running
// -------------------------------------------------------------------------------------

Result<FramePtr> Evaluator::run(const Node& root, const Grid& grid) {
  Charge charge;
  TRY(charge.take(control_, 0, grid.count * kBytesPerStep));
  statistics_selectors_ = statistics_selectors(root);
  count_shared(root);
  std::erase_if(occurrences_, [](const auto& entry) { return entry.second < 2; });
  auto result = TRY(eval(root, grid));
  auto frame = own(std::move(result));
  const bool drops = std::ranges::any_of(frame->drop_name, [](auto drop) { return drop != 0; });
  if (drops) {
    for (std::size_t row = 0; row < frame->rows(); ++row)
      if (frame->drop_name[row]) frame->labels.set(row, without_metadata(frame->labels[row]));
    std::ranges::fill(frame->drop_name, 0);
  }
  // Every operation keeps label sets apart; only taking names away can make two of them equal.
  if (drops) TRY(merge_same_labels(*frame));
  return frame;
}

Result<FramePtr> Evaluator::eval_node(const Node& node, const Grid& grid) {
  switch (node.kind) {
    case NodeKind::number: return scalar_frame(grid, node.number);
    case NodeKind::paren: return eval(*node.children[0], grid);
    case NodeKind::step_invariant: {
      const auto& inner = *node.children[0];
      if (grid.count == 1) return eval(inner, grid);
      auto one = TRY(eval(inner, Grid{grid.start_ms, grid.step_ms, 1}));
      return repeat(std::move(one), grid);
    }
    case NodeKind::selector: {
      auto rows = TRY(instant_source(node, grid, Sample::value, {}));
      return materialise(*rows);
    }
    case NodeKind::unary: return eval_unary(node, grid);
    case NodeKind::binary: return eval_binary(node, grid);
    case NodeKind::call: return eval_call(node, grid);
    case NodeKind::aggregate: return eval_aggregate(node, grid);
    case NodeKind::string:
    case NodeKind::matrix_selector:
    case NodeKind::subquery:
    case NodeKind::duration: break;
  }
  return fail(Errc::internal,
              "expression cannot be evaluated as a vector: " + promql::to_string(node));
}

FramePtr Evaluator::scalar_frame(const Grid& grid, double value) const {
  auto frame = std::make_shared<Frame>();
  frame->grid = grid;
  frame->labels.push_back({});
  frame->drop_name.assign(1, 0);
  frame->values.assign(grid.count, value);
  frame->cells.assign(grid.count, Cell::number);
  return frame;
}

Result<FramePtr> Evaluator::repeat(FramePtr one, const Grid& grid) {
  auto frame = std::make_shared<Frame>();
  frame->grid = grid;
  frame->labels = one->labels;
  frame->drop_name = one->drop_name;
  const auto rows = one->rows();
  frame->values.resize(rows * grid.count);
  frame->cells.resize(rows * grid.count);
  for (std::size_t row = 0; row < rows; ++row) {
    std::ranges::fill(frame->row_values(row), one->values[row]);
    std::ranges::fill(frame->row_cells(row), one->cells[row]);
    if (one->has_histograms(row)) {
      frame->histograms.resize(rows);
      frame->histograms[row].assign(grid.count, one->histogram(row, 0));
    }
  }
  TRY(account(*frame));
  return frame;
}

Result<FramePtr> Evaluator::eval_unary(const Node& node, const Grid& grid) {
  auto frame = TRY(eval(*node.children[0], grid));
  if (node.binary_op != BinaryOp::sub) return frame;
  frame = own(std::move(frame));
  for (std::size_t i = 0; i < frame->values.size(); ++i) frame->values[i] = -frame->values[i];
  for (auto& row : frame->histograms) {
    for (auto& h : row) {
      if (!h) continue;
      auto negative = *h;
      negative.integer = false;
      multiply(negative, -1);
      h = std::make_shared<const Histogram>(std::move(negative));
    }
  }
  if (node.type == ValueType::scalar) return frame;
  return drop_names(std::move(frame), true);
}

Result<FramePtr> Evaluator::drop_names(FramePtr frame, bool overlap_allowed) {
  if (settings_.delayed_name_removal) {
    std::ranges::fill(frame->drop_name, 1);
    return frame;
  }
  for (std::size_t row = 0; row < frame->rows(); ++row)
    frame->labels.set(row, without_metadata(frame->labels[row]));
  if (overlap_allowed) {
    TRY(merge_same_labels(*frame));
  } else {
    std::unordered_map<Labels, std::size_t> seen;
    for (std::size_t row = 0; row < frame->rows(); ++row)
      if (!seen.try_emplace(frame->labels[row], row).second)
        return execution_error(std::string(kSameLabelset));
  }
  return frame;
}

Status Evaluator::merge_same_labels(Frame& frame) const {
  if (frame.rows() < 2) return {};
  std::unordered_map<Labels, std::uint32_t> seen;
  seen.reserve(frame.rows());
  std::vector<std::uint32_t> kept;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const auto [at, fresh] = seen.try_emplace(frame.labels[row], static_cast<std::uint32_t>(row));
    if (fresh) {
      kept.push_back(static_cast<std::uint32_t>(row));
      continue;
    }
    for (std::size_t step = 0; step < frame.steps(); ++step) {
      if (!frame.present(row, step)) continue;
      if (frame.present(at->second, step)) return execution_error(std::string(kSameLabelset));
      frame.copy_cell(at->second, step, frame, row, step);
    }
  }
  if (kept.size() != frame.rows()) frame.keep(kept);
  return {};
}

// ---- rows
// ----------------------------------------------------------------------------------------

namespace {

// The rows of a frame that exists.
class FrameRows final : public RowSource {
 public:
  explicit FrameRows(FramePtr frame) : frame_(std::move(frame)) {
    grid = frame_->grid;
    labels = frame_->labels;
  }
  bool drop_name(std::size_t row) const override { return frame_->drop_name[row] != 0; }
  Status read(std::size_t row, Scratch&, Row& out) const override {
    const auto values = frame_->row_values(row);
    const auto cells = frame_->row_cells(row);
    out.values.assign(values.begin(), values.end());
    out.cells.assign(cells.begin(), cells.end());
    out.any = std::ranges::any_of(cells, [](Cell cell) { return cell != Cell::absent; });
    out.histograms.clear();
    if (frame_->has_histograms(row)) out.histograms = frame_->histograms[row];
    return {};
  }

 private:
  FramePtr frame_;
};

std::optional<std::size_t> matrix_argument(const promql::Node& call) {
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    const auto kind = bare(*call.children[i]).kind;
    if (kind == NodeKind::matrix_selector || kind == NodeKind::subquery) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<RowSource>> Evaluator::source(const Node& node, const Grid& grid) {
  TRY(control_.check());
  // Invariant parts and shared ones exist as frames; everything else that reads series is streamed.
  const Node* at = &node;
  while (at->kind == NodeKind::paren) at = at->children[0].get();
  const bool shared =
      worth_sharing(*at) &&
      ((!occurrences_.empty() && occurrences_.contains(share_key(*at))) ||
       (common_ != nullptr && common_->plan().wants(promql::to_string(*at))));
  if (!shared && at->kind == NodeKind::selector)
    return instant_source(*at, grid, Sample::value, {});
  if (!shared && at->kind == NodeKind::call && at->function->name != "absent_over_time") {
    if (const auto matrix = matrix_argument(*at)) return range_call_source(*at, *matrix, grid);
  }
  auto frame = TRY(eval(*at, grid));
  return frame_rows(std::move(frame));
}

std::unique_ptr<RowSource> Evaluator::frame_rows(FramePtr frame) {
  return std::make_unique<FrameRows>(std::move(frame));
}

Result<FramePtr> Evaluator::materialise(RowSource& source) {
  const auto n = source.labels.size();
  const auto steps = source.grid.count;
  auto frame = std::make_shared<Frame>();
  frame->grid = source.grid;
  Charge working;
  TRY(working.take(control_, 0, n * steps * (sizeof(double) + sizeof(Cell))));
  frame->values.resize(n * steps);
  frame->cells.resize(n * steps);
  frame->drop_name.resize(n);
  std::vector<std::uint8_t> any(n);
  std::vector<std::vector<HistogramPtr>> histograms(n);
  TRY(for_chunks(n, rows_per_task(source),
                 [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
                   for (auto row = begin; row < end; ++row) {
                     TRY(source.read(row, scratch, scratch.row));
                     frame->drop_name[row] = source.drop_name(row);
                     if (!scratch.row.any) continue;
                     any[row] = 1;
                     std::ranges::copy(scratch.row.values, frame->row_values(row).begin());
                     std::ranges::copy(scratch.row.cells, frame->row_cells(row).begin());
                     if (!scratch.row.histograms.empty())
                       histograms[row] = std::move(scratch.row.histograms);
                   }
                   return {};
                 }));
  source.finish(notes_);
  frame->labels = source.labels;
  if (std::ranges::any_of(histograms, [](const auto& row) { return !row.empty(); }))
    frame->histograms = std::move(histograms);
  std::vector<std::uint32_t> kept;
  for (std::size_t row = 0; row < n; ++row)
    if (any[row]) kept.push_back(static_cast<std::uint32_t>(row));
  if (kept.size() != n) frame->keep(kept);
  working = {};
  TRY(account(*frame));
  if (!settings_.delayed_name_removal &&
      std::ranges::any_of(frame->drop_name, [](auto d) { return d != 0; })) {
    frame = TRY(drop_names(std::move(frame), false));
    std::ranges::fill(frame->drop_name, 0);
  }
  return frame;
}

Status Evaluator::for_chunks(
    std::size_t n, std::size_t chunk,
    const std::function<Status(std::size_t, std::size_t, Scratch&)>& body) {
  const auto chunks = (n + chunk - 1) / chunk;
  std::vector<Notes> notes(chunks);
  std::vector<Status> results(chunks);
  std::atomic<bool> failed{false};
  const auto one = [&](std::size_t i) {
    if (failed.load(std::memory_order_relaxed)) return;
    std::unique_ptr<Scratch> scratch;
    {
      std::lock_guard lock(scratch_mutex_);
      if (!scratch_.empty()) {
        scratch = std::move(scratch_.back());
        scratch_.pop_back();
      }
    }
    if (!scratch) scratch = std::make_unique<Scratch>();
    scratch->notes = {};
    results[i] = control_.check();
    if (results[i]) results[i] = body(i * chunk, std::min(n, (i + 1) * chunk), *scratch);
    if (!results[i]) failed.store(true, std::memory_order_relaxed);
    notes[i] = std::move(scratch->notes);
    std::lock_guard lock(scratch_mutex_);
    scratch_.push_back(std::move(scratch));
  };
  if (chunks <= 1 || pool_ == nullptr) {
    for (std::size_t i = 0; i < chunks; ++i) one(i);
  } else {
    pool_->parallel_for(chunks, one);
  }
  for (std::size_t i = 0; i < chunks; ++i) {
    TRY(std::move(results[i]));
    notes_.merge(notes[i]);
  }
  return {};
}

Result<std::vector<double>> Evaluator::scalar_argument(const Node& node, const Grid& grid) {
  auto frame = TRY(eval(node, grid));
  return std::vector<double>(frame->values.begin(),
                             frame->values.begin() + static_cast<std::ptrdiff_t>(grid.count));
}

Result<FramePtr> Evaluator::eval_call(const Node& call, const Grid& grid) {
  const auto name = call.function->name;
  if (name == "absent_over_time") return eval_absent_over_time(call, grid);
  if (const auto matrix = matrix_argument(call)) {
    auto rows = TRY(range_call_source(call, *matrix, grid));
    return materialise(*rows);
  }
  if (name == "absent") return eval_absent(call, grid);
  if (name == "info") return eval_info(call, grid);
  using Family = Result<FramePtr> (Evaluator::*)(const Node&, const Grid&, bool&);
  for (const Family family :
       {&Evaluator::call_elementwise, &Evaluator::call_scalar, &Evaluator::call_time,
        &Evaluator::call_label, &Evaluator::call_sort, &Evaluator::call_histogram}) {
    bool known = true;
    auto result = (this->*family)(call, grid, known);
    if (known) return result;
  }
  return fail(Errc::unsupported, "function " + std::string(name) + " is not implemented");
}

}  // namespace pharos::query

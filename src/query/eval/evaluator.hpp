// Evaluates a preprocessed PromQL expression over a grid of times. One per query; its members run
// on the query's thread and hand work to the pool by series.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/threads.hpp"
#include "query/engine.hpp"
#include "query/eval/control.hpp"
#include "query/eval/frame.hpp"
#include "query/eval/notes.hpp"
#include "query/eval/row_source.hpp"
#include "query/eval/shared_results.hpp"
#include "query/promql/ast.hpp"
#include "query/promql/functions.hpp"

namespace pharos::query {

struct EvaluationSettings {
  std::int64_t lookback_ms = 300'000, subquery_step_ms = 60'000;
  bool closed_windows = false, legacy_label_names = false;  // compat 2
  bool histogram_zero = true;  // a rate of histograms does not reach behind the point where their count was zero
  bool delayed_name_removal = true, start_timestamps = true, type_and_unit_labels = true;
  bool instant = false;
  bool per_step_stats = false;
  UnixMillis start_ms = 0, end_ms = 0;  // of the query
  std::int64_t step_ms = 0;
};

class Evaluator {
 public:
  // `common`: what other queries of the same moment have worked out; may be none.
  Evaluator(EvaluationSettings settings, std::string_view text, Querier& querier, ThreadPool* pool,
            Control& control, SharedResults* common = nullptr);

  // Scalars and instant vectors. Names that are to go are gone from the result.
  Result<FramePtr> run(const promql::Node& root, const Grid& grid);
  // An instant query for a range vector: the raw samples.
  Result<Matrix> run_matrix(const promql::Node& root, const Grid& grid);

  const Notes& notes() const { return notes_; }
  std::uint64_t series_selected() const { return series_selected_; }
  Nanos selecting() const { return selecting_; }
  std::vector<std::uint64_t> samples_per_step() const;  // empty unless asked for

 private:
  using Node = promql::Node;

  // evaluator.cpp: dispatch, sharing, literals, unary minus.
  std::string share_key(const Node& node) const;
  void count_shared(const Node& node);
  Result<FramePtr> eval(const Node& node, const Grid& grid);
  Result<FramePtr> eval_node(const Node& node, const Grid& grid);
  Result<FramePtr> eval_unary(const Node& node, const Grid& grid);
  Result<FramePtr> eval_call(const Node& node, const Grid& grid);
  FramePtr scalar_frame(const Grid& grid, double value) const;
  Result<FramePtr> repeat(FramePtr one, const Grid& grid);
  // Rows of a vector expression, lazily where it can be.
  Result<std::unique_ptr<RowSource>> source(const Node& node, const Grid& grid);
  Result<FramePtr> materialise(RowSource& source);
  static std::unique_ptr<RowSource> frame_rows(FramePtr frame);
  Result<std::vector<double>> scalar_argument(const Node& node, const Grid& grid);

  // Runs body(begin, end, scratch) over [0, n) in chunks on the pool; notes come back in order.
  Status for_chunks(std::size_t n, std::size_t chunk,
                    const std::function<Status(std::size_t, std::size_t, Scratch&)>& body);
  // Makes a frame safe to write: copies it when it is shared.
  FramePtr own(FramePtr frame) const;
  static FramePtr copy(const Frame& frame);  // without what it is charged for
  Status account(Frame& frame);
  // The end of an operation that drops names: marks them, or (compat 2) drops them now.
  Result<FramePtr> drop_names(FramePtr frame, bool overlap_allowed);
  // Joins rows of equal labels when they are at different steps; else Prometheus' error.
  Status merge_same_labels(Frame& frame) const;

  // selector.cpp
  Result<std::shared_ptr<const Selection>> select(const Node& selector, UnixMillis from_ms,
                                                  UnixMillis to_ms, std::int64_t range_ms,
                                                  const Grid& grid, std::string_view function);
  std::vector<UnixMillis> reference_times(const Node& selector, const Grid& grid) const;
  enum class Sample { value, time, start_time };
  Result<std::unique_ptr<RowSource>> instant_source(const Node& selector, const Grid& grid,
                                                    Sample what, std::string_view function);
  // range_call.cpp
  Result<std::unique_ptr<RangeSource>> range_source(const Node& node, const Grid& grid,
                                                    std::string_view function, UnixMillis from_ms,
                                                    UnixMillis to_ms);
  Result<std::unique_ptr<RowSource>> range_call_source(const Node& call, std::size_t matrix_index,
                                                       const Grid& grid);
  Result<FramePtr> eval_absent_over_time(const Node& call, const Grid& grid);
  Result<FramePtr> eval_subquery(const Node& subquery, const Grid& grid);

  // aggregate.cpp, aggregate_pick.cpp, aggregate_values.cpp
  Result<FramePtr> eval_aggregate(const Node& node, const Grid& grid);
  Result<FramePtr> aggregate_stream(const Node& node, RowSource& rows);
  Result<FramePtr> aggregate_quantile(const Node& node, const Frame& input,
                                      std::span<const double> parameter);
  Result<FramePtr> aggregate_pick(const Node& node, FramePtr input,
                                  std::span<const double> parameter);
  Result<FramePtr> aggregate_values(const Node& node, const Frame& input);
  Selection::Grouping group_rows(const Node& node, const LabelColumn& labels,
                                 bool names_gone) const;

  // binary.cpp, matching.cpp
  Result<FramePtr> eval_binary(const Node& node, const Grid& grid);
  Result<FramePtr> vector_scalar(const Node& node, FramePtr vector, std::span<const double> scalar,
                                 bool swapped);
  Result<FramePtr> vector_vector(const Node& node, const Frame& left, const Frame& right);
  Result<FramePtr> vector_set(const Node& node, FramePtr left, FramePtr right);

  // functions_*.cpp
  bool valid_label_name(std::string_view name) const;
  Result<FramePtr> call_elementwise(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> call_scalar(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> call_time(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> call_label(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> call_sort(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> call_histogram(const Node& call, const Grid& grid, bool& known);
  Result<FramePtr> eval_absent(const Node& call, const Grid& grid);
  Result<FramePtr> eval_info(const Node& call, const Grid& grid);
  Result<FramePtr> eval_histogram_quantile(const Node& call, const Grid& grid);
  Result<FramePtr> eval_histogram_quantiles(const Node& call, const Grid& grid);
  Result<FramePtr> eval_histogram_fraction(const Node& call, const Grid& grid);
  struct HistogramInput;
  Result<HistogramInput> histogram_input(const Node& vector, const Grid& grid);

  EvaluationSettings settings_;
  std::string_view text_;
  Querier& querier_;
  ThreadPool* pool_;
  Control& control_;
  SharedResults* common_;
  Notes notes_;
  std::uint64_t series_selected_ = 0;
  std::unordered_set<const Node*> statistics_selectors_;
  Nanos selecting_{};
  std::vector<std::atomic<std::uint64_t>>
      per_step_;  // samples looked at, by step of the query; range calls count into it

  // Sub-expressions that occur more than once, by text; the result of the first serves them all.
  struct Shared {
    FramePtr frame;
    Notes notes;
    std::uint32_t begin = 0;
  };
  std::unordered_map<std::string, std::uint32_t> occurrences_;
  std::unordered_map<std::string, Shared> shared_;
  std::unordered_map<std::string, std::shared_ptr<const Selection>> selections_;

  std::mutex scratch_mutex_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // guarded by scratch_mutex_
};

// The expression without parentheses and step-invariance marks around it.
const promql::Node& bare(const promql::Node& node);
// The labels that equality matchers of a selector promise: what absent() returns.
Labels labels_for_absent(const promql::Node& argument);
std::unexpected<Error> execution_error(std::string message);  // Errc::conflict
std::string_view symbol(promql::BinaryOp op);                 // "+", "==", "and", "</"
bool is_comparison(promql::BinaryOp op);
bool changes_meaning(promql::BinaryOp op);  // the result is another metric

// binary_cell.cpp: one operation between two samples.
struct CellResult {
  double value = 0;
  HistogramPtr histogram;
  bool keep = true;
};
double scalar_operation(promql::BinaryOp op, double left, double right);
// Notes what does not go together and returns nothing then.
std::optional<CellResult> cell_operation(promql::BinaryOp op, double left,
                                         const HistogramPtr& left_histogram, double right,
                                         const HistogramPtr& right_histogram, promql::Range pos,
                                         Notes& notes);

inline constexpr std::string_view kSameLabelset =
    "vector cannot contain metrics with the same labelset";

}  // namespace pharos::query

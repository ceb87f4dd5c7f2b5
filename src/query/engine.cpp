#include "query/engine.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>

#include "base/metric.hpp"
#include "query/eval/evaluator.hpp"
#include "query/eval/gate.hpp"
#include "query/promql/preprocess.hpp"

namespace pharos::query {

using promql::NodeKind;
using promql::ValueType;

namespace {

struct Meters {
  Counter ended{"pharos_query_queries_total", "Queries that ended, by outcome.", {"outcome"}};
  Counter done = ended.with({"done"}), failed = ended.with({"failed"}), killed = ended.with({"killed"});
  Counter samples{"pharos_query_samples_total", "Samples looked at by queries."};
  Counter series{"pharos_query_series_total", "Series selected by queries."};
  Distribution seconds{"pharos_query_duration_seconds",
                       "Time from arrival to answer.",
                       {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120}};
};
Meters& meters() {
  static Meters* const meters = new Meters;
  return *meters;
}

constexpr std::size_t kEndedMax = 1'000;
constexpr Nanos kRoutineLong = std::chrono::milliseconds(100);  // a routine query worth remembering

// One query from arrival to answer, as the list shows it.
struct Active {
  QueryRecord record;
  Control control;
  Nanos began{};
  bool routine = false;
};

std::uint64_t rows_max(std::uint64_t limit, std::size_t rows) {
  return limit == 0 ? rows : std::min<std::uint64_t>(limit, rows);
}

Point point_at(const Frame& frame, std::size_t row, std::size_t step) {
  Point point{frame.grid.at(step), frame.row_values(row)[step], nullptr};
  if (frame.row_cells(row)[step] == Cell::histogram) {
    point.histogram = frame.histogram(row, step);
    point.value = 0;
  }
  return point;
}

std::vector<std::uint32_t> label_order(const Frame& frame) {
  std::vector<std::uint32_t> order(frame.rows());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  std::ranges::sort(order,
                    [&](auto a, auto b) { return (frame.labels[a] <=> frame.labels[b]) < 0; });
  return order;
}

Vector to_vector(const Frame& frame, std::uint64_t series_max) {
  Vector out;
  out.series.reserve(rows_max(series_max, frame.rows()));
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (!frame.present(row, 0)) continue;
    if (series_max != 0 && out.series.size() == series_max) break;
    out.series.push_back({frame.labels[row], {point_at(frame, row, 0)}});
  }
  return out;
}

Matrix to_matrix(const Frame& frame, std::uint64_t series_max) {
  Matrix out;
  out.series.reserve(rows_max(series_max, frame.rows()));
  for (const auto row : label_order(frame)) {
    if (series_max != 0 && out.series.size() == series_max) break;
    Series series{frame.labels[row], {}};
    const auto cells = frame.row_cells(row);
    series.points.reserve(static_cast<std::size_t>(
        std::ranges::count_if(cells, [](Cell cell) { return cell != Cell::absent; })));
    for (std::size_t step = 0; step < cells.size(); ++step)
      if (cells[step] != Cell::absent) series.points.push_back(point_at(frame, row, step));
    if (!series.points.empty()) out.series.push_back(std::move(series));
  }
  return out;
}

// A sorted result means nothing in a range query; Prometheus says so.
void note_useless_sorts(const promql::Node& root, Notes& notes) {
  const auto& node = bare(root);
  if (node.kind == NodeKind::call &&
      (node.function->name == "sort" || node.function->name == "sort_desc" ||
       node.function->name == "sort_by_label" || node.function->name == "sort_by_label_desc"))
    notes.add(note::sort_in_range_query(node.pos));
  for (const auto& child : node.children)
    if (child) note_useless_sorts(*child, notes);
}

}  // namespace

struct Engine::Impl {
  EngineOptions options;
  std::shared_ptr<ThreadPool> pool;
  const Clock& clock;
  Gate gate;

  mutable std::mutex mutex;
  std::uint64_t next_id = 1;                                // guarded by mutex
  std::map<std::uint64_t, std::shared_ptr<Active>> active;  // guarded by mutex
  std::deque<QueryRecord> ended;  // guarded by mutex; newest first, kEndedMax

  Impl(EngineOptions o, std::shared_ptr<ThreadPool> p, const Clock& c)
      : options(o), pool(std::move(p)), clock(c), gate(o.concurrent_max, o.queue_max) {}

  std::shared_ptr<Active> enter(const QueryRequest& request) {
    const auto began = clock.monotonic();
    const auto timeout = std::min(request.timeout.value_or(options.timeout), options.timeout);
    const auto samples_max = request.samples_max == 0
                                 ? options.samples_max
                                 : std::min(request.samples_max, options.samples_max);
    auto query = std::shared_ptr<Active>(new Active{
        {},
        Control(clock, began + timeout, request.cancelled, samples_max, options.memory_max),
        began,
        request.routine});
    auto& record = query->record;
    record.expr = request.expr;
    record.source = request.source;
    record.state = "queued";
    record.start_ms = request.start_ms;
    record.end_ms = request.step_ms == 0 ? request.start_ms : request.end_ms;
    record.step_ms = request.step_ms;
    record.began = clock.now();
    std::lock_guard lock(mutex);
    record.id = next_id++;
    active.emplace(record.id, query);
    return query;
  }

  void leave(Active& query, const Error* error) {
    std::lock_guard lock(mutex);
    auto record = query.record;
    const bool killed = error && query.control.killed();
    record.state = !error ? "done" : killed ? "killed" : "failed";
    if (error) record.error = error->message;
    fill(record, query);
    active.erase(record.id);
    (!error ? meters().done : killed ? meters().killed : meters().failed).add();
    meters().samples.add(static_cast<double>(record.samples));
    meters().seconds.observe(std::chrono::duration<double>(record.elapsed).count());
    if (query.routine && !error && record.elapsed < kRoutineLong) return;
    ended.push_front(std::move(record));
    if (ended.size() > kEndedMax) ended.pop_back();
  }

  void fill(QueryRecord& record, const Active& query) const {
    record.elapsed = clock.monotonic() - query.began;
    record.samples = query.control.samples_read();
    record.bytes_peak = query.control.bytes_peak();
  }

  Result<Output> answer(Querier& querier, const QueryRequest& request, Active& query) const;
};

Result<Output> Engine::Impl::answer(Querier& querier, const QueryRequest& request,
                                    Active& query) const {
  Output out;
  auto& control = query.control;
  const bool instant = request.step_ms == 0;
  const auto end_ms = instant ? request.start_ms : request.end_ms;
  const auto parse_began = clock.monotonic();
  out.stats.queued = parse_began - query.began;

  promql::ParseOptions parsing;
  parsing.experimental_functions = options.experimental_functions;
  parsing.nesting_max = options.nesting_max;  // bounds the height of the tree, and so our recursion
  parsing.compat = options.compat;
  auto root = TRY(promql::parse(request.expr, parsing));
  if (!instant && root->type != ValueType::vector && root->type != ValueType::scalar)
    return fail(Errc::invalid, "invalid expression type \"" +
                                   std::string(promql::name(root->type)) +
                                   "\" for range query, must be Scalar or instant Vector");
  if (!instant && request.step_ms < 0)
    return fail(Errc::invalid, "zero or negative query resolution step");
  if (!instant && end_ms < request.start_ms)
    return fail(Errc::invalid, "end timestamp must not be before start time");
  const promql::EvaluationTimes times{request.start_ms, end_ms, instant ? 0 : request.step_ms};
  TRY(promql::preprocess(root, times, request.expr));
  const auto evaluation_began = clock.monotonic();
  out.stats.parsing = evaluation_began - parse_began;

  EvaluationSettings settings;
  settings.lookback_ms = request.lookback.value_or(options.lookback).count();
  settings.subquery_step_ms = std::max<std::int64_t>(1, options.subquery_step_default.count());
  settings.closed_windows = settings.legacy_label_names = options.compat == 2;
  settings.histogram_zero = options.compat != 2;
  settings.delayed_name_removal = options.delayed_name_removal && options.compat != 2;
  settings.start_timestamps = options.start_timestamps;
  settings.type_and_unit_labels = options.type_and_unit_labels;
  settings.instant = instant;
  settings.per_step_stats = options.per_step_stats;
  settings.start_ms = request.start_ms;
  settings.end_ms = end_ms;
  settings.step_ms = instant ? 0 : request.step_ms;
  const Grid grid{
      request.start_ms, instant ? 1 : request.step_ms,
      instant ? 1 : static_cast<std::size_t>((end_ms - request.start_ms) / request.step_ms) + 1};

  Evaluator evaluator(settings, request.expr, querier, pool.get(), control, request.shared);
  Notes notes;
  if (root->type == ValueType::string) {
    out.value = Text{request.start_ms, bare(*root).text};
  } else if (root->type == ValueType::matrix) {
    out.value = TRY(evaluator.run_matrix(*root, grid));
  } else {
    auto frame = TRY(evaluator.run(*root, grid));
    if (!instant) {
      note_useless_sorts(*root, notes);
      out.value = to_matrix(*frame, request.series_max);
    } else if (root->type == ValueType::scalar) {
      out.value = Scalar{request.start_ms, frame->values[0]};
    } else {
      out.value = to_vector(*frame, request.series_max);
    }
  }
  notes.merge(evaluator.notes());
  out.annotations = notes.to_annotations(request.expr);
  const auto end = clock.monotonic();
  out.stats.evaluating = end - evaluation_began;
  out.stats.selecting = evaluator.selecting();
  out.stats.total = end - query.began;
  out.stats.samples_read = control.samples_read();
  out.stats.samples_peak = control.samples_peak();
  out.stats.series = evaluator.series_selected();
  out.stats.samples_per_step = evaluator.samples_per_step();
  meters().series.add(static_cast<double>(out.stats.series));
  return out;
}

Engine::Engine(EngineOptions options, std::shared_ptr<ThreadPool> pool, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, std::move(pool), clock)) {}
Engine::~Engine() = default;

Result<Output> Engine::run(Querier& querier, const QueryRequest& request) {
  auto query = impl_->enter(request);
  auto admitted = impl_->gate.enter(query->control);
  if (!admitted) {
    impl_->leave(*query, &admitted.error());
    return fail(std::move(admitted).error());
  }
  {
    std::lock_guard lock(impl_->mutex);
    query->record.state = "running";
  }
  auto result = impl_->answer(querier, request, *query);
  impl_->gate.leave();
  impl_->leave(*query, result ? nullptr : &result.error());
  return result;
}

const EngineOptions& Engine::options() const {
  return impl_->options;
}

std::vector<QueryRecord> Engine::queries() const {
  std::vector<QueryRecord> out;
  std::lock_guard lock(impl_->mutex);
  for (const auto& [id, query] : impl_->active) {
    out.push_back(query->record);
    impl_->fill(out.back(), *query);
  }
  out.insert(out.end(), impl_->ended.begin(), impl_->ended.end());
  return out;
}

bool Engine::kill(std::uint64_t id) {
  std::lock_guard lock(impl_->mutex);
  const auto at = impl_->active.find(id);
  if (at == impl_->active.end()) return false;
  at->second->control.kill();
  return true;
}

}  // namespace pharos::query

// histogram_* functions: of native histograms, and of classic ones spread over `le` series.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "query/eval/evaluator.hpp"
#include "query/histogram_math.hpp"
#include "query/histogram_quantile.hpp"

namespace pharos::query {
namespace {

const std::string kBucketLabel = "le";

// Go's strconv.ParseFloat, as far as bucket labels use it.
std::optional<double> parse_bound(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto digits = text;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  if (digits.empty() || digits.front() == '-' || digits.front() == '+') return std::nullopt;
  double value = 0;
  const bool hex = digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
  if (hex) digits.remove_prefix(2);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value,
                      hex ? std::chars_format::hex : std::chars_format::general);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? -value : value;
}

// A quantile as a label value: OpenMetrics' float form.
std::string quantile_text(double q) {
  if (std::isnan(q)) return "NaN";
  if (std::isinf(q)) return q > 0 ? "+Inf" : "-Inf";
  if (q == 1) return "1.0";
  if (q == 0) return "0.0";
  if (q == -1) return "-1.0";
  auto text = go_float(q);
  if (text.find_first_of(".eIN") == text.npos) text += ".0";
  return text;
}

template <class Function>
Result<FramePtr> of_histograms(FramePtr frame, Function function) {
  for (std::size_t row = 0; row < frame->rows(); ++row) {
    const auto values = frame->row_values(row);
    const auto cells = frame->row_cells(row);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i] == Cell::histogram) {
        values[i] = function(*frame->histogram(row, i));
        cells[i] = Cell::number;
      } else {
        cells[i] = Cell::absent;
      }
    }
  }
  frame->histograms.clear();
  frame->drop_empty_rows();
  return frame;
}

}  // namespace

// The classic histograms among the rows of a vector: one per label set without `le`, with the rows
// of its buckets; and which label set each row of native histograms has.
struct Evaluator::HistogramInput {
  FramePtr frame;
  struct Classic {
    Labels labels;                                       // without le
    std::vector<std::pair<double, std::uint32_t>> rows;  // upper bound, row
    std::optional<std::uint32_t> native_row;             // a native histogram of the same labels
    bool drop_name = false;
  };
  std::vector<Classic> classics;
  std::vector<std::optional<std::uint32_t>>
      classic_of;  // by row: the classic histogram of the same labels
  promql::Range pos;

  // The buckets at a step; empty when there are none or a native histogram stands beside them.
  void buckets(const Classic& classic, std::size_t step, std::vector<ClassicBucket>& out) const {
    out.clear();
    if (conflict(classic, step)) return;
    for (const auto& [upper, row] : classic.rows) {
      const auto at = row * frame->steps() + step;
      if (frame->cells[at] == Cell::number) out.push_back({upper, frame->values[at]});
    }
  }
  bool any_bucket(const Classic& classic, std::size_t step) const {
    return std::ranges::any_of(classic.rows, [&](const auto& entry) {
      return frame->cells[entry.second * frame->steps() + step] == Cell::number;
    });
  }
  bool conflict(const Classic& classic, std::size_t step) const {
    return classic.native_row &&
           frame->cells[*classic.native_row * frame->steps() + step] == Cell::histogram &&
           any_bucket(classic, step);
  }
  // The native histogram of a row at a step, unless buckets stand beside it.
  const Histogram* native(std::size_t row, std::size_t step) const {
    if (frame->cells[row * frame->steps() + step] != Cell::histogram) return nullptr;
    if (classic_of[row] && conflict(classics[*classic_of[row]], step)) return nullptr;
    return frame->histogram(row, step).get();
  }
};

Result<Evaluator::HistogramInput> Evaluator::histogram_input(const Node& vector, const Grid& grid) {
  HistogramInput in;
  in.frame = TRY(eval(vector, grid));
  in.pos = bare(vector).pos;
  const auto& frame = *in.frame;
  in.classic_of.resize(frame.rows());
  // Series with the same labels but `le` belong together. Rows come grouped without making their
  // labels; only one row's name per group is looked at.
  std::unordered_map<Labels, std::uint32_t> number;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    const auto cells = frame.row_cells(row);
    if (std::ranges::find(cells, Cell::number) == cells.end()) continue;
    const Labels& labels = frame.labels[row];
    const auto text = labels.get(kBucketLabel);
    const auto upper = parse_bound(text);
    if (!upper) {
      notes_.add(note::bad_bucket_label(labels.metric_name(), text, in.pos));
      continue;
    }
    auto key = labels.without(kBucketLabel);
    const auto [at, fresh] =
        number.try_emplace(key, static_cast<std::uint32_t>(in.classics.size()));
    if (fresh) in.classics.push_back({std::move(key), {}, std::nullopt, frame.drop_name[row] != 0});
    in.classics[at->second].rows.emplace_back(*upper, static_cast<std::uint32_t>(row));
  }
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (!frame.has_histograms(row)) continue;
    const auto at = number.find(frame.labels[row]);
    if (at == number.end()) continue;
    in.classic_of[row] = at->second;
    in.classics[at->second].native_row = static_cast<std::uint32_t>(row);
    for (std::size_t step = 0; step < grid.count; ++step) {
      if (!in.conflict(in.classics[at->second], step)) continue;
      notes_.add(note::mixed_classic_native(frame.labels[row].metric_name(), in.pos));
      break;
    }
  }
  return in;
}

namespace {

struct QuantileOf {
  Notes& notes;
  promql::Range pos;
  bool delayed;

  double native(double q, const Histogram& h, const Labels& labels) const {
    const auto estimate = histogram_quantile(q, h);
    if (estimate.note == NanNote::result_nan)
      notes.add(note::quantile_nan_result(labels.metric_name(), pos));
    if (estimate.note == NanNote::skewed_higher)
      notes.add(note::quantile_nan_skew(labels.metric_name(), pos));
    return estimate.value;
  }
  double classic(double q, std::vector<ClassicBucket>& buckets, const Labels& labels,
                 UnixMillis t) const {
    const auto estimate = classic_quantile(q, buckets);
    if (estimate.forced_monotonic)
      notes.add(note::forced_monotonicity(delayed ? labels.metric_name() : std::string_view{}, pos,
                                          t, estimate.min_bucket, estimate.max_bucket,
                                          estimate.max_difference));
    return estimate.value;
  }
};

}  // namespace

Result<FramePtr> Evaluator::eval_histogram_quantile(const Node& call, const Grid& grid) {
  const auto q = TRY(scalar_argument(*call.children[0], grid));
  const auto in = TRY(histogram_input(*call.children[1], grid));
  const auto& frame = *in.frame;
  for (const double value : q)
    if (!(value >= 0 && value <= 1))
      notes_.add(note::invalid_quantile(value, bare(*call.children[0]).pos));
  auto out = std::make_shared<Frame>();
  out->grid = grid;
  const auto native_rows = static_cast<std::size_t>(
      std::ranges::count_if(frame.histograms, [](const auto& row) { return !row.empty(); }));
  // Rows first, then the estimates in parallel.
  struct Task {
    bool native;
    std::uint32_t index;
  };
  std::vector<Task> tasks;
  tasks.reserve(native_rows + in.classics.size());
  for (std::size_t row = 0; row < frame.rows(); ++row)
    if (frame.has_histograms(row)) tasks.push_back({true, static_cast<std::uint32_t>(row)});
  for (std::size_t c = 0; c < in.classics.size(); ++c)
    tasks.push_back({false, static_cast<std::uint32_t>(c)});
  for (const auto& task : tasks) {
    out->labels.push_back(task.native ? frame.labels[task.index] : in.classics[task.index].labels);
    out->drop_name.push_back(1);
  }
  out->values.resize(tasks.size() * grid.count);
  out->cells.resize(tasks.size() * grid.count);
  TRY(for_chunks(tasks.size(), 32,
                 [&](std::size_t begin, std::size_t end, Scratch& scratch) -> Status {
                   const QuantileOf quantile{scratch.notes, in.pos, settings_.delayed_name_removal};
                   std::vector<ClassicBucket> buckets;
                   for (auto t = begin; t < end; ++t) {
                     const auto values = out->row_values(t);
                     const auto cells = out->row_cells(t);
                     for (std::size_t i = 0; i < grid.count; ++i) {
                       if (tasks[t].native) {
                         const auto* const h = in.native(tasks[t].index, i);
                         if (!h) continue;
                         values[i] = quantile.native(q[i], *h, frame.labels[tasks[t].index]);
                       } else {
                         const auto& classic = in.classics[tasks[t].index];
                         in.buckets(classic, i, buckets);
                         if (buckets.empty()) continue;
                         values[i] = quantile.classic(q[i], buckets, classic.labels, grid.at(i));
                       }
                       cells[i] = Cell::number;
                     }
                   }
                   return {};
                 }));
  out->drop_empty_rows();
  out = TRY(drop_names(std::move(out), true));
  if (!settings_.delayed_name_removal) std::ranges::fill(out->drop_name, 0);
  TRY(account(*out));
  return out;
}

Result<FramePtr> Evaluator::eval_histogram_quantiles(const Node& call, const Grid& grid) {
  const auto in = TRY(histogram_input(*call.children[0], grid));
  const auto& frame = *in.frame;
  const auto& label = bare(*call.children[1]).text;
  const QuantileOf quantile{notes_, in.pos, settings_.delayed_name_removal};
  auto out = std::make_shared<Frame>();
  out->grid = grid;
  std::unordered_map<Labels, std::size_t> rows;
  const auto put = [&](const Labels& labels, double q, std::size_t step, double value) -> Status {
    const auto labelled = labels.with(label, quantile_text(q));
    const auto [at, fresh] = rows.try_emplace(labelled, out->rows());
    if (fresh) out->add_row(labelled, true);
    if (out->present(at->second, step)) return execution_error(std::string(kSameLabelset));
    out->values[at->second * grid.count + step] = value;
    out->cells[at->second * grid.count + step] = Cell::number;
    return {};
  };
  std::vector<ClassicBucket> buckets;
  for (std::size_t a = 2; a < call.children.size(); ++a) {
    const auto q = TRY(scalar_argument(*call.children[a], grid));
    for (std::size_t i = 0; i < grid.count; ++i) {
      if (!(q[i] >= 0 && q[i] <= 1))
        notes_.add(note::invalid_quantile(q[i], bare(*call.children[a]).pos));
      for (std::size_t row = 0; row < frame.rows(); ++row)
        if (const auto* const h = in.native(row, i))
          TRY(put(frame.labels[row], q[i], i, quantile.native(q[i], *h, frame.labels[row])));
      for (const auto& classic : in.classics) {
        in.buckets(classic, i, buckets);
        if (!buckets.empty())
          TRY(put(classic.labels, q[i], i,
                  quantile.classic(q[i], buckets, classic.labels, grid.at(i))));
      }
    }
  }
  out = TRY(drop_names(std::move(out), true));
  if (!settings_.delayed_name_removal) std::ranges::fill(out->drop_name, 0);
  TRY(account(*out));
  return out;
}

Result<FramePtr> Evaluator::eval_histogram_fraction(const Node& call, const Grid& grid) {
  const auto lower = TRY(scalar_argument(*call.children[0], grid));
  const auto upper = TRY(scalar_argument(*call.children[1], grid));
  const auto in = TRY(histogram_input(*call.children[2], grid));
  const auto& frame = *in.frame;
  auto out = std::make_shared<Frame>();
  out->grid = grid;
  for (std::size_t row = 0; row < frame.rows(); ++row) {
    if (!frame.has_histograms(row)) continue;
    const auto at = out->add_row(frame.labels[row], true);
    for (std::size_t i = 0; i < grid.count; ++i) {
      const auto* const h = in.native(row, i);
      if (!h) continue;
      const auto estimate = histogram_fraction(lower[i], upper[i], *h);
      if (estimate.note != NanNote::none)
        notes_.add(note::fraction_nan(frame.labels[row].metric_name(), in.pos));
      out->values[at * grid.count + i] = estimate.value;
      out->cells[at * grid.count + i] = Cell::number;
    }
  }
  std::vector<ClassicBucket> buckets;
  for (const auto& classic : in.classics) {
    const auto at = out->add_row(classic.labels, true);
    for (std::size_t i = 0; i < grid.count; ++i) {
      in.buckets(classic, i, buckets);
      if (buckets.empty()) continue;
      out->values[at * grid.count + i] = classic_fraction(lower[i], upper[i], buckets);
      out->cells[at * grid.count + i] = Cell::number;
    }
  }
  out->drop_empty_rows();
  out = TRY(drop_names(std::move(out), true));
  if (!settings_.delayed_name_removal) std::ranges::fill(out->drop_name, 0);
  TRY(account(*out));
  return out;
}

Result<FramePtr> Evaluator::call_histogram(const Node& call, const Grid& grid, bool& known) {
  const auto name = call.function->name;
  if (name == "histogram_quantile") return eval_histogram_quantile(call, grid);
  if (name == "histogram_quantiles") return eval_histogram_quantiles(call, grid);
  if (name == "histogram_fraction") return eval_histogram_fraction(call, grid);
  double (*function)(const Histogram&) = nullptr;
  if (name == "histogram_count") function = [](const Histogram& h) { return h.count; };
  if (name == "histogram_sum") function = [](const Histogram& h) { return h.sum; };
  if (name == "histogram_avg") function = [](const Histogram& h) { return histogram_average(h); };
  if (name == "histogram_stdvar")
    function = [](const Histogram& h) { return histogram_variance(h); };
  if (name == "histogram_stddev")
    function = [](const Histogram& h) { return std::sqrt(histogram_variance(h)); };
  if (!function) {
    known = false;
    return FramePtr{};
  }
  auto input = TRY(eval(*call.children[0], grid));
  auto frame = TRY(of_histograms(own(std::move(input)), function));
  return drop_names(std::move(frame), true);
}

}  // namespace pharos::query

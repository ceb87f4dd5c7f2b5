// info(): adds labels of info metrics (target_info by default) to series of the same instance and
// job.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "query/eval/evaluator.hpp"

namespace pharos::query {

using promql::NodeKind;

namespace {

const std::vector<std::string> kIdentifying{"instance", "job"};

// The time the info series are looked at: that of the samples of the first selector of the
// argument, with every @ and offset on the way to it.
struct Shift {
  std::optional<UnixMillis> at;
  std::int64_t offset = 0;
  void apply(const promql::Node& node) {
    if (node.at_ms) at = *node.at_ms, offset = 0;
    offset += node.offset.ms;
  }
};
bool find_shift(const promql::Node& node, Shift& shift) {
  const auto before = shift;
  if (node.kind == NodeKind::selector || node.kind == NodeKind::subquery) shift.apply(node);
  if (node.kind == NodeKind::selector) return true;
  for (const auto& child : node.children)
    if (child && find_shift(*child, shift)) return true;
  shift = before;
  return false;
}

std::string quote_pattern(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Which info series and which of their labels are asked for.
struct Request {
  std::vector<Matcher> names, data;

  static Result<Request> from(const promql::Node* selector) {
    Request out;
    bool positive = false;
    if (selector) {
      for (const auto& matcher : selector->matchers) {
        if (matcher.name() != kMetricName) {
          out.data.push_back(matcher);
          continue;
        }
        positive |= !matcher.is_negative();
        out.names.push_back(matcher);
      }
    }
    if (out.names.empty()) {
      out.names.push_back(Matcher::equal(std::string(kMetricName), "target_info"));
    } else if (!positive) {  // "all but …" is about metrics that look like info metrics
      auto any_info = TRY(Matcher::make(MatchOp::regex, std::string(kMetricName), ".+_info"));
      out.names.push_back(std::move(any_info));
    }
    return out;
  }
  bool is_info(std::string_view name) const {
    return std::ranges::all_of(names, [&](const Matcher& m) { return m.matches(name); });
  }
  bool wants(std::string_view label) const {
    return data.empty() ||
           std::ranges::any_of(data, [&](const Matcher& m) { return m.name() == label; });
  }
  bool accepts_nothing() const {
    return std::ranges::all_of(data, [](const Matcher& m) { return m.matches_empty(); });
  }
};

// Base labels with those of the info series added; an error when two info series disagree.
Result<Labels> enrich(const Labels& base, std::span<const Labels> infos, const Request& request) {
  LabelsBuilder builder(base);
  std::map<std::string, std::string, std::less<>> added;
  for (const auto& info : infos) {
    for (const auto [name, value] : info) {
      if (name == kMetricName || !request.wants(name)) continue;
      if (const auto at = added.find(name); at != added.end() && at->second != value)
        return execution_error("conflicting label: " + std::string(name));
      if (base.contains(name)) continue;
      added.emplace(name, value);
      builder.set(name, value);
    }
  }
  return builder.build();
}

// At every step, the newest info series of each signature and metric.
struct InfoSeries {
  FramePtr times;  // sample times in seconds
  std::unordered_map<Labels, std::vector<std::uint32_t>> by_signature;

  Result<std::vector<std::uint32_t>> chosen(std::span<const std::uint32_t> rows,
                                            std::size_t step) const {
    std::map<std::string_view, std::uint32_t> newest;
    for (const auto row : rows) {
      if (!times->present(row, step)) continue;
      const auto name = times->labels[row].metric_name();
      const auto [at, fresh] = newest.try_emplace(name, row);
      if (fresh) continue;
      const double known = times->row_values(at->second)[step],
                   other = times->row_values(row)[step];
      if (known == other)
        return execution_error("found duplicate series for info metric " + std::string(name));
      if (other > known) at->second = row;
    }
    std::vector<std::uint32_t> out;
    for (const auto& [name, row] : newest) out.push_back(row);
    return out;
  }
};

}  // namespace

Result<FramePtr> Evaluator::eval_info(const Node& call, const Grid& grid) {
  const auto base = TRY(eval(*call.children[0], grid));
  const auto request =
      TRY(Request::from(call.children.size() > 1 ? &bare(*call.children[1]) : nullptr));

  // The info series of the instances and jobs there are.
  std::vector<std::uint8_t> skip(base->rows());
  std::array<std::set<std::string>, 2> values;
  bool any_identity = false;
  for (std::size_t row = 0; row < base->rows(); ++row) {
    skip[row] = request.is_info(base->labels[row].metric_name());
    if (skip[row]) continue;
    for (std::size_t i = 0; i < 2; ++i) {
      const auto value = base->labels[row].get(kIdentifying[i]);
      any_identity |= !value.empty();
      values[i].emplace(value);
    }
  }
  InfoSeries infos;
  if (any_identity) {
    Node selector;
    selector.kind = NodeKind::selector;
    selector.pos = call.pos;
    selector.matchers = request.names;
    selector.matchers.insert(selector.matchers.end(), request.data.begin(), request.data.end());
    for (std::size_t i = 0; i < 2; ++i) {
      std::string pattern;
      for (const auto& value : values[i])
        pattern += (&value == &*values[i].begin() ? "" : "|") + quote_pattern(value);
      auto matcher = TRY(Matcher::make(MatchOp::regex, kIdentifying[i], pattern));
      selector.matchers.push_back(std::move(matcher));
    }
    Shift shift;
    find_shift(*call.children[0], shift);
    selector.at_ms = shift.at;
    selector.offset.ms = shift.offset;
    auto samples = TRY(instant_source(selector, grid, Sample::value, "info"));
    const auto frame = TRY(materialise(*samples));
    for (std::size_t row = 0; row < frame->rows(); ++row)
      if (frame->has_histograms(row))
        return execution_error("this should be an info metric, with float samples: " +
                               frame->labels[row].to_string());
    auto times = TRY(instant_source(selector, grid, Sample::time, "info"));
    const bool delayed = settings_.delayed_name_removal;
    settings_.delayed_name_removal = true;  // the names are needed
    auto made = materialise(*times);
    settings_.delayed_name_removal = delayed;
    infos.times = TRY(std::move(made));
    for (std::size_t row = 0; row < infos.times->rows(); ++row)
      infos.by_signature[infos.times->labels[row].keep(kIdentifying)].push_back(
          static_cast<std::uint32_t>(row));
  }

  auto out = std::make_shared<Frame>();
  out->grid = grid;
  std::unordered_map<Labels, std::size_t> rows;
  const auto put = [&](const Labels& labels, std::size_t from, std::size_t step) -> Status {
    const auto [at, fresh] = rows.try_emplace(labels, out->rows());
    if (fresh) out->add_row(labels, base->drop_name[from] != 0);
    if (out->present(at->second, step)) return execution_error(std::string(kSameLabelset));
    out->copy_cell(at->second, step, *base, from, step);
    return {};
  };
  for (std::size_t row = 0; row < base->rows(); ++row) {
    const Labels labels = base->labels[row];
    const auto found =
        skip[row] ? infos.by_signature.end() : infos.by_signature.find(labels.keep(kIdentifying));
    std::map<std::vector<std::uint32_t>, Labels> enriched;
    for (std::size_t step = 0; step < grid.count; ++step) {
      if (!base->present(row, step)) continue;
      std::vector<std::uint32_t> chosen;
      if (found != infos.by_signature.end() && !skip[row])
        chosen = TRY(infos.chosen(found->second, step));
      if (chosen.empty()) {
        if (skip[row] || request.accepts_nothing()) TRY(put(labels, row, step));
        continue;
      }
      auto known = enriched.find(chosen);
      if (known == enriched.end()) {
        std::vector<Labels> of;
        for (const auto info : chosen) of.push_back(infos.times->labels[info]);
        auto made = TRY(enrich(labels, of, request));
        known = enriched.emplace(chosen, std::move(made)).first;
      }
      TRY(put(known->second, row, step));
    }
  }
  TRY(account(*out));
  return out;
}

}  // namespace pharos::query

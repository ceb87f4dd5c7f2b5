// What a Selection does when the store has no faster way: read the samples, look at the labels.
#include "model/querier.hpp"

#include <cmath>
#include <unordered_map>

namespace pharos {

Status Selection::facts(std::size_t series, UnixMillis from_ms, UnixMillis to_ms, WindowFacts& out) const {
  out = {};
  SampleColumn column;
  TRY(read(series, from_ms, to_ms, column));
  if (!column.histograms.empty()) return {};  // exact stays false
  out.exact = true;
  for (std::size_t i = 0; i < column.size(); ++i) {
    const double v = column.value[i];
    if (is_stale(v)) continue;
    if (out.count++ == 0) {
      out.first_ms = column.t_ms[i];
      out.first = out.min = out.max = v;
    }
    out.last_ms = column.t_ms[i];
    out.last = v;
    if (v < out.min || std::isnan(out.min)) out.min = v;
    if (v > out.max || std::isnan(out.max)) out.max = v;
  }
  return {};
}

Selection::Grouping Selection::group(std::span<const std::string> names, bool without) const {
  Grouping out;
  out.group_of.reserve(size());
  std::unordered_map<Labels, std::uint32_t> numbers;
  for (std::size_t i = 0; i < size(); ++i) {
    auto key = without ? labels(i).remove(names).without_metric_name() : labels(i).keep(names);
    const auto [at, fresh] = numbers.try_emplace(key, static_cast<std::uint32_t>(out.labels.size()));
    if (fresh) out.labels.push_back(std::move(key));
    out.group_of.push_back(at->second);
  }
  return out;
}

}  // namespace pharos

#include "tests/conformance/promql_load.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "query/histogram_math.hpp"

namespace pharos::conformance {
namespace {

// The classic series of one histogram at one time.
struct Classic {
  std::map<double, double> counts;  // by upper bound, +Inf included
  std::optional<double> count;
  double sum = 0;
};

std::optional<double> parse_bound(std::string_view text) {
  if (text == "+Inf" || text == "Inf" || text == "inf" || text == "+inf")
    return std::numeric_limits<double>::infinity();
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || std::isnan(value) || text.empty())
    return std::nullopt;
  return value;
}

class ClassicHistograms {
 public:
  void take(const LoadCommand::Series& series, Millis step) {
    const auto name = series.labels.metric_name();
    for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
      if (!name.ends_with(suffix)) continue;
      const auto bound = parse_bound(series.labels.get("le"));
      if (suffix == "_bucket" && !bound) return;
      const auto key = series.labels.without("le").with(
          kMetricName, name.substr(0, name.size() - suffix.size()));
      auto& times = histograms_[key];
      for (std::size_t i = 0; i < series.values.size(); ++i) {
        const auto& value = series.values[i];
        if (value.omitted || value.histogram || std::isnan(value.value)) continue;
        auto& classic = times[static_cast<std::int64_t>(i) * step.count()];
        if (suffix == "_bucket") {
          classic.counts[*bound] = value.value;
        } else if (suffix == "_count") {
          classic.count = value.value;
        } else {
          classic.sum = value.value;
        }
      }
      return;
    }
  }

  Status put(MemoryStore& store) const {
    for (const auto& [labels, times] : histograms_) {
      for (const auto& [t_ms, classic] : times) {
        std::vector<double> bounds, cumulative;
        std::optional<double> total;
        for (const auto& [bound, count] : classic.counts) {
          if (std::isinf(bound) && bound > 0) {
            total = count;
          } else {
            bounds.push_back(bound);
            cumulative.push_back(count);
          }
        }
        if (!total) total = classic.count;
        if (!total) total = cumulative.empty() ? 0.0 : cumulative.back();
        auto histogram = query::from_classic(bounds, cumulative, *total, classic.sum);
        if (!histogram) return fail(std::move(histogram.error()).in(labels.to_metric_string()));
        if (classic.count) histogram->count = *classic.count;
        store.put(labels, t_ms, std::make_shared<Histogram>(std::move(*histogram)));
      }
    }
    return {};
  }

 private:
  std::map<Labels, std::map<std::int64_t, Classic>> histograms_;
};

}  // namespace

Status load(MemoryStore& store, const LoadCommand& command) {
  std::map<Labels, const LoadCommand::Series*> last;  // of a series listed twice the last counts
  for (const auto& series : command.series) last[series.labels] = &series;
  ClassicHistograms classic;
  for (const auto& [labels, series] : last) {
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      const auto& value = series->values[i];
      if (value.omitted) continue;
      const auto t_ms = static_cast<std::int64_t>(i) * command.step.count();
      UnixMillis start_ms = 0;
      if (!series->start_offsets_ms.empty() && series->start_offsets_ms[i])
        start_ms = t_ms + *series->start_offsets_ms[i];
      if (value.histogram) {
        store.put(labels, t_ms, value.histogram, start_ms);
      } else {
        store.put(labels, t_ms, value.value, start_ms);
      }
    }
    if (command.with_custom_histograms) classic.take(*series, command.step);
  }
  return classic.put(store);
}

}  // namespace pharos::conformance

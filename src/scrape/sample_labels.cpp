#include "scrape/sample_labels.hpp"

#include <algorithm>

namespace pharos::scrape {
namespace {

constexpr std::string_view kExported = "exported_";
constexpr std::size_t kShownMax = 50;

std::string shown(std::string_view text) { return std::string(text.substr(0, kShownMax)); }

}  // namespace

Labels sample_labels(const Labels& exposed, std::span<const std::string_view> unwanted, const Labels& target, const ScrapeConfig& job) {
  LabelsBuilder labels(exposed);
  if (job.honor_labels) {
    for (const auto label : target)
      if (!exposed.contains(label.name) && std::find(unwanted.begin(), unwanted.end(), label.name) == unwanted.end())
        labels.set(label.name, label.value);
  } else {
    std::vector<LabelView> conflicts;
    for (const auto label : target) {
      if (const auto old = exposed.get(label.name); !old.empty()) conflicts.push_back({label.name, old});
      labels.set(label.name, label.value);
    }
    // Shortest first, so that exported_x does not take the place that exported_exported_x needs.
    std::stable_sort(conflicts.begin(), conflicts.end(), [](LabelView a, LabelView b) { return a.name.size() < b.name.size(); });
    for (const auto conflict : conflicts) {
      std::string name(conflict.name);
      do name.insert(0, kExported);
      while (!labels.get(name).empty());
      labels.set(name, conflict.value);
    }
  }
  if (!relabel(job.metric_relabel, labels)) return {};
  return labels.build();
}

Labels report_labels(std::string_view name, const Labels& target) { return target.with(kMetricName, name); }

Status check_label_limits(const Labels& labels, const ScrapeConfig& job) {
  if (job.label_limit == 0 && job.label_name_length_limit == 0 && job.label_value_length_limit == 0) return {};
  const auto metric = shown(labels.metric_name());
  const auto limit_text = [](std::uint64_t is, std::uint64_t limit) { return std::to_string(is) + ", limit: " + std::to_string(limit) + ")"; };
  if (job.label_limit > 0 && labels.size() > job.label_limit)
    return fail(Errc::limit, "label_limit exceeded (metric: " + metric + ", number of labels: " + limit_text(labels.size(), job.label_limit));
  for (const auto label : labels) {
    if (job.label_name_length_limit > 0 && label.name.size() > job.label_name_length_limit)
      return fail(Errc::limit, "label_name_length_limit exceeded (metric: " + metric + ", label name: " + shown(label.name) +
                                   ", length: " + limit_text(label.name.size(), job.label_name_length_limit));
    if (job.label_value_length_limit > 0 && label.value.size() > job.label_value_length_limit)
      return fail(Errc::limit, "label_value_length_limit exceeded (metric: " + metric + ", label name: " + shown(label.name) + ", value: " +
                                   go_quote(label.value.substr(0, kShownMax)) + ", length: " + limit_text(label.value.size(), job.label_value_length_limit));
  }
  return {};
}

Status check_names(const Labels& labels, NameValidation scheme) {
  const auto metric = labels.metric_name();
  if (metric.empty()) return fail(Errc::invalid, "missing metric name (__name__ label)");
  const bool legacy = scheme == NameValidation::legacy;
  bool ok = legacy ? is_legacy_metric_name(metric) : is_utf8(metric);
  for (const auto label : labels)
    if (label.name != kMetricName) ok = ok && (legacy ? is_legacy_label_name(label.name) : is_utf8(label.name)) && is_utf8(label.value);
  if (!ok) return fail(Errc::invalid, "invalid metric name or label names: " + labels.to_string());
  return {};
}

}  // namespace pharos::scrape

// The labels of an OTLP point's series, made when the cache does not know it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "ingest/otlp_attributes.hpp"
#include "ingest/otlp_decode.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoReader;

// Go's FormatFloat(v, 'f', -1, 64).
std::string plain_real(double v) {
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  if (std::isnan(v)) return "NaN";
  char buffer[400];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed).ptr);
}

}  // namespace

void OtlpRequest::resolve_family(Metric& metric) const {
  if (!metric.family.empty() || !metric.problem.empty()) return;
  auto name = otlp_metric_name(metric.name, metric.unit, metric.kind, *config_);
  if (name) metric.family = std::move(*name);
  else metric.problem = std::move(name).error().message;
}

Status OtlpRequest::labels(std::uint32_t tag, LabelArena& arena) {
  const auto& p = points_[tag];
  const auto& resource = resources_[p.resource];
  const bool info = p.suffix == Suffix::target_info;
  std::map<std::string, std::string, std::less<>> labels;

  // Attributes in the order of their keys: keys that meet in one name have their values joined.
  std::vector<std::pair<std::string, std::string>> sorted;
  each_attribute(p.point, p.attributes_field, [&](const Attribute& a) {
    if (info && !config_->keep_identifying_resource_attributes && is_identifying(a.key)) return;
    sorted.emplace_back(a.key, otlp_value_text(a.value));
  });
  const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(sorted.begin(), sorted.end(), by_key);
  for (auto& [key, value] : sorted) {
    auto name = TRY(otlp_label_name(key, *config_));
    const auto [at, fresh] = labels.try_emplace(std::move(name), value);
    if (!fresh) at->second += ';' + value;
  }
  std::string job, name_space, instance;
  bool has_job = false, has_instance = false;
  sorted.clear();
  const auto listed = [](const std::vector<std::string>& list, std::string_view key) { return std::find(list.begin(), list.end(), key) != list.end(); };
  each_attribute(resource.message, 1, [&](const Attribute& a) {
    if (a.key == kServiceName) job = otlp_value_text(a.value), has_job = true;
    else if (a.key == kServiceNamespace) name_space = otlp_value_text(a.value);
    else if (a.key == kInstanceId) instance = otlp_value_text(a.value), has_instance = true;
    if (info) return;
    const bool promoted = config_->promote_all_resource_attributes ? !listed(config_->ignore_resource_attributes, a.key)
                                                                   : listed(config_->promote_resource_attributes, a.key);
    if (promoted) sorted.emplace_back(a.key, otlp_value_text(a.value));
  });
  std::stable_sort(sorted.begin(), sorted.end(), by_key);
  for (auto& [key, value] : sorted) {
    auto name = TRY(otlp_label_name(key, *config_));
    labels.try_emplace(std::move(name), value);
  }
  if (!info && config_->promote_scope_metadata) {
    const auto& scope = scopes_[p.scope];
    std::string_view name, version;
    ProtoReader in(scope.message);
    while (in.next()) {
      if (in.field() == 1) name = in.bytes();
      else if (in.field() == 2) version = in.bytes();
    }
    if (!name.empty()) {
      each_attribute(scope.message, 3, [&](const Attribute& a) {
        if (auto label = otlp_label_name("otel_scope_" + std::string(a.key), *config_)) labels[std::move(*label)] = otlp_value_text(a.value);
      });
      labels["otel_scope_name"] = name;
      labels["otel_scope_version"] = version;
      labels["otel_scope_schema_url"] = scope.schema_url;
    }
  }
  if (has_job) labels["job"] = name_space.empty() ? job : name_space + '/' + job;
  if (has_instance) labels["instance"] = instance;

  std::string metric_name = "target_info";
  if (!info) {
    auto& metric = metrics_[p.metric];
    resolve_family(metric);
    if (!metric.problem.empty()) return fail(Errc::invalid, metric.problem);
    metric_name = metric.family;
    switch (p.suffix) {
      case Suffix::sum: metric_name += "_sum"; break;
      case Suffix::count: metric_name += "_count"; break;
      case Suffix::bucket: metric_name += "_bucket", labels["le"] = plain_real(p.bound); break;
      case Suffix::quantile: labels["quantile"] = plain_real(p.bound); break;
      default: break;
    }
  }
  labels[std::string(kMetricName)] = std::move(metric_name);
  const auto from = arena.labels.size();
  for (auto& [name, value] : labels) {
    const auto kept = arena.keep(name);
    arena.labels.push_back({kept, arena.keep(std::move(value))});
  }
  return finish_labels(arena.labels, from);
}

}  // namespace pharos::ingest

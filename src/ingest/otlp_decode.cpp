// The messages around the points of an OTLP request: resources, scopes, metrics.
#include "ingest/otlp_decode.hpp"

#include <algorithm>

#include "base/quoted.hpp"
#include "ingest/otlp_attributes.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoReader;

constexpr UnixMillis kTargetInfoStepMs = 150'000;  // half of the default lookback, as Prometheus repeats it
constexpr int kTargetInfoSamplesMax = 100;

}  // namespace

Status OtlpRequest::decode(std::string_view body, const OtlpConfig& config, SeriesCache::Walk& walk, const SeriesCache& cache,
                           DeltaAccumulator& deltas, const DeltaHistory* history, Batch& batch) {
  config_ = &config;
  walk_ = &walk;
  cache_ = &cache;
  deltas_ = &deltas;
  history_ = history;
  touched_.clear();
  batch_ = &batch;
  resources_.clear();
  scopes_.clear();
  metrics_.clear();
  points_.clear();
  refused_ = 0;
  reasons_.clear();
  ProtoReader in(body);
  while (in.next())
    if (in.field() == 1) TRY(decode_resource(in.bytes()));
  return in.ok() ? Status{} : malformed("ExportMetricsServiceRequest");
}

Status OtlpRequest::decode_resource(std::string_view message) {
  Resource resource;
  ProtoReader first(message);
  while (first.next())
    if (first.field() == 1) resource.message = first.bytes();
  if (!first.ok()) return malformed("ResourceMetrics");
  resource.digest = cache_->key(resource.message);
  resources_.push_back(resource);
  ProtoReader in(message);
  while (in.next())
    if (in.field() == 2) TRY(decode_scope(in.bytes()));
  if (resources_.back().has_points) target_info();
  return {};
}

Status OtlpRequest::decode_scope(std::string_view message) {
  Scope scope;
  ProtoReader first(message);
  while (first.next()) {
    if (first.field() == 1) scope.message = first.bytes();
    else if (first.field() == 3) scope.schema_url = first.bytes();
  }
  if (!first.ok()) return malformed("ScopeMetrics");
  if (config_->promote_scope_metadata) {
    key_.assign(scope.message);
    key_ += '\0';
    key_ += scope.schema_url;
    scope.digest = cache_->key(key_);
  }
  scopes_.push_back(scope);
  ProtoReader in(message);
  while (in.next())
    if (in.field() == 2) TRY(decode_metric(in.bytes()));
  return {};
}

Status OtlpRequest::decode_metric(std::string_view message) {
  Metric metric;
  std::string_view data;
  std::uint32_t data_field = 0;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: metric.name = in.bytes(); break;
      case 2: metric.description = in.bytes(); break;
      case 3: metric.unit = in.bytes(); break;
      case 5: case 7: case 9: case 10: case 11:
        data_field = in.field();
        data = in.bytes();
        break;
    }
  }
  if (!in.ok()) return malformed("Metric");
  if (data_field == 0) return refuse("unsupported metric type of metric " + quoted(metric.name)), Status{};

  std::uint64_t temporality = 2, points = 0;
  bool monotonic = false;
  ProtoReader first(data);
  while (first.next()) {
    if (first.field() == 1) first.bytes(), ++points;
    else if (first.field() == 2 && data_field != 5 && data_field != 11) temporality = first.varint();
    else if (first.field() == 3 && data_field == 7) monotonic = first.boolean();
  }
  if (!first.ok()) return malformed("metric data");
  // proto3 leaves out a zero: a sum or histogram without the field has the temporality "unspecified".
  const bool has_temporality = data_field == 7 || data_field == 9 || data_field == 10;
  if (has_temporality) {
    ProtoReader again(data);
    bool given = false;
    while (again.next()) given |= again.field() == 2;
    if (!given) temporality = 0;
  }
  metric.kind = data_field == 5    ? OtlpKind::gauge
                : data_field == 7  ? (monotonic ? OtlpKind::counter : OtlpKind::up_down_counter)
                : data_field == 9  ? OtlpKind::histogram
                : data_field == 10 ? OtlpKind::exponential_histogram
                                   : OtlpKind::summary;
  metric.delta = temporality == 1;
  key_.assign(metric.name);
  key_ += '\0';
  key_ += metric.unit;
  key_ += '\0';
  key_ += static_cast<char>(metric.kind);
  metric.digest = cache_->key(key_);
  if (temporality != 1 && temporality != 2) {
    refused_ += points ? points - 1 : 0;
    refuse("invalid temporality and type combination for metric " + quoted(metric.name));
    return {};
  }
  metrics_.push_back(std::move(metric));
  ProtoReader each(data);
  while (each.next()) {
    if (each.field() != 1) continue;
    const auto point = each.bytes();
    switch (data_field) {
      case 5:
      case 7: TRY(decode_number(point)); break;
      case 9: TRY(decode_histogram(point)); break;
      case 10: TRY(decode_exponential(point)); break;
      case 11: TRY(decode_summary(point)); break;
    }
  }
  return {};
}

void OtlpRequest::met(UnixMillis t_ms) {
  auto& resource = resources_.back();
  resource.earliest_ms = resource.has_points ? std::min(resource.earliest_ms, t_ms) : t_ms;
  resource.latest_ms = resource.has_points ? std::max(resource.latest_ms, t_ms) : t_ms;
  resource.has_points = true;
}

void OtlpRequest::refuse(std::string reason) {
  ++refused_;
  if (reasons_.size() < WriteOutcome::kReasonsMax) reasons_.push_back(std::move(reason));
}

// The part of the key that all series of a point share: what the point belongs to and its attributes as encoded.
void OtlpRequest::begin_point(std::string_view point, std::uint8_t attributes_field) {
  key_.clear();
  const auto put = [&](const SeriesKey& digest) { key_.append(reinterpret_cast<const char*>(&digest), sizeof digest); };
  put(resources_.back().digest);
  put(scopes_.back().digest);
  put(metrics_.back().digest);
  ProtoReader in(point);
  while (in.next())
    if (in.field() == attributes_field) codec::put_string(key_, in.bytes());
  key_base_ = key_.size();
}

void OtlpRequest::begin_series(std::string_view point, std::uint8_t attributes_field, Suffix suffix, double bound) {
  key_.resize(key_base_);
  key_ += static_cast<char>(suffix);
  key_.append(reinterpret_cast<const char*>(&bound), sizeof bound);
  points_.push_back({static_cast<std::uint32_t>(resources_.size() - 1), static_cast<std::uint32_t>(scopes_.size() - 1),
                     static_cast<std::uint32_t>(metrics_.size() - 1), attributes_field, suffix, bound, point});
  batch_->begin_series(*walk_, cache_->key(key_), {}, static_cast<std::uint32_t>(points_.size() - 1));
}

// target_info: the resource's own attributes, at the times at which it had points.
void OtlpRequest::target_info() {
  const auto& resource = resources_.back();
  bool descriptive = false, identified = false;
  each_attribute(resource.message, 1, [&](const Attribute& a) {
    descriptive |= !is_identifying(a.key);
    identified |= a.key == kServiceName || a.key == kInstanceId;
  });
  if (!descriptive || !identified) return;
  key_.assign(reinterpret_cast<const char*>(&resource.digest), sizeof resource.digest);
  key_base_ = key_.size();
  begin_series(resource.message, 1, Suffix::target_info, 0);
  auto t = resource.earliest_ms;
  for (int i = 0; i < kTargetInfoSamplesMax && t < resource.latest_ms; ++i, t += kTargetInfoStepMs) batch_->add(t, 1);
  batch_->add(resource.latest_ms, 1);
}

}  // namespace pharos::ingest

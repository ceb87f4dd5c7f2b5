// opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest, walked in place into a Batch.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ingest/batch.hpp"
#include "ingest/otlp_delta.hpp"
#include "ingest/otlp_history.hpp"
#include "ingest/otlp_names.hpp"

namespace pharos::ingest {

// One request; reused by its thread. Names and labels are translated only for series that the cache does not know.
class OtlpRequest {
 public:
  // `body` must outlive commit's decoding. Errc::invalid when it is not the message.
  Status decode(std::string_view body, const OtlpConfig& config, SeriesCache::Walk& walk, const SeriesCache& cache,
                DeltaAccumulator& deltas, const DeltaHistory* history, Batch& batch);
  // Delta streams that decode() has added to: to be forgotten when the batch is not stored.
  std::span<const SeriesKey> deltas() const { return touched_; }
  Status labels(std::uint32_t tag, LabelArena& arena);  // for Batch::commit
  std::uint64_t refused() const { return refused_; }    // points that became no sample
  const std::vector<std::string>& reasons() const { return reasons_; }
  // Families met, for metadata: name, unit and so on as Prometheus has them. `fresh` decides which are worth sending.
  template <class Fresh>
  void metadata(Batch& batch, Fresh&& fresh);

 private:
  enum class Suffix : std::uint8_t { none, sum, count, bucket, quantile, target_info };
  struct Resource {
    std::string_view message;
    SeriesKey digest;
    UnixMillis earliest_ms = 0, latest_ms = 0;
    bool has_points = false;
  };
  struct Scope {
    std::string_view message, schema_url;
    SeriesKey digest;
  };
  struct Metric {
    std::string_view name, description, unit;
    OtlpKind kind = OtlpKind::gauge;
    SeriesKey digest;
    std::string family;            // translated on first use
    std::string problem;           // why it cannot be
    bool delta = false, usable = true;
  };
  struct PointName {
    std::uint32_t resource, scope, metric;
    std::uint8_t attributes_field;
    Suffix suffix;
    double bound;
    std::string_view point;
  };
  struct Times {
    UnixMillis t_ms = 0, start_ms = 0;
    bool no_value = false;
  };

  Status decode_resource(std::string_view message);
  Status decode_scope(std::string_view message);
  Status decode_metric(std::string_view message);
  Status decode_number(std::string_view point);
  Status decode_histogram(std::string_view point);
  Status decode_exponential(std::string_view point);
  Status decode_summary(std::string_view point);
  Status decode_exemplar(std::string_view message);
  template <class Value>
  DeltaStart add_delta(std::string_view point, std::uint8_t attributes_field, const Times& times, Value& value);
  std::optional<DeltaState> stored_delta(std::string_view point, std::uint8_t attributes_field, UnixMillis t_ms);
  void target_info();
  void begin_point(std::string_view point, std::uint8_t attributes_field);
  void begin_series(std::string_view point, std::uint8_t attributes_field, Suffix suffix, double bound);
  void met(UnixMillis t_ms);
  void refuse(std::string reason);
  void resolve_family(Metric& metric) const;

  const OtlpConfig* config_ = nullptr;
  SeriesCache::Walk* walk_ = nullptr;
  const SeriesCache* cache_ = nullptr;
  DeltaAccumulator* deltas_ = nullptr;
  const DeltaHistory* history_ = nullptr;
  std::vector<SeriesKey> touched_;
  Batch* batch_ = nullptr;
  std::vector<Resource> resources_;
  std::vector<Scope> scopes_;
  std::vector<Metric> metrics_;
  std::vector<PointName> points_;
  std::string key_;                 // scratch: what a series' key is made from
  std::size_t key_base_ = 0;
  ExplicitHistogram explicit_;      // scratch
  ExponentialHistogram exponential_;
  std::vector<Exemplar> exemplars_;
  std::vector<std::pair<double, double>> quantiles_;
  std::uint64_t refused_ = 0;
  std::vector<std::string> reasons_;
};

template <class Fresh>
void OtlpRequest::metadata(Batch& batch, Fresh&& fresh) {
  for (auto& metric : metrics_) {
    if (!metric.usable || !fresh(metric.digest, metric.description)) continue;
    resolve_family(metric);
    if (metric.family.empty()) continue;
    const auto type = metric.kind == OtlpKind::counter                                   ? MetricType::counter
                      : metric.kind == OtlpKind::summary                                 ? MetricType::summary
                      : metric.kind == OtlpKind::gauge || metric.kind == OtlpKind::up_down_counter ? MetricType::gauge
                                                                                         : MetricType::histogram;
    batch.add(Metadata{metric.family, type, std::string(metric.description), otlp_unit_name(metric.unit)});
  }
}

// The text of an AnyValue message: JSON for lists and maps, base64 for bytes. Bounded depth.
std::string otlp_value_text(std::string_view any_value);

}  // namespace pharos::ingest

#include "ingest/otlp_decode.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

#include "base/quoted.hpp"
#include "codec/protobuf.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoReader;

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
constexpr double kZeroThreshold = 1e-128;              // what Prometheus takes when the point names none
constexpr UnixMillis kTargetInfoStepMs = 150'000;      // half of the default lookback, as Prometheus repeats it
constexpr int kTargetInfoSamplesMax = 100;

Status malformed(const char* what) { return fail(Errc::invalid, std::string("malformed OTLP: ") + what); }
UnixMillis to_ms(std::uint64_t nanos) { return static_cast<UnixMillis>(nanos / 1'000'000); }

struct Attribute {
  std::string_view key, value;  // the value is an AnyValue message
};

// Every KeyValue in field `field` of `message`.
template <class F>
bool each_attribute(std::string_view message, std::uint32_t field, F&& f) {
  ProtoReader in(message);
  while (in.next()) {
    if (in.field() != field) continue;
    ProtoReader pair(in.bytes());
    Attribute attribute;
    while (pair.next()) {
      if (pair.field() == 1) attribute.key = pair.bytes();
      else if (pair.field() == 2) attribute.value = pair.bytes();
    }
    if (!pair.ok()) return false;
    f(attribute);
  }
  return in.ok();
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::size_t runes(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Go's FormatFloat(v, 'f', -1, 64).
std::string plain_real(double v) {
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  if (std::isnan(v)) return "NaN";
  char buffer[400];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::fixed).ptr);
}

// Dense buckets to spans: gaps of up to two empty buckets are filled, longer ones begin a new span.
// Empty buckets at the ends are left out.
template <class Count>
void to_spans(std::int64_t first_index, std::span<const Count> counts, std::vector<Span>& spans, std::vector<double>& out) {
  std::int64_t next = 0;  // index after the last bucket written
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const auto index = first_index + static_cast<std::int64_t>(i);
    if (spans.empty() || index - next > 2) {
      spans.push_back({static_cast<std::int32_t>(spans.empty() ? index : index - next), 0});
    } else {
      for (; next < index; ++next) {
        ++spans.back().length;
        out.push_back(0);
      }
    }
    ++spans.back().length;
    out.push_back(static_cast<double>(counts[i]));
    next = index + 1;
  }
}

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

Status OtlpRequest::decode_exemplar(std::string_view message) {
  ProtoReader in(message);
  Exemplar exemplar;
  std::vector<std::pair<std::string, std::string>> labels;
  std::size_t length = 0, fixed = 0;
  while (in.next()) {
    switch (in.field()) {
      case 2: exemplar.t_ms = to_ms(in.fixed64()); break;
      case 3: exemplar.value = in.real(); break;
      case 6: exemplar.value = static_cast<double>(static_cast<std::int64_t>(in.fixed64())); break;
      case 4:
        if (const auto id = in.bytes(); !id.empty()) labels.emplace_back("span_id", hex(id)), fixed += 7 + 2 * id.size();
        break;
      case 5:
        if (const auto id = in.bytes(); !id.empty()) labels.emplace_back("trace_id", hex(id)), fixed += 8 + 2 * id.size();
        break;
    }
  }
  if (!in.ok()) return malformed("Exemplar");
  const auto identified = labels.size();
  const bool ok = each_attribute(message, 7, [&](const Attribute& a) {
    labels.emplace_back(a.key, otlp_value_text(a.value));
    length += runes(labels.back().first) + runes(labels.back().second);
  });
  if (!ok) return malformed("Exemplar");
  if (fixed + length > 128) labels.resize(identified);  // OpenMetrics' bound on an exemplar's labels
  std::vector<LabelView> views;
  for (const auto& [name, value] : labels)
    if (!name.empty() && !value.empty()) views.push_back({name, value});
  exemplar.labels = Labels::from_unsorted(std::move(views));
  exemplars_.push_back(std::move(exemplar));
  return {};
}

// Adds a point to its stream, which goes on from the store's samples when memory does not know it.
template <class Value>
DeltaStart OtlpRequest::add_delta(std::string_view point, std::uint8_t attributes_field, const Times& times, Value& value) {
  const auto key = cache_->key(key_);
  if (history_ && !deltas_->contains(key))
    if (auto state = stored_delta(point, attributes_field, times.t_ms)) deltas_->seed(key, std::move(*state));
  const auto added = deltas_->add(key, times.start_ms, times.t_ms, value);
  if (added.accepted) touched_.push_back(key);
  return added;
}

std::optional<DeltaState> OtlpRequest::stored_delta(std::string_view point, std::uint8_t attributes_field, UnixMillis t_ms) {
  const auto kind = metrics_.back().kind;
  const bool classic = kind == OtlpKind::histogram && !config_->convert_histograms_to_nhcb;
  points_.push_back({static_cast<std::uint32_t>(resources_.size() - 1), static_cast<std::uint32_t>(scopes_.size() - 1),
                     static_cast<std::uint32_t>(metrics_.size() - 1), attributes_field, classic ? Suffix::count : Suffix::none, 0, point});
  LabelArena arena;
  const auto named = labels(static_cast<std::uint32_t>(points_.size() - 1), arena);
  points_.pop_back();
  if (!named) return std::nullopt;  // the commit will say why
  const auto series = Labels::from_sorted(arena.labels);
  if (kind == OtlpKind::exponential_histogram) return history_->exponential(series, t_ms);
  if (kind != OtlpKind::histogram) return history_->number(series, t_ms);
  auto state = classic ? history_->classic_buckets(series, t_ms) : history_->custom_buckets(series, t_ms);
  // A point without any bucket is stored with one for everything.
  if (state && state->explicit_histogram->bounds.empty() && explicit_.counts.empty()) state->explicit_histogram->counts.clear();
  return state;
}

Status OtlpRequest::decode_number(std::string_view point) {
  double value = 0;
  Times times;
  exemplars_.clear();
  ProtoReader in(point);
  while (in.next()) {
    switch (in.field()) {
      case 2: times.start_ms = to_ms(in.fixed64()); break;
      case 3: times.t_ms = to_ms(in.fixed64()); break;
      case 4: value = in.real(); break;
      case 6: value = static_cast<double>(static_cast<std::int64_t>(in.fixed64())); break;
      case 5: TRY(decode_exemplar(in.bytes())); break;
      case 8: times.no_value = in.varint() & 1; break;
    }
  }
  if (!in.ok()) return malformed("NumberDataPoint");
  met(times.t_ms);
  begin_point(point, 7);
  const auto& metric = metrics_.back();
  if (times.no_value) {
    value = stale_nan();
  } else if (metric.delta) {
    const auto added = add_delta(point, 7, times, value);
    if (!added.accepted) return refuse("out of order delta point of metric " + quoted(metric.name)), Status{};
    times.start_ms = added.start_ms;
  }
  begin_series(point, 7, Suffix::none, 0);
  batch_->add(times.t_ms, value, metric.kind == OtlpKind::gauge ? 0 : times.start_ms);
  for (auto& exemplar : exemplars_) batch_->add(std::move(exemplar));
  return {};
}

Status OtlpRequest::decode_histogram(std::string_view point) {
  auto& h = explicit_;
  h.bounds.clear();
  h.counts.clear();
  h.count = 0;
  h.sum = 0;
  Times times;
  bool has_sum = false;
  exemplars_.clear();
  ProtoReader in(point);
  while (in.next()) {
    switch (in.field()) {
      case 2: times.start_ms = to_ms(in.fixed64()); break;
      case 3: times.t_ms = to_ms(in.fixed64()); break;
      case 4: h.count = in.fixed64(); break;
      case 5: h.sum = in.real(), has_sum = true; break;
      case 6: in.each_fixed64([&](std::uint64_t n) { h.counts.push_back(n); }); break;
      case 7: in.each_real([&](double v) { h.bounds.push_back(v); }); break;
      case 8: TRY(decode_exemplar(in.bytes())); break;
      case 10: times.no_value = in.varint() & 1; break;
    }
  }
  if (!in.ok()) return malformed("HistogramDataPoint");
  met(times.t_ms);
  begin_point(point, 9);
  const auto& metric = metrics_.back();
  if (metric.delta && !times.no_value) {
    const auto added = add_delta(point, 9, times, h);
    if (!added.accepted) return refuse("out of order delta point of metric " + quoted(metric.name)), Status{};
    times.start_ms = added.start_ms;
  }
  const double stale = stale_nan();
  if (config_->convert_histograms_to_nhcb) {
    auto native = std::make_shared<Histogram>();
    native->schema = kCustomBucketsSchema;
    native->integer = true;
    native->custom_values = h.bounds;
    if (times.no_value) {
      native->sum = stale;
    } else {
      to_spans<std::uint64_t>(0, h.counts, native->positive_spans, native->positive);
      native->count = static_cast<double>(h.count);
      native->sum = has_sum ? h.sum : 0;
    }
    if (native->count > kExactIntegers) return refuse("histogram with a count above 2^53 of metric " + quoted(metric.name)), Status{};
    begin_series(point, 9, Suffix::none, 0);
    batch_->add(times.t_ms, std::move(native), times.start_ms);
    for (auto& exemplar : exemplars_) batch_->add(std::move(exemplar));
    return {};
  }
  if (has_sum) {
    begin_series(point, 9, Suffix::sum, 0);
    batch_->add(times.t_ms, times.no_value ? stale : h.sum, times.start_ms);
  }
  begin_series(point, 9, Suffix::count, 0);
  batch_->add(times.t_ms, times.no_value ? stale : static_cast<double>(h.count), times.start_ms);
  std::uint64_t cumulative = 0;
  const auto buckets = std::min(h.bounds.size(), h.counts.size());
  for (std::size_t i = 0; i <= buckets; ++i) {
    const bool last = i == buckets;
    const double bound = last ? HUGE_VAL : h.bounds[i];
    if (!last) cumulative += h.counts[i];
    begin_series(point, 9, Suffix::bucket, bound);
    batch_->add(times.t_ms, times.no_value ? stale : static_cast<double>(last ? h.count : cumulative), times.start_ms);
    for (auto& exemplar : exemplars_) {  // an exemplar belongs to the first bucket that holds it
      if (exemplar.has_timestamp && exemplar.value <= bound) {
        batch_->add(exemplar);
        exemplar.has_timestamp = false;  // taken
      }
    }
  }
  return {};
}

Status OtlpRequest::decode_exponential(std::string_view point) {
  auto& h = exponential_;
  h = {};
  Times times;
  exemplars_.clear();
  const auto side = [](std::string_view message, ExponentialSide& out) {
    ProtoReader in(message);
    while (in.next()) {
      if (in.field() == 1) out.offset = static_cast<std::int32_t>(in.sint64());
      else if (in.field() == 2) in.each_varint([&](std::uint64_t n) { out.counts.push_back(n); });
    }
    return in.ok() && std::abs(static_cast<std::int64_t>(out.offset)) + static_cast<std::int64_t>(out.counts.size()) < (std::int64_t{1} << 30);
  };
  ProtoReader in(point);
  bool ok = true;
  while (ok && in.next()) {
    switch (in.field()) {
      case 2: times.start_ms = to_ms(in.fixed64()); break;
      case 3: times.t_ms = to_ms(in.fixed64()); break;
      case 4: h.count = in.fixed64(); break;
      case 5: h.sum = in.real(); break;
      case 6: h.scale = static_cast<std::int32_t>(std::clamp<std::int64_t>(in.sint64(), -100, 100)); break;
      case 7: h.zero_count = in.fixed64(); break;
      case 8: ok = side(in.bytes(), h.positive); break;
      case 9: ok = side(in.bytes(), h.negative); break;
      case 10: times.no_value = in.varint() & 1; break;
      case 11: TRY(decode_exemplar(in.bytes())); break;
      case 14: h.zero_threshold = in.real(); break;
    }
  }
  if (!ok || !in.ok()) return malformed("ExponentialHistogramDataPoint");
  met(times.t_ms);
  begin_point(point, 1);
  const auto& metric = metrics_.back();
  if (metric.delta && !times.no_value) {
    const auto added = add_delta(point, 1, times, h);
    if (!added.accepted) return refuse("out of order delta point of metric " + quoted(metric.name)), Status{};
    times.start_ms = added.start_ms;
  }
  if (h.scale < kExponentialSchemaMin)
    return refuse("cannot convert exponential to native histogram. Scale must be >= -4, was " + std::to_string(h.scale)), Status{};
  h.downscale(kExponentialSchemaMax);
  if (static_cast<double>(h.count) > kExactIntegers) return refuse("histogram with a count above 2^53 of metric " + quoted(metric.name)), Status{};
  auto native = std::make_shared<Histogram>();
  native->integer = true;
  native->schema = h.scale;
  native->zero_threshold = h.zero_threshold > 0 ? h.zero_threshold : kZeroThreshold;
  if (times.no_value) {
    native->sum = stale_nan();
  } else {
    native->count = static_cast<double>(h.count);
    native->sum = h.sum;
    native->zero_count = static_cast<double>(h.zero_count);
    // OTLP's bucket 0 is (1, base], Prometheus' is (1/base, 1].
    to_spans<std::uint64_t>(std::int64_t{h.positive.offset} + 1, h.positive.counts, native->positive_spans, native->positive);
    to_spans<std::uint64_t>(std::int64_t{h.negative.offset} + 1, h.negative.counts, native->negative_spans, native->negative);
  }
  begin_series(point, 1, Suffix::none, 0);
  batch_->add(times.t_ms, std::move(native), times.start_ms);
  for (auto& exemplar : exemplars_) batch_->add(std::move(exemplar));
  return {};
}

Status OtlpRequest::decode_summary(std::string_view point) {
  std::uint64_t count = 0;
  double sum = 0;
  Times times;
  quantiles_.clear();
  ProtoReader in(point);
  while (in.next()) {
    switch (in.field()) {
      case 2: times.start_ms = to_ms(in.fixed64()); break;
      case 3: times.t_ms = to_ms(in.fixed64()); break;
      case 4: count = in.fixed64(); break;
      case 5: sum = in.real(); break;
      case 6: {
        ProtoReader q(in.bytes());
        std::pair<double, double> quantile;
        while (q.next()) {
          if (q.field() == 1) quantile.first = q.real();
          else if (q.field() == 2) quantile.second = q.real();
        }
        if (!q.ok()) return malformed("ValueAtQuantile");
        quantiles_.push_back(quantile);
        break;
      }
      case 8: times.no_value = in.varint() & 1; break;
    }
  }
  if (!in.ok()) return malformed("SummaryDataPoint");
  met(times.t_ms);
  begin_point(point, 7);
  const double stale = stale_nan();
  begin_series(point, 7, Suffix::sum, 0);
  batch_->add(times.t_ms, times.no_value ? stale : sum, times.start_ms);
  begin_series(point, 7, Suffix::count, 0);
  batch_->add(times.t_ms, times.no_value ? stale : static_cast<double>(count), times.start_ms);
  for (const auto& [quantile, value] : quantiles_) {
    begin_series(point, 7, Suffix::quantile, quantile);
    batch_->add(times.t_ms, times.no_value ? stale : value, times.start_ms);
  }
  return {};
}

namespace {

constexpr std::string_view kServiceName = "service.name", kServiceNamespace = "service.namespace",
                           kInstanceId = "service.instance.id";
bool is_identifying(std::string_view key) { return key == kServiceName || key == kServiceNamespace || key == kInstanceId; }

}  // namespace

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

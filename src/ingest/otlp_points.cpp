// Data points of an OTLP request into samples: numbers, both kinds of histograms, summaries, with exemplars and deltas.
#include <algorithm>
#include <cmath>

#include "base/quoted.hpp"
#include "ingest/otlp_attributes.hpp"
#include "ingest/otlp_decode.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoReader;

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
constexpr double kZeroThreshold = 1e-128;              // what Prometheus takes when the point names none

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

}  // namespace pharos::ingest

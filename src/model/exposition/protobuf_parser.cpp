#include "model/exposition/protobuf_parser.hpp"

#include <cmath>
#include <limits>

#include "model/exposition/number.hpp"

namespace pharos::exposition {
namespace {

using codec::ProtoReader;

constexpr double kCountMax = 9007199254740992.0;  // 2^53: beyond, a double does not count by one

// google.protobuf.Timestamp: seconds = 1, nanos = 2.
UnixMillis timestamp(std::string_view message) {
  std::int64_t seconds = 0, nanos = 0;
  for (ProtoReader in(message); in.next();) {
    if (in.field() == 1) seconds = in.int64();
    else if (in.field() == 2) nanos = in.int64();
  }
  if (seconds < -9'000'000'000'000 || seconds > 9'000'000'000'000) return 0;
  return seconds * 1000 + nanos / 1'000'000;
}

// LabelPair: name = 1, value = 2.
bool label_pair(std::string_view message, LabelView& out) {
  out = {};
  ProtoReader in(message);
  while (in.next()) {
    if (in.field() == 1) out.name = in.bytes();
    else if (in.field() == 2) out.value = in.bytes();
  }
  return in.ok();
}

Span span(std::string_view message) {  // BucketSpan: offset = 1 (sint32), length = 2
  Span out;
  for (ProtoReader in(message); in.next();) {
    if (in.field() == 1) out.offset = static_cast<std::int32_t>(in.sint64());
    else if (in.field() == 2) out.length = static_cast<std::uint32_t>(in.varint());
  }
  return out;
}

double real_field(std::string_view message, std::uint32_t field, bool& ok) {
  double v = 0;
  ProtoReader in(message);
  while (in.next())
    if (in.field() == field) v = in.real();
  ok = in.ok();
  return v;
}

bool read_exemplar(std::string_view message, Exemplar& out) {  // Exemplar: label = 1, value = 2, timestamp = 3
  LabelsBuilder labels;
  out = {};
  out.has_timestamp = false;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: {
        LabelView label;
        if (!label_pair(in.bytes(), label) || !is_utf8(label.name) || !is_utf8(label.value)) return false;
        labels.set(label.name, label.value);
        break;
      }
      case 2: out.value = in.real(); break;
      case 3: out.t_ms = timestamp(in.bytes()), out.has_timestamp = true; break;
      default: break;
    }
  }
  out.labels = labels.build();
  return in.ok();
}

// The protobuf types, by number.
constexpr MetricType kTypes[] = {MetricType::counter, MetricType::gauge,     MetricType::summary,
                                 MetricType::unknown, MetricType::histogram, MetricType::gauge_histogram};

}  // namespace

Status ProtobufParser::bad(std::string what) const {
  const auto offset = static_cast<std::size_t>(in_.position() - page_.data());
  return fail(Errc::invalid, "protobuf page, before byte " + std::to_string(offset) + ": " + std::move(what));
}

// MetricFamily: name = 1, help = 2, type = 3, metric = 4, unit = 5.
Result<bool> ProtobufParser::read_family() {
  if (in_.at_end()) return false;
  const auto message = in_.string();
  if (!in_.ok()) return fail(Errc::invalid, "protobuf page: unexpected end of data: a message is longer than the page");
  family_ = help_ = unit_ = {};
  type_ = MetricType::counter;
  metrics_.clear();
  metric_ = 0;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: family_ = in.bytes(); break;
      case 2: help_ = in.bytes(); break;
      case 3: {
        const auto number = in.varint();
        if (number >= std::size(kTypes)) return fail(bad("unknown metric type " + std::to_string(number)).error());
        type_ = kTypes[number];
        break;
      }
      case 4: metrics_.push_back(in.bytes()); break;
      case 5: unit_ = in.bytes(); break;
      default: break;
    }
  }
  if (!in.ok()) return fail(bad("malformed MetricFamily").error());
  if (family_.empty() || !is_utf8(family_)) return fail(bad("invalid metric name: " + go_quote(family_)).error());
  if (!is_utf8(help_)) return fail(bad("invalid help for metric " + go_quote(family_) + ": " + go_quote(help_)).error());
  if (!is_utf8(unit_)) return fail(bad("invalid unit for metric " + go_quote(family_)).error());
  metadata_left_ = 3;
  return true;
}

// Metric: label = 1, gauge = 2, counter = 3, summary = 4, untyped = 5, timestamp_ms = 6, histogram = 7.
Status ProtobufParser::read_metric(std::string_view message) {
  metric_labels_.clear();
  series_.clear();
  native_exemplars_.clear();
  next_series_ = 0;
  t_ms_.reset();
  start_ms_ = 0;
  ProtoReader in(message);
  std::string_view gauge, counter, summary, untyped, histogram;
  bool has[8] = {};
  while (in.next()) {
    if (in.field() < 8) has[in.field()] = true;
    switch (in.field()) {
      case 1: {
        LabelView label;
        if (!label_pair(in.bytes(), label)) return bad("malformed label of " + go_quote(family_));
        if (label.name.empty() || !is_utf8(label.name)) return bad("invalid label name: " + go_quote(label.name));
        if (!is_utf8(label.value)) return bad("invalid label value: " + go_quote(label.value));
        metric_labels_.push_back(label);
        break;
      }
      case 2: gauge = in.bytes(); break;
      case 3: counter = in.bytes(); break;
      case 4: summary = in.bytes(); break;
      case 5: untyped = in.bytes(); break;
      case 6: if (const auto t = in.int64(); t != 0) t_ms_ = t; break;
      case 7: histogram = in.bytes(); break;
      default: break;
    }
  }
  if (!in.ok()) return bad("malformed Metric of " + go_quote(family_));
  bool ok = true;
  switch (type_) {
    case MetricType::counter: {  // Counter: value = 1, exemplar = 2, created_timestamp = 3
      Series series;
      ProtoReader fields(counter);
      while (fields.next()) {
        if (fields.field() == 1) series.value = fields.real();
        else if (fields.field() == 2) series.exemplar = fields.bytes();
        else if (fields.field() == 3 && options_.start_timestamps) start_ms_ = timestamp(fields.bytes());
      }
      ok = fields.ok() && has[3];
      series_.push_back(series);
      break;
    }
    case MetricType::gauge: series_.push_back({.value = real_field(gauge, 1, ok)}), ok = ok && has[2]; break;
    case MetricType::unknown: series_.push_back({.value = real_field(untyped, 1, ok)}), ok = ok && has[5]; break;
    case MetricType::summary: {
      if (!has[4]) return bad("metric " + go_quote(family_) + " has no summary");
      return read_summary(summary);
    }
    default:
      if (!has[7]) return bad("metric " + go_quote(family_) + " has no histogram");
      return read_histogram(histogram);
  }
  if (!ok) return bad("metric " + go_quote(family_) + " has no value of its family's type");
  return {};
}

// Summary: sample_count = 1, sample_sum = 2, quantile = 3 {quantile = 1, value = 2}, created_timestamp = 4.
Status ProtobufParser::read_summary(std::string_view message) {
  Series count{.suffix = "_count"}, sum{.suffix = "_sum"};
  std::vector<Series> quantiles;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: count.value = static_cast<double>(in.varint()); break;
      case 2: sum.value = in.real(); break;
      case 3: {
        Series quantile{.extra = Series::Extra::quantile};
        ProtoReader fields(in.bytes());
        while (fields.next()) {
          if (fields.field() == 1) quantile.bound = fields.real();
          else if (fields.field() == 2) quantile.value = fields.real();
        }
        if (!fields.ok()) return bad("malformed Quantile of " + go_quote(family_));
        quantiles.push_back(quantile);
        break;
      }
      case 4: if (options_.start_timestamps) start_ms_ = timestamp(in.bytes()); break;
      default: break;
    }
  }
  if (!in.ok()) return bad("malformed Summary of " + go_quote(family_));
  series_.push_back(count);
  series_.push_back(sum);
  series_.insert(series_.end(), quantiles.begin(), quantiles.end());
  return {};
}

// Histogram: sample_count = 1, sample_sum = 2, bucket = 3, sample_count_float = 4, schema = 5, zero_threshold = 6,
// zero_count = 7, zero_count_float = 8, negative_span = 9, negative_delta = 10, negative_count = 11, positive_span = 12,
// positive_delta = 13, positive_count = 14, created_timestamp = 15, exemplars = 16.
// Bucket: cumulative_count = 1, upper_bound = 2, exemplar = 3, cumulative_count_float = 4.
Status ProtobufParser::read_histogram(std::string_view message) {
  Histogram h;
  std::uint64_t count = 0, zero_count = 0;
  double count_float = 0, zero_count_float = 0;
  std::vector<std::int64_t> negative_deltas, positive_deltas;
  std::vector<Bucket> buckets;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: count = in.varint(); break;
      case 2: h.sum = in.real(); break;
      case 3: {
        Bucket bucket;
        double exact = 0;
        ProtoReader fields(in.bytes());
        while (fields.next()) {
          if (fields.field() == 1) bucket.count = static_cast<double>(fields.varint());
          else if (fields.field() == 2) bucket.bound = fields.real();
          else if (fields.field() == 3) bucket.exemplar = fields.bytes();
          else if (fields.field() == 4) exact = fields.real();
        }
        if (!fields.ok()) return bad("malformed Bucket of " + go_quote(family_));
        if (exact > 0) bucket.count = exact;
        buckets.push_back(bucket);
        break;
      }
      case 4: count_float = in.real(); break;
      case 5: h.schema = static_cast<std::int32_t>(in.sint64()); break;
      case 6: h.zero_threshold = in.real(); break;
      case 7: zero_count = in.varint(); break;
      case 8: zero_count_float = in.real(); break;
      case 9: h.negative_spans.push_back(span(in.bytes())); break;
      case 10: in.each_sint64([&](std::int64_t v) { negative_deltas.push_back(v); }); break;
      case 11: in.each_real([&](double v) { h.negative.push_back(v); }); break;
      case 12: h.positive_spans.push_back(span(in.bytes())); break;
      case 13: in.each_sint64([&](std::int64_t v) { positive_deltas.push_back(v); }); break;
      case 14: in.each_real([&](double v) { h.positive.push_back(v); }); break;
      case 15: if (options_.start_timestamps) start_ms_ = timestamp(in.bytes()); break;
      case 16: native_exemplars_.push_back(in.bytes()); break;
      default: break;
    }
  }
  if (!in.ok()) return bad("malformed Histogram of " + go_quote(family_));

  const bool floating = count_float > 0 || zero_count_float > 0;
  h.integer = !floating;
  h.count = floating ? count_float : static_cast<double>(count);
  h.zero_count = floating ? zero_count_float : static_cast<double>(zero_count);
  if (!floating) {
    const auto sum_up = [](const std::vector<std::int64_t>& deltas, std::vector<double>& out) {
      std::uint64_t running = 0;  // unsigned: hostile deltas wrap instead of overflowing
      out.clear();
      for (const auto delta : deltas) out.push_back(static_cast<double>(static_cast<std::int64_t>(running += static_cast<std::uint64_t>(delta))));
    };
    sum_up(negative_deltas, h.negative);
    sum_up(positive_deltas, h.positive);
  }
  const bool native = options_.native_histograms && (!h.positive_spans.empty() || !h.negative_spans.empty() || h.zero_threshold > 0 || h.zero_count > 0 ||
                      !h.positive.empty() || !h.negative.empty());
  if (native) {
    if (h.count > kCountMax) return bad("histogram " + go_quote(family_) + " has a count above 2^53");
    if (type_ == MetricType::gauge_histogram) h.reset_hint = ResetHint::gauge;
    series_.push_back({.histogram = std::make_shared<const Histogram>(h)});
    if (!options_.always_scrape_classic_histograms || buckets.empty()) return {};
  }
  series_.push_back({.suffix = "_count", .value = h.count});
  series_.push_back({.suffix = "_sum", .value = h.sum});
  bool infinite = false;
  for (const auto& bucket : buckets) {
    infinite = infinite || bucket.bound == std::numeric_limits<double>::infinity();
    series_.push_back({.extra = Series::Extra::le, .suffix = "_bucket", .bound = bucket.bound, .value = bucket.count, .exemplar = bucket.exemplar});
  }
  if (!infinite)
    series_.push_back({.extra = Series::Extra::le, .suffix = "_bucket", .bound = std::numeric_limits<double>::infinity(), .value = h.count});
  if (native) return {};
  native_exemplars_.clear();
  return {};
}

void ProtobufParser::show(const Series& series, Entry& entry) {
  entry = Entry{};
  entry.kind = series.histogram ? EntryKind::histogram : EntryKind::sample;
  entry.histogram = series.histogram;
  entry.value = series.value;
  entry.t_ms = t_ms_;
  entry.start_ms = start_ms_;
  entry.type = type_;
  // Unambiguous, because \xff is not in UTF-8.
  key_.assign(family_).append(series.suffix);
  for (const auto& label : metric_labels_) key_.append("\xff").append(label.name).append("\xff").append(label.value);
  if (series.extra != Series::Extra::none) key_.append(series.extra == Series::Extra::le ? "\xffle\xff" : "\xffquantile\xff").append(canonical_number(series.bound));
  entry.series = key_;
  entry.name = std::string_view(key_).substr(0, family_.size() + series.suffix.size());
}

Result<bool> ProtobufParser::next(Entry& entry) {
  if (next_series_ < series_.size()) return show(series_[next_series_++], entry), true;
  for (;;) {
    while (metadata_left_ > 0) {
      entry = Entry{};
      entry.name = family_;
      entry.type = type_;
      switch (metadata_left_--) {
        case 3: entry.kind = EntryKind::help, entry.text = help_; return true;
        case 2: entry.kind = EntryKind::type; return true;
        default:
          if (unit_.empty()) break;
          entry.kind = EntryKind::unit, entry.text = unit_;
          return true;
      }
    }
    if (metric_ < metrics_.size()) {
      TRY(read_metric(metrics_[metric_++]));
      return show(series_[next_series_++], entry), true;
    }
    series_.clear(), next_series_ = 0;
    const bool more = TRY(read_family());
    if (!more) return false;
  }
}

Labels ProtobufParser::labels() const {
  if (next_series_ == 0 || next_series_ > series_.size()) return {};
  const auto& series = series_[next_series_ - 1];
  const auto name = std::string(family_).append(series.suffix);
  const auto bound = canonical_number(series.bound);
  std::vector<LabelView> views{{kMetricName, name}};
  for (const auto& label : metric_labels_)
    if (!options_.type_and_unit_labels || (label.name != "__type__" && label.name != "__unit__")) views.push_back(label);
  if (series.extra != Series::Extra::none) views.push_back({series.extra == Series::Extra::le ? "le" : "quantile", bound});
  if (options_.type_and_unit_labels) {
    if (type_ != MetricType::unknown) views.push_back({"__type__", pharos::name(type_)});
    if (!unit_.empty()) views.push_back({"__unit__", unit_});
  }
  return Labels::from_unsorted(std::move(views));
}

void ProtobufParser::empty_labels(std::vector<std::string_view>& out) const {
  out.clear();
  for (const auto& label : metric_labels_)
    if (label.value.empty()) out.push_back(label.name);
}

void ProtobufParser::exemplars(std::vector<Exemplar>& out) {
  out.clear();
  if (next_series_ == 0 || next_series_ > series_.size()) return;
  const auto& series = series_[next_series_ - 1];
  Exemplar exemplar;
  if (series.histogram) {
    for (const auto message : native_exemplars_)
      if (read_exemplar(message, exemplar) && exemplar.has_timestamp) out.push_back(exemplar);
  } else if (!series.exemplar.empty() && read_exemplar(series.exemplar, exemplar)) {
    out.push_back(exemplar);
  }
}

}  // namespace pharos::exposition

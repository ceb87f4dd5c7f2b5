#include "model/exposition/writer.hpp"

#include <charconv>

#include "codec/protobuf.hpp"
#include "model/exposition/number.hpp"

namespace pharos::exposition {
namespace {

using codec::ProtoWriter;

void put_escaped(std::string& out, std::string_view text, bool quote_too) {
  for (const char c : text) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else if (c == '"' && quote_too) out += "\\\"";
    else out += c;
  }
}

void put_quoted(std::string& out, std::string_view text) {
  out += '"';
  put_escaped(out, text, true);
  out += '"';
}

void put_name(std::string& out, std::string_view name, bool legacy) {
  if (legacy) out += name;
  else put_quoted(out, name);
}

void put_series(std::string& out, const Labels& labels) {
  const auto name = labels.metric_name();
  const bool plain = is_legacy_metric_name(name);
  if (plain) out += name;
  bool first = true;
  const auto separate = [&] { out += std::exchange(first, false) ? '{' : ','; };
  if (!plain && !name.empty()) separate(), put_quoted(out, name);
  for (const auto label : labels) {
    if (label.name == kMetricName) continue;
    separate();
    put_name(out, label.name, is_legacy_label_name(label.name));
    out += '=';
    put_quoted(out, label.value);
  }
  if (!first) out += '}';
  else if (!plain) out += "{}";
}

void put_seconds(std::string& out, UnixMillis t_ms) {
  const auto magnitude = t_ms < 0 ? 0 - static_cast<std::uint64_t>(t_ms) : static_cast<std::uint64_t>(t_ms);
  if (t_ms < 0) out += '-';
  out += std::to_string(magnitude / 1000);
  if (const auto rest = magnitude % 1000) {
    out += '.';
    out += static_cast<char>('0' + rest / 100);
    out += static_cast<char>('0' + rest / 10 % 10);
    out += static_cast<char>('0' + rest % 10);
  }
}

void put_labels(ProtoWriter& metric, const Labels& labels, std::uint32_t field) {
  for (const auto label : labels) {
    if (label.name == kMetricName) continue;
    metric.message(field, [&](ProtoWriter& pair) { pair.bytes(1, label.name), pair.bytes(2, label.value); });
  }
}

void put_timestamp(ProtoWriter& out, std::uint32_t field, UnixMillis t_ms) {
  const auto seconds = t_ms >= 0 ? t_ms / 1000 : -((-t_ms + 999) / 1000);
  out.message(field, [&](ProtoWriter& t) { t.int64(1, seconds), t.int64(2, (t_ms - seconds * 1000) * 1'000'000); });
}

void put_exemplar(ProtoWriter& out, std::uint32_t field, const Exemplar& exemplar) {
  out.message(field, [&](ProtoWriter& e) {
    put_labels(e, exemplar.labels, 1);
    e.real(2, exemplar.value);
    if (exemplar.has_timestamp) put_timestamp(e, 3, exemplar.t_ms);
  });
}

void put_side(ProtoWriter& out, const Histogram& h, bool positive) {
  const auto& spans = positive ? h.positive_spans : h.negative_spans;
  const auto& counts = positive ? h.positive : h.negative;
  const std::uint32_t span_field = positive ? 12 : 9;
  for (const auto& span : spans)
    out.message(span_field, [&](ProtoWriter& s) { s.sint64(1, span.offset), s.varint(2, span.length); });
  std::string packed;
  std::int64_t previous = 0;
  for (const double count : counts) {
    if (h.integer) codec::put_signed(packed, static_cast<std::int64_t>(count) - previous), previous = static_cast<std::int64_t>(count);
    else codec::put_fixed(packed, count);
  }
  if (!packed.empty()) out.bytes(h.integer ? span_field + 1 : span_field + 2, packed);
}

}  // namespace

std::string_view content_type(Format format) {
  switch (format) {
    case Format::text: return "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8";
    case Format::openmetrics: return "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
    case Format::protobuf: return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
  }
  return "text/plain";
}

void Writer::family(const Metadata& metadata) {
  flush_family();
  family_ = metadata;
  has_family_ = true;
  if (format_ == Format::protobuf) return;
  const bool openmetrics = format_ == Format::openmetrics;
  std::string_view name = family_.family;
  if (openmetrics && family_.type == MetricType::counter && name.ends_with("_total")) name.remove_suffix(6);
  const auto line = [&](std::string_view keyword, std::string_view text, bool quotes) {
    out_.append("# ").append(keyword).append(" ");
    put_name(out_, name, is_legacy_metric_name(name));
    out_ += ' ';
    put_escaped(out_, text, quotes);
    out_ += '\n';
  };
  if (!family_.help.empty()) line("HELP", family_.help, openmetrics);
  auto type = pharos::name(family_.type);
  if (!openmetrics) {
    if (family_.type == MetricType::unknown) type = "untyped";
    else if (family_.type == MetricType::gauge_histogram) type = "histogram";
    else if (family_.type == MetricType::info || family_.type == MetricType::stateset) type = "gauge";
  }
  line("TYPE", type, false);
  if (openmetrics && !family_.unit.empty() && name.ends_with("_" + family_.unit)) line("UNIT", family_.unit, false);
}

void Writer::text_sample(const Labels& labels, double value, const Extras& extras) {
  put_series(out_, labels);
  out_ += ' ';
  out_ += go_float(value);
  if (extras.t_ms) {
    out_ += ' ';
    if (format_ == Format::openmetrics) put_seconds(out_, *extras.t_ms);
    else out_ += std::to_string(*extras.t_ms);
  }
  if (format_ == Format::openmetrics && !extras.exemplars.empty()) {
    const auto& exemplar = extras.exemplars.front();
    out_ += " # ";
    if (exemplar.labels.empty()) out_ += "{}";
    else put_series(out_, exemplar.labels);
    out_ += ' ';
    out_ += go_float(exemplar.value);
    if (exemplar.has_timestamp) out_ += ' ', put_seconds(out_, exemplar.t_ms);
  }
  out_ += '\n';
}

void Writer::sample(const Labels& labels, double value, const Extras& extras) {
  if (format_ != Format::protobuf) return text_sample(labels, value, extras);
  if (!has_family_ || has_histogram_) family(Metadata{.family = std::string(labels.metric_name())});
  ProtoWriter(metrics_).message(4, [&](ProtoWriter& metric) {
    put_labels(metric, labels, 1);
    const std::uint32_t field = family_.type == MetricType::counter ? 3 : family_.type == MetricType::gauge ? 2 : 5;
    metric.message(field, [&](ProtoWriter& v) {
      v.real(1, value);
      if (field != 3) return;
      if (!extras.exemplars.empty()) put_exemplar(v, 2, extras.exemplars.front());
      if (extras.start_ms != 0) put_timestamp(v, 3, extras.start_ms);
    });
    if (extras.t_ms) metric.int64(6, *extras.t_ms);
  });
}

bool Writer::histogram(const Labels& labels, const Histogram& h, const Extras& extras) {
  if (format_ != Format::protobuf || h.custom()) return false;  // the message has no custom bounds
  if (!has_family_ || (!metrics_.empty() && !has_histogram_)) family(Metadata{.family = std::string(labels.metric_name()), .type = MetricType::histogram});
  has_histogram_ = true;
  ProtoWriter(metrics_).message(4, [&](ProtoWriter& metric) {
    put_labels(metric, labels, 1);
    metric.message(7, [&](ProtoWriter& out) {
      if (h.integer) out.varint(1, static_cast<std::uint64_t>(h.count));
      else out.real(4, h.count);
      out.real(2, h.sum);
      out.sint64(5, h.schema);
      out.real(6, h.zero_threshold);
      if (h.integer) out.varint(7, static_cast<std::uint64_t>(h.zero_count));
      else out.real(8, h.zero_count);
      put_side(out, h, false);
      put_side(out, h, true);
      if (h.positive_spans.empty() && h.negative_spans.empty())  // says that it is a native one
        out.message(12, [](ProtoWriter& s) { s.sint64(1, 0), s.varint(2, 0); });
      if (extras.start_ms != 0) put_timestamp(out, 15, extras.start_ms);
      for (const auto& exemplar : extras.exemplars) put_exemplar(out, 16, exemplar);
    });
    if (extras.t_ms) metric.int64(6, *extras.t_ms);
  });
  return true;
}

void Writer::flush_family() {
  if (format_ != Format::protobuf || metrics_.empty()) {
    has_histogram_ = false;
    return;
  }
  std::string message;
  ProtoWriter out(message);
  out.bytes(1, family_.family);
  if (!family_.help.empty()) out.bytes(2, family_.help);
  const auto type = has_histogram_ ? (family_.type == MetricType::gauge_histogram ? 5u : 4u)
                                   : family_.type == MetricType::counter ? 0u : family_.type == MetricType::gauge ? 1u : 3u;
  out.varint(3, type);
  message += metrics_;
  if (!family_.unit.empty()) ProtoWriter(message).bytes(5, family_.unit);
  codec::put_string(out_, message);
  metrics_.clear();
  has_histogram_ = false;
}

void Writer::finish() {
  flush_family();
  if (format_ == Format::openmetrics) out_ += "# EOF\n";
}

}  // namespace pharos::exposition

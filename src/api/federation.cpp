#include "api/federation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "api/handlers.hpp"
#include "api/parameters.hpp"
#include "base/metric.hpp"
#include "codec/protobuf.hpp"
#include "query/histogram_buckets.hpp"
#include "query/promql/ast.hpp"

namespace pharos::api {
namespace {

using codec::ProtoWriter;

struct Stats {
  Counter errors{"prometheus_web_federation_errors_total",
                 "Total number of errors that occurred while sending federation responses."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

// One family after the other: calls write(name, samples of it).
template <class Write>
void each_family(const std::vector<FederatedSample>& samples, Write write) {
  for (std::size_t begin = 0; begin < samples.size();) {
    const auto name = samples[begin].labels.metric_name();
    auto end = begin;
    while (end < samples.size() && samples[end].labels.metric_name() == name) ++end;
    write(name, std::span(samples).subspan(begin, end - begin));
    begin = end;
  }
}

void put_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"')
      out += "\\\"";
    else
      out += c;
  }
}
void put_quoted(std::string& out, std::string_view text) {
  out += '"';
  put_escaped(out, text);
  out += '"';
}

// A name as the page has it, in quotes where it still needs them.
void put_name(std::string& out, std::string_view name, NameEscaping escaping, bool legacy) {
  if (legacy)
    out += name;
  else if (escaping == NameEscaping::allow_utf8)
    put_quoted(out, name);
  else
    out += escape_name(name, escaping);
}

// name{labels} — or {"name",labels} for a name that needs quotes.
void put_series(std::string& out, std::string_view name, std::string_view suffix,
                const FederatedSample& sample, NameEscaping escaping, std::string_view le = {}) {
  char before = '{';
  const bool bare = is_legacy_metric_name(name);
  if (bare || escaping != NameEscaping::allow_utf8) {
    out += bare ? std::string(name) : escape_name(name, escaping);
    out += suffix;
  } else {
    out += "{\"";
    put_escaped(out, name);
    out += suffix;
    out += '"';
    before = ',';
  }
  const auto put_label = [&](std::string_view label, std::string_view value) {
    out += before;
    before = ',';
    put_name(out, label, escaping, is_legacy_label_name(label));
    out += '=';
    put_quoted(out, value);
  };
  for (const auto* set : {&sample.labels, &sample.added})
    for (const auto& [label, value] : *set)
      if (label != kMetricName) put_label(label, value);
  if (!sample.labels.contains("instance") && !sample.added.contains("instance"))
    put_label("instance", "");
  if (!le.empty()) put_label("le", le);
  if (before == ',') out += '}';
}

// Milliseconds; OpenMetrics counts in seconds.
void put_value(std::string& out, double value, UnixMillis t_ms, bool openmetrics) {
  out += ' ';
  out += go_float(value);
  out += ' ';
  if (openmetrics)
    fmt::format_to(std::back_inserter(out), "{}{}.{:03}", t_ms < 0 ? "-" : "",
                   std::abs(t_ms) / 1000, std::abs(t_ms) % 1000);
  else
    out += std::to_string(t_ms);
  out += '\n';
}

void put_text(std::string& out, std::string_view name, std::span<const FederatedSample> samples,
              const FederationFormat& format) {
  const bool openmetrics = format.format == exposition::Format::openmetrics;
  const auto escaping = format.escaping;
  out += "# TYPE ";
  put_name(out, name, escaping, is_legacy_metric_name(name));
  out += samples.front().histogram ? " histogram\n" : openmetrics ? " unknown\n" : " untyped\n";
  for (const auto& sample : samples) {
    if (!sample.histogram) {
      put_series(out, name, "", sample, escaping);
      put_value(out, sample.value, sample.t_ms, openmetrics);
      continue;
    }
    put_series(out, name, "_bucket", sample, escaping, "+Inf");
    put_value(out, sample.histogram->count, sample.t_ms, openmetrics);
    put_series(out, name, "_sum", sample, escaping);
    put_value(out, sample.histogram->sum, sample.t_ms, openmetrics);
    put_series(out, name, "_count", sample, escaping);
    put_value(out, sample.histogram->count, sample.t_ms, openmetrics);
  }
}

// io.prometheus.client.Histogram, in its float form.
void put_histogram(ProtoWriter& out, const Histogram& h) {
  out.real(4, h.count);  // sample_count_float
  out.real(2, h.sum);    // sample_sum
  if (h.custom()) {      // classic buckets: upper_bound = 2, cumulative_count_float = 4
    double total = 0;
    for (const auto& bucket : query::all_buckets(h)) {
      total += bucket.count;
      out.message(3, [&](ProtoWriter& inner) {
        inner.real(2, bucket.upper);
        inner.real(4, total);
      });
    }
    return;
  }
  const auto spans = [&](std::uint32_t field, const std::vector<Span>& list) {
    for (const auto& span : list)
      out.message(field, [&](ProtoWriter& inner) {
        inner.sint64(1, span.offset);
        inner.varint(2, span.length);
      });
  };
  const auto counts = [&](std::uint32_t field, const std::vector<double>& list) {
    for (const double v : list) out.real(field, v);
  };
  out.sint64(5, h.schema);
  out.real(6, h.zero_threshold);
  out.real(8, h.zero_count);  // zero_count_float
  spans(9, h.negative_spans);
  counts(11, h.negative);
  spans(12, h.positive_spans);
  counts(14, h.positive);
}

// io.prometheus.client.MetricFamily: name = 1, type = 3, metric = 4.
void put_protobuf(std::string& out, std::string_view name, std::span<const FederatedSample> samples,
                  NameEscaping escaping) {
  constexpr std::uint64_t kUntyped = 3, kHistogram = 4, kGaugeHistogram = 5;
  const auto plain = [&](std::string_view text, bool metric) {
    const bool legacy = metric ? is_legacy_metric_name(text) : is_legacy_label_name(text);
    return legacy ? std::string(text) : escape_name(text, escaping);
  };
  std::string family;
  ProtoWriter writer(family);
  writer.bytes(1, plain(name, true));
  const auto& first = samples.front().histogram;
  writer.varint(3, !first                                  ? kUntyped
                   : first->reset_hint == ResetHint::gauge ? kGaugeHistogram
                                                           : kHistogram);
  for (const auto& sample : samples)
    writer.message(4, [&](ProtoWriter& metric) {
      const auto put_label = [&](std::string_view label, std::string_view value) {
        metric.message(1, [&](ProtoWriter& pair) {
          pair.bytes(1, plain(label, false));
          pair.bytes(2, value);
        });
      };
      for (const auto* set : {&sample.labels, &sample.added})
        for (const auto& [label, value] : *set)
          if (label != kMetricName) put_label(label, value);
      if (!sample.labels.contains("instance") && !sample.added.contains("instance"))
        put_label("instance", "");
      if (sample.histogram)
        metric.message(7, [&](ProtoWriter& h) { put_histogram(h, *sample.histogram); });
      else
        metric.message(5, [&](ProtoWriter& untyped) { untyped.real(1, sample.value); });
      metric.int64(6, sample.t_ms);
    });
  codec::put_string(out, family);
}

net::Response federate(const Context& context, const net::Request& request) {
  const auto form = request.form();
  if (!form)
    return net::Response::text(400, "error parsing form values: " + form.error().message + "\n");
  const auto format = negotiate(request.headers.get("Accept"));
  const auto external =
      context.services.external_labels ? context.services.external_labels() : Labels();
  const auto to_ms = to_unix_millis(context.services.clock->now());
  const auto from_ms = to_ms - context.options.lookback.count();
  const auto querier = context.services.querier ? context.services.querier() : nullptr;
  const auto failed = [](const Error& error) {
    stats().errors.add();
    return net::Response::text(500, error.message + "\n");
  };

  std::map<Labels, FederatedSample> newest;  // two selectors may find the same series
  SampleColumn column;
  for (const auto text : form->all("match[]")) {
    const auto matchers = query::promql::parse_metric_selector(text);
    if (!matchers) return net::Response::text(400, matchers.error().message + "\n");
    if (!querier) continue;
    const auto selection =
        querier->select(*matchers, from_ms, to_ms, {.start_ms = from_ms, .end_ms = to_ms});
    if (!selection) return failed(selection.error());
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      if (const auto read = (*selection)->read(i, from_ms, to_ms, column); !read)
        return failed(read.error());
      const auto& labels = (*selection)->labels(i);
      if (column.empty() || labels.metric_name().empty()) continue;
      FederatedSample sample{
          .labels = labels, .t_ms = column.t_ms.back(), .value = column.value.back()};
      if (!column.histograms.empty()) sample.histogram = column.histograms.back();
      // The formats know no stale markers; absence says the same.
      if (is_stale(sample.value) || (sample.histogram && is_stale(*sample.histogram))) continue;
      LabelsBuilder added;
      for (const auto& [name, value] : external)
        if (!labels.contains(name)) added.set(name, value);
      sample.added = added.build();
      newest.insert_or_assign(labels, std::move(sample));
    }
  }
  std::vector<FederatedSample> samples;
  samples.reserve(newest.size());
  for (auto& [labels, sample] : newest) samples.push_back(std::move(sample));
  std::ranges::stable_sort(samples, {},
                           [](const FederatedSample& s) { return s.labels.metric_name(); });
  net::Response response;
  response.headers.set("Content-Type", format.content_type());
  response.body = write_federation(samples, format);
  return response;
}

}  // namespace

std::string FederationFormat::content_type() const {
  std::string_view type = "text/plain; version=0.0.4; charset=utf-8";
  if (format == exposition::Format::openmetrics)
    type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  else if (format == exposition::Format::protobuf)
    type =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
        "encoding=delimited";
  return std::string(type) + "; escaping=" + std::string(name(escaping));
}

FederationFormat negotiate(std::string_view accept) {
  FederationFormat best;
  double best_quality = 0;
  while (!accept.empty()) {
    auto item = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(accept.size(), item.size() + 1));
    const auto trim = [](std::string_view text) {
      while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
      while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
      if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
      return text;
    };
    const auto media = trim(item.substr(0, item.find(';')));
    std::map<std::string_view, std::string_view> parameters;
    while (item.contains(';')) {
      item.remove_prefix(item.find(';') + 1);
      const auto parameter = item.substr(0, item.find(';'));
      const auto equals = parameter.find('=');
      if (equals != parameter.npos)
        parameters[trim(parameter.substr(0, equals))] = trim(parameter.substr(equals + 1));
    }
    const auto version = parameters["version"];
    FederationFormat format;
    if (media == "application/vnd.google.protobuf" &&
        parameters["proto"] == "io.prometheus.client.MetricFamily" &&
        parameters["encoding"] == "delimited")
      format.format = exposition::Format::protobuf;
    else if (media == "application/openmetrics-text" &&
             (version.empty() || version == "1.0.0" || version == "0.0.1"))
      format.format = exposition::Format::openmetrics;
    else if (media != "text/plain" || !(version.empty() || version == "0.0.4"))
      continue;
    if (const auto escaping = parse_name_escaping(parameters["escaping"]))
      format.escaping = *escaping;
    double quality = 1;
    if (const auto q = parameters["q"]; !q.empty())
      std::from_chars(q.data(), q.data() + q.size(), quality);
    if (quality > best_quality) {
      best = format;
      best_quality = quality;
    }
  }
  return best;
}

std::string write_federation(const std::vector<FederatedSample>& samples,
                             const FederationFormat& format) {
  std::string out;
  each_family(samples, [&](std::string_view name, std::span<const FederatedSample> family) {
    // A family has one type: where a name has both, the histograms come as a family of their own.
    std::vector<FederatedSample> floats, histograms;
    for (const auto& sample : family) (sample.histogram ? histograms : floats).push_back(sample);
    for (const auto& part :
         {std::span<const FederatedSample>(floats), std::span<const FederatedSample>(histograms)}) {
      if (part.empty()) continue;
      if (format.format == exposition::Format::protobuf)
        put_protobuf(out, name, part, format.escaping);
      else
        put_text(out, name, part, format);
    }
  });
  if (format.format == exposition::Format::openmetrics) out += "# EOF\n";
  return out;
}

void add_federation(Routes& routes) {
  const auto& context = routes.context();
  routes.plain(
      "GET", "/federate", [context](const net::Request& r) { return federate(*context, r); }, true);
}

}  // namespace pharos::api

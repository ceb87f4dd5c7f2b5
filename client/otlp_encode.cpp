// Field numbers: opentelemetry-proto 1.x, trace.proto, logs.proto, metrics.proto, common.proto.
#include "otlp_encode.hpp"

#include <chrono>

#include "label_text.hpp"
#include "page_protobuf.hpp"
#include "pharos/reading.hpp"
#include "wire.hpp"

namespace pharos::client::detail {
namespace {

void put_attribute(Wire& wire, unsigned field, const Field& f) {
  wire.message(field, [&] {
    wire.bytes(1, f.key);
    wire.message(2, [&] {
      switch (f.kind) {
        case Field::Kind::text: wire.bytes(1, f.text); break;
        case Field::Kind::boolean: wire.number(2, static_cast<std::uint64_t>(f.integer)); break;
        case Field::Kind::integer: wire.number(3, static_cast<std::uint64_t>(f.integer)); break;
        case Field::Kind::real: wire.real(4, f.real); break;
      }
    });
  });
}

void put_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}
void put_ids(Wire& wire, unsigned trace_field, unsigned span_field, const TraceContext& context) {
  std::string id;
  put_big_endian(id, context.trace_high);
  put_big_endian(id, context.trace_low);
  wire.bytes(trace_field, id);
  id.clear();
  put_big_endian(id, context.span);
  wire.bytes(span_field, id);
}

void put_labels(Wire& wire, unsigned field, const Series& series) {
  std::string_view rest = series.labels, name;
  for (std::string value; take_label(rest, name, value);)
    put_attribute(wire, field, Field(name, value));
}

// An Exemplar of metrics.proto: filtered attributes none, time, value, span id, trace id.
void put_exemplar(Wire& wire, unsigned field, const ExemplarSlot& slot) {
  Exemplar e;
  if (!slot.get(e)) return;
  wire.message(field, [&] {
    wire.fixed(2, static_cast<std::uint64_t>(e.unix_ms) * 1'000'000);
    wire.real(3, e.value);
    put_ids(wire, 5, 4, e.context);
  });
}

// Buckets of an ExponentialHistogramDataPoint: OTLP's bucket i is (base^i, base^(i+1)], one below
// Prometheus'.
void put_side(Wire& wire, unsigned field,
              const std::vector<std::pair<int, std::uint64_t>>& buckets) {
  if (buckets.empty()) return;
  wire.message(field, [&] {
    wire.number(1, Wire::zigzag(buckets.front().first - 1));
    wire.message(2, [&] {
      int next = buckets.front().first;
      for (const auto& [index, count] : buckets) {
        for (; next < index; ++next) wire.varint(0);
        wire.varint(count);
        ++next;
      }
    });
  });
}

void put_point(Wire& wire, const Definition& d, const Series& series, const Reading& r,
               std::int64_t start, std::int64_t now) {
  const bool exponential = series.native && d.type == Type::histogram;
  const unsigned attributes = d.type == Type::histogram ? exponential ? 1 : 9 : 7;
  put_labels(wire, attributes, series);
  wire.fixed(2, static_cast<std::uint64_t>(start));
  wire.fixed(3, static_cast<std::uint64_t>(now));
  switch (d.type) {
    case Type::counter:
      wire.real(4, static_cast<double>(r.whole) + r.value);
      if (series.exemplars) put_exemplar(wire, 5, series.exemplars[0]);
      return;
    case Type::gauge: wire.real(4, r.value); return;
    case Type::summary:
      wire.fixed(4, r.count);
      wire.real(5, r.sum);
      for (std::uint32_t i = 0; i < d.quantiles.size; ++i) {
        wire.message(6, [&] {
          wire.real(1, d.quantiles.data[i]);
          wire.real(2, r.quantiles[i]);
        });
      }
      return;
    case Type::histogram: break;
  }
  wire.fixed(4, r.count);
  wire.real(5, r.sum);
  if (exponential) {
    wire.number(6, Wire::zigzag(series.native->schema));
    wire.fixed(7, r.zeros);
    put_side(wire, 8, r.positive);
    put_side(wire, 9, r.negative);
    wire.real(14, 0x1p-40);
    return;
  }
  std::string packed;
  const auto append = [&](std::uint64_t bits) {
    packed.append(reinterpret_cast<const char*>(&bits), 8);
  };
  for (auto n : r.buckets) append(n);
  wire.bytes(6, packed);
  packed.clear();
  for (std::uint32_t i = 0; i < series.bounds->count; ++i) append(as_bits(series.bounds->bound[i]));
  wire.bytes(7, packed);
  for (std::uint32_t i = 0; series.exemplars && i <= series.bounds->count; ++i)
    put_exemplar(wire, 8, series.exemplars[i]);
}

}  // namespace

void put_otlp_span(std::string& out, const SpanData& span) {
  Wire wire(out);
  wire.message(2, [&] {
    put_ids(wire, 1, 2, span.context);
    if (span.parent) {
      std::string id;
      put_big_endian(id, span.parent);
      wire.bytes(4, id);
    }
    wire.bytes(5, span.name);
    wire.number(6, static_cast<unsigned>(span.kind));
    wire.fixed(7, static_cast<std::uint64_t>(span.begin_ns));
    wire.fixed(8, static_cast<std::uint64_t>(span.end_ns));
    for (const auto& field : span.fields) put_attribute(wire, 9, field.view());
    for (const auto& event : span.events) {
      wire.message(11, [&] {
        wire.fixed(1, static_cast<std::uint64_t>(event.unix_ns));
        wire.bytes(2, event.name);
        for (const auto& field : event.fields) put_attribute(wire, 3, field.view());
      });
    }
    for (const auto& link : span.links) wire.message(13, [&] { put_ids(wire, 1, 2, link); });
    if (span.failed) {
      wire.message(15, [&] {
        wire.bytes(2, span.status);
        wire.number(3, 2);  // STATUS_CODE_ERROR
      });
    }
  });
}

void put_otlp_log(std::string& out, const LogRecord& record) {
  Wire wire(out);
  wire.message(2, [&] {
    wire.fixed(1, static_cast<std::uint64_t>(record.unix_ns));
    wire.number(2, 5 + 4 * static_cast<unsigned>(record.level));  // SEVERITY_NUMBER_DEBUG, INFO, …
    wire.bytes(3, level_name(record.level));
    wire.message(5, [&] { wire.bytes(1, record.message); });
    for (std::size_t i = 0; i < record.field_count; ++i) put_attribute(wire, 6, record.fields[i]);
    if (record.context) put_ids(wire, 9, 10, record.context);
    wire.fixed(11, static_cast<std::uint64_t>(record.unix_ns));
  });
}

void put_otlp_metrics(std::string& out, Registry& registry, std::int64_t start_ns,
                      std::int64_t now_ns) {
  static constexpr unsigned kFields[] = {7, 5, 9, 11};  // Sum, Gauge, Histogram, Summary
  registry.collect();
  Wire wire(out);
  Reading reading;
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(
                          std::chrono::steady_clock::now().time_since_epoch())
                          .count();
  registry.each([&](const Family& family) {
    const Definition& d = family.definition();
    const bool exponential = d.type == Type::histogram && d.schema != kNoSchema;
    const std::size_t begin = out.size();
    bool any = false;
    wire.message(2, [&] {
      wire.bytes(1, family.name());  // as it is: no unit or suffix is added
      wire.bytes(2, d.help);
      wire.message(exponential ? 10 : kFields[static_cast<unsigned>(d.type)], [&] {
        family.each([&](const Series& series) {
          any = true;
          reading.read(family, series, second);
          wire.message(1, [&] { put_point(wire, d, series, reading, start_ns, now_ns); });
        });
        if (d.type == Type::counter || d.type == Type::histogram) wire.number(2, 2);  // cumulative
        if (d.type == Type::counter) wire.number(3, 1);                               // monotonic
      });
    });
    if (!any) out.resize(begin);
  });
}

void put_otlp_resource(std::string& out, std::string_view service, const Attributes& resource,
                       std::string_view items) {
  Wire wire(out);
  wire.message(1, [&] {
    wire.message(1, [&] {
      put_attribute(wire, 1, Field("service.name", service));
      for (const auto& [key, value] : resource) put_attribute(wire, 1, Field(key, value));
    });
    wire.message(2, [&] {
      wire.message(1, [&] { wire.bytes(1, "pharos-client"); });
      out += items;
    });
  });
}

}  // namespace pharos::client::detail

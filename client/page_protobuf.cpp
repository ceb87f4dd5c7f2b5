// Field numbers: prometheus/client_model, io/prometheus/client/metrics.proto.
#include "page_protobuf.hpp"

#include <cmath>

#include "label_text.hpp"
#include "pharos/reading.hpp"
#include "wire.hpp"

namespace pharos::client::detail {
namespace {

void put_label_pair(Wire& wire, unsigned field, std::string_view name, std::string_view value) {
  wire.message(field, [&] {
    wire.bytes(1, name);
    wire.bytes(2, value);
  });
}

void put_exemplar(Wire& wire, unsigned field, const ExemplarSlot& slot) {
  Exemplar e;
  if (!slot.get(e)) return;
  wire.message(field, [&] {
    put_label_pair(wire, 1, "trace_id", e.context.trace_id());
    put_label_pair(wire, 1, "span_id", e.context.span_id());
    wire.real(2, e.value);
    wire.message(3, [&] {
      wire.number(1, static_cast<std::uint64_t>(e.unix_ms / 1000));
      wire.number(2, static_cast<std::uint64_t>(e.unix_ms % 1000) * 1'000'000);
    });
  });
}

void put_side(Wire& wire, unsigned span_field, unsigned delta_field,
              const std::vector<std::pair<int, std::uint64_t>>& buckets) {
  const Spans spans = spans_of(buckets);
  for (const auto& span : spans.spans) {
    wire.message(span_field, [&] {
      wire.number(1, Wire::zigzag(span.offset));
      wire.number(2, span.length);
    });
  }
  for (auto delta : spans.deltas) wire.number(delta_field, Wire::zigzag(delta));
}

void put_histogram(Wire& wire, const Series& series, const Reading& reading) {
  wire.number(1, reading.count);
  wire.real(2, reading.sum);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < reading.buckets.size(); ++i) {
    wire.message(3, [&] {
      wire.number(1, below += reading.buckets[i]);
      wire.real(2, i < series.bounds->count ? series.bounds->bound[i] : HUGE_VAL);
      if (series.exemplars) put_exemplar(wire, 3, series.exemplars[i]);
    });
  }
  if (!series.native) return;
  wire.number(5, Wire::zigzag(series.native->schema));
  wire.real(6, 0x1p-40);
  wire.number(7, reading.zeros);
  put_side(wire, 9, 10, reading.negative);
  put_side(wire, 12, 13, reading.positive);
  if (series.exemplars && !series.bounds) {
    for (int i = 0; i < 8; ++i) put_exemplar(wire, 16, series.exemplars[i]);
  }
}

}  // namespace

Spans spans_of(const std::vector<std::pair<int, std::uint64_t>>& buckets) {
  Spans out;
  std::int64_t last = 0;
  int next = 0;  // index after the last bucket of the last span
  for (const auto& [index, count] : buckets) {
    // Gaps of one or two are filled with empty buckets: cheaper than a span.
    if (!out.spans.empty() && index - next <= 2) {
      for (; next < index; ++next) {
        out.deltas.push_back(-last);
        last = 0;
        ++out.spans.back().length;
      }
      ++out.spans.back().length;
    } else {
      out.spans.push_back({index - next, 1});  // the first span's offset is from 0
    }
    out.deltas.push_back(static_cast<std::int64_t>(count) - last);
    last = static_cast<std::int64_t>(count);
    next = index + 1;
  }
  return out;
}

void put_protobuf(std::string& out, const Family& family, std::int64_t now_seconds) {
  static constexpr unsigned kTypes[] = {0, 1, 4, 2};  // COUNTER, GAUGE, HISTOGRAM, SUMMARY
  static constexpr unsigned kFields[] = {3, 2, 7, 4};
  const Definition& d = family.definition();
  const auto type = static_cast<unsigned>(d.type);
  const std::size_t begin = out.size();
  bool any = false;
  Wire wire(out);
  Reading reading;
  wire.sized([&] {
    wire.bytes(1, family.name());
    wire.bytes(2, d.help);
    wire.number(3, kTypes[type]);
    family.each([&](const Series& series) {
      any = true;
      reading.read(family, series, now_seconds);
      wire.message(4, [&] {
        std::string_view rest = series.labels, name;
        for (std::string value; take_label(rest, name, value);)
          put_label_pair(wire, 1, name, value);
        wire.message(kFields[type], [&] {
          switch (d.type) {
            case Type::counter:
              wire.real(1, static_cast<double>(reading.whole) + reading.value);
              if (series.exemplars) put_exemplar(wire, 2, series.exemplars[0]);
              break;
            case Type::gauge: wire.real(1, reading.value); break;
            case Type::histogram: put_histogram(wire, series, reading); break;
            case Type::summary:
              wire.number(1, reading.count);
              wire.real(2, reading.sum);
              for (std::uint32_t i = 0; i < d.quantiles.size; ++i) {
                wire.message(3, [&] {
                  wire.real(1, d.quantiles.data[i]);
                  wire.real(2, reading.quantiles[i]);
                });
              }
          }
        });
      });
    });
  });
  if (!any) out.resize(begin);
}

}  // namespace pharos::client::detail

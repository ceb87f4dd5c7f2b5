#include "ingest/write_encode.hpp"

#include <unordered_map>

#include "codec/protobuf.hpp"
#include "ingest/write_decode.hpp"

namespace pharos::ingest {
namespace {

using codec::ProtoWriter;

std::uint64_t wire_type(MetricType type) {
  switch (type) {
    case MetricType::counter: return 1;
    case MetricType::gauge: return 2;
    case MetricType::histogram: return 3;
    case MetricType::gauge_histogram: return 4;
    case MetricType::summary: return 5;
    case MetricType::info: return 6;
    case MetricType::stateset: return 7;
    default: return 0;
  }
}

// The sample or histogram of a series; 1.0 has histograms in field 4, 2.0 in field 3.
void put_value(const OutgoingSample& sample, std::uint32_t histogram_field, UnixMillis start_ms, std::string& scratch, ProtoWriter& to) {
  scratch.clear();
  if (sample.histogram) {
    encode_histogram(*sample.histogram, sample.t_ms, start_ms, scratch);
    to.bytes(histogram_field, scratch);
    return;
  }
  ProtoWriter s(scratch);
  s.real(1, sample.value);
  s.int64(2, sample.t_ms);
  if (start_ms) s.int64(3, start_ms);
  to.bytes(2, scratch);
}

}  // namespace

std::string encode_write_v1(std::span<const OutgoingSample> samples) {
  std::string out, series, scratch;
  ProtoWriter to(out);
  for (const auto& sample : samples) {
    series.clear();
    ProtoWriter s(series);
    for (const auto& [name, value] : sample.labels) {
      scratch.clear();
      ProtoWriter l(scratch);
      l.bytes(1, name);
      l.bytes(2, value);
      s.bytes(1, scratch);
    }
    if (!sample.only_exemplars) put_value(sample, 4, 0, scratch, s);
    for (const auto& exemplar : sample.exemplars)
      s.message(3, [&](ProtoWriter& e) {
        for (const auto& [name, value] : exemplar.labels)
          e.message(1, [&](ProtoWriter& l) { l.bytes(1, name), l.bytes(2, value); });
        e.real(2, exemplar.value);
        e.int64(3, exemplar.t_ms);
      });
    to.bytes(1, series);
  }
  return out;
}

std::string encode_metadata_v1(std::span<const Metadata> metadata) {
  std::string out;
  ProtoWriter to(out);
  for (const auto& m : metadata)
    to.message(3, [&](ProtoWriter& w) {
      w.varint(1, wire_type(m.type));
      w.bytes(2, m.family);
      w.bytes(4, m.help);
      w.bytes(5, m.unit);
    });
  return out;
}

std::string encode_write_v2(std::span<const OutgoingSample> samples, const std::function<const Metadata*(std::string_view)>& metadata_of) {
  // Views point into labels and metadata, which outlive the encoding.
  std::unordered_map<std::string_view, std::uint32_t> index{{"", 0}};
  std::vector<std::string_view> symbols{""};
  const auto symbol = [&](std::string_view text) {
    const auto [found, fresh] = index.try_emplace(text, static_cast<std::uint32_t>(symbols.size()));
    if (fresh) symbols.push_back(text);
    return found->second;
  };
  std::string body, series, scratch;
  ProtoWriter to(body);
  for (const auto& sample : samples) {
    series.clear();
    scratch.clear();
    ProtoWriter s(series);
    for (const auto& [name, value] : sample.labels) {
      codec::put_varint(scratch, symbol(name));
      codec::put_varint(scratch, symbol(value));
    }
    s.bytes(1, scratch);
    put_value(sample, 3, sample.start_ms, scratch, s);
    for (const auto& exemplar : sample.exemplars) {
      scratch.clear();
      for (const auto& [name, value] : exemplar.labels) {
        codec::put_varint(scratch, symbol(name));
        codec::put_varint(scratch, symbol(value));
      }
      s.message(4, [&](ProtoWriter& e) {
        e.bytes(1, scratch);
        e.real(2, exemplar.value);
        e.int64(3, exemplar.t_ms);
      });
    }
    if (const auto* m = metadata_of ? metadata_of(sample.labels.metric_name()) : nullptr)
      s.message(5, [&](ProtoWriter& w) {
        w.varint(1, wire_type(m->type));
        w.varint(3, symbol(m->help));
        w.varint(4, symbol(m->unit));
      });
    if (sample.start_ms) s.int64(6, sample.start_ms);  // where drafts of 2.0 had it; later receivers skip it
    to.bytes(5, series);
  }
  std::string out;
  ProtoWriter table(out);
  for (const auto text : symbols) table.bytes(4, text);
  return out + body;
}

}  // namespace pharos::ingest

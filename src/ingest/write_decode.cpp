#include "ingest/write_decode.hpp"

#include <cmath>

#include "codec/protobuf.hpp"

namespace pharos::ingest {
namespace {

using codec::Cursor;
using codec::ProtoReader;
using codec::Wire;

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

Status malformed(const char* what) { return fail(Errc::invalid, std::string("malformed protobuf: ") + what); }

// The bytes of the run of `labels` (field 1) at the front of a TimeSeries: what the cache is asked with.
std::string_view label_run(std::string_view series) {
  Cursor in(series);
  const char* begin = in.position();
  while (!in.at_end() && *in.position() == 0x0a) {
    in.bytes(1);
    in.string();
    if (!in.ok()) return {};
  }
  return {begin, static_cast<std::size_t>(in.position() - begin)};
}

Status decode_label(std::string_view message, LabelView& label) {
  ProtoReader in(message);
  while (in.next()) {
    if (in.field() == 1) label.name = in.bytes();
    else if (in.field() == 2) label.value = in.bytes();
  }
  return in.ok() ? Status{} : malformed("Label");
}

Status decode_exemplar(std::string_view message, Batch& batch) {
  ProtoReader in(message);
  std::vector<LabelView> labels;
  Exemplar exemplar;
  while (in.next()) {
    switch (in.field()) {
      case 1: {
        LabelView label;
        TRY(decode_label(in.bytes(), label));
        labels.push_back(label);
        break;
      }
      case 2: exemplar.value = in.real(); break;
      case 3: exemplar.t_ms = in.int64(); break;
    }
  }
  if (!in.ok()) return malformed("Exemplar");
  exemplar.labels = Labels::from_unsorted(std::move(labels));
  batch.add(std::move(exemplar));
  return {};
}

MetricType type_of(std::uint64_t wire) {  // MetricMetadata.MetricType, the same in 1.0 and 2.0
  static constexpr MetricType kTypes[] = {MetricType::unknown, MetricType::counter, MetricType::gauge,
                                          MetricType::histogram, MetricType::gauge_histogram, MetricType::summary,
                                          MetricType::info, MetricType::stateset};
  return wire < std::size(kTypes) ? kTypes[wire] : MetricType::unknown;
}

Status decode_metadata_v1(std::string_view message, Batch& batch) {
  ProtoReader in(message);
  Metadata metadata;
  while (in.next()) {
    switch (in.field()) {
      case 1: metadata.type = type_of(in.varint()); break;
      case 2: metadata.family = in.bytes(); break;
      case 4: metadata.help = in.bytes(); break;
      case 5: metadata.unit = in.bytes(); break;
    }
  }
  if (!in.ok()) return malformed("MetricMetadata");
  if (!metadata.family.empty()) batch.add(std::move(metadata));
  return {};
}

// A sample as every known sender writes it: 09 value 10 timestamp.
bool plain_sample(std::string_view message, double& value, UnixMillis& t_ms) {
  if (message.size() < 11 || message[0] != 0x09 || message[9] != 0x10) return false;
  std::memcpy(&value, message.data() + 1, sizeof value);
  Cursor in(message.substr(10));
  t_ms = static_cast<UnixMillis>(in.varint());
  return in.ok() && in.at_end();
}

Status decode_sample(std::string_view message, Batch& batch) {
  double value = 0;
  UnixMillis t_ms = 0, start_ms = 0;
  if (plain_sample(message, value, t_ms)) [[likely]] {
    batch.add(t_ms, value);
    return {};
  }
  value = 0;
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 1: value = in.real(); break;
      case 2: t_ms = in.int64(); break;
      case 3: start_ms = in.int64(); break;  // 2.0 only
    }
  }
  if (!in.ok()) return malformed("Sample");
  batch.add(t_ms, value, start_ms);
  return {};
}

}  // namespace

Result<DecodedHistogram> decode_histogram(std::string_view message) {
  auto histogram = std::make_shared<Histogram>();
  auto& h = *histogram;
  DecodedHistogram out;
  std::vector<std::int64_t> positive_deltas, negative_deltas;
  ProtoReader in(message);
  const auto span = [&](std::vector<Span>& spans) {
    ProtoReader s(in.bytes());
    Span decoded;
    while (s.next()) {
      if (s.field() == 1) decoded.offset = static_cast<std::int32_t>(s.sint64());
      else if (s.field() == 2) decoded.length = static_cast<std::uint32_t>(s.varint());
    }
    spans.push_back(decoded);
    return s.ok();
  };
  bool ok = true, exact = true;
  const auto integer = [&](std::uint64_t n) {
    exact &= n <= static_cast<std::uint64_t>(kExactIntegers);
    return static_cast<double>(n);
  };
  while (ok && in.next()) {
    switch (in.field()) {
      case 1: h.integer = true, h.count = integer(in.varint()); break;
      case 2: h.integer = false, h.count = in.real(); break;
      case 3: h.sum = in.real(); break;
      case 4: h.schema = static_cast<std::int32_t>(in.sint64()); break;
      case 5: h.zero_threshold = in.real(); break;
      case 6: h.zero_count = integer(in.varint()); break;
      case 7: h.zero_count = in.real(); break;
      case 8: ok = span(h.negative_spans); break;
      case 9: in.each_sint64([&](std::int64_t d) { negative_deltas.push_back(d); }); break;
      case 10: in.each_real([&](double v) { h.negative.push_back(v); }); break;
      case 11: ok = span(h.positive_spans); break;
      case 12: in.each_sint64([&](std::int64_t d) { positive_deltas.push_back(d); }); break;
      case 13: in.each_real([&](double v) { h.positive.push_back(v); }); break;
      case 14: {
        const auto hint = in.varint();
        h.reset_hint = hint <= 3 ? static_cast<ResetHint>(hint) : ResetHint::unknown;
        break;
      }
      case 15: out.t_ms = in.int64(); break;
      case 16: in.each_real([&](double v) { h.custom_values.push_back(v); }); break;
      case 17: out.start_ms = in.int64(); break;
    }
  }
  if (!ok || !in.ok()) return fail(Errc::invalid, "malformed protobuf: Histogram");
  if (h.integer) {
    const auto absolute = [&](const std::vector<std::int64_t>& deltas, std::vector<double>& counts) {
      counts.clear();
      std::int64_t n = 0;
      for (const auto d : deltas) {
        if (__builtin_add_overflow(n, d, &n)) exact = false;
        exact &= std::abs(static_cast<double>(n)) <= kExactIntegers;
        counts.push_back(static_cast<double>(n));
      }
    };
    absolute(positive_deltas, h.positive);
    absolute(negative_deltas, h.negative);
    if (!exact) return fail(Errc::invalid, "histogram with an integer count above 2^53");
  }
  out.histogram = std::move(histogram);
  return out;
}

void encode_histogram(const Histogram& h, UnixMillis t_ms, UnixMillis start_ms, std::string& out) {
  codec::ProtoWriter to(out);
  const bool integer = h.integer && !is_stale(h);
  if (integer) to.varint(1, static_cast<std::uint64_t>(h.count));
  else to.real(2, h.count);
  to.real(3, h.sum);
  to.sint64(4, h.schema);
  to.real(5, h.zero_threshold);
  if (integer) to.varint(6, static_cast<std::uint64_t>(h.zero_count));
  else to.real(7, h.zero_count);
  std::string packed;
  const auto side = [&](const std::vector<Span>& spans, const std::vector<double>& counts, std::uint32_t field) {
    for (const auto& s : spans)
      to.message(field, [&](codec::ProtoWriter& span) {
        span.sint64(1, s.offset);
        span.varint(2, s.length);
      });
    if (counts.empty()) return;
    packed.clear();
    std::int64_t previous = 0;
    for (const auto c : counts) {
      if (integer) {
        const auto n = static_cast<std::int64_t>(c);
        codec::put_signed(packed, n - previous);
        previous = n;
      } else {
        codec::put_fixed(packed, c);
      }
    }
    to.bytes(field + (integer ? 1 : 2), packed);
  };
  side(h.negative_spans, h.negative, 8);
  side(h.positive_spans, h.positive, 11);
  if (h.reset_hint != ResetHint::unknown) to.varint(14, static_cast<std::uint64_t>(h.reset_hint));
  to.int64(15, t_ms);
  if (!h.custom_values.empty()) {
    packed.clear();
    for (const auto v : h.custom_values) codec::put_fixed(packed, v);
    to.bytes(16, packed);
  }
  if (start_ms) to.int64(17, start_ms);
}

Status labels_v1(std::string_view raw, LabelArena& arena) {
  const auto from = arena.labels.size();
  ProtoReader in(raw);
  while (in.next()) {
    LabelView label;
    if (in.field() != 1) continue;
    TRY(decode_label(in.bytes(), label));
    arena.labels.push_back(label);
  }
  if (!in.ok()) return malformed("TimeSeries");
  return finish_labels(arena.labels, from);
}

Status decode_write_v1(std::string_view body, SeriesCache::Walk& walk, const SeriesCache& cache, Batch& batch) {
  ProtoReader in(body);
  while (in.next()) {
    if (in.field() == 3) {
      TRY(decode_metadata_v1(in.bytes(), batch));
      continue;
    }
    if (in.field() != 1) continue;
    const auto series = in.bytes();
    auto labels = label_run(series);
    ProtoReader fields(series.substr(labels.size()));
    // Labels that come later too are legal and unheard of: then the whole message stands for the name.
    bool begun = false;
    const auto begin = [&] {
      if (!begun) batch.begin_series(walk, cache.key(labels), labels);
      begun = true;
    };
    while (fields.next()) {
      switch (fields.field()) {
        case 1: return malformed("TimeSeries with labels after its samples");
        case 2:
          begin();
          TRY(decode_sample(fields.bytes(), batch));
          break;
        case 3:
          begin();
          TRY(decode_exemplar(fields.bytes(), batch));
          break;
        case 4: {
          begin();
          auto decoded = TRY(decode_histogram(fields.bytes()));
          batch.add(decoded.t_ms, std::move(decoded.histogram));
          break;
        }
      }
    }
    if (!fields.ok()) return malformed("TimeSeries");
  }
  return in.ok() ? Status{} : malformed("WriteRequest");
}

void WriteV2::clear() {
  symbols.clear();
  digests.clear();
  name_symbol = ~0ull;
  last_metadata = 0;
  refused = 0;
  reasons.clear();
}

Status labels_v2(const WriteV2& request, std::string_view raw, LabelArena& arena) {
  const auto from = arena.labels.size();
  Cursor in(raw);
  while (!in.at_end()) {
    const auto name = in.varint(), value = in.varint();
    if (!in.ok() || name >= request.symbols.size() || value >= request.symbols.size())
      return fail(Errc::invalid, "malformed label references");  // checked before; the cursor's promise
    arena.labels.push_back({request.symbols[name], request.symbols[value]});
  }
  return finish_labels(arena.labels, from);
}

namespace {

struct SeriesV2 {
  std::string_view refs;  // packed varints of labels_refs
  std::string_view message;
};

Status decode_exemplar_v2(std::string_view message, const WriteV2& request, Batch& batch) {
  ProtoReader in(message);
  std::vector<std::uint64_t> refs;
  Exemplar exemplar;
  while (in.next()) {
    switch (in.field()) {
      case 1: in.each_varint([&](std::uint64_t r) { refs.push_back(r); }); break;
      case 2: exemplar.value = in.real(); break;
      case 3: exemplar.t_ms = in.int64(); break;
    }
  }
  if (!in.ok()) return malformed("Exemplar");
  std::vector<LabelView> labels;
  for (std::size_t i = 0; i + 1 < refs.size(); i += 2) {
    if (refs[i] >= request.symbols.size() || refs[i + 1] >= request.symbols.size()) return malformed("Exemplar with an unknown symbol");
    labels.push_back({request.symbols[refs[i]], request.symbols[refs[i + 1]]});
  }
  exemplar.labels = Labels::from_unsorted(std::move(labels));
  batch.add(std::move(exemplar));
  return {};
}

// The key of a series: the digests of its symbols in order. References differ from request to request, digests do not.
// `family` is the symbol of the metric's name, 0 when there is none.
bool key_of(std::string_view refs, const SeriesCache& cache, WriteV2& request, SeriesKey& key, std::uint64_t& family) {
  request.key_bytes.clear();
  std::uint64_t previous = ~0ull - 1;
  Cursor in(refs);
  std::size_t count = 0;
  while (!in.at_end()) {
    const auto ref = in.varint();
    if (!in.ok() || ref >= request.symbols.size()) return false;
    auto& digest = request.digests[ref];
    if (digest == SeriesKey{}) digest = cache.key(request.symbols[ref]);
    request.key_bytes.append(reinterpret_cast<const char*>(&digest), sizeof digest);
    if (previous == request.name_symbol && count % 2 == 1) family = ref;
    previous = ref;
    ++count;
  }
  key = cache.key(request.key_bytes);
  return in.ok() && count % 2 == 0;
}

Status decode_series_v2(std::string_view message, SeriesCache::Walk& walk, SeriesCache& cache, WriteV2& request,
                        Batch& batch) {
  // The labels first: their field has the lowest number, but nothing obliges a sender to that order.
  std::string_view refs;
  std::string* joined = nullptr;
  thread_local std::deque<std::string> unpacked;  // references sent one by one, which is legal and rare
  if (batch.series() == 0) unpacked.clear();
  std::uint64_t help = 0, unit = 0, type = 0;
  UnixMillis created_ms = 0;
  bool has_metadata = false;
  ProtoReader first(message);
  while (first.next()) {
    if (first.field() == 1) {
      if (first.wire() == Wire::bytes && refs.empty() && !joined) {
        refs = first.bytes();
      } else {
        if (!joined) joined = &unpacked.emplace_back(refs);
        first.each_varint([&](std::uint64_t r) { codec::put_varint(*joined, r); });
      }
    } else if (first.field() == 5) {
      ProtoReader in(first.bytes());
      has_metadata = true;
      while (in.next()) {
        switch (in.field()) {
          case 1: type = in.varint(); break;
          case 3: help = in.varint(); break;
          case 4: unit = in.varint(); break;
        }
      }
      if (!in.ok()) return malformed("Metadata");
    } else if (first.field() == 6) {
      created_ms = first.int64();
    }
  }
  if (!first.ok()) return malformed("TimeSeries");
  if (joined) refs = *joined;
  const auto refuse = [&](std::string reason) {
    ++request.refused;
    if (request.reasons.size() < WriteOutcome::kReasonsMax) request.reasons.push_back(std::move(reason));
    return Status{};
  };
  SeriesKey key;
  std::uint64_t family = 0;
  if (!key_of(refs, cache, request, key, family)) return refuse("parsing labels for series failed: invalid symbol references");
  batch.begin_series(walk, key, refs);
  ProtoReader in(message);
  while (in.next()) {
    switch (in.field()) {
      case 2: {
        const auto sample = in.bytes();
        double value = 0;
        UnixMillis t_ms = 0;
        if (created_ms && plain_sample(sample, value, t_ms)) batch.add(t_ms, value, created_ms);
        else TRY(decode_sample(sample, batch));
        break;
      }
      case 3: {
        auto decoded = TRY(decode_histogram(in.bytes()));
        batch.add(decoded.t_ms, std::move(decoded.histogram), decoded.start_ms ? decoded.start_ms : created_ms);
        break;
      }
      case 4: TRY(decode_exemplar_v2(in.bytes(), request, batch)); break;
    }
  }
  if (!in.ok()) return malformed("TimeSeries");
  if (batch.last_series_empty()) {
    LabelArena arena;
    if (labels_v2(request, refs, arena))
      return refuse("TimeSeries must contain at least one sample or histogram for series " + to_text(arena.labels));
    return Status{};  // refused by name at the commit
  }
  if (has_metadata && (type || help || unit) && family && help < request.symbols.size() && unit < request.symbols.size()) {
    const auto digest = request.digests[family].low ^ codec::hash64(request.symbols[help], type) * 3 ^ codec::hash64(request.symbols[unit], 1) * 5;
    if (digest != request.last_metadata && cache.metadata_is_new(digest))
      batch.add(Metadata{std::string(family_of(request.symbols[family], type_of(type))), type_of(type), std::string(request.symbols[help]), std::string(request.symbols[unit])});
    request.last_metadata = digest;
  }
  return {};
}

}  // namespace

Status decode_write_v2(std::string_view body, SeriesCache::Walk& walk, SeriesCache& cache, WriteV2& request, Batch& batch) {
  // Symbols may stand behind the series that use them.
  ProtoReader first(body);
  while (first.next()) {
    if (first.field() != 4) continue;
    const auto symbol = first.bytes();
    if (symbol == kMetricName) request.name_symbol = request.symbols.size();
    request.symbols.push_back(symbol);
  }
  if (!first.ok()) return malformed("Request");
  request.digests.assign(request.symbols.size(), SeriesKey{});
  ProtoReader in(body);
  while (in.next())
    if (in.field() == 5) TRY(decode_series_v2(in.bytes(), walk, cache, request, batch));
  return in.ok() ? Status{} : malformed("Request");
}

}  // namespace pharos::ingest

#include "ingest/otlp_json.hpp"

#include <charconv>
#include <cmath>
#include <span>

#include "codec/json.hpp"
#include "codec/protobuf.hpp"
#include "model/histogram.hpp"

namespace pharos::ingest {
namespace {

using codec::Json;
using codec::ProtoWriter;

enum class Kind : std::uint8_t { text, hex, base64, boolean, unsigned_varint, signed_varint, zigzag, fixed64, real, message, enumeration };

struct Message;
struct Field {
  std::string_view name;
  std::uint32_t number;
  Kind kind;
  const Message* message = nullptr;
  bool repeated = false;
};
struct Message {
  std::span<const Field> fields;
};

// opentelemetry-proto 1.x: common.proto, resource.proto, metrics.proto; JSON names are lowerCamelCase.
extern const Message kAnyValue;
constexpr Field kKeyValueFields[] = {{"key", 1, Kind::text}, {"value", 2, Kind::message, &kAnyValue}};
constexpr Message kKeyValue{kKeyValueFields};
constexpr Field kArrayFields[] = {{"values", 1, Kind::message, &kAnyValue, true}};
constexpr Message kArray{kArrayFields};
constexpr Field kMapFields[] = {{"values", 1, Kind::message, &kKeyValue, true}};
constexpr Message kMap{kMapFields};
constexpr Field kAnyValueFields[] = {
    {"stringValue", 1, Kind::text}, {"boolValue", 2, Kind::boolean}, {"intValue", 3, Kind::signed_varint},
    {"doubleValue", 4, Kind::real}, {"arrayValue", 5, Kind::message, &kArray}, {"kvlistValue", 6, Kind::message, &kMap},
    {"bytesValue", 7, Kind::base64}};
const Message kAnyValue{kAnyValueFields};
constexpr Field kResourceFields[] = {{"attributes", 1, Kind::message, &kKeyValue, true}};
constexpr Message kResource{kResourceFields};
constexpr Field kScopeFields[] = {{"name", 1, Kind::text}, {"version", 2, Kind::text}, {"attributes", 3, Kind::message, &kKeyValue, true}};
constexpr Message kScope{kScopeFields};
constexpr Field kExemplarFields[] = {
    {"filteredAttributes", 7, Kind::message, &kKeyValue, true}, {"timeUnixNano", 2, Kind::fixed64}, {"asDouble", 3, Kind::real},
    {"asInt", 6, Kind::fixed64}, {"spanId", 4, Kind::hex}, {"traceId", 5, Kind::hex}};
constexpr Message kExemplar{kExemplarFields};
constexpr Field kNumberFields[] = {
    {"attributes", 7, Kind::message, &kKeyValue, true}, {"startTimeUnixNano", 2, Kind::fixed64}, {"timeUnixNano", 3, Kind::fixed64},
    {"asDouble", 4, Kind::real}, {"asInt", 6, Kind::fixed64}, {"exemplars", 5, Kind::message, &kExemplar, true},
    {"flags", 8, Kind::unsigned_varint}};
constexpr Message kNumber{kNumberFields};
constexpr Field kHistogramPointFields[] = {
    {"attributes", 9, Kind::message, &kKeyValue, true}, {"startTimeUnixNano", 2, Kind::fixed64}, {"timeUnixNano", 3, Kind::fixed64},
    {"count", 4, Kind::fixed64}, {"sum", 5, Kind::real}, {"bucketCounts", 6, Kind::fixed64, nullptr, true},
    {"explicitBounds", 7, Kind::real, nullptr, true}, {"exemplars", 8, Kind::message, &kExemplar, true},
    {"flags", 10, Kind::unsigned_varint}, {"min", 11, Kind::real}, {"max", 12, Kind::real}};
constexpr Message kHistogramPoint{kHistogramPointFields};
constexpr Field kBucketsFields[] = {{"offset", 1, Kind::zigzag}, {"bucketCounts", 2, Kind::unsigned_varint, nullptr, true}};
constexpr Message kBuckets{kBucketsFields};
constexpr Field kExponentialPointFields[] = {
    {"attributes", 1, Kind::message, &kKeyValue, true}, {"startTimeUnixNano", 2, Kind::fixed64}, {"timeUnixNano", 3, Kind::fixed64},
    {"count", 4, Kind::fixed64}, {"sum", 5, Kind::real}, {"scale", 6, Kind::zigzag}, {"zeroCount", 7, Kind::fixed64},
    {"positive", 8, Kind::message, &kBuckets}, {"negative", 9, Kind::message, &kBuckets}, {"flags", 10, Kind::unsigned_varint},
    {"exemplars", 11, Kind::message, &kExemplar, true}, {"zeroThreshold", 14, Kind::real}};
constexpr Message kExponentialPoint{kExponentialPointFields};
constexpr Field kQuantileFields[] = {{"quantile", 1, Kind::real}, {"value", 2, Kind::real}};
constexpr Message kQuantile{kQuantileFields};
constexpr Field kSummaryPointFields[] = {
    {"attributes", 7, Kind::message, &kKeyValue, true}, {"startTimeUnixNano", 2, Kind::fixed64}, {"timeUnixNano", 3, Kind::fixed64},
    {"count", 4, Kind::fixed64}, {"sum", 5, Kind::real}, {"quantileValues", 6, Kind::message, &kQuantile, true},
    {"flags", 8, Kind::unsigned_varint}};
constexpr Message kSummaryPoint{kSummaryPointFields};
constexpr Field kGaugeFields[] = {{"dataPoints", 1, Kind::message, &kNumber, true}};
constexpr Message kGauge{kGaugeFields};
constexpr Field kSumFields[] = {{"dataPoints", 1, Kind::message, &kNumber, true}, {"aggregationTemporality", 2, Kind::enumeration},
                                {"isMonotonic", 3, Kind::boolean}};
constexpr Message kSum{kSumFields};
constexpr Field kHistogramFields[] = {{"dataPoints", 1, Kind::message, &kHistogramPoint, true}, {"aggregationTemporality", 2, Kind::enumeration}};
constexpr Message kHistogram{kHistogramFields};
constexpr Field kExponentialFields[] = {{"dataPoints", 1, Kind::message, &kExponentialPoint, true}, {"aggregationTemporality", 2, Kind::enumeration}};
constexpr Message kExponential{kExponentialFields};
constexpr Field kSummaryFields[] = {{"dataPoints", 1, Kind::message, &kSummaryPoint, true}};
constexpr Message kSummary{kSummaryFields};
constexpr Field kMetricFields[] = {
    {"name", 1, Kind::text}, {"description", 2, Kind::text}, {"unit", 3, Kind::text}, {"gauge", 5, Kind::message, &kGauge},
    {"sum", 7, Kind::message, &kSum}, {"histogram", 9, Kind::message, &kHistogram},
    {"exponentialHistogram", 10, Kind::message, &kExponential}, {"summary", 11, Kind::message, &kSummary}};
constexpr Message kMetric{kMetricFields};
constexpr Field kScopeMetricsFields[] = {{"scope", 1, Kind::message, &kScope}, {"metrics", 2, Kind::message, &kMetric, true}, {"schemaUrl", 3, Kind::text}};
constexpr Message kScopeMetrics{kScopeMetricsFields};
constexpr Field kResourceMetricsFields[] = {{"resource", 1, Kind::message, &kResource}, {"scopeMetrics", 2, Kind::message, &kScopeMetrics, true}, {"schemaUrl", 3, Kind::text}};
constexpr Message kResourceMetrics{kResourceMetricsFields};
constexpr Field kRequestFields[] = {{"resourceMetrics", 1, Kind::message, &kResourceMetrics, true}};
constexpr Message kRequest{kRequestFields};

std::unexpected<Error> wrong(std::string_view name, const char* expected) {
  return fail(Errc::invalid, std::string(name) + ": expected " + expected);
}

// A 64-bit integer as a JSON number or as a string of digits; its bits.
Result<std::uint64_t> integer_bits(const Json& json, std::string_view name) {
  if (json.kind() == Json::Kind::integer) return static_cast<std::uint64_t>(json.integer());
  if (json.kind() == Json::Kind::real) {  // beyond int64, or written 1e3
    const double v = json.real();
    if (v == std::floor(v) && v >= -9.3e18 && v < 1.8446744073709552e19)
      return v < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(v)) : static_cast<std::uint64_t>(v);
    return wrong(name, "an integer");
  }
  if (json.kind() != Json::Kind::string) return wrong(name, "an integer");
  const auto& text = json.string();
  const auto *begin = text.data(), *end = begin + text.size();
  if (text.starts_with('-')) {
    std::int64_t n = 0;
    const auto [at, error] = std::from_chars(begin, end, n);
    if (error != std::errc{} || at != end) return wrong(name, "an integer");
    return static_cast<std::uint64_t>(n);
  }
  std::uint64_t n = 0;
  const auto [at, error] = std::from_chars(begin, end, n);
  if (error != std::errc{} || at != end) return wrong(name, "an integer");
  return n;
}

Result<double> real_value(const Json& json, std::string_view name) {
  if (json.kind() == Json::Kind::integer || json.kind() == Json::Kind::real) return json.real();
  if (json.kind() != Json::Kind::string) return wrong(name, "a number");
  const auto& text = json.string();
  if (text == "NaN") return std::bit_cast<double>(kNormalNaNBits);
  if (text == "Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  double v = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc{} || at != text.data() + text.size()) return wrong(name, "a number");
  return v;
}

Result<std::string> from_hex(std::string_view text, std::string_view name) {
  std::string out;
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; };
  if (text.size() % 2) return wrong(name, "hexadecimal digits");
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return wrong(name, "hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

Result<std::string> from_base64(std::string_view text, std::string_view name) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : c >= '0' && c <= '9' ? c - '0' + 52
                  : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
    if (v < 0) return wrong(name, "base64");
    bits = bits << 6 | static_cast<std::uint32_t>(v);
    if ((have += 6) >= 8) out += static_cast<char>(bits >> (have -= 8) & 0xff);
  }
  return out;
}

Status write_message(const Json& json, const Message& message, std::string_view name, ProtoWriter& to);

Status write_value(const Json& json, const Field& field, ProtoWriter& to) {
  switch (field.kind) {
    case Kind::text:
      if (json.kind() != Json::Kind::string) return wrong(field.name, "a string");
      to.bytes(field.number, json.string());
      return {};
    case Kind::hex:
    case Kind::base64: {
      if (json.kind() != Json::Kind::string) return wrong(field.name, "a string");
      const auto bytes = TRY(field.kind == Kind::hex ? from_hex(json.string(), field.name) : from_base64(json.string(), field.name));
      to.bytes(field.number, bytes);
      return {};
    }
    case Kind::boolean:
      if (json.kind() != Json::Kind::boolean) return wrong(field.name, "true or false");
      to.varint(field.number, json.boolean());
      return {};
    case Kind::unsigned_varint:
    case Kind::signed_varint:
    case Kind::zigzag:
    case Kind::fixed64: {
      const auto bits = TRY(integer_bits(json, field.name));
      if (field.kind == Kind::zigzag) to.sint64(field.number, static_cast<std::int64_t>(bits));
      else if (field.kind == Kind::fixed64) to.fixed64(field.number, bits);
      else to.varint(field.number, bits);
      return {};
    }
    case Kind::real: {
      const auto v = TRY(real_value(json, field.name));
      to.real(field.number, v);
      return {};
    }
    case Kind::enumeration: {
      if (json.kind() == Json::Kind::string && json.string() == "AGGREGATION_TEMPORALITY_DELTA") {
        to.varint(field.number, 1);
      } else if (json.kind() == Json::Kind::string && json.string() == "AGGREGATION_TEMPORALITY_CUMULATIVE") {
        to.varint(field.number, 2);
      } else if (json.kind() == Json::Kind::string && json.string() == "AGGREGATION_TEMPORALITY_UNSPECIFIED") {
        to.varint(field.number, 0);
      } else {
        const auto n = TRY(integer_bits(json, field.name));
        to.varint(field.number, n);
      }
      return {};
    }
    case Kind::message: {
      std::string inner;
      ProtoWriter writer(inner);
      TRY(write_message(json, *field.message, field.name, writer));
      to.bytes(field.number, inner);
      return {};
    }
  }
  return {};
}

// Depth is bounded by that of the JSON tree.
Status write_message(const Json& json, const Message& message, std::string_view name, ProtoWriter& to) {
  if (json.kind() != Json::Kind::object) return wrong(name, "an object");
  for (const auto& [key, value] : json.members()) {
    if (value.is_null()) continue;
    for (const auto& field : message.fields) {
      if (field.name != key) continue;
      if (!field.repeated) {
        TRY(write_value(value, field, to));
      } else if (value.kind() != Json::Kind::array) {
        return wrong(field.name, "an array");
      } else {
        for (const auto& item : value.items()) TRY(write_value(item, field, to));
      }
      break;
    }
  }
  return {};
}

}  // namespace

Result<std::string> otlp_metrics_from_json(std::string_view text) {
  const auto json = TRY(Json::parse(text));
  std::string out;
  ProtoWriter to(out);
  TRY(write_message(json, kRequest, "request", to));
  return out;
}

}  // namespace pharos::ingest

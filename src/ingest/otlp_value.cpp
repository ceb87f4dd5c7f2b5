#include <charconv>
#include <cmath>
#include <map>

#include "codec/json.hpp"
#include "codec/protobuf.hpp"
#include "ingest/otlp_decode.hpp"

namespace pharos::ingest {
namespace {

constexpr int kDepthMax = 16;

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t v = static_cast<unsigned char>(bytes[i]) << 16;
    if (i + 1 < bytes.size()) v |= static_cast<unsigned char>(bytes[i + 1]) << 8;
    if (i + 2 < bytes.size()) v |= static_cast<unsigned char>(bytes[i + 2]);
    out += kDigits[v >> 18];
    out += kDigits[v >> 12 & 63];
    out += i + 1 < bytes.size() ? kDigits[v >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? kDigits[v & 63] : '=';
  }
  return out;
}

// As Go's encoding/json writes a float64: plain from 1e-6 to 1e21, else with an exponent of one digit at least.
std::string real_text(double v) {
  if (std::isnan(v)) return "NaN";
  if (std::isinf(v)) return v > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  const double size = std::fabs(v);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  auto end = std::to_chars(buffer, buffer + sizeof buffer, v, plain ? std::chars_format::fixed : std::chars_format::scientific).ptr;
  std::string out(buffer, end);
  if (!plain)  // 1e-07 → 1e-7
    if (const auto e = out.find("e-0"); e != out.npos) out.erase(e + 2, 1);
  return out;
}

void put_json(std::string_view any_value, int depth, std::string& out);

void put_map(std::string_view list, int depth, std::string& out) {
  std::map<std::string, std::string_view> sorted;  // Go sorts the keys of maps
  codec::ProtoReader in(list);
  while (in.next()) {
    if (in.field() != 1) continue;
    codec::ProtoReader pair(in.bytes());
    std::string_view key, value;
    while (pair.next()) {
      if (pair.field() == 1) key = pair.bytes();
      else if (pair.field() == 2) value = pair.bytes();
    }
    sorted[std::string(key)] = value;
  }
  out += '{';
  for (const auto& [key, value] : sorted) {
    if (out.back() != '{') out += ',';
    codec::put_json_string(out, key);
    out += ':';
    put_json(value, depth + 1, out);
  }
  out += '}';
}

void put_array(std::string_view list, int depth, std::string& out) {
  codec::ProtoReader in(list);
  out += '[';
  while (in.next()) {
    if (in.field() != 1) continue;
    if (out.back() != '[') out += ',';
    put_json(in.bytes(), depth + 1, out);
  }
  out += ']';
}

void put_json(std::string_view any_value, int depth, std::string& out) {
  if (depth > kDepthMax) {
    out += "null";
    return;
  }
  codec::ProtoReader in(any_value);
  bool written = false;
  while (!written && in.next()) {
    written = true;
    switch (in.field()) {
      case 1: codec::put_json_string(out, in.bytes()); break;
      case 2: out += in.boolean() ? "true" : "false"; break;
      case 3: out += std::to_string(in.int64()); break;
      case 4: {
        const double v = in.real();
        out += std::isfinite(v) ? real_text(v) : '"' + real_text(v) + '"';
        break;
      }
      case 5: put_array(in.bytes(), depth, out); break;
      case 6: put_map(in.bytes(), depth, out); break;
      case 7: codec::put_json_string(out, base64(in.bytes())); break;
      default: written = false;
    }
  }
  if (!written) out += "null";
}

}  // namespace

std::string otlp_value_text(std::string_view any_value) {
  codec::ProtoReader in(any_value);
  std::string out;
  while (in.next()) {
    switch (in.field()) {
      case 1: return std::string(in.bytes());
      case 2: return in.boolean() ? "true" : "false";
      case 3: return std::to_string(in.int64());
      case 4: return real_text(in.real());
      case 5: put_array(in.bytes(), 0, out); return out;
      case 6: put_map(in.bytes(), 0, out); return out;
      case 7: return base64(in.bytes());
    }
  }
  return out;
}

}  // namespace pharos::ingest

#include "codec/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/quoted.hpp"

namespace pharos::codec {
namespace {

// Shortest digits by scientific notation, laid out without an exponent: std::chars_format::fixed
// would print large numbers exactly, where Go pads the shortest digits with zeros.
char* write_padded(char* at, double v) {
  char buffer[40];
  const char* end =
      std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific).ptr;
  const char* e =
      static_cast<const char*>(std::memchr(buffer, 'e', static_cast<std::size_t>(end - buffer)));
  int zeros = 0;
  std::from_chars(e + (e[1] == '+' ? 2 : 1), end, zeros);
  const char* from = buffer;
  if (*from == '-') *at++ = *from++;
  for (; from < e; ++from) {
    if (*from == '.') continue;
    *at++ = *from;
    --zeros;
  }
  for (; zeros >= 0; --zeros) *at++ = '0';
  return at;
}

constexpr std::array<std::uint64_t, 7> kPowers{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

constexpr auto kPairs = [] {  // "00" … "99"
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// The last `count` digits of n.
char* write_digits(char* at, std::uint64_t n, std::size_t count) {
  auto left = count;
  for (; left >= 2; left -= 2, n /= 100) std::memcpy(at + left - 2, &kPairs[n % 100 * 2], 2);
  if (left != 0) *at = static_cast<char>('0' + n % 10);
  return at + count;
}

char* write_integer(char* at, std::uint64_t n) {
  std::size_t count = 1;
  for (auto rest = n; rest >= 10; ++count) rest /= 10;
  return write_digits(at, n, count);
}

// Most samples are short decimals. A decimal of at most 15 digits that reads back as v is the
// shortest such text, because no two of them name the same double. nullptr: not such a number.
char* write_short_decimal(char* at, double v) {
  const double size = std::abs(v);
  if (!(size < 1e15)) return nullptr;
  if (const auto whole = static_cast<std::uint64_t>(size); static_cast<double>(whole) == size) {
    if (std::signbit(v)) *at++ = '-';
    return write_integer(at, whole);
  }
  // As many places as 15 digits allow; a decimal of fewer ends in zeros then.
  std::size_t places = 6;
  for (double limit = 1e9; size >= limit && places > 0; limit *= 10) --places;
  if (places == 0) return nullptr;
  const auto power = static_cast<double>(kPowers[places]);
  auto digits = static_cast<std::uint64_t>(size * power + 0.5);
  if (static_cast<double>(digits) / power != size) return nullptr;
  for (; digits % 10 == 0; digits /= 10) --places;
  if (std::signbit(v)) *at++ = '-';
  at = write_integer(at, digits / kPowers[places]);
  *at++ = '.';
  return write_digits(at, digits % kPowers[places], places);
}

// Bytes that may stand in a JSON string as they are, one at a time.
constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return plain;
}();

// Whether some byte of the eight is below 0x20, '"', '\\' or above 0x7f.
bool any_special(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const auto zero_in = [](std::uint64_t w) { return (w - kOnes) & ~w; };
  const auto below_space = (bytes - kOnes * 0x20) & ~bytes;
  return ((bytes | below_space | zero_in(bytes ^ kOnes * '"') | zero_in(bytes ^ kOnes * '\\')) & kHigh) != 0;
}

// Labels are as a rule. Eight bytes at a time; the last ones may be looked at twice.
bool all_plain(std::string_view text) {
  if (text.size() < 8) return std::ranges::all_of(text, [](char c) { return kPlain[static_cast<unsigned char>(c)]; });
  std::uint64_t word;
  for (std::size_t i = 0; i + 8 < text.size(); i += 8) {
    std::memcpy(&word, text.data() + i, 8);
    if (any_special(word)) return false;
  }
  std::memcpy(&word, text.data() + text.size() - 8, 8);
  return !any_special(word);
}

}  // namespace

char* write_sample_value(char* at, double v) {
  if (char* end = write_short_decimal(at, v)) return end;
  const auto word = [&](std::string_view text) { return std::copy(text.begin(), text.end(), at); };
  if (std::isnan(v)) return word("NaN");
  if (std::isinf(v)) return word(v > 0 ? "+Inf" : "-Inf");
  const double size = std::abs(v);
  if (size < 1e-6 || size >= 1e21)
    return std::to_chars(at, at + kSampleTextMax, v, std::chars_format::scientific).ptr;
  if (size < 0x1p53) return std::to_chars(at, at + kSampleTextMax, v, std::chars_format::fixed).ptr;
  return write_padded(at, v);
}

char* write_unix_seconds(char* at, std::int64_t millis) {
  auto left = static_cast<std::uint64_t>(millis);
  if (millis < 0) {
    *at++ = '-';
    left = 0 - left;
  }
  const auto whole = left / 1000;
  // Ten digits: from 2001 to 2286.
  at = whole >= 1'000'000'000 && whole < 10'000'000'000 ? write_digits(at, whole, 10)
                                                        : write_integer(at, whole);
  if (const auto fraction = left % 1000; fraction != 0) {
    *at++ = '.';
    at = write_digits(at, fraction, 3);
  }
  return at;
}

void put_sample_value(std::string& out, double v) {
  char buffer[kSampleTextMax];
  out.append(buffer, static_cast<std::size_t>(write_sample_value(buffer, v) - buffer));
}
void put_unix_seconds(std::string& out, std::int64_t millis) {
  char buffer[kSampleTextMax];
  out.append(buffer, static_cast<std::size_t>(write_unix_seconds(buffer, millis) - buffer));
}

void put_json_string(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  if (all_plain(text)) {
    const auto used = out.size();
    const auto room = used + text.size() + 2;
    if (out.capacity() < room) out.reserve(std::max(room, out.capacity() * 2));
    out.resize_and_overwrite(room, [&](char* data, std::size_t) {
      data[used] = '"';
      std::memcpy(data + used + 1, text.data(), text.size());
      data[room - 1] = '"';
      return room;
    });
    return;
  }
  out += '"';
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && kPlain[static_cast<unsigned char>(text[run])]) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text[0]);
    std::size_t eaten = 1;
    if (c >= 0x80) {
      eaten = utf8_length(text);
      if (eaten > 0) {
        out.append(text.substr(0, eaten));
      } else {
        out += "\xef\xbf\xbd";  // U+FFFD
        eaten = 1;
      }
    } else {
      switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
      }
    }
    text.remove_prefix(eaten);
  }
  out += '"';
}

void JsonWriter::comma() {
  if (!first_) out_ += ',';
  first_ = false;
}
JsonWriter& JsonWriter::open(char c) {
  comma();
  out_ += c;
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::close(char c) {
  out_ += c;
  first_ = false;
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  put_json_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}
JsonWriter& JsonWriter::value(std::string_view text) {
  comma();
  put_json_string(out_, text);
  return *this;
}
JsonWriter& JsonWriter::value(bool b) {
  return raw(b ? "true" : "false");
}
JsonWriter& JsonWriter::value(std::int64_t n) {
  char buffer[24];
  return raw({buffer, static_cast<std::size_t>(
                          std::to_chars(buffer, buffer + sizeof buffer, n).ptr - buffer)});
}
JsonWriter& JsonWriter::value(std::uint64_t n) {
  char buffer[24];
  return raw({buffer, static_cast<std::size_t>(
                          std::to_chars(buffer, buffer + sizeof buffer, n).ptr - buffer)});
}
JsonWriter& JsonWriter::value(double v) {
  if (!std::isfinite(v)) return null();
  comma();
  put_sample_value(out_, v);
  return *this;
}
JsonWriter& JsonWriter::null() {
  return raw("null");
}
JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}
JsonWriter& JsonWriter::sample_value(double v) {
  comma();
  out_ += '"';
  put_sample_value(out_, v);
  out_ += '"';
  return *this;
}
JsonWriter& JsonWriter::unix_seconds(std::int64_t millis) {
  comma();
  put_unix_seconds(out_, millis);
  return *this;
}

}  // namespace pharos::codec

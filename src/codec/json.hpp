// JSON out: an appending writer (json.cpp); JSON in: a small immutable tree (json_parse.cpp).
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos::codec {

// The shortest text that reads back as the same double, as Go's strconv 'f'/-1 writes sample values
// ("1", "0.1", "+Inf", "-Inf", "NaN", "1e+100" only where Prometheus' API writes an exponent).
void put_sample_value(std::string& out, double v);
void put_unix_seconds(std::string& out, std::int64_t millis);  // 1435781430.781, 1435781430

// The same into a buffer with room for kSampleTextMax characters; they return the end of the text.
inline constexpr std::size_t kSampleTextMax = 32;
char* write_sample_value(char* at, double v);
char* write_unix_seconds(char* at, std::int64_t millis);

void put_json_string(std::string& out, std::string_view text);  // quoted; invalid UTF-8 becomes U+FFFD

// Commas are its business: writer.begin_object(); writer.key("a").value(1); writer.end_object();
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool b);
  JsonWriter& value(std::int64_t n);
  JsonWriter& value(std::uint64_t n);
  JsonWriter& value(int n) { return value(static_cast<std::int64_t>(n)); }
  JsonWriter& value(double v);  // a JSON number; non-finite values become null
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);          // already JSON
  JsonWriter& sample_value(double v);              // quoted, as Prometheus does
  JsonWriter& unix_seconds(std::int64_t millis);   // 1435781430.781
  // The text itself, for hot loops that write the inside of an array by hand.
  std::string& out() { return out_; }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void comma();
  std::string& out_;
  bool first_ = true;
};

class Json {
 public:
  enum class Kind { null, boolean, integer, real, string, array, object };
  // RFC 8259, strictly; Errc::invalid with the byte offset, which `stopped_at` is set to as well. Depth
  // is limited to 128. Of repeated keys all are kept, find() gives the last. Integers beyond 64 bits
  // become reals.
  static Result<Json> parse(std::string_view text, std::size_t* stopped_at = nullptr);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool boolean(bool otherwise = false) const { return kind_ == Kind::boolean ? integer_ != 0 : otherwise; }
  std::int64_t integer(std::int64_t otherwise = 0) const;  // reals are truncated
  double real(double otherwise = 0) const;
  const std::string& string() const { return string_; }    // "" when not a string
  const std::vector<Json>& items() const { return items_; }
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }
  const Json* find(std::string_view key) const;
  const Json& operator[](std::string_view key) const;      // a null Json when absent
  std::size_t offset() const { return offset_; }           // of its first byte in the text

 private:
  friend struct JsonBuilder;
  Kind kind_ = Kind::null;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::size_t offset_ = 0;
  std::string string_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> members_;
};

// In words, for messages: "a list".
std::string_view kind_name(Json::Kind kind);

// Where a byte of a text stands, for messages to people: both from 1, the column in characters.
struct TextPlace {
  std::uint32_t line = 1, column = 1;
};
TextPlace text_place(std::string_view text, std::size_t offset);

}  // namespace pharos::codec

// A key and a value of a span or a log line: text, a whole number, a real one or a boolean.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace pharos::client {

// A view: lives as long as the call it is an argument of.
struct Field {
  enum class Kind : std::uint8_t { text, integer, real, boolean };
  std::string_view key, text;
  Kind kind = Kind::text;
  std::int64_t integer = 0;  // boolean: 0 or 1
  double real = 0;

  Field(std::string_view k, std::string_view value) : key(k), text(value) {}
  Field(std::string_view k, const char* value) : key(k), text(value) {}
  Field(std::string_view k, const std::string& value) : key(k), text(value) {}
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  Field(std::string_view k, T value) : key(k) {
    if constexpr (std::is_same_v<T, bool>) {
      kind = Kind::boolean, integer = value;
    } else if constexpr (std::is_integral_v<T>) {
      kind = Kind::integer, integer = static_cast<std::int64_t>(value);
    } else {
      kind = Kind::real, real = static_cast<double>(value);
    }
  }
};

// One that owns its text.
struct StoredField {
  std::string key, text;
  Field::Kind kind;
  std::int64_t integer;
  double real;
  explicit StoredField(const Field& f)
      : key(f.key), text(f.text), kind(f.kind), integer(f.integer), real(f.real) {}
  Field view() const {
    Field f(key, std::string_view(text));
    f.kind = kind, f.integer = integer, f.real = real;
    return f;
  }
};

}  // namespace pharos::client

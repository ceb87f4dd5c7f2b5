#include <charconv>
#include <cmath>

#include "base/quoted.hpp"
#include "codec/json.hpp"

namespace pharos::codec {

// Recursive descent, one function per rule of RFC 8259. The tree costs far more than the scan, so
// this is as fast here as a vectorised scanner, and it knows where it stopped.
struct JsonBuilder {
  static constexpr int kDepthMax = 128;

  std::string_view text;
  std::size_t at = 0;
  std::string error;  // the first one, without its place

  bool bad(std::string what) {
    if (error.empty()) error = std::move(what);
    return false;
  }
  char peek() const { return at < text.size() ? text[at] : '\0'; }
  bool end() const { return at >= text.size(); }
  void skip_space() {
    while (at < text.size() &&
           (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
      ++at;
  }
  std::string found() const {
    return end()
               ? std::string("the end")
               : quoted(text.substr(at, std::max<std::size_t>(1, utf8_length(text.substr(at, 4)))));
  }
  bool word(std::string_view w) {
    if (!text.substr(at).starts_with(w)) return bad("expected a value, found " + found());
    at += w.size();
    return true;
  }

  bool value(Json& out, int depth) {
    if (depth > kDepthMax) return bad("nested deeper than " + std::to_string(kDepthMax));
    skip_space();
    out.offset_ = at;
    switch (peek()) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': out.kind_ = Json::Kind::string; return string(out.string_);
      case 't':
        out.kind_ = Json::Kind::boolean;
        out.integer_ = 1;
        return word("true");
      case 'f': out.kind_ = Json::Kind::boolean; return word("false");
      case 'n': return word("null");
      default: return number(out);
    }
  }

  bool object(Json& out, int depth) {
    out.kind_ = Json::Kind::object;
    ++at;
    skip_space();
    if (peek() == '}') return ++at, true;
    for (;;) {
      skip_space();
      if (peek() != '"') return bad("expected a key, found " + found());
      auto& member = out.members_.emplace_back();
      if (!string(member.first)) return false;
      skip_space();
      if (peek() != ':') return bad("expected ':', found " + found());
      ++at;
      if (!value(member.second, depth + 1)) return false;
      skip_space();
      if (peek() == '}') return ++at, true;
      if (peek() != ',') return bad("expected ',' or '}', found " + found());
      ++at;
    }
  }

  bool array(Json& out, int depth) {
    out.kind_ = Json::Kind::array;
    ++at;
    skip_space();
    if (peek() == ']') return ++at, true;
    for (;;) {
      if (!value(out.items_.emplace_back(), depth + 1)) return false;
      skip_space();
      if (peek() == ']') return ++at, true;
      if (peek() != ',') return bad("expected ',' or ']', found " + found());
      ++at;
    }
  }

  bool number(Json& out) {
    const auto begin = at;
    const auto digits = [&] {
      const auto from = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
      return at > from;
    };
    if (peek() == '-') ++at;
    bool real = false;
    if (peek() == '0')
      ++at;
    else if (!digits())
      return bad("expected a value, found " + found());
    if (peek() == '.') {
      real = true;
      ++at;
      if (!digits()) return bad("expected a digit, found " + found());
    }
    if (peek() == 'e' || peek() == 'E') {
      real = true;
      ++at;
      if (peek() == '+' || peek() == '-') ++at;
      if (!digits()) return bad("expected a digit, found " + found());
    }
    const char* first = text.data() + begin;
    const char* last = text.data() + at;
    const bool negative_zero =
        at - begin == 2 && *first == '-' && first[1] == '0';  // no integer has that
    if (!real && !negative_zero && std::from_chars(first, last, out.integer_).ec == std::errc{}) {
      out.kind_ = Json::Kind::integer;
      return true;
    }
    out.kind_ = Json::Kind::real;
    if (std::from_chars(first, last, out.real_).ec == std::errc::result_out_of_range) {
      // Too small is zero; too large has no double.
      const auto exponent = text.substr(begin, at - begin).find_first_of("eE");
      if (exponent == text.npos || text[begin + exponent + 1] != '-') {
        at = begin;
        return bad("number out of range");
      }
      out.real_ = *first == '-' ? -0.0 : 0.0;
    }
    return true;
  }

  bool hex4(std::uint32_t& out) {
    if (at + 4 > text.size()) return bad("unfinished \\u escape");
    const auto [stop, ec] = std::from_chars(text.data() + at, text.data() + at + 4, out, 16);
    if (ec != std::errc{} || stop != text.data() + at + 4) return bad("malformed \\u escape");
    at += 4;
    return true;
  }
  static void put_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | (c >> 6));
      out += static_cast<char>(0x80 | (c & 63));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xE0 | (c >> 12));
      out += static_cast<char>(0x80 | ((c >> 6) & 63));
      out += static_cast<char>(0x80 | (c & 63));
    } else {
      out += static_cast<char>(0xF0 | (c >> 18));
      out += static_cast<char>(0x80 | ((c >> 12) & 63));
      out += static_cast<char>(0x80 | ((c >> 6) & 63));
      out += static_cast<char>(0x80 | (c & 63));
    }
  }
  bool escape(std::string& out) {
    ++at;
    const char c = peek();
    ++at;
    switch (c) {
      case '"':
      case '\\':
      case '/': out += c; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': break;
      default: --at; return bad("unknown escape");
    }
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xDC00 && code < 0xE000) return bad("half of a surrogate pair");
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      if (!text.substr(at).starts_with("\\u")) return bad("half of a surrogate pair");
      at += 2;
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low >= 0xE000) return bad("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    put_utf8(out, code);
    return true;
  }
  bool string(std::string& out) {
    ++at;
    for (;;) {
      const auto begin = at;
      while (at < text.size() && text[at] != '"' && text[at] != '\\' &&
             static_cast<unsigned char>(text[at]) >= 0x20)
        ++at;
      const auto run = text.substr(begin, at - begin);
      if (!valid_utf8(run)) {
        at = begin;
        return bad("string is not valid UTF-8");
      }
      out += run;
      if (end()) return bad("unfinished string");
      if (text[at] == '"') return ++at, true;
      if (text[at] != '\\') return bad("control character in a string");
      if (!escape(out)) return false;
    }
  }
};

Result<Json> Json::parse(std::string_view text, std::size_t* stopped_at) {
  JsonBuilder builder{.text = text};
  Json root;
  bool ok = builder.value(root, 1);
  if (ok) {
    builder.skip_space();
    if (!builder.end()) ok = builder.bad("data after the value: " + builder.found());
  }
  if (stopped_at != nullptr) *stopped_at = builder.at;
  if (!ok)
    return fail(Errc::invalid, "JSON: byte " + std::to_string(builder.at) + ": " + builder.error);
  return root;
}

TextPlace text_place(std::string_view text, std::size_t offset) {
  TextPlace place;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not within a character
      ++place.column;
    }
  }
  return place;
}

std::int64_t Json::integer(std::int64_t otherwise) const {
  if (kind_ == Kind::integer) return integer_;
  if (kind_ == Kind::real && std::abs(real_) < 9.2e18) return static_cast<std::int64_t>(real_);
  return otherwise;
}
double Json::real(double otherwise) const {
  if (kind_ == Kind::real) return real_;
  return kind_ == Kind::integer ? static_cast<double>(integer_) : otherwise;
}
const Json* Json::find(std::string_view key) const {
  for (auto it = members_.rbegin(); it != members_.rend(); ++it)
    if (it->first == key) return &it->second;
  return nullptr;
}
const Json& Json::operator[](std::string_view key) const {
  static const Json none;
  const auto* found = find(key);
  return found != nullptr ? *found : none;
}

std::string_view kind_name(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::null: return "null";
    case Json::Kind::boolean: return "true or false";
    case Json::Kind::integer:
    case Json::Kind::real: return "a number";
    case Json::Kind::string: return "a text";
    case Json::Kind::array: return "a list";
    case Json::Kind::object: return "an object";
  }
  return "";
}

}  // namespace pharos::codec

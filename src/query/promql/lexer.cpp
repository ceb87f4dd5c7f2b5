#include "query/promql/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "model/labels.hpp"

namespace pharos::query::promql {
namespace {

using enum TokenKind;

bool is_space(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(char32_t c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char32_t c) {
  return is_alpha(c) || is_digit(c);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

constexpr std::pair<std::string_view, TokenKind> kWords[] = {
    {"anchored", anchored},
    {"and", land},
    {"atan2", atan2},
    {"avg", avg},
    {"bool", bool_},
    {"bottomk", bottomk},
    {"by", by},
    {"count", count},
    {"count_values", count_values},
    {"end", finish},
    {"fill", fill},
    {"fill_left", fill_left},
    {"fill_right", fill_right},
    {"group", group},
    {"group_left", group_left},
    {"group_right", group_right},
    {"ignoring", ignoring},
    {"inf", number},
    {"limit_ratio", limit_ratio},
    {"limitk", limitk},
    {"max", max},
    {"min", min},
    {"nan", number},
    {"offset", offset},
    {"on", on},
    {"or", lor},
    {"quantile", quantile},
    {"range", range},
    {"smoothed", smoothed},
    {"start", start},
    {"stddev", stddev},
    {"stdvar", stdvar},
    {"step", step},
    {"sum", sum},
    {"topk", topk},
    {"unless", lunless},
    {"without", without},
};

// Decodes one rune; malformed bytes give U+FFFD of width 1, as Go does.
std::pair<char32_t, std::size_t> decode_rune(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char b = byte(0);
  if (b < 0x80) return {b, 1};
  const std::size_t length = b >= 0xf0 && b < 0xf5 ? 4 : b >= 0xe0 ? 3 : b >= 0xc2 ? 2 : 0;
  if (length == 0 || b >= 0xf5 || text.size() < length) return {0xfffd, 1};
  char32_t rune = b & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0xfffd, 1};
    rune = rune << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && rune < 0x800) || (length == 4 && rune < 0x10000);
  if (overlong || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000)) return {0xfffd, 1};
  return {rune, length};
}

void put_utf8(std::string& out, char32_t rune) {
  const auto put = [&out](char32_t b) { out.push_back(static_cast<char>(b)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xc0 | rune >> 6), put(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    put(0xe0 | rune >> 12), put(0x80 | (rune >> 6 & 0x3f)), put(0x80 | (rune & 0x3f));
  } else {
    put(0xf0 | rune >> 18), put(0x80 | (rune >> 12 & 0x3f)), put(0x80 | (rune >> 6 & 0x3f)),
        put(0x80 | (rune & 0x3f));
  }
}

int digit_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return 16;
}

std::string unicode_name(char32_t rune) {  // Go's %#U
  char head[16];
  std::snprintf(head, sizeof head, "U+%04X", static_cast<unsigned>(rune));
  std::string out = head;
  if (rune >= 0x20 && rune != 0x7f) {
    out += " '";
    put_utf8(out, rune);
    out += "'";
  }
  return out;
}

std::string first_runes(std::string_view text, std::size_t runes) {
  std::size_t at = 0;
  while (runes-- > 0 && at < text.size()) at += decode_rune(text.substr(at)).second;
  return std::string(text.substr(0, at));
}

}  // namespace

bool is_operator(TokenKind kind) {
  return kind >= add && kind <= atan2;
}
bool is_aggregation(TokenKind kind) {
  return kind >= avg && kind <= topk;
}
bool is_keyword(TokenKind kind) {
  return kind >= anchored && kind <= without;
}

std::string quote_rune(char32_t rune) {
  switch (rune) {
    case '\'': return "'\\''";
    case '\\': return "'\\\\'";
    case '\n': return "'\\n'";
    case '\r': return "'\\r'";
    case '\t': return "'\\t'";
    case '\a': return "'\\a'";
    case '\b': return "'\\b'";
    case '\f': return "'\\f'";
    case '\v': return "'\\v'";
    default: break;
  }
  if (rune < 0x20 || rune == 0x7f) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "'\\x%02x'", static_cast<unsigned>(rune));
    return buffer;
  }
  std::string out = "'";
  put_utf8(out, rune > 0x10ffff ? 0xfffd : rune);  // the end of the text prints as U+FFFD
  return out + "'";
}

std::string Token::describe() const {
  const auto quote = [this] { return go_quote(text); };
  switch (kind) {
    case eof: return "end of input";
    case error: return "error " + text;
    case identifier: return "identifier " + quote();
    case metric_identifier: return "metric identifier " + quote();
    default: break;
  }
  if (is_operator(kind)) return "<op:" + text + ">";
  if (is_aggregation(kind)) return "<aggr:" + text + ">";
  if (is_keyword(kind)) return "<" + text + ">";
  const std::string shown = text.size() > 10 ? go_quote(first_runes(text, 10)) + "..." : quote();
  switch (kind) {
    case string: return "string " + shown;
    case number: return "number " + shown;
    case duration: return "duration " + shown;
    default: return shown;
  }
}

char32_t Lexer::take() {
  if (at_ >= text_.size()) {
    width_ = 0;
    return kEnd;
  }
  const auto [rune, width] = decode_rune(text_.substr(at_));
  width_ = width;
  at_ += width;
  return rune;
}

char32_t Lexer::peek() {
  const auto rune = take();
  untake();
  return rune;
}

bool Lexer::accept(std::string_view set) {
  const auto rune = take();
  if (rune < 0x80 && set.find(static_cast<char>(rune)) != set.npos) return true;
  untake();
  return false;
}

Token Lexer::emit(TokenKind kind) {
  Token token{kind, static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(at_),
              std::string(text_.substr(begin_, at_ - begin_))};
  begin_ = at_;
  return token;
}

Token Lexer::fail(std::string message) {
  stopped_ = true;
  const auto at = static_cast<std::uint32_t>(begin_);
  return {error, at, at, std::move(message)};
}

Token Lexer::fail_after(std::string message) {
  begin_ = at_;
  return fail(std::move(message));
}

Token Lexer::next() {
  if (stopped_)
    return {eof,
            static_cast<std::uint32_t>(text_.size()),
            static_cast<std::uint32_t>(text_.size()),
            {}};
  for (;;) {  // blanks and comments
    while (at_ < text_.size() && is_space(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ < text_.size() && text_[at_] == '#') {
      while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != '\r') ++at_;
      continue;
    }
    break;
  }
  begin_ = at_;
  if (in_braces_) return inside_braces();
  if (in_brackets_ && !got_number_) return inside_brackets();
  return statement();
}

Token Lexer::statement() {
  const auto rune = take();
  switch (rune) {
    case kEnd:
      if (parens_ != 0) return fail("unclosed left parenthesis");
      if (in_brackets_) return fail("unclosed left bracket");
      stopped_ = true;
      return emit(eof);
    case ',': return emit(comma);
    case '*': return emit(mul);
    case '/': return emit(div);
    case '%': return emit(mod);
    case '+': return emit(add);
    case '-': return emit(sub);
    case '^': return emit(pow);
    case '@': return emit(at);
    case '=':
      if (const auto following = peek(); following == '=') {
        take();
        return emit(eqlc);
      } else if (following == '~') {
        return fail("unexpected character after '=': " + quote_rune(following));
      }
      return emit(equal);
    case '!':
      if (const auto following = take(); following != '=') {
        return fail("unexpected character after '!': " + quote_rune(following));
      }
      return emit(neq);
    case '<': return accept("=") ? emit(lte) : accept("/") ? emit(trim_upper) : emit(lss);
    case '>': return accept("=") ? emit(gte) : accept("/") ? emit(trim_lower) : emit(gtr);
    case '"':
    case '\'': return quoted(static_cast<char>(rune));
    case '`': return raw();
    case '(': ++parens_; return emit(left_paren);
    case ')':
      if (--parens_ < 0) return fail_after("unexpected right parenthesis ')'");
      return emit(right_paren);
    case '{': in_braces_ = true; return emit(left_brace);
    case '[':
      if (in_brackets_) return fail("unexpected left bracket '['");
      in_brackets_ = true;
      got_colon_ = got_duration_ = got_number_ = false;
      return emit(left_bracket);
    case ']':
      if (!in_brackets_) return fail("unexpected right bracket ']'");
      in_brackets_ = false;
      return emit(right_bracket);
    default: break;
  }
  if (is_digit(rune) || (rune == '.' && is_digit(peek()))) {
    at_ = begin_;
    return number_or_duration();
  }
  if (!is_alpha(rune) && rune != ':') return fail("unexpected character: " + quote_rune(rune));
  if (!in_brackets_) {
    at_ = begin_;
    return word();
  }
  if (rune != ':')
    return duration_word("unexpected character: " + quote_rune(rune) + ", expected ':'");
  if (got_colon_) return fail("unexpected colon ':'");
  got_colon_ = true;
  return emit(colon);
}

Token Lexer::inside_braces() {
  const auto rune = take();
  if (is_alpha(rune)) {
    while (is_alnum(peek())) take();
    return emit(identifier);
  }
  switch (rune) {
    case kEnd: return fail("unexpected end of input inside braces");
    case ',': return emit(comma);
    case '"':
    case '\'': return quoted(static_cast<char>(rune));
    case '`': return raw();
    case '=': return accept("~") ? emit(equal_regex) : emit(equal);
    case '!':
      if (accept("~")) return emit(not_equal_regex);
      if (accept("=")) return emit(neq);
      return fail("unexpected character after '!' inside braces: " + quote_rune(peek()));
    case '{': return fail("unexpected left brace '{'");
    case '}': in_braces_ = false; return emit(right_brace);
    default: return fail("unexpected character inside braces: " + quote_rune(rune));
  }
}

Token Lexer::inside_brackets() {
  const auto rune = take();
  switch (rune) {
    case kEnd: return fail("unexpected end of input in duration expression");
    case ']': in_brackets_ = got_colon_ = false; return emit(right_bracket);
    case ':':
      if (!got_duration_)
        return fail_after("unexpected colon before duration in duration expression");
      if (got_colon_) return fail_after("unexpected repeated colon in duration expression");
      got_colon_ = true;
      return emit(colon);
    case '(': ++parens_; return emit(left_paren);
    case ')':
      if (--parens_ < 0) return fail_after("unexpected right parenthesis ')'");
      return emit(right_paren);
    case '+': return emit(add);
    case '-': return emit(sub);
    case '*': return emit(mul);
    case '/': return emit(div);
    case '%': return emit(mod);
    case '^': return emit(pow);
    case ',': return emit(comma);
    default: break;
  }
  if (is_digit(rune) || (rune == '.' && is_digit(peek()))) {
    at_ = begin_;
    got_duration_ = got_number_ = true;
    return number_or_duration();
  }
  const std::string error = "unexpected character in duration expression: " + quote_rune(rune);
  if (is_alpha(rune)) return duration_word(error);
  return fail(error);
}

// step, range, min, max and their newer spellings min_of, max_of.
Token Lexer::duration_word(std::string_view error) {
  while (is_alpha(peek())) take();
  const auto text = lower(text_.substr(begin_, at_ - begin_));
  got_duration_ = true;
  if (text == "step") return emit(step);
  if (text == "range") return emit(range);
  if (text == "min" || text == "min_of") return emit(min);
  if (text == "max" || text == "max_of") return emit(max);
  return fail(std::string(error));
}

Token Lexer::word() {
  bool has_colon = false;
  while (is_alnum(peek()) || peek() == ':') has_colon |= take() == ':';
  const auto text = lower(text_.substr(begin_, at_ - begin_));
  const auto found = std::ranges::lower_bound(kWords, std::string_view(text), {},
                                              &std::pair<std::string_view, TokenKind>::first);
  if (found != std::end(kWords) && found->first == text) {
    const auto kind = found->second;
    if (kind == fill || kind == fill_left || kind == fill_right) {
      // A modifier only before a parenthesis, so that metrics of these names stay usable.
      auto at = at_;
      while (at < text_.size() && is_space(static_cast<unsigned char>(text_[at]))) ++at;
      if (at >= text_.size() || text_[at] != '(') return emit(identifier);
    }
    return emit(kind);
  }
  return emit(has_colon ? metric_identifier : identifier);
}

Token Lexer::number_or_duration() {
  if (scan_number()) return emit(number);
  if (scan_rest_of_duration()) return emit(duration);
  return fail("bad number or duration syntax: " + go_quote(text_.substr(begin_, at_ - begin_)));
}

bool Lexer::scan_rest_of_duration() {
  if (!accept("smhdwy")) return false;
  accept("s");  // ms; impossible units are refused when the duration is parsed
  while (accept("0123456789")) {
    while (accept("0123456789")) {
    }
    if (!accept("smhdw")) return false;
    accept("s");
  }
  const bool ends = !is_alnum(take());
  if (ends) untake();
  return ends;
}

// Decimal, hexadecimal (integers) and exponents, `_` between digits. Not necessarily a valid
// number.
bool Lexer::scan_number() {
  std::string_view digits = "0123456789";
  if (accept("0") && accept("xX")) {
    accept("_");
    digits = "0123456789abcdefABCDEF";
  }
  const bool hex = digits.size() > 10;
  const auto is = [this](std::string_view set) {
    const auto rune = peek();
    return rune < 0x80 && set.find(static_cast<char>(rune)) != set.npos;
  };
  accept(".");
  accept(digits);
  // Faithful to the original: the first point is accepted above without being counted.
  bool point = false, exponent = false;
  while (is(digits) || is("._eE")) {
    if (is(".") && point) {
      accept(".");
      return false;
    }
    if (is("eE") && exponent) {
      accept("eE");
      return false;
    }
    if (accept(".")) {
      point = true;
      if (accept("_.") || hex) return false;
      continue;
    }
    if (!hex && accept("eE")) {
      exponent = true;
      accept("+-");
      if (accept("._eE") || peek() == kEnd) return false;
      continue;
    }
    if (accept("_")) {
      if (accept("._eE") || peek() == kEnd) return false;
      continue;
    }
    while (accept(digits)) {
    }
  }
  return at_ > begin_ && !is_alnum(peek());
}

Token Lexer::quoted(char quote) {
  for (;;) {
    const auto rune = take();
    if (rune == '\\') {
      std::string message;
      if (!scan_escape(quote, message)) return fail(message);
    } else if (rune == kBadRune && width_ == 1) {
      return fail("invalid UTF-8 rune");
    } else if (rune == kEnd || rune == '\n') {
      return fail("unterminated quoted string");
    } else if (rune == static_cast<unsigned char>(quote)) {
      return emit(string);
    }
  }
}

Token Lexer::raw() {
  for (;;) {
    const auto rune = take();
    if (rune == kBadRune && width_ == 1) return fail("invalid UTF-8 rune");
    if (rune == kEnd) return fail("unterminated raw string");
    if (rune == '`') return emit(string);
  }
}

bool Lexer::scan_escape(char quote, std::string& error) {
  auto rune = take();
  int digits = 0;
  std::uint32_t base = 16, value_max = 0x10ffff;
  switch (rune) {
    case 'a':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case '\\': return true;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7': digits = 3, base = 8, value_max = 255; break;
    case 'x': digits = 2, value_max = 255, rune = take(); break;
    case 'u': digits = 4, rune = take(); break;
    case 'U': digits = 8, rune = take(); break;
    case kEnd: error = "escape sequence not terminated"; return false;
    default:
      if (rune == static_cast<unsigned char>(quote)) return true;
      error = "unknown escape sequence " + unicode_name(rune);
      return false;
  }
  std::uint64_t value = 0;
  for (; digits > 0; --digits) {
    const auto digit = static_cast<std::uint32_t>(digit_value(rune));
    if (digit >= base) {
      error = rune == kEnd ? "escape sequence not terminated"
                           : "illegal character " + unicode_name(rune) + " in escape sequence";
      return false;
    }
    value = value * base + digit;
    if (digits > 1) rune = take();
  }
  if (value > value_max || (value >= 0xd800 && value < 0xe000)) {
    error = "escape sequence is an invalid Unicode code point";
    return false;
  }
  return true;
}

Result<std::string> unquote(std::string_view token) {
  const auto bad = [&] {
    return pharos::fail(Errc::invalid,
                        "error unquoting string " + go_quote(token) + ": invalid syntax");
  };
  if (token.size() < 2 || token.front() != token.back()) return bad();
  const char quote = token.front();
  auto body = token.substr(1, token.size() - 2);
  if (quote == '`') return std::string(body);
  std::string out;
  out.reserve(body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      out.push_back(body[i]);
      continue;
    }
    if (++i == body.size()) return bad();
    const char c = body[i];
    const auto number = [&](std::size_t digits, std::uint32_t base) -> std::int64_t {
      if (i + digits > body.size()) return -1;
      std::int64_t value = 0;
      for (std::size_t k = 0; k < digits; ++k) {
        const auto digit =
            static_cast<std::uint32_t>(digit_value(static_cast<unsigned char>(body[i + k])));
        if (digit >= base) return -1;
        value = value * base + digit;
      }
      i += digits - 1;
      return value;
    };
    switch (c) {
      case 'a': out.push_back('\a'); break;
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'v': out.push_back('\v'); break;
      case '\\':
      case '"':
      case '\'': out.push_back(c); break;
      case 'x': {
        ++i;
        const auto value = number(2, 16);
        if (value < 0) return bad();
        out.push_back(static_cast<char>(value));
        break;
      }
      case 'u':
      case 'U': {
        ++i;
        const auto value = number(c == 'u' ? 4 : 8, 16);
        if (value < 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return bad();
        put_utf8(out, static_cast<char32_t>(value));
        break;
      }
      default: {
        const auto value = number(3, 8);
        if (value < 0 || value > 255) return bad();
        out.push_back(static_cast<char>(value));
      }
    }
  }
  return out;
}

}  // namespace pharos::query::promql

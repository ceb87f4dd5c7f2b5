#include "rules/template_lexer.hpp"

#include <algorithm>
#include <cctype>

#include "model/labels.hpp"

namespace pharos::rules::detail {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

void put_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80)
    out += static_cast<char>(c);
  else if (c < 0x800)
    (out += static_cast<char>(0xC0 | c >> 6)) += static_cast<char>(0x80 | (c & 0x3F));
  else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

class Lexer {
 public:
  Lexer(const std::string& name, std::string_view text, codec::SourcePlace* wrong_at)
      : name_(name), text_(text), wrong_at_(wrong_at) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) TRY(lex_text());
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  auto wrong(const std::string& what) const {
    if (wrong_at_ != nullptr) *wrong_at_ = here();
    return fail(Errc::invalid, "template: " + name_ + ":" + std::to_string(line_) + ": " + what);
  }
  codec::SourcePlace here() const {
    return {.line = line_, .column = static_cast<std::uint32_t>(at_ - line_begin_ + 1)};
  }
  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), here()}); }
  void advance(std::size_t n) {
    for (const auto end = at_ + n; at_ < end; ++at_)
      if (text_[at_] == '\n') ++line_, line_begin_ = at_ + 1;
  }
  std::string_view rest() const { return text_.substr(at_); }

  Status lex_text() {
    const auto open = text_.find("{{", at_);
    std::string_view text = text_.substr(at_, open == text_.npos ? text_.npos : open - at_);
    const std::size_t length = text.size();
    if (trim_next_) {
      const auto first = std::find_if_not(text.begin(), text.end(), is_blank);
      text.remove_prefix(static_cast<std::size_t>(first - text.begin()));
      trim_next_ = false;
    }
    const bool trims = open != text_.npos && open + 3 < text_.size() && text_[open + 2] == '-' &&
                       is_blank(text_[open + 3]);
    if (trims)
      while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (!text.empty()) add(TokenKind::text, std::string(text));
    advance(length);
    if (open == text_.npos) return {};
    advance(trims ? 4 : 2);
    if (rest().starts_with("/*")) return lex_comment();
    add(TokenKind::left, "{{");
    return lex_action();
  }

  Status lex_comment() {
    const auto close = text_.find("*/", at_ + 2);
    if (close == text_.npos) return wrong("unclosed comment");
    advance(close + 2 - at_);
    if (rest().size() >= 4 && is_blank(rest()[0]) && rest().substr(1, 3) == "-}}") {
      trim_next_ = true;
      advance(4);
      return {};
    }
    if (!rest().starts_with("}}")) return wrong("comment ends before closing delimiter");
    advance(2);
    return {};
  }

  Status lex_action() {
    std::size_t depth = 0;
    for (;;) {
      const auto left = rest();
      if (left.empty()) return wrong("unclosed action");
      if (left.starts_with("}}") ||
          (left.size() >= 4 && is_blank(left[0]) && left.substr(1, 3) == "-}}")) {
        if (depth > 0) return wrong("unclosed left paren");
        trim_next_ = left[0] != '}';
        advance(trim_next_ ? 4 : 2);
        add(TokenKind::right, "}}");
        return {};
      }
      TRY(lex_token(depth));
    }
  }

  Status lex_token(std::size_t& depth) {
    const auto left = rest();
    const char c = left[0];
    if (is_blank(c)) {
      std::size_t n = 0;
      // A blank that begins the closing " -}}" is not part of the space.
      while (n < left.size() && is_blank(left[n]) &&
             !(n > 0 && left.substr(n + 1).starts_with("-}}")))
        ++n;
      add(TokenKind::space, " ");
      advance(n);
      return {};
    }
    switch (c) {
      case '|': return single(TokenKind::pipe);
      case ',': return single(TokenKind::comma);
      case '(': ++depth; return single(TokenKind::open);
      case ')':
        if (depth-- == 0) return wrong("unexpected right paren");
        return single(TokenKind::close);
      case '=': return single(TokenKind::assign);
      case ':':
        if (!left.starts_with(":=")) return wrong("expected :=");
        add(TokenKind::declare, ":=");
        advance(2);
        return {};
      case '"': return lex_quoted('"');
      case '\'': return lex_quoted('\'');
      case '`': {
        const auto end = left.find('`', 1);
        if (end == left.npos) return wrong("unterminated raw quoted string");
        add(TokenKind::string, std::string(left.substr(1, end - 1)));
        advance(end + 1);
        return {};
      }
      case '$': return lex_word(TokenKind::variable, 1);
      case '.':
        if (left.size() > 1 && std::isdigit(static_cast<unsigned char>(left[1])) != 0)
          return lex_number();
        if (left.size() > 1 && is_word(left[1])) return lex_word(TokenKind::field, 1);
        return single(TokenKind::dot);
      default: break;
    }
    const bool sign = (c == '+' || c == '-') && left.size() > 1;
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || sign) return lex_number();
    if (is_word(c)) return lex_word(TokenKind::identifier, 0);
    return wrong("unexpected " + go_quote(std::string(1, c)) + " in action");
  }

  Status single(TokenKind kind) {
    add(kind, std::string(1, text_[at_]));
    advance(1);
    return {};
  }

  Status lex_word(TokenKind kind, std::size_t skip) {
    const auto left = rest();
    std::size_t n = skip;
    while (n < left.size() && is_word(left[n])) ++n;
    add(kind, std::string(kind == TokenKind::field ? left.substr(1, n - 1) : left.substr(0, n)));
    advance(n);
    static constexpr std::string_view kAfter = " \t\r\n.,|:()=";
    const auto next = rest();
    if (!next.empty() && kAfter.find(next[0]) == kAfter.npos && !next.starts_with("}}"))
      return wrong("bad character U+00" + hex(next[0]) + " '" + std::string(1, next[0]) + "'");
    return {};
  }
  static std::string hex(char c) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto b = static_cast<unsigned char>(c);
    return {kHex[b >> 4], kHex[b & 15]};
  }

  Status lex_number() {
    const auto left = rest();
    std::size_t n = 0;
    if (left[n] == '+' || left[n] == '-') ++n;
    const bool is_hex = left.substr(n).starts_with("0x") || left.substr(n).starts_with("0X");
    while (n < left.size() && (is_word(left[n]) || left[n] == '.' ||
                               (!is_hex && (left[n] == '+' || left[n] == '-') &&
                                (left[n - 1] == 'e' || left[n - 1] == 'E'))))
      ++n;
    if (n == 0 || (n == 1 && (left[0] == '+' || left[0] == '-')))
      return wrong("bad number syntax: " + go_quote(left.substr(0, 1)));
    add(TokenKind::number, std::string(left.substr(0, n)));
    advance(n);
    return {};
  }

  Status lex_quoted(char quote) {
    std::string out;
    std::size_t i = at_ + 1;
    for (;; ++i) {
      if (i >= text_.size() || text_[i] == '\n')
        return wrong(quote == '"' ? "unterminated quoted string"
                                  : "unterminated character constant");
      if (text_[i] == quote) break;
      if (text_[i] != '\\') {
        out += text_[i];
        continue;
      }
      if (++i >= text_.size()) return wrong("unterminated quoted string");
      if (!unescape(i, quote, out)) return wrong("invalid syntax in a quoted string");
    }
    add(quote == '"' ? TokenKind::string : TokenKind::character, std::move(out));
    advance(i + 1 - at_);
    return {};
  }

  // The escape at text_[i]; leaves i on its last character.
  bool unescape(std::size_t& i, char quote, std::string& out) const {
    static constexpr std::string_view kFrom = "abfnrtv\\", kTo = "\a\b\f\n\r\t\v\\";
    const char c = text_[i];
    if (const auto simple = kFrom.find(c); simple != kFrom.npos) {
      out += kTo[simple];
      return true;
    }
    if (c == quote) {
      out += c;
      return true;
    }
    const auto digits = [&](std::size_t begin, std::size_t count, int base, std::uint32_t& value) {
      value = 0;
      for (std::size_t k = begin; k < begin + count; ++k) {
        if (k >= text_.size()) return false;
        const char d = text_[k];
        int v = d >= '0' && d <= '9'   ? d - '0'
                : d >= 'a' && d <= 'f' ? d - 'a' + 10
                : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                       : 99;
        if (v >= base) return false;
        value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(v);
      }
      return true;
    };
    std::uint32_t value = 0;
    if (c == 'x' && digits(i + 1, 2, 16, value)) {
      out += static_cast<char>(value);
      i += 2;
      return true;
    }
    if ((c == 'u' && digits(i + 1, 4, 16, value)) || (c == 'U' && digits(i + 1, 8, 16, value))) {
      if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
      put_utf8(out, value);
      i += c == 'u' ? 4 : 8;
      return true;
    }
    if (c >= '0' && c <= '7' && digits(i, 3, 8, value) && value < 256) {
      out += static_cast<char>(value);
      i += 2;
      return true;
    }
    return false;
  }

  const std::string& name_;
  std::string_view text_;
  std::size_t at_ = 0;
  codec::SourcePlace* const wrong_at_;
  std::uint32_t line_ = 1;
  std::size_t line_begin_ = 0;
  bool trim_next_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> lex_template(const std::string& name, std::string_view text,
                                        codec::SourcePlace* wrong_at) {
  return Lexer(name, text, wrong_at).run();
}

}  // namespace pharos::rules::detail

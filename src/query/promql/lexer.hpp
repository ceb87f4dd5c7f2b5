// Splits PromQL text into tokens, with Prometheus' own error texts and positions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pharos::query::promql {

enum class TokenKind : std::uint8_t {
  eof,
  error,
  identifier,
  metric_identifier,
  string,
  number,
  duration,
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  comma,
  colon,
  equal,
  // Operators. The two regex matchers count as operators in error texts.
  add,
  sub,
  mul,
  div,
  mod,
  pow,
  eqlc,
  neq,
  lss,
  lte,
  gtr,
  gte,
  trim_upper,
  trim_lower,
  equal_regex,
  not_equal_regex,
  at,
  land,
  lor,
  lunless,
  atan2,
  // Aggregations.
  avg,
  bottomk,
  count,
  count_values,
  group,
  limitk,
  limit_ratio,
  max,
  min,
  quantile,
  stddev,
  stdvar,
  sum,
  topk,
  // Keywords.
  anchored,
  bool_,
  by,
  fill,
  fill_left,
  fill_right,
  group_left,
  group_right,
  ignoring,
  offset,
  on,
  smoothed,
  without,
  // Words that are functions, `@` edges or duration functions by place.
  start,
  finish,
  step,
  range,
};

bool is_operator(TokenKind kind);
bool is_aggregation(TokenKind kind);
bool is_keyword(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::eof;
  std::uint32_t begin = 0, end = 0;  // bytes of the query
  std::string text;                  // as written; for errors the message

  std::string describe() const;  // as in "unexpected <op:+>"
};

// One token at a time. After an error the input is over.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();

 private:
  Token statement();
  Token inside_braces();
  Token inside_brackets();  // until the first number; from then on statement() goes on
  Token word();
  Token number_or_duration();
  Token quoted(char quote);
  Token raw();
  Token duration_word(std::string_view error);
  bool scan_number();
  bool scan_rest_of_duration();
  bool scan_escape(char quote, std::string& error);

  char32_t take();  // the next rune; kEnd at the end of the text
  char32_t peek();
  void untake() { at_ -= width_; }
  bool accept(std::string_view set);
  Token emit(TokenKind kind);
  Token fail(std::string message);
  Token fail_after(std::string message);  // placed behind what was read

  static constexpr char32_t kEnd = 0xffffffff;
  static constexpr char32_t kBadRune = 0xfffd;

  std::string_view text_;
  std::size_t begin_ = 0, at_ = 0, width_ = 0;
  int parens_ = 0;
  bool in_braces_ = false, in_brackets_ = false, got_colon_ = false, got_duration_ = false,
       got_number_ = false, stopped_ = false;
};

// The value of a quoted token: Go's escapes in "…" and '…', none in `…`.
Result<std::string> unquote(std::string_view token);
// Go's %q of a rune: 'x', '\n', '☃'.
std::string quote_rune(char32_t rune);

}  // namespace pharos::query::promql

// Splits a template into text and the tokens of its actions (internal to rules/).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace pharos::rules::detail {

enum class TokenKind : std::uint8_t {
  text,
  left,
  right,  // {{ and }}
  space,
  identifier,
  field,
  variable,
  number,
  character,
  string,
  pipe,
  open,
  close,
  declare,
  assign,
  comma,
  dot,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // string: unquoted value; field: without the dot
  std::uint32_t line = 1;
};

// Errc::invalid with `NAME:LINE: what`.
Result<std::vector<Token>> lex_template(const std::string& name, std::string_view text);

}  // namespace pharos::rules::detail

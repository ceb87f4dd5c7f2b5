// Splits a template into text and the tokens of its actions (internal to rules/).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/scalar_place.hpp"

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
  codec::SourcePlace at;
};

// Errc::invalid with `NAME:LINE: what`; the place goes to `wrong_at` too when there is one.
Result<std::vector<Token>> lex_template(const std::string& name, std::string_view text,
                                        codec::SourcePlace* wrong_at = nullptr);

}  // namespace pharos::rules::detail

// Builds a mail: headers that cannot be broken out of, text and HTML as alternatives (internal to
// receivers/).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace pharos::rules::receivers {

struct EmailParts {
  std::vector<std::pair<std::string, std::string>> headers;  // in order; values as read, UTF-8
  std::string text, html;                                    // either may be empty
  std::string boundary;                                      // occurs in neither
};

// Lines end with CRLF; bodies are quoted-printable, other than ASCII in headers is encoded (RFC
// 2047).
std::string email_message(const EmailParts& parts);

std::string encode_header(std::string_view text);  // one line, whatever it was
std::string quoted_printable(std::string_view text);
std::string email_date(Time t);  // "Sat, 28 Nov 2026 19:48:40 +0000"

// "Ada <ada@example.org>, bob@example.org" → the bare addresses. Errc::invalid.
Result<std::vector<std::string>> email_addresses(std::string_view list);

}  // namespace pharos::rules::receivers

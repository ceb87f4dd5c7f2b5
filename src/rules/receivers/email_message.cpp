#include "rules/receivers/email_message.hpp"

#include <algorithm>

#include "model/labels.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::size_t kLineMax = 76, kEncodedWordMax = 75;

// An encoded word holds whole code points only.
std::size_t rune_size(std::string_view text, std::size_t at) {
  std::size_t n = 1;
  while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xC0) == 0x80 && n < 4)
    ++n;
  return n;
}

}  // namespace

std::string encode_header(std::string_view raw) {
  // A line break would start a header, or the body.
  std::string text;
  for (const char c : raw) {
    const auto b = static_cast<unsigned char>(c);
    if (b >= 0x20 && b != 0x7F)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
  const bool ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return text;
  constexpr std::string_view kBegin = "=?UTF-8?q?", kEnd = "?=";
  std::string out, word(kBegin);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = rune_size(text, at);
    std::string encoded;
    for (const char c : std::string_view(text).substr(at, n)) {
      const auto b = static_cast<unsigned char>(c);
      if (c == ' ')
        encoded += '_';
      else if (b > 0x20 && b < 0x7F && c != '=' && c != '?' && c != '_')
        encoded += c;
      else
        ((encoded += '=') += kHex[b >> 4]) += kHex[b & 15];
    }
    if (word.size() + encoded.size() + kEnd.size() > kEncodedWordMax) {
      out += word + std::string(kEnd) + "\r\n ";
      word = kBegin;
    }
    word += encoded;
    at += n;
  }
  return out + word + std::string(kEnd);
}

std::string quoted_printable(std::string_view text) {
  std::string out;
  std::size_t line = 0;
  const auto put = [&](std::string_view piece) {
    if (line + piece.size() > kLineMax - 1) {
      out += "=\r\n";
      line = 0;
    }
    out += piece;
    line += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto b = static_cast<unsigned char>(c);
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      out += "\r\n";
      line = 0;
      continue;
    }
    const bool line_ends = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool blank = c == ' ' || c == '\t';
    if ((b >= 0x21 && b <= 0x7E && c != '=') || (blank && !line_ends)) {
      put(std::string_view(&text[i], 1));
    } else {
      const char encoded[3] = {'=', kHex[b >> 4], kHex[b & 15]};
      put(std::string_view(encoded, 3));
    }
  }
  return out;
}

std::string email_date(Time t) {
  return detail::format_layout(t, "Mon, 02 Jan 2006 15:04:05 -0700");
}

std::string email_message(const EmailParts& parts) {
  std::string out;
  for (const auto& [name, value] : parts.headers)
    out += name + ": " + encode_header(value) + "\r\n";
  out += "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=" + parts.boundary +
         "\r\n\r\n";
  const auto part = [&](std::string_view type, std::string_view body) {
    if (body.empty()) return;
    out += "--" + parts.boundary +
           "\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: " + std::string(type) +
           "; charset=UTF-8\r\n\r\n" + quoted_printable(body) + "\r\n";
  };
  // The last alternative is the preferred one.
  if (parts.html.empty() || !parts.text.empty())
    part("text/plain", parts.text.empty() ? " " : parts.text);
  part("text/html", parts.html);
  return out + "--" + parts.boundary + "--\r\n";
}

Result<std::vector<std::string>> email_addresses(std::string_view list) {
  std::vector<std::string> out;
  const auto wrong = [&](std::string_view what) {
    return fail(Errc::invalid, "mail: " + std::string(what) + " in " + go_quote(list));
  };
  std::string entry;
  bool quoted = false, angle = false;
  const auto finish = [&]() -> Status {
    std::string_view e = entry;
    if (const auto open = e.rfind('<'); open != e.npos) {
      const auto close = e.find('>', open);
      if (close == e.npos) return wrong("unclosed angle-addr");
      e = e.substr(open + 1, close - open - 1);
    }
    while (e.starts_with(' ')) e.remove_prefix(1);
    while (e.ends_with(' ')) e.remove_suffix(1);
    const auto at = e.rfind('@');
    if (at == e.npos || at == 0 || at + 1 == e.size()) return wrong("missing '@' or angle-addr");
    const bool harmless = std::ranges::all_of(e, [](char c) {
      return static_cast<unsigned char>(c) > 0x20 && c != '<' && c != '>' && c != 0x7F;
    });
    if (!harmless) return wrong("invalid character");
    out.emplace_back(e);
    entry.clear();
    return {};
  };
  for (const char c : list) {
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '<') angle = true;
    if (!quoted && c == '>') angle = false;
    if (c == ',' && !quoted && !angle) {
      TRY(finish());
      continue;
    }
    entry += c;
  }
  TRY(finish());
  return out;
}

}  // namespace pharos::rules::receivers

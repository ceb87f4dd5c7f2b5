#include "rules/notify/matcher_parser.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/quoted.hpp"

namespace pharos::rules::notify {
namespace {

constexpr std::string_view kReserved = "{}!=~,\\\"'`";
constexpr std::string_view kBlanks = " \t\n\v\f\r";
constexpr std::size_t kTextMax = 1u << 20;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

void put_utf8(std::string& out, std::uint32_t rune) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xc0 | rune >> 6);
    out += static_cast<char>(0x80 | (rune & 0x3f));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xe0 | rune >> 12);
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (rune & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | rune >> 18);
    out += static_cast<char>(0x80 | (rune >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (rune >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (rune & 0x3f));
  }
}

// The inside of a Go string literal in double quotes.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  const auto digits = [&](std::size_t& at, std::size_t count,
                          unsigned base) -> std::optional<std::uint32_t> {
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < count; ++i, ++at) {
      if (at >= text.size()) return {};
      const char c = text[at];
      unsigned digit = 99;
      if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
      if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
      if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
      if (digit >= base) return {};
      n = n * base + digit;
    }
    return n;
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at++];
    if (c == '\n') return {};
    if (c != '\\') {
      out += c;
      continue;
    }
    if (at >= text.size()) return {};
    const char kind = text[at++];
    constexpr std::string_view kLetters = "abfnrtv\\\"", kMeanings = "\a\b\f\n\r\t\v\\\"";
    if (const auto letter = kLetters.find(kind); letter != kLetters.npos) {
      out += kMeanings[letter];
    } else if (kind == 'x') {
      const auto byte = digits(at, 2, 16);
      if (!byte) return {};
      out += static_cast<char>(*byte);
    } else if (kind == 'u' || kind == 'U') {
      const auto rune = digits(at, kind == 'u' ? 4 : 8, 16);
      if (!rune || *rune > 0x10ffff || (*rune >= 0xd800 && *rune < 0xe000)) return {};
      put_utf8(out, *rune);
    } else if (kind >= '0' && kind <= '7') {
      const auto byte = digits(--at, 3, 8);
      if (!byte || *byte > 255) return {};
      out += static_cast<char>(*byte);
    } else {
      return {};
    }
  }
  return out;
}

class Utf8Parser {
 public:
  explicit Utf8Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Matcher>> parse() {
    std::vector<Matcher> out;
    skip_blanks();
    const bool braces = eat('{');
    skip_blanks();
    while (!done() && peek() != '}') {
      const auto name = TRY(word("label name"));
      const auto op = TRY(read_op());
      const auto value = TRY(word("label value"));
      auto matcher = TRY(Matcher::make(op, name, value));
      out.push_back(std::move(matcher));
      skip_blanks();
      if (done() || peek() == '}') break;
      if (!eat(',')) return unexpected("a comma or close brace");
      skip_blanks();
    }
    if (braces && !eat('}')) return wrong("end of input: expected close brace");
    skip_blanks();
    if (!done()) {
      if (peek() == '}' && !braces) return wrong("}: expected opening brace");
      return unexpected("end of input");
    }
    return out;
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  bool eat(char c) {
    if (done() || peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (!done() && kBlanks.find(peek()) != kBlanks.npos) ++at_;
  }
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(Errc::invalid, std::to_string(at_) + ": " + what);
  }
  std::unexpected<Error> unexpected(const std::string& wanted) const {
    if (done()) return wrong("end of input: expected " + wanted);
    const auto length = std::max<std::size_t>(utf8_length(text_.substr(at_)), 1);
    return wrong("unexpected " + std::string(text_.substr(at_, length)) + ": expected " + wanted);
  }

  Result<std::string> word(const std::string& what) {
    skip_blanks();
    if (done()) return unexpected(what);
    if (peek() == '"') return quoted_word();
    const auto begin = at_;
    while (!done() && kReserved.find(peek()) == kReserved.npos &&
           kBlanks.find(peek()) == kBlanks.npos) {
      const auto length = utf8_length(text_.substr(at_));
      if (length == 0) return wrong("invalid UTF-8");
      at_ += length;
    }
    if (at_ == begin) return unexpected(what);
    return std::string(text_.substr(begin, at_ - begin));
  }
  Result<std::string> quoted_word() {
    const auto begin = ++at_;
    for (; !done() && peek() != '"'; ++at_) {
      if (peek() == '\\') ++at_;
    }
    if (done()) return wrong("missing end \"");
    const auto raw = text_.substr(begin, at_++ - begin);
    auto out = unescaped(raw);
    if (!out || !valid_utf8(*out)) return wrong("\"" + std::string(raw) + "\": invalid input");
    return std::move(*out);
  }
  Result<MatchOp> read_op() {
    skip_blanks();
    if (eat('=')) return eat('~') ? MatchOp::regex : MatchOp::equal;
    if (eat('!')) {
      if (eat('=')) return MatchOp::not_equal;
      if (eat('~')) return MatchOp::not_regex;
      return unexpected("one of '=~'");
    }
    return unexpected("an operator such as '=', '!=', '=~' or '!~'");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Matcher> parse_classic_one(std::string_view text) {
  const auto bad = [&] { return fail(Errc::invalid, "bad matcher format: " + std::string(text)); };
  auto rest = trimmed(text);
  const auto is_first = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  std::size_t n = 0;
  while (n < rest.size() && (is_first(rest[n]) || (n > 0 && rest[n] >= '0' && rest[n] <= '9'))) ++n;
  if (n == 0) return bad();
  const std::string name(rest.substr(0, n));
  rest = trimmed(rest.substr(n));
  MatchOp op = MatchOp::equal;
  if (rest.starts_with("=~"))
    op = MatchOp::regex;
  else if (rest.starts_with("!="))
    op = MatchOp::not_equal;
  else if (rest.starts_with("!~"))
    op = MatchOp::not_regex;
  else if (!rest.starts_with("="))
    return bad();
  rest.remove_prefix(rest.starts_with("=~") || rest[0] == '!' ? 2 : 1);
  const auto raw = trimmed(rest);
  if (!valid_utf8(raw))
    return fail(Errc::invalid, "matcher value not valid UTF-8: " + std::string(raw));

  auto inside = raw;
  bool close_expected = false;
  if (inside.starts_with('"')) {
    inside.remove_prefix(1);
    close_expected = true;
  }
  std::string value;
  const auto unescaped_quote = [&] {
    return fail(Errc::invalid,
                "matcher value contains unescaped double quote: " + std::string(raw));
  };
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    if (c == '\\' && i + 1 < inside.size()) {
      const char next = inside[++i];
      if (next == 'n') {
        value += '\n';
      } else {
        if (next != '"' && next != '\\') value += '\\';  // a spurious escape stays as written
        value += next;
      }
    } else if (c == '"') {
      if (!close_expected || i + 1 < inside.size()) return unescaped_quote();
      close_expected = false;
    } else {
      value += c;
    }
  }
  if (close_expected) return unescaped_quote();
  return Matcher::make(op, name, std::move(value));
}

Result<std::vector<Matcher>> parse_classic(std::string_view text) {
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  std::vector<std::string_view> tokens;
  bool quoted = false, escaped = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' && !quoted) {
      tokens.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (c == '"') {
      if (!escaped) quoted = !quoted;
      escaped = false;
    } else {
      escaped = c == '\\' && !escaped;
    }
  }
  if (const auto last = trimmed(text.substr(begin)); !last.empty()) tokens.push_back(last);
  std::vector<Matcher> out;
  for (const auto token : tokens) {
    auto matcher = TRY(parse_classic_one(token));
    out.push_back(std::move(matcher));
  }
  return out;
}

}  // namespace

Result<std::vector<Matcher>> parse_matchers(std::string_view text, MatcherDialect dialect) {
  if (text.size() > kTextMax)
    return fail(Errc::limit, "matchers: the text is over its limit of 1 MiB");
  if (dialect == MatcherDialect::classic) return parse_classic(text);
  auto modern = Utf8Parser(text).parse();
  if (dialect == MatcherDialect::utf8) return modern;
  auto classic = parse_classic(text);
  if (!modern) return classic;
  // Where they disagree the old meaning stands: a configuration written before keeps its sense.
  if (classic && *classic != *modern) return classic;
  return modern;
}

Result<Matcher> parse_matcher(std::string_view text, MatcherDialect dialect) {
  if (dialect == MatcherDialect::fallback && (text.starts_with('{') || text.ends_with('}')))
    return fail(Errc::invalid, "unexpected open or close brace: " + std::string(text));
  if (dialect == MatcherDialect::classic) return parse_classic_one(text);
  if (text.size() > kTextMax)
    return fail(Errc::limit, "matcher: the text is over its limit of 1 MiB");
  auto modern = Utf8Parser(text).parse();
  Result<Matcher> one = [&]() -> Result<Matcher> {
    if (!modern) return fail(modern.error());
    if (modern->empty()) return fail(Errc::invalid, "no matchers");
    if (modern->size() > 1)
      return fail(Errc::invalid, "expected 1 matcher, found " + std::to_string(modern->size()));
    return std::move(modern->front());
  }();
  if (dialect == MatcherDialect::utf8) return one;
  auto classic = parse_classic_one(text);
  if (!one) return classic;
  if (classic && !(*classic == *one)) return classic;
  return one;
}

void sort_matchers(std::vector<Matcher>& matchers) {
  std::stable_sort(matchers.begin(), matchers.end(), [](const Matcher& a, const Matcher& b) {
    return std::tie(a.name(), a.value()) != std::tie(b.name(), b.value())
               ? std::tie(a.name(), a.value()) < std::tie(b.name(), b.value())
               : a.op() < b.op();
  });
}

std::string matchers_text(const std::vector<Matcher>& matchers) {
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  std::string out = "{";
  for (const auto& matcher : matchers) {
    if (out.size() > 1) out += ',';
    const bool plain = matcher.name().find_first_of(kReserved) == std::string::npos &&
                       matcher.name().find_first_of(kBlanks) == std::string::npos &&
                       !matcher.name().empty();
    out += plain ? matcher.name() : go_quote(matcher.name());
    out += kOps[static_cast<std::size_t>(matcher.op())];
    out += go_quote(matcher.value());
  }
  return out + "}";
}

bool is_label_name(std::string_view name, MatcherDialect dialect) {
  if (dialect == MatcherDialect::classic) return is_legacy_label_name(name);
  return !name.empty() && is_utf8(name);
}

}  // namespace pharos::rules::notify

#include "codec/scalar_place.hpp"

#include <algorithm>

namespace pharos::codec {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::optional<std::size_t> offset_of(std::string_view text, SourcePlace place) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < place.line; ++line) {
    at = text.find('\n', at);
    if (at == text.npos) return std::nullopt;
    ++at;
  }
  at += place.column - 1;
  if (at > text.size()) return std::nullopt;
  return at;
}

SourcePlace place_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_begin = before.rfind('\n');
  return {.line = static_cast<std::uint32_t>(1 + std::ranges::count(before, '\n')),
          .column = static_cast<std::uint32_t>(
              offset - (line_begin == before.npos ? 0 : line_begin + 1) + 1)};
}

// The source of one scalar, a significant character at a time.
class Walk {
 public:
  Walk(std::string_view source, std::size_t at) : source_(source), at_(at) {
    const char first = at < source.size() ? source[at] : '\0';
    if (first == '|' || first == '>') {  // the header of a block; its text begins a line below
      at_ = std::min(source.find('\n', at), source.size());
    } else if (first == '"' || first == '\'') {
      quote_ = first;
      ++at_;
    }
  }
  // Goes to the next character that is no blank and passes it; false when it is not `wanted`.
  bool pass(char wanted) {
    skip_blanks();
    if (at_ >= source_.size()) return false;
    here_ = at_;
    if (source_[at_] == quote_ && quote_ != '\0') {
      if (quote_ == '"' || peek(1) != '\'') return false;  // its end
      ++at_;                                               // '' is one
    } else if (quote_ == '"' && source_[at_] == '\\') {
      ++at_;
      if (peek(0) != '"' && peek(0) != '\\' && peek(0) != '/') return false;
    }
    return at_ < source_.size() && source_[at_++] == wanted;
  }
  std::size_t here() const { return here_; }  // of what was passed last
  std::size_t next() const { return at_; }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  void skip_blanks() {
    constexpr std::string_view kBlankEscapes = "nrt \t\n";
    for (;;) {
      if (at_ < source_.size() && is_blank(source_[at_]))
        ++at_;
      else if (quote_ == '"' && peek(0) == '\\' && peek(1) != '\0' &&
               kBlankEscapes.find(peek(1)) != kBlankEscapes.npos)
        at_ += 2;
      else
        return;
    }
  }
  std::string_view source_;
  std::size_t at_, here_ = 0;
  char quote_ = '\0';
};

}  // namespace

std::optional<SourcePlace> place_in_scalar(std::string_view source, SourcePlace begin,
                                           std::string_view value, SourcePlace inside) {
  const auto start = offset_of(source, begin);
  const auto wanted = offset_of(value, inside);
  if (!start || !wanted) return std::nullopt;
  Walk walk(source, *start);
  bool any = false;
  for (std::size_t i = 0; i < value.size() && i <= *wanted; ++i) {
    if (is_blank(value[i])) continue;
    if (!walk.pass(value[i])) return std::nullopt;
    any = true;
    if (i == *wanted) return place_of(source, walk.here());
  }
  if (!any) return std::nullopt;
  return place_of(source, walk.next());  // a blank, or the end: behind what stands before it
}

}  // namespace pharos::codec

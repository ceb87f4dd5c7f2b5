#include "model/regex_shape.hpp"

#include <algorithm>

namespace pharos {
namespace {

constexpr std::size_t kTextsMax = 4096, kBytesMax = 256 * 1024;

// Recursive descent over the syntax, without meaning beyond literals, small classes, groups,
// alternation and '?'. Everything else ends exactness at its place but is still stepped over.
class Reader {
 public:
  explicit Reader(std::string_view pattern) : p_(pattern) {}

  RegexShape read() {
    auto shape = alternation(0);
    if (gave_up_ || at_ != p_.size()) return {false, {""}};
    return shape;
  }

 private:
  static constexpr int kDepthMax = 200;
  bool done() const { return at_ >= p_.size(); }
  char peek() const { return p_[at_]; }
  bool take(char c) { return !done() && peek() == c ? (++at_, true) : false; }
  RegexShape unknown() const { return {false, {""}}; }
  RegexShape nothing() const { return {true, {""}}; }

  RegexShape alternation(int depth) {
    if (depth > kDepthMax) return gave_up_ = true, unknown();
    auto all = sequence(depth);
    while (take('|')) {
      auto next = sequence(depth);
      all.exact = all.exact && next.exact;
      for (auto& text : next.texts) all.texts.push_back(std::move(text));
      if (all.texts.size() > kTextsMax) all = unknown();
    }
    std::sort(all.texts.begin(), all.texts.end());
    all.texts.erase(std::unique(all.texts.begin(), all.texts.end()), all.texts.end());
    return all;
  }

  RegexShape sequence(int depth) {
    auto so_far = nothing();
    while (!done() && peek() != '|' && peek() != ')' && !gave_up_) append(so_far, repeated(depth));
    return so_far;
  }

  static void append(RegexShape& left, RegexShape right) {
    if (!left.exact) return;
    std::size_t bytes = 0;
    for (const auto& text : left.texts) bytes += text.size() * right.texts.size();
    for (const auto& text : right.texts) bytes += text.size() * left.texts.size();
    if (left.texts.size() * right.texts.size() > kTextsMax || bytes > kBytesMax) {
      left.exact = false;
      return;
    }
    if (right.texts.size() == 1) {
      for (auto& text : left.texts) text += right.texts[0];
    } else {
      std::vector<std::string> product;
      for (const auto& a : left.texts)
        for (const auto& b : right.texts) product.push_back(a + b);
      left.texts = std::move(product);
    }
    left.exact = right.exact;
  }

  RegexShape repeated(int depth) {
    auto shape = atom(depth);
    while (!done() && !gave_up_) {
      const char c = peek();
      if (c == '?') {
        ++at_;
        shape.texts.push_back("");
      } else if (c == '*') {
        ++at_;
        shape = unknown();
      } else if (c == '+') {
        ++at_;
        shape.exact = false;
      } else if (c == '{' && is_count()) {
        at_ = p_.find('}', at_) + 1;
        shape = unknown();
      } else {
        break;
      }
      take('?');  // lazy forms accept the same texts
    }
    return shape;
  }

  bool is_count() const {  // {n}, {n,}, {n,m}; any other brace is a literal
    auto i = at_ + 1;
    const auto digits = [&] { const auto from = i; while (i < p_.size() && p_[i] >= '0' && p_[i] <= '9') ++i; return i > from; };
    if (!digits()) return false;
    if (i < p_.size() && p_[i] == ',') ++i, digits();
    return i < p_.size() && p_[i] == '}';
  }

  RegexShape atom(int depth) {
    const char c = p_[at_];
    switch (c) {
      case '(': return group(depth);
      case '[': return char_class();
      case '.': ++at_; return unknown();
      case '^': return ++at_, at_ == 1 ? nothing() : unknown();
      case '$': return ++at_, at_ == p_.size() ? nothing() : unknown();
      case '\\': return escape();
      default: return {true, {std::string(rune())}};
    }
  }

  std::string_view rune() {  // a quantifier applies to a whole code point
    const auto from = at_++;
    while (!done() && (static_cast<unsigned char>(peek()) & 0xc0) == 0x80) ++at_;
    return p_.substr(from, at_ - from);
  }

  RegexShape group(int depth) {
    ++at_;
    if (take('?')) {
      if (take('P')) {
        const auto end = p_.find('>', at_);
        if (end == p_.npos) return gave_up_ = true, unknown();
        at_ = end + 1;
      } else if (!take(':')) {
        return gave_up_ = true, unknown();  // flags
      }
    }
    auto inner = alternation(depth + 1);
    if (!take(')')) gave_up_ = true;
    return inner;
  }

  RegexShape escape() {
    if (at_ + 1 >= p_.size()) return gave_up_ = true, unknown();
    const char c = p_[at_ + 1];
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) {
      ++at_;
      return {true, {std::string(rune())}};
    }
    switch (c) {
      case 'n': return at_ += 2, RegexShape{true, {"\n"}};
      case 't': return at_ += 2, RegexShape{true, {"\t"}};
      case 'r': return at_ += 2, RegexShape{true, {"\r"}};
      case 'd': case 'D': case 'w': case 'W': case 's': case 'S': return at_ += 2, unknown();
      default: return gave_up_ = true, unknown();  // \Q…\E, \pN, \x{…}, \b: rare
    }
  }

  RegexShape char_class() {
    ++at_;
    bool plain = !take('^');
    RegexShape shape{true, {}};
    for (bool first = true; !done() && !gave_up_ && (first || peek() != ']'); first = false) {
      if (peek() == '[' && at_ + 1 < p_.size() && p_[at_ + 1] == ':') {
        const auto end = p_.find(":]", at_ + 2);
        if (end == p_.npos) return gave_up_ = true, unknown();
        at_ = end + 2;
        plain = false;
        continue;
      }
      const auto low = class_member(plain);
      if (at_ + 1 < p_.size() && peek() == '-' && p_[at_ + 1] != ']') {
        ++at_;
        const auto high = class_member(plain);
        if (low.size() != 1 || high.size() != 1 || high[0] < low[0]) plain = false;
        else for (int v = low[0]; v <= high[0]; ++v) shape.texts.emplace_back(1, static_cast<char>(v));
      } else {
        shape.texts.push_back(low);
      }
    }
    if (gave_up_ || !take(']')) return gave_up_ = true, unknown();
    return plain && !shape.texts.empty() ? shape : unknown();
  }

  std::string class_member(bool& plain) {
    if (done()) return {};
    if (peek() != '\\') return std::string(rune());
    auto shape = escape();
    if (!shape.exact) return plain = false, std::string{};
    return shape.texts[0];
  }

  std::string_view p_;
  std::size_t at_ = 0;
  bool gave_up_ = false;
};

}  // namespace

std::string RegexShape::prefix() const {
  if (texts.empty()) return {};
  std::string common = texts[0];
  for (const auto& text : texts) {
    const auto limit = std::min(common.size(), text.size());
    common.resize(std::mismatch(common.begin(), common.begin() + limit, text.begin()).first - common.begin());
  }
  return common;
}

RegexShape shape_of(std::string_view pattern) { return Reader(pattern).read(); }

}  // namespace pharos

#include "model/matcher.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "model/regex.hpp"
#include "model/regex_shape.hpp"
#include "model/wildcard.hpp"

namespace pharos {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};

constexpr std::size_t kScanMax = 8;  // up to here comparing one by one beats hashing

// a|b|c of characters that mean nothing else: a good pattern for certain.
bool is_plain_alternation(std::string_view pattern) {
  return std::ranges::all_of(pattern, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("|_-:/ ").contains(c);
  });
}

}  // namespace

struct Matcher::Pattern {
  enum class Kind { anything, nonempty, texts, general } kind = Kind::general;
  RegexShape shape;
  std::string prefix;
  std::unordered_set<std::string, TextHash, std::equal_to<>> set;  // of many texts
  std::optional<Wildcard> wildcard;
  // Made at once to find out whether the pattern is one, or, where that is known, when a text wants it.
  mutable std::once_flag compiled;
  mutable std::shared_ptr<const CompiledRegex> regex;

  bool full_match(std::string_view pattern, std::string_view text) const {
    std::call_once(compiled, [&] {
      if (regex) return;
      if (auto made = CompiledRegex::compile(pattern)) regex = std::move(*made);
    });
    return regex && regex->full_match(text);
  }

  bool matches(std::string_view pattern, std::string_view text) const {
    switch (kind) {
      case Kind::anything: return true;
      case Kind::nonempty: return !text.empty();
      case Kind::texts:
        if (!set.empty()) return set.find(text) != set.end();
        return std::find(shape.texts.begin(), shape.texts.end(), text) != shape.texts.end();
      case Kind::general: break;
    }
    if (!text.starts_with(prefix)) return false;
    return wildcard && Wildcard::takes(text) ? wildcard->matches(text) : full_match(pattern, text);
  }
};

Result<Matcher> Matcher::make(MatchOp op, std::string name, std::string value) {
  Matcher out;
  out.op_ = op;
  out.name_ = std::move(name);
  out.value_ = std::move(value);
  if (op == MatchOp::equal || op == MatchOp::not_equal) return out;

  auto pattern = std::make_shared<Pattern>();
  pattern->wildcard = Wildcard::parse(out.value_);
  if (!pattern->wildcard && !is_plain_alternation(out.value_)) pattern->regex = TRY(CompiledRegex::compile(out.value_));
  pattern->shape = shape_of(out.value_);
  // A plain alternation of too many texts to list is a pattern like others, and may be too large for one.
  if (!pattern->wildcard && !pattern->regex && !pattern->shape.exact)
    pattern->regex = TRY(CompiledRegex::compile(out.value_));
  using Kind = Pattern::Kind;
  if (out.value_ == ".*" || out.value_ == "(.*)") pattern->kind = Kind::anything;
  else if (out.value_ == ".+" || out.value_ == "(.+)") pattern->kind = Kind::nonempty;
  else if (pattern->shape.exact) {
    pattern->kind = Kind::texts;
    if (pattern->shape.texts.size() > kScanMax) pattern->set.insert(pattern->shape.texts.begin(), pattern->shape.texts.end());
  }
  pattern->prefix = pattern->shape.prefix();
  out.pattern_ = std::move(pattern);
  return out;
}

Matcher Matcher::equal(std::string name, std::string value) {
  Matcher out;
  out.name_ = std::move(name);
  out.value_ = std::move(value);
  return out;
}

bool Matcher::matches(std::string_view label_value) const {
  switch (op_) {
    case MatchOp::equal: return label_value == value_;
    case MatchOp::not_equal: return label_value != value_;
    case MatchOp::regex: return pattern_->matches(value_, label_value);
    case MatchOp::not_regex: return !pattern_->matches(value_, label_value);
  }
  return false;
}

const std::vector<std::string>* Matcher::alternatives() const {
  return pattern_ && pattern_->kind == Pattern::Kind::texts ? &pattern_->shape.texts : nullptr;
}
std::string_view Matcher::prefix() const { return pattern_ ? std::string_view(pattern_->prefix) : std::string_view{}; }
bool Matcher::matches_everything() const { return pattern_ && pattern_->kind == Pattern::Kind::anything; }
bool Matcher::matches_nonempty() const { return pattern_ && pattern_->kind == Pattern::Kind::nonempty; }

std::string Matcher::to_string() const {
  constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  std::string out = is_legacy_label_name(name_) ? name_ : go_quote(name_);
  out += kOps[static_cast<std::size_t>(op_)];
  return out += go_quote(value_);
}

bool Matcher::operator==(const Matcher& other) const {
  return op_ == other.op_ && name_ == other.name_ && value_ == other.value_;
}

bool matches_all(const std::vector<Matcher>& matchers, const Labels& labels) {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& m) { return m.matches(labels.get(m.name())); });
}

}  // namespace pharos

#include "model/regex.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <mutex>

#include "base/metric.hpp"
#include "model/matcher.hpp"

namespace pharos {
namespace {

constexpr std::int64_t kProgramBytesMax = 8 << 20;

// Go's words for the errors that both engines know: clients compare them.
std::string go_words(const RE2& re) {
  const auto reason = [&]() -> std::string_view {
    switch (re.error_code()) {
      case RE2::ErrorBadEscape: return "invalid escape sequence";
      case RE2::ErrorBadCharClass: return "invalid character class";
      case RE2::ErrorBadCharRange: return "invalid character class range";
      case RE2::ErrorMissingBracket: return "missing closing ]";
      case RE2::ErrorMissingParen: return "missing closing )";
      case RE2::ErrorUnexpectedParen: return "unexpected )";
      case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
      case RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
      case RE2::ErrorRepeatSize: return "invalid repeat count";
      case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
      case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
      case RE2::ErrorBadUTF8: return "invalid UTF-8";
      case RE2::ErrorBadNamedCapture: return "invalid named capture";
      case RE2::ErrorPatternTooLarge: return "expression too large";
      default: return "invalid expression";
    }
  }();
  std::string out = "error parsing regexp: ";
  out += reason;
  if (!re.error_arg().empty()) out += ": `" + re.error_arg() + "`";
  return out;
}

class Re2Regex final : public CompiledRegex {
 public:
  Re2Regex(std::string_view pattern, std::int64_t bytes_max)
      : re_(re2::StringPiece(pattern.data(), pattern.size()), options(bytes_max)) {}
  const RE2& re() const { return re_; }

  bool full_match(std::string_view text) const override {
    return re_.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
  }
  bool full_match(std::string_view text, std::vector<std::string_view>& groups) const override {
    std::vector<re2::StringPiece> found(static_cast<std::size_t>(re_.NumberOfCapturingGroups()) + 1);
    if (!re_.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::ANCHOR_BOTH, found.data(), static_cast<int>(found.size())))
      return false;
    groups.clear();
    for (const auto& piece : found) groups.emplace_back(piece.data() ? std::string_view(piece.data(), piece.size()) : std::string_view{});
    return true;
  }
  int group_index(std::string_view name) const override {
    const auto& groups = re_.NamedCapturingGroups();
    const auto at = groups.find(std::string(name));
    return at == groups.end() ? -1 : at->second;
  }

 private:
  static RE2::Options options(std::int64_t bytes_max) {
    RE2::Options o;
    o.set_log_errors(false);
    o.set_dot_nl(true);
    o.set_max_mem(bytes_max);
    return o;
  }
  RE2 re_;
};

struct Stats {
  Counter hits{"pharos_regex_cache_hits_total", "Regular expressions of queries that were still compiled."};
  Counter misses{"pharos_regex_cache_misses_total", "Regular expressions that had to be compiled."};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

// Patterns that were compiled lately: panels and rules ask the same ones again and again, and compiling one, with
// the automaton that its first matches make, costs more than most selectors. Thread-safe. Holds at most
// kPatterns * (kKeptBytesMax + 2 * kPatternMax) = 72 MB, which takes patterns made for it; usual ones have some kilobytes.
class RegexCache {
 public:
  std::shared_ptr<const Re2Regex> find(std::string_view pattern) {
    const std::lock_guard lock(mutex_);
    for (auto& entry : entries_) {
      if (entry.pattern != pattern) continue;
      entry.used = ++uses_;
      stats().hits.add();
      return entry.regex;
    }
    stats().misses.add();
    return nullptr;
  }
  void put(std::string_view pattern, std::shared_ptr<const Re2Regex> regex) {
    Entry made{std::string(pattern), std::move(regex), 0};  // what it replaces is freed after the lock
    const std::lock_guard lock(mutex_);
    made.used = ++uses_;
    if (entries_.size() < kPatterns) return entries_.push_back(std::move(made));
    std::swap(*std::ranges::min_element(entries_, {}, &Entry::used), made);
  }
  static constexpr std::int64_t kKeptBytesMax = 1 << 20;
  static constexpr std::size_t kPatternMax = 64 << 10;  // bytes of its text
  // RE2 shares the bytes out between the program and the states of its automaton; larger programs want more for the latter.
  static constexpr int kInstructionsMax = 1'000;

 private:
  struct Entry {
    std::string pattern;
    std::shared_ptr<const Re2Regex> regex;
    std::uint64_t used = 0;
  };
  static constexpr std::size_t kPatterns = 64;
  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_
  std::uint64_t uses_ = 0;      // guarded by mutex_
};
RegexCache& regex_cache() {
  static auto* const cache = new RegexCache;
  return *cache;
}

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

}  // namespace

Result<std::shared_ptr<const CompiledRegex>> CompiledRegex::compile(std::string_view pattern) {
  if (auto known = regex_cache().find(pattern)) return std::shared_ptr<const CompiledRegex>(std::move(known));
  auto regex = std::make_shared<const Re2Regex>(pattern, RegexCache::kKeptBytesMax);
  const bool small = regex->re().ok() && pattern.size() <= RegexCache::kPatternMax &&
                     regex->re().ProgramSize() <= RegexCache::kInstructionsMax;
  if (small) {
    regex_cache().put(pattern, regex);
  } else {
    if (regex->re().ok() || regex->re().error_code() == RE2::ErrorPatternTooLarge)
      regex = std::make_shared<const Re2Regex>(pattern, kProgramBytesMax);
    if (!regex->re().ok()) return fail(Errc::invalid, go_words(regex->re()));
  }
  return std::shared_ptr<const CompiledRegex>(std::move(regex));
}

struct Regex::Impl {
  std::string pattern;
  std::shared_ptr<const CompiledRegex> regex;
  bool anything = false;  // the default "(.*)"
};

Regex::Regex() {
  static const auto standard = [] {
    const std::string_view pattern = "(.*)";
    return std::make_shared<const Impl>(Impl{std::string(pattern), *CompiledRegex::compile(pattern), true});
  }();
  impl_ = standard;
}

Result<Regex> Regex::compile(std::string_view pattern) {
  Regex out;
  if (pattern == out.pattern()) return out;
  auto regex = TRY(CompiledRegex::compile(pattern));
  out.impl_ = std::make_shared<const Impl>(Impl{std::string(pattern), std::move(regex), false});
  return out;
}

const std::string& Regex::pattern() const { return impl_->pattern; }
bool Regex::full_match(std::string_view text) const { return impl_->anything || impl_->regex->full_match(text); }

int Regex::group_index(std::string_view name) const { return impl_->regex->group_index(name); }

std::optional<std::string> Regex::expand(std::string_view text, std::string_view replacement) const {
  std::vector<std::string_view> groups;
  if (impl_->anything) groups = {text, text};
  else if (!impl_->regex->full_match(text, groups)) return std::nullopt;

  std::string out;
  while (!replacement.empty()) {
    const auto dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == replacement.npos) break;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const std::size_t from = replacement.starts_with('{') ? 1 : 0;
    auto to = from;
    while (to < replacement.size() && is_name_char(replacement[to])) ++to;
    const bool closed = from == 0 || (to < replacement.size() && replacement[to] == '}');
    if (to == from || !closed) {  // not a reference: the dollar stands for itself
      out += '$';
      continue;
    }
    const auto name = replacement.substr(from, to - from);
    std::size_t number = 0;
    bool numeric = name.size() <= 8 && (name.size() == 1 || name[0] != '0');
    for (const char c : name) {
      if (c < '0' || c > '9') numeric = false;
      number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    if (!numeric) {
      const int index = impl_->regex->group_index(name);
      number = index < 0 ? groups.size() : static_cast<std::size_t>(index);
    }
    if (number < groups.size()) out += groups[number];
    replacement.remove_prefix(to + from);
  }
  return out;
}

}  // namespace pharos

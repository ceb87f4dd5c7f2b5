#include <re2/re2.h>

#include <array>

#include "model/labels.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::detail {
namespace {

constexpr std::size_t kOutputBytesMax = 1 << 20;

RE2::Options options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(8 << 20);
  return options;
}

// Go's Expand: $1, ${1}, $name, ${name}, $$; unknown groups are empty.
void expand(std::string& out, std::string_view replacement,
            std::span<const re2::StringPiece> groups, const std::map<std::string, int>& names) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$' || i + 1 == replacement.size()) {
      out += replacement[i];
      continue;
    }
    if (replacement[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    const bool braces = replacement[i + 1] == '{';
    std::size_t begin = i + 1 + (braces ? 1 : 0), end = begin;
    while (end < replacement.size() &&
           (std::isalnum(static_cast<unsigned char>(replacement[end])) != 0 ||
            replacement[end] == '_'))
      ++end;
    if (end == begin || (braces && (end == replacement.size() || replacement[end] != '}'))) {
      out += '$';
      continue;
    }
    const std::string name(replacement.substr(begin, end - begin));
    std::size_t index = groups.size();
    if (name.find_first_not_of("0123456789") == name.npos) {
      if (name.size() < 4) index = static_cast<std::size_t>(std::stoi(name));
    } else if (const auto found = names.find(name); found != names.end()) {
      index = static_cast<std::size_t>(found->second);
    }
    if (index < groups.size()) out.append(groups[index].data(), groups[index].size());
    i = braces ? end : end - 1;
  }
}

Status check(const RE2& regex, const std::string& pattern) {
  if (regex.ok()) return {};
  return fail(Errc::invalid, "error parsing regexp: " + regex.error() + ": `" + pattern + "`");
}

}  // namespace

Result<bool> regex_search(const std::string& pattern, std::string_view text) {
  const RE2 regex(pattern, options());
  TRY(check(regex, pattern));
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

Result<std::string> regex_replace_all(const std::string& pattern, std::string_view replacement,
                                      std::string_view text) {
  const RE2 regex(pattern, options());
  TRY(check(regex, pattern));
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) +
                                       1);
  const auto& names = regex.NamedCapturingGroups();
  const re2::StringPiece input(text.data(), text.size());
  std::string out;
  std::size_t at = 0, last_end = text.size() + 1;  // no match has ended yet
  while (at <= text.size() && regex.Match(input, at, text.size(), RE2::UNANCHORED, groups.data(),
                                          static_cast<int>(groups.size()))) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const auto end = begin + groups[0].size();
    out.append(text.substr(at, begin - at));
    // An empty match right behind the previous match does not count.
    if (!(begin == end && begin == last_end)) expand(out, replacement, groups, names);
    if (out.size() > kOutputBytesMax)
      return fail(Errc::limit, "the replaced text is longer than 1 MiB");
    last_end = end;
    at = end;
    if (begin == end) {
      if (at < text.size()) out += text[at];
      ++at;
    }
  }
  if (at < text.size()) out.append(text.substr(at));
  return out;
}

}  // namespace pharos::rules::detail

// Matchers as Alertmanager writes them (`severity=~"a|b"`), in both of its dialects.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/matcher.hpp"

namespace pharos::rules::notify {

// `classic`: names are [a-zA-Z_:][a-zA-Z0-9_:]*, values are anything, quoted or not. `utf8`: names
// are anything, quoted where they need it; values with blanks or one of {}!=~,\"'` must be quoted.
// `fallback`, the default everywhere: utf8, and classic where that does not understand the text.
enum class MatcherDialect { fallback, classic, utf8 };

// `{a="b",c!~"d"}`, with or without braces, a trailing comma allowed. Errc::invalid.
Result<std::vector<Matcher>> parse_matchers(std::string_view text,
                                            MatcherDialect dialect = MatcherDialect::fallback);
// Exactly one; braces are refused but in the utf8 dialect of the parser itself.
Result<Matcher> parse_matcher(std::string_view text,
                              MatcherDialect dialect = MatcherDialect::fallback);

// Alertmanager's: by name, then value, then operator in the order = != =~ !~.
void sort_matchers(std::vector<Matcher>& matchers);
// `{a="b",c=~"d"}`; names that need it are quoted.
std::string matchers_text(const std::vector<Matcher>& matchers);

bool is_label_name(std::string_view name, MatcherDialect dialect);

}  // namespace pharos::rules::notify

#include "rules/notify/matcher_parser.hpp"

using pharos::rules::notify::MatcherDialect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 10'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto dialect :
       {MatcherDialect::fallback, MatcherDialect::classic, MatcherDialect::utf8}) {
    (void)pharos::rules::notify::parse_matcher(text, dialect);
    const auto parsed = pharos::rules::notify::parse_matchers(text, dialect);
    // What was understood can be written and is understood again, the same.
    if (!parsed || dialect == MatcherDialect::classic) continue;
    const auto again = pharos::rules::notify::parse_matchers(
        pharos::rules::notify::matchers_text(*parsed), MatcherDialect::utf8);
    if (!again || *again != *parsed) __builtin_trap();
  }
  return 0;
}

// match[]: apart from the other parameters, since it alone needs the query language.
#include "api/parameters.hpp"
#include "query/promql/ast.hpp"

namespace pharos::api {

Result<std::vector<std::vector<Matcher>>> parse_selectors(const net::Form& form) {
  std::vector<std::vector<Matcher>> selectors;
  for (const auto text : form.all("match[]")) {
    auto matchers = TRY(query::promql::parse_metric_selector(text));
    bool nonempty = false;
    for (const auto& matcher : matchers) nonempty |= !matcher.matches_empty();
    if (!nonempty)
      return fail(Errc::invalid, "match[] must contain at least one non-empty matcher");
    selectors.push_back(std::move(matchers));
  }
  return selectors;
}

}  // namespace pharos::api

// The `known` expression of any alert's expression parses and has a bounded size; label sets of the
// state database that decode are encoded to ones that decode alike.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "query/promql/ast.hpp"
#include "rules/evaluation/alert_state_store.hpp"
#include "rules/evaluation/condition.hpp"
#include "rules/evaluation/rule_selectors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto condition = pharos::rules::make_condition(text)) {
    if (!pharos::query::promql::parse(condition->known)) std::abort();
    if (condition->known.size() > 1'000 * (size + 100)) std::abort();
    (void)pharos::rules::selectors_of(condition->text);
  }
  if (const auto labels = pharos::rules::decode_labels(text)) {
    const auto again = pharos::rules::decode_labels(pharos::rules::encode_labels(*labels));
    if (!again || *again != *labels) std::abort();
  }
  return 0;
}

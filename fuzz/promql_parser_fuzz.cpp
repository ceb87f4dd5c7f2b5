// PromQL text: never crashes, and what the printer writes of a parsed query parses again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "query/promql/ast.hpp"
#include "query/promql/json.hpp"
#include "query/promql/preprocess.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos::query::promql;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_metric(text);
  (void)parse_metric_selector(text);
  auto root = parse(text);
  if (!root) return 0;
  const auto printed = to_string(**root);
  (void)prettify(**root);
  (void)to_json(**root);
  // A window below a millisecond prints as 0s, which is refused; so is anything beyond the limits.
  const auto again = parse(printed);
  if (!again && printed.find("[0s") == printed.npos && size < 200) std::abort();
  const auto copy = clone(**root);
  if (to_string(*copy) != printed) std::abort();
  (void)preprocess(*root, {.start_ms = 1'000, .end_ms = 61'000, .step_ms = 15'000}, text);
  (void)to_string(**root);
  return 0;
}

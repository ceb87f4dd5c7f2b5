#include <cstdint>

#include "model/matcher.hpp"

// Label sets from hostile text, printed, compared and matched: NUL-separated name, value, name, value, …, pattern.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  std::vector<std::string_view> parts;
  for (std::string_view rest(reinterpret_cast<const char*>(data), size); !rest.empty();) {
    const auto end = rest.find('\0');
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  if (parts.empty()) return 0;
  std::vector<LabelView> views;
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) views.push_back({parts[i], parts[i + 1]});
  const auto labels = Labels::from_unsorted(views);
  (void)labels.to_metric_string();
  const auto matcher = Matcher::make(MatchOp::regex, "a", std::string(parts.back()));
  for (const auto label : labels) {
    if (labels.get(label.name) != label.value || is_utf8(label.value) != is_utf8(std::string(label.value))) __builtin_trap();
    if (!matcher || !is_utf8(label.value)) continue;  // RE2's dot does not take a broken byte, Go's does; the store takes none
    // What the pattern gives away must agree with the engine.
    if (matcher->matches(label.value) != Regex::compile(parts.back())->full_match(label.value)) __builtin_trap();
  }
  return 0;
}

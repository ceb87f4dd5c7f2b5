#include <cstdint>

#include "model/relabel.hpp"

// First byte: the action; then three NUL-ended texts (regex, target, replacement); the rest is the value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pharos;
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto text = [&] {
    const auto end = rest.find('\0');
    const auto out = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return std::string(out);
  };
  auto regex = Regex::compile(text());
  if (!regex) return 0;
  RelabelRule rule{.source_labels = {"a"}, .regex = *regex, .modulus = 7, .target_label = text(), .replacement = text()};
  rule.action = static_cast<RelabelAction>(data[0] % 11);
  (void)validate(rule, NameValidation::legacy);
  LabelsBuilder labels(Labels{{"a", rest}, {"b", "2"}});
  (void)relabel({&rule, 1}, labels);
  (void)labels.build().to_metric_string();
  return 0;
}

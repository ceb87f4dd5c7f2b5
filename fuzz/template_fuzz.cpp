#include "rules/template.hpp"

// Parses, and runs what parses within small bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'000) return 0;
  using namespace pharos::rules;
  const auto parsed = Template::parse_alert("fuzz", {reinterpret_cast<const char*>(data), size});
  if (!parsed) return 0;
  TemplateContext context;
  context.external_url = "http://h:1/p";
  context.steps_max = 2'000;
  context.output_bytes_max = 1 << 16;
  context.query = [](const std::string&) -> pharos::Result<std::vector<TemplateSample>> {
    return std::vector<TemplateSample>{{pharos::Labels{{"a", "b"}}, 1.5, "text"}};
  };
  (void)parsed->expand_alert({.labels = pharos::Labels{{"job", "x"}},
                              .external_labels = {},
                              .external_url = "",
                              .value = 2},
                             context);
  return 0;
}

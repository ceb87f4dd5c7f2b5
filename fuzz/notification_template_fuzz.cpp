#include "rules/receivers/notification_templates.hpp"

// Expands what parses as text and as HTML, within small bounds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'000) return 0;
  using namespace pharos::rules;
  static const auto templates = *receivers::NotificationTemplates::create();
  static const auto dot = *receivers::notification_value_from_json(
      R"({"receiver":"a","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"x","q":"<\"'>"},)"
      R"("annotations":{"u":"javascript:a","h":"<b>"},"startsAt":"2026-01-02T03:04:05.678Z"}],)"
      R"("commonLabels":{"alertname":"x"},"externalURL":"http://h"})");
  receivers::TemplateData with{.dot = dot, .context = {}};
  with.context.steps_max = 2'000;
  with.context.output_bytes_max = 1 << 16;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)templates->text(text, with);
  (void)templates->html(text, with);
  return 0;
}

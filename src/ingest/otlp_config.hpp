// The `otlp` section of a Prometheus configuration.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace pharos::ingest {

struct OtlpConfig {
  // Both halves of translation_strategy: UnderscoreEscapingWithSuffixes (default),
  // UnderscoreEscapingWithoutSuffixes, NoUTF8EscapingWithSuffixes, NoTranslation.
  bool escape_to_underscores = true, add_suffixes = true;
  bool promote_all_resource_attributes = false;
  std::vector<std::string> promote_resource_attributes, ignore_resource_attributes;
  bool keep_identifying_resource_attributes = false;
  bool convert_histograms_to_nhcb = false;
  bool promote_scope_metadata = false;
  bool label_name_underscore_sanitization = true, label_name_preserve_multiple_underscores = true;
  // Not in the section: bounds.
  std::uint64_t body_max = 32u << 20, decoded_max = 256u << 20;
  std::uint32_t delta_streams_max = 1'000'000;          // delta series accumulated at a time
  Millis delta_idle_max = std::chrono::minutes(5);      // then it leaves memory
};

}  // namespace pharos::ingest

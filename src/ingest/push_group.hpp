// What one grouping key of the Pushgateway holds: the families last pushed to it.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/sample.hpp"

namespace pharos::ingest {

struct PushSeries {
  Labels labels;                 // grouping labels included
  double value = 0;
  HistogramPtr histogram;        // instead of the value
  UnixMillis start_ms = 0;
  SeriesRef ref = SeriesRef::none;
};

struct PushFamily {
  MetricType type = MetricType::unknown;
  std::string help;
  UnixMillis pushed_ms = 0;
  std::vector<PushSeries> series;
};

struct PushGroup {
  Labels key;
  std::map<std::string, PushFamily> families;
  UnixMillis pushed_ms = 0, failed_ms = 0;  // 0: never

  bool last_push_successful() const { return pushed_ms >= failed_ms && pushed_ms != 0; }
};

// The families of a pushed page, labelled with the grouping key (which wins over labels of the same name).
// Errc::invalid for a page that does not parse; Errc::conflict for one that is inconsistent: samples
// with timestamps, a series twice, a family with two types.
Result<std::map<std::string, PushFamily>> parse_push_page(std::string_view content_type, std::string_view page,
                                                          const Labels& key, UnixMillis now_ms);

// A group file; docs/formats/push-group.md draws it.
std::string encode_push_group(const PushGroup& group);
Result<PushGroup> decode_push_group(std::string_view bytes);

}  // namespace pharos::ingest

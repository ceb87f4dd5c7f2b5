// Bodies of remote write requests, uncompressed: prometheus.WriteRequest and io.prometheus.write.v2.Request.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "model/sample.hpp"

namespace pharos::ingest {

struct OutgoingSample {
  Labels labels;
  UnixMillis t_ms = 0;
  double value = 0;
  HistogramPtr histogram;   // instead of the value
  UnixMillis start_ms = 0;  // 0: unknown; 1.0 cannot say it
  std::vector<Exemplar> exemplars;
  bool only_exemplars = false;  // 1.0: no sample goes with them
};

std::string encode_write_v1(std::span<const OutgoingSample> samples);
std::string encode_metadata_v1(std::span<const Metadata> metadata);
// `metadata_of` may give nothing; it is asked with the metric name.
std::string encode_write_v2(std::span<const OutgoingSample> samples, const std::function<const Metadata*(std::string_view)>& metadata_of);

}  // namespace pharos::ingest

// What /federate writes: the newest sample of each series, for another server to scrape.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/sample.hpp"

namespace pharos::api {

struct FederatedSample {
  Labels labels;  // with the metric name; external labels already joined
  Labels added;   // labels written after them: external ones, and instance="" where there is none
  UnixMillis t_ms = 0;
  double value = 0;
  HistogramPtr histogram;  // instead of value
};

struct FederationFormat {
  bool protobuf = false;
  bool utf8_names = false;  // else names are escaped by underscores
  std::string content_type() const;
};
FederationFormat negotiate(std::string_view accept);

// `samples` sorted by metric name. Text 0.0.4, or length-delimited
// io.prometheus.client.MetricFamily messages; native histograms are whole in protobuf, and count
// and sum only in text.
std::string write_federation(const std::vector<FederatedSample>& samples,
                             const FederationFormat& format);

}  // namespace pharos::api

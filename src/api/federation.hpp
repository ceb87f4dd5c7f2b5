// What /federate writes: the newest sample of each series, for another server to scrape.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model/exposition/exposition.hpp"
#include "model/name_escaping.hpp"
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
  exposition::Format format = exposition::Format::text;
  NameEscaping escaping = NameEscaping::underscores;
  std::string content_type() const;
};
// What the asker likes best of what there is, by quality; text 0.0.4 when it likes none.
FederationFormat negotiate(std::string_view accept);

// `samples` sorted by metric name. Text 0.0.4, OpenMetrics 1.0, or length-delimited
// io.prometheus.client.MetricFamily messages; native histograms are whole in protobuf, and count
// and sum only in the text formats.
std::string write_federation(const std::vector<FederatedSample>& samples,
                             const FederationFormat& format);

}  // namespace pharos::api

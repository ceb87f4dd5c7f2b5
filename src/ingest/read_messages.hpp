// The protobuf messages of remote read (prometheus/prompb remote.proto), both ways.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/matcher.hpp"
#include "model/querier.hpp"
#include "model/sample.hpp"

namespace pharos::ingest {

struct ReadQuery {
  UnixMillis start_ms = 0, end_ms = 0;
  std::vector<Matcher> matchers;
  SelectHints hints;
};
struct ReadRequest {
  std::vector<ReadQuery> queries;
  std::vector<std::uint64_t> accepted;   // 0 samples, 1 streamed XOR chunks, in order of preference
};
struct ReadSeries {
  Labels labels;
  SampleColumn samples;
};

Result<ReadRequest> decode_read_request(std::string_view message);
std::string encode_read_request(const ReadRequest& request);

// Appends one prometheus.TimeSeries (field 1 of QueryResult).
void encode_read_series(const Labels& labels, const SampleColumn& samples, std::string& query_result);
// Wraps the results of all queries: ReadResponse.
std::string encode_read_response(const std::vector<std::string>& query_results);
// The series of every query. Errc::limit beyond `samples_max` samples.
Result<std::vector<std::vector<ReadSeries>>> decode_read_response(std::string_view message, std::uint64_t samples_max);

}  // namespace pharos::ingest

// Builds remote write bodies for tests and benches.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "codec/compress.hpp"
#include "codec/protobuf.hpp"
#include "model/labels.hpp"
#include "net/http.hpp"

namespace pharos::ingest {

using LabelList = std::vector<std::pair<std::string, std::string>>;

inline void put_series_v1(codec::ProtoWriter& to, const LabelList& labels, std::int64_t t_ms, double value,
                          const std::string& more = {}) {
  std::string series;
  codec::ProtoWriter s(series);
  for (const auto& [name, text] : labels)
    s.message(1, [&](codec::ProtoWriter& label) {
      label.bytes(1, name);
      label.bytes(2, text);
    });
  s.message(2, [&](codec::ProtoWriter& sample) {
    sample.real(1, value);
    sample.int64(2, t_ms);
  });
  series += more;
  to.bytes(1, series);
}

inline net::Request write_request(std::string body, std::string content_type = "application/x-protobuf") {
  net::Request request;
  request.method = "POST";
  request.path = request.raw_path = "/api/v1/write";
  request.headers.add("Content-Type", content_type);
  request.headers.add("Content-Encoding", "snappy");
  request.body = codec::compress(codec::Compression::snappy, body);
  return request;
}

}  // namespace pharos::ingest

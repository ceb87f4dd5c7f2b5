#pragma once
#include "pharos/registry.hpp"

namespace pharos::client::detail {

// io.prometheus.client.MetricFamily, its length before it; nothing for a family without series.
void put_protobuf(std::string& out, const Family& family, std::int64_t now_seconds);

// Spans and deltas of native buckets: (index, count) pairs, ascending.
struct Spans {
  struct Span {
    int offset;
    std::uint32_t length;
  };
  std::vector<Span> spans;
  std::vector<std::int64_t> deltas;
};
Spans spans_of(const std::vector<std::pair<int, std::uint64_t>>& buckets);

}  // namespace pharos::client::detail

// Query results as Prometheus writes them.
#pragma once
#include <string>

#include "codec/json.hpp"
#include "query/engine.hpp"

namespace pharos::api {

// {"resultType":…,"result":…[,"stats":…]}. 50 ns per point, nothing allocated per point.
void put_query_result(codec::JsonWriter& writer, const query::Value& value,
                      const query::Stats* stats, const query::QueryRequest& request);

// {"count":"…","sum":"…","buckets":[[rule,"lower","upper","count"],…]}; rule: 0 open left, 1 open
// right, 2 open both, 3 closed both. Empty buckets are left out.
void put_histogram(std::string& out, const Histogram& histogram);

// Cuts a vector or matrix to `limit` series; true when something was cut.
bool truncate(query::Value& value, std::size_t limit);

}  // namespace pharos::api

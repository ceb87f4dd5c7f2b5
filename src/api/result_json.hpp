// Query results as Prometheus writes them.
#pragma once
#include <string>

#include "base/threads.hpp"
#include "codec/json.hpp"
#include "query/engine.hpp"

namespace pharos::api {

// {"resultType":…,"result":…[,"stats":…]}. 50 ns per point, nothing allocated per point. Large
// matrices are written by the pool's threads together, when there is one.
void put_query_result(codec::JsonWriter& writer, const query::Value& value,
                      const query::Stats* stats, const query::QueryRequest& request,
                      ThreadPool* pool = nullptr);

// {"count":"…","sum":"…","buckets":[[rule,"lower","upper","count"],…]}; rule: 0 open left, 1 open
// right, 2 open both, 3 closed both. Empty buckets are left out.
void put_histogram(std::string& out, const Histogram& histogram);

// Cuts a vector or matrix to `limit` series; true when something was cut.
bool truncate(query::Value& value, std::size_t limit);

}  // namespace pharos::api

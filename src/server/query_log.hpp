// global.query_log_file: one JSON line per query that ran, in Prometheus' shape.
#pragma once
#include <cstdio>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/metric.hpp"
#include "base/result.hpp"
#include "query/engine.hpp"

namespace pharos::server {

// Thread-safe. A line that cannot be written is counted, never a failure of the query.
class QueryLog {
 public:
  explicit QueryLog(const Clock& clock) : clock_(clock) {}
  ~QueryLog();
  // Opens anew on every reload, so that the file may be rotated; "" logs nothing.
  Status open(const std::string& path);
  void write(const query::QueryRequest& request, const Result<query::Output>& output);

 private:
  const Clock& clock_;
  Counter failures_{"prometheus_engine_query_log_failures_total",
                    "The number of query log failures."};
  Gauge enabled_{"prometheus_engine_query_log_enabled", "State of the query log."};
  std::mutex mutex_;
  std::FILE* file_ = nullptr;  // guarded by mutex_
};

}  // namespace pharos::server

// OTLP protobuf of single items; the worker puts resource and scope around batches of them.
#pragma once
#include "pharos/log.hpp"
#include "pharos/registry.hpp"
#include "pharos/trace.hpp"

namespace pharos::client::detail {

// Each appends one field 2 of ScopeSpans, ScopeLogs or ScopeMetrics.
void put_otlp_span(std::string& out, const SpanData& span);
void put_otlp_log(std::string& out, const LogRecord& record);
void put_otlp_metrics(std::string& out, Registry& registry, std::int64_t start_ns,
                      std::int64_t now_ns);

using Attributes = std::vector<std::pair<std::string, std::string>>;
// One field 1 of an Export…ServiceRequest: resource, scope and `items` as above. The same for all
// three signals.
void put_otlp_resource(std::string& out, std::string_view service, const Attributes& resource,
                       std::string_view items);

}  // namespace pharos::client::detail

// W3C trace context: who this work belongs to, as a `traceparent` header carries it between
// processes. A `tracestate` beside it is others' and goes on as it came.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace pharos::client {

struct TraceContext {
  std::uint64_t trace_high = 0, trace_low = 0;  // the 16 bytes of the trace id, big end first
  std::uint64_t span = 0;
  bool sampled = false;
  explicit operator bool() const { return (trace_high | trace_low) && span; }
  std::string trace_id() const;  // 32 hex digits
  std::string span_id() const;   // 16
  std::string traceparent() const;
  // What a header says; an empty context when it is not one (wrong length, version ff, zero ids,
  // capitals). Later versions are read by their first four fields, as the standard asks.
  static TraceContext parse(std::string_view traceparent) noexcept;
};

}  // namespace pharos::client

// Spans: pieces of work, who asked for them, how long they took.
//
//   Tracer tracer{"dwcp-manager", Sampling{0.1}, sink};
//   Span span = tracer.start("migrate", TraceContext::parse(header), SpanKind::server);
//   span.set({"vm", id});
//   call.header("traceparent", span.context().traceparent());
//
// A span is the thread's current one until its scope ends: spans begun within are its children, log
// lines carry its ids. One that is not sampled costs two random numbers and no memory.
#pragma once
#include <atomic>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "pharos/field.hpp"
#include "pharos/trace_context.hpp"

namespace pharos::client {

enum class SpanKind : std::uint8_t { internal = 1, server, client, producer, consumer };

struct SpanEvent {
  std::string name;
  std::int64_t unix_ns = 0;
  std::vector<StoredField> fields;
};
struct SpanData {
  TraceContext context;
  std::uint64_t parent = 0;  // span id; 0: a root
  std::string service, name;
  SpanKind kind = SpanKind::internal;
  std::int64_t begin_ns = 0, end_ns = 0;  // Unix
  std::vector<StoredField> fields;        // at most 64, and 64 events and links
  std::vector<SpanEvent> events;
  std::vector<TraceContext> links;
  bool failed = false;
  std::string status;  // what failed
};

// Where finished spans go. Called from the thread that ends the span: queue, do not wait.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void take(const SpanData& span) noexcept = 0;
};

// The share of traces that begin here and are kept. Traces begun elsewhere keep their sender's
// decision.
struct Sampling {
  double ratio = 1;
  // Adaptive: with more roots a second than this the share sinks, down to `floor`. 0: no limit.
  double roots_per_second_max = 0;
  double floor = 0.01;
  // The three classes of work, by importance.
  static constexpr Sampling critical() { return {1, 0, 0.01}; }
  static constexpr Sampling standard() { return {0.1, 0, 0.01}; }
  static constexpr Sampling background() { return {0.01, 0, 0.01}; }
};

class Tracer;

class Span {
 public:
  ~Span() { end(); }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  const TraceContext& context() const { return context_; }
  bool sampled() const { return data_ != nullptr; }
  Span& set(const Field& field);
  Span& event(std::string_view name, std::initializer_list<Field> fields = {});
  Span& link(const TraceContext& other);
  Span& fail(std::string_view why);
  void end() noexcept;  // once; later calls do nothing

 private:
  friend class Tracer;
  Span(const Tracer& tracer, std::string_view name, const TraceContext& parent, SpanKind kind,
       bool current);
  TraceContext context_, before_;
  bool current_;
  const Tracer* tracer_;
  std::unique_ptr<SpanData> data_;  // sampled ones only
};

// The span that this thread is in; empty outside of any.
const TraceContext& current_context() noexcept;

class Tracer {
 public:
  Tracer(std::string service, Sampling sampling, std::shared_ptr<SpanSink> sink)
      : service_(std::move(service)), sampling_(sampling), sink_(std::move(sink)) {}

  // A child of the thread's current span, or of `parent` when that is one. Ends with its scope, in
  // this thread.
  Span start(std::string_view name, SpanKind kind = SpanKind::internal) const {
    return Span(*this, name, current_context(), kind, true);
  }
  Span start(std::string_view name, const TraceContext& parent,
             SpanKind kind = SpanKind::internal) const {
    return Span(*this, name, parent ? parent : current_context(), kind, true);
  }
  // For work that changes threads: never the current span, ended by whoever holds it.
  std::unique_ptr<Span> start_detached(std::string_view name, const TraceContext& parent,
                                       SpanKind kind = SpanKind::internal) const {
    return std::unique_ptr<Span>(new Span(*this, name, parent, kind, false));
  }

  const std::string& service() const { return service_; }
  double ratio() const noexcept;  // in force now
  struct Stats {
    std::uint64_t started, sampled;
  };
  Stats stats() const noexcept { return {started_.load(), sampled_.load()}; }

 private:
  friend class Span;
  bool decide(std::uint64_t trace_low) const noexcept;
  std::string service_;
  Sampling sampling_;
  std::shared_ptr<SpanSink> sink_;
  mutable std::atomic<std::uint64_t> started_{0}, sampled_{0};
  mutable std::atomic<std::int64_t> second_{0};  // of the count below
  mutable std::atomic<std::uint64_t> roots_{0};
  mutable std::atomic<double> adapted_{1};
};

}  // namespace pharos::client

#pragma once
#include "pharos/dwcp/resolve.hpp"
#include "pharos/trace.hpp"

namespace pharos::client::dwcp {

// Tracing about itself: stands between a Tracer and its sink and keeps the tracing_* metrics.
//
//   auto sink = std::make_shared<dwcp::TracingMetrics>(registry, otlp);
//   Tracer tracer{"probft", Sampling::critical(), sink};
class TracingMetrics : public SpanSink {
 public:
  TracingMetrics(Registry& registry, std::shared_ptr<SpanSink> next)
      : next_(std::move(next)),
        created_(series(registry, metrics::tracing_spans_created_total)),
        finished_(series(registry, metrics::tracing_spans_finished_total)),
        seconds_(series(registry, metrics::tracing_span_duration_seconds)),
        overhead_(series(registry, metrics::tracing_overhead_seconds)),
        rate_(series(registry, metrics::tracing_sampling_rate)),
        dropped_(series(registry, metrics::tracing_spans_dropped_total)) {}

  void take(const SpanData& span) noexcept override {  // sampled spans, at their end
    const Timer timer{overhead_};
    finished_.add();
    seconds_.record(static_cast<double>(span.end_ns - span.begin_ns) * 1e-9);
    if (next_) next_->take(span);
  }
  // What only the tracer knows; from an on_collect function.
  void observe(const Tracer& tracer) noexcept {
    rate_.set(tracer.ratio());
    const auto started = tracer.stats().started;
    created_.add(started - seen_.exchange(started, std::memory_order_relaxed));
  }
  void dropped(std::uint64_t total) noexcept {
    dropped_.add(total - lost_.exchange(total, std::memory_order_relaxed));
  }  // an exporter's count so far

 private:
  std::shared_ptr<SpanSink> next_;
  Counter created_, finished_;
  Histogram seconds_, overhead_;
  Gauge rate_;
  Counter dropped_;
  std::atomic<std::uint64_t> seen_{0}, lost_{0};
};

}  // namespace pharos::client::dwcp

#pragma once
#include "pharos/dwcp/resolve.hpp"

namespace pharos::client::dwcp {

// `lifetime` is a stream from open to close: the operation "stream_duration".
enum class StreamOperation : std::uint8_t { open, send, receive, close, lifetime };
enum class StreamError : std::uint8_t { timeout, reset, checksum, congestion, other };

// Adaptive multi-stream transport of one node: phase 1's seven metrics.
class Amst {
 public:
  static constexpr unsigned kSlots = 16;  // stream_id is a slot, not an id: a bounded label

  Amst(Registry& registry, std::string_view cluster, std::string_view node)
      : active_(series(registry, metrics::dwcp_amst_streams_active, cluster, node)),
        opened_(series(registry, metrics::dwcp_amst_streams_total, cluster, node, "success")),
        failed_(series(registry, metrics::dwcp_amst_streams_total, cluster, node, "failure")),
        bandwidth_(
            series(registry, metrics::dwcp_amst_bandwidth_utilization_percent, cluster, node)) {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      sent_[slot] = series(registry, metrics::dwcp_amst_bytes_sent_total, cluster, node,
                           std::to_string(slot));
      received_[slot] = series(registry, metrics::dwcp_amst_bytes_received_total, cluster, node,
                               std::to_string(slot));
    }
    errors_ = detail::resolve(
        detail::Names<5>{"timeout", "reset", "checksum", "congestion", "other"},
        [&](const char* kind) {
          return series(registry, metrics::dwcp_amst_errors_total, cluster, node, kind);
        });
    latency_ = detail::resolve(
        detail::Names<5>{"open", "send", "receive", "close", "stream_duration"},
        [&](const char* what) {
          return series(registry, metrics::dwcp_amst_latency_seconds, cluster, node, what);
        });
  }

  void stream_opened() const noexcept { opened_.add(), active_.add(1); }
  void stream_failed() const noexcept { failed_.add(); }
  void stream_closed() const noexcept { active_.add(-1); }
  void sent(unsigned stream, std::uint64_t bytes) const noexcept {
    sent_[stream % kSlots].add(bytes);
  }
  void received(unsigned stream, std::uint64_t bytes) const noexcept {
    received_[stream % kSlots].add(bytes);
  }
  void error(StreamError kind) const noexcept { errors_[detail::index(kind)].add(); }
  void took(StreamOperation what, double seconds, const TraceContext& context = {}) const noexcept {
    latency_[detail::index(what)].record(seconds, context);
  }
  const Histogram& latency(StreamOperation what) const noexcept {
    return latency_[detail::index(what)];
  }  // for a Timer
  void bandwidth(double percent) const noexcept { bandwidth_.set(percent); }

 private:
  Gauge active_;
  Counter opened_, failed_;
  Gauge bandwidth_;
  std::array<Counter, kSlots> sent_, received_;
  std::array<Counter, 5> errors_;
  std::array<Histogram, 5> latency_;
};

}  // namespace pharos::client::dwcp

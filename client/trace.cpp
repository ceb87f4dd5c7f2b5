#include "pharos/trace.hpp"

#include <algorithm>
#include <chrono>
#include <random>

namespace pharos::client {
namespace {

constexpr std::size_t kPartsMax = 64;

thread_local TraceContext current;

std::int64_t unix_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// SplitMix64, seeded from the system once per thread; never 0, which W3C trace context does not
// allow.
std::uint64_t random_id() {
  thread_local std::uint64_t state = [] {
    std::random_device device;
    return (std::uint64_t{device()} << 32 | device()) ^ static_cast<std::uint64_t>(unix_ns());
  }();
  for (;;) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    if (z ^= z >> 31) return z;
  }
}

}  // namespace

const TraceContext& current_context() noexcept {
  return current;
}

Span::Span(const Tracer& tracer, std::string_view name, const TraceContext& parent, SpanKind kind,
           bool as_current)
    : before_(current), current_(as_current), tracer_(&tracer) {
  tracer.started_.fetch_add(1, std::memory_order_relaxed);
  context_ = parent;
  if (!parent) {
    context_ = {random_id(), random_id(), 0, false};
    context_.sampled = tracer.decide(context_.trace_low);
  }
  context_.span = random_id();
  if (context_.sampled && tracer.sink_) {
    tracer.sampled_.fetch_add(1, std::memory_order_relaxed);
    data_ = std::make_unique<SpanData>();
    data_->context = context_;
    data_->parent = parent ? parent.span : 0;
    data_->service = tracer.service_;
    data_->name = name;
    data_->kind = kind;
    data_->begin_ns = unix_ns();
  }
  if (current_) current = context_;
}

Span& Span::set(const Field& field) {
  if (!data_) return *this;
  for (auto& known : data_->fields) {
    if (known.key == field.key) {
      known = StoredField(field);
      return *this;
    }
  }
  if (data_->fields.size() < kPartsMax) data_->fields.emplace_back(field);
  return *this;
}

Span& Span::event(std::string_view name, std::initializer_list<Field> fields) {
  if (data_ && data_->events.size() < kPartsMax) {
    data_->events.push_back({std::string(name), unix_ns(), {}});
    for (const auto& field : fields) data_->events.back().fields.emplace_back(field);
  }
  return *this;
}

Span& Span::link(const TraceContext& other) {
  if (data_ && other && data_->links.size() < kPartsMax) data_->links.push_back(other);
  return *this;
}

Span& Span::fail(std::string_view why) {
  if (data_) data_->failed = true, data_->status = why;
  return *this;
}

void Span::end() noexcept {
  if (!tracer_) return;
  if (current_) current = before_;
  if (data_) {
    data_->end_ns = std::max(unix_ns(), data_->begin_ns);  // the clock may have been set back
    tracer_->sink_->take(*data_);
    data_.reset();
  }
  tracer_ = nullptr;
}

double Tracer::ratio() const noexcept {
  return std::min(sampling_.ratio, adapted_.load(std::memory_order_relaxed));
}

bool Tracer::decide(std::uint64_t trace_low) const noexcept {
  if (sampling_.roots_per_second_max > 0) {
    // The last second's roots say how large a share fits into the limit.
    const std::int64_t now = unix_ns() / 1'000'000'000;
    std::int64_t second = second_.load(std::memory_order_relaxed);
    if (second != now && second_.compare_exchange_strong(second, now, std::memory_order_relaxed)) {
      const auto roots = static_cast<double>(roots_.exchange(0, std::memory_order_relaxed)) /
                         static_cast<double>(second ? now - second : 1);
      adapted_.store(roots * sampling_.ratio > sampling_.roots_per_second_max
                         ? std::max(sampling_.floor, sampling_.roots_per_second_max / roots)
                         : 1,
                     std::memory_order_relaxed);
    }
    roots_.fetch_add(1, std::memory_order_relaxed);
  }
  // By the trace id, so that every process that is asked decides alike.
  return static_cast<double>(trace_low >> 11) * 0x1p-53 < ratio();
}

}  // namespace pharos::client

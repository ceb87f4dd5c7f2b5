// What bounds one query: time, cancellation, samples and bytes held.
#pragma once
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace pharos::query {

// Thread-safe. Samples are counted as Prometheus counts them: those held at one moment.
class Control {
 public:
  Control(const Clock& clock, Nanos deadline, std::stop_token cancelled, std::uint64_t samples_max,
          std::uint64_t memory_max)
      : clock_(clock),
        deadline_(deadline),
        cancelled_(std::move(cancelled)),
        samples_max_(samples_max),
        memory_max_(memory_max) {}

  // Errc::timeout or Errc::cancelled, in Prometheus' words.
  Status check(const char* where = "expression evaluation") const;
  Status hold(std::uint64_t samples,
              std::uint64_t bytes);  // Errc::limit (samples: the original's text)
  void release(std::uint64_t samples, std::uint64_t bytes);
  // Samples that pass through without being kept count against the limit for a moment.
  Status peek(std::uint64_t samples);
  void count_read(std::uint64_t samples) { read_.fetch_add(samples, std::memory_order_relaxed); }
  Nanos now() const { return clock_.monotonic(); }
  void kill() { killed_.store(true, std::memory_order_relaxed); }
  bool killed() const { return killed_.load(std::memory_order_relaxed); }

  std::uint64_t samples_read() const { return read_.load(std::memory_order_relaxed); }
  std::uint64_t samples_peak() const { return samples_peak_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_peak() const { return bytes_peak_.load(std::memory_order_relaxed); }

 private:
  const Clock& clock_;
  Nanos deadline_;
  std::stop_token cancelled_;
  std::uint64_t samples_max_, memory_max_;
  std::atomic<bool> killed_{false};
  std::atomic<std::uint64_t> read_{0}, samples_{0}, samples_peak_{0}, bytes_{0}, bytes_peak_{0};
};

// Gives back what was held when it goes.
class Charge {
 public:
  Charge() = default;
  Charge(Charge&& other) noexcept { swap(other); }
  Charge& operator=(Charge&& other) noexcept {
    swap(other);
    return *this;
  }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  ~Charge() {
    if (control_) control_->release(samples_, bytes_);
  }
  Status take(Control& control, std::uint64_t samples, std::uint64_t bytes) {
    TRY(control.hold(samples, bytes));
    control_ = &control;
    samples_ += samples;
    bytes_ += bytes;
    return {};
  }

 private:
  void swap(Charge& other) noexcept {
    std::swap(control_, other.control_);
    std::swap(samples_, other.samples_);
    std::swap(bytes_, other.bytes_);
  }
  Control* control_ = nullptr;
  std::uint64_t samples_ = 0, bytes_ = 0;
};

}  // namespace pharos::query

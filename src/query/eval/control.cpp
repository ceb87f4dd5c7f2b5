#include "query/eval/control.hpp"

#include <string>

namespace pharos::query {
namespace {

void raise_to(std::atomic<std::uint64_t>& peak, std::uint64_t value) {
  auto seen = peak.load(std::memory_order_relaxed);
  while (seen < value && !peak.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

std::unexpected<Error> too_many_samples() {
  return fail(Errc::limit,
              "query processing would load too many samples into memory in query execution");
}

}  // namespace

Status Control::check(const char* where) const {
  if (killed() || cancelled_.stop_requested())
    return fail(Errc::cancelled, std::string("query was canceled in ") + where);
  if (clock_.monotonic() >= deadline_)
    return fail(Errc::timeout, std::string("query timed out in ") + where);
  return {};
}

Status Control::hold(std::uint64_t samples, std::uint64_t bytes) {
  const auto held = samples_.fetch_add(samples, std::memory_order_relaxed) + samples;
  const auto memory = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  raise_to(samples_peak_, held);
  raise_to(bytes_peak_, memory);
  if (held > samples_max_) {
    release(samples, bytes);
    return too_many_samples();
  }
  if (memory > memory_max_) {
    release(samples, bytes);
    return fail(Errc::limit, "query would hold more than memory_max = " +
                                 std::to_string(memory_max_) + " bytes");
  }
  return {};
}

void Control::release(std::uint64_t samples, std::uint64_t bytes) {
  samples_.fetch_sub(samples, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Status Control::peek(std::uint64_t samples) {
  const auto held = samples_.load(std::memory_order_relaxed) + samples;
  raise_to(samples_peak_, held);
  if (held > samples_max_) return too_many_samples();
  return {};
}

}  // namespace pharos::query

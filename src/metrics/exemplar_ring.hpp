// The newest exemplars of all series, in one bounded ring.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "metrics/part.hpp"
#include "model/sample.hpp"

namespace pharos::metrics {

// Thread-safe.
class ExemplarRing {
 public:
  enum class Added : std::uint8_t { stored, same, out_of_order };
  void set_capacity(std::size_t exemplars);
  Added add(SeriesId id, const Exemplar& exemplar);  // an equal newest one is `same`; older ones are refused
  // Those with from <= t <= to of the series that `wanted` accepts, by series, oldest first.
  std::vector<std::pair<SeriesId, std::vector<Exemplar>>> find(const std::function<bool(SeriesId)>& wanted,
                                                               UnixMillis from_ms, UnixMillis to_ms) const;
  std::size_t size() const;

 private:
  struct Entry {
    SeriesId id;
    Exemplar exemplar;
  };
  mutable std::mutex mutex_;
  std::size_t capacity_ = 0;
  std::vector<Entry> ring_;                          // guarded by mutex_
  std::size_t next_ = 0;
  std::unordered_map<std::uint64_t, Exemplar> newest_;
};

}  // namespace pharos::metrics

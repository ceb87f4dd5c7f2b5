// Says which of a set of selectors got new samples: what is evaluated on ingest asks it.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "model/matcher.hpp"

namespace pharos {

// Thread-safe.
class SeriesWatch {
 public:
  virtual ~SeriesWatch() = default;
  // Replaces what is watched; nothing when empty. `touched` is called on the appending thread, once
  // after a batch with samples of watched series, and must return at once. The former one is not
  // called after this has returned.
  virtual void watch(std::vector<std::vector<Matcher>> selectors,
                     std::function<void()> touched) = 0;
  // Numbers of the selectors that got samples since the last call, rising.
  virtual std::vector<std::uint32_t> take_touched() = 0;
};

}  // namespace pharos

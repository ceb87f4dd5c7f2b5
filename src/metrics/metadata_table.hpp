// Type, help and unit of metric families, as their senders last said.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/sample.hpp"

namespace pharos::metrics {

// Thread-safe.
class MetadataTable {
 public:
  static constexpr std::size_t kFamiliesMax = 200'000, kVariantsMax = 8;
  bool set(const Metadata& metadata);   // true when it is new
  std::vector<Metadata> get(std::string_view family, std::size_t limit) const;
  std::vector<Metadata> all() const { return get({}, 0); }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Metadata>, std::less<>> families_;  // guarded by mutex_
};

}  // namespace pharos::metrics

// Lists of label names and values that were asked for lately. Pages ask the same ones at each look,
// and finding out for each value whether some series of it has samples in the range costs more than
// the answer.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "model/sample.hpp"

namespace pharos::metrics {

// A list, and what it is good for: the table's version, and every range that begins at or before
// from_max_ms and ends at or after to_min_ms. Newest samples only get newer and oldest ones older, so
// what lay in a range once stays in it.
struct LabelList {
  std::uint64_t version = 0;
  UnixMillis from_max_ms = 0, to_min_ms = 0;
  std::shared_ptr<const std::vector<std::string>> texts;
};

// Thread-safe. Holds at most kLists lists of kTextsMax texts and kBytesMax bytes.
class LabelListCache {
 public:
  // `label`: whose values; "" for the names. Null: not known.
  std::shared_ptr<const std::vector<std::string>> find(std::string_view label, std::uint64_t version, UnixMillis from_ms,
                                                       UnixMillis to_ms);
  void put(std::string_view label, LabelList list);

  static constexpr std::size_t kLists = 16, kTextsMax = 4'096, kBytesMax = 1 << 20;

 private:
  struct Entry {
    std::string label;
    LabelList list;
    std::uint64_t used = 0;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_
  std::uint64_t uses_ = 0;      // guarded by mutex_
};

}  // namespace pharos::metrics

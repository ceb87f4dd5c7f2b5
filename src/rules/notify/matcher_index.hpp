// Of many lists of matchers, those that hold for a label set, without trying them all.
#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.hpp"
#include "model/matcher.hpp"

namespace pharos::rules::notify {

// A list is filed under its equality matcher with the fewest others under the same value; lists
// without one are tried for every label set. Not thread-safe.
class MatcherIndex {
 public:
  using Id = std::uint32_t;  // the caller's, small: they index a vector

  void add(Id id, std::vector<Matcher> matchers);
  void remove(Id id);
  bool empty() const { return size_ == 0; }

  // Calls visit(id) for each list all of whose matchers hold, until one says false.
  template <class Visit>
  void find(const Labels& labels, Visit visit) const {
    if (empty()) return;
    if (!try_all(unfiled_, labels, visit)) return;
    for (const auto& [name, values] : filed_) {
      if (values.empty()) continue;
      const auto value = labels.get(name);
      if (value.empty()) continue;
      const auto found = values.find(value);
      if (found != values.end() && !try_all(found->second, labels, visit)) return;
    }
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Values = boost::unordered_flat_map<std::string, std::vector<Id>, TextHash, std::equal_to<>>;

  template <class Visit>
  bool try_all(const std::vector<Id>& ids, const Labels& labels, Visit& visit) const {
    for (const Id id : ids) {
      if (matches_all(lists_[id], labels) && !visit(id)) return false;
    }
    return true;
  }
  std::vector<Id>* place_of(Id id);

  std::vector<std::pair<std::string, Values>> filed_;  // by label name; few
  std::vector<Id> unfiled_;
  std::vector<std::vector<Matcher>> lists_;  // by id
  std::vector<const Matcher*> filed_under_;  // by id; nullptr: unfiled
  std::size_t size_ = 0;
};

}  // namespace pharos::rules::notify

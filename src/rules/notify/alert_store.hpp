// The alerts in memory: one small record per label set, merged as Alertmanager merges.
#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "rules/alert.hpp"

namespace pharos::rules::notify {

// 96 bytes; label sets, annotations and generator URLs are shared.
struct StoredAlert {
  Labels labels, annotations;
  std::shared_ptr<const std::string> generator_url;  // nullptr: ""
  Time starts_at{}, ends_at{}, updated_at{};
  std::uint64_t fingerprint = 0;
  std::uint32_t groups = 0;  // that hold it now
  std::uint16_t routes = 0;  // that took it when it was last routed
  std::uint8_t pins = 0;     // posts on the way to it: it must stay
  bool timeout : 1 = false;
  bool stored : 1 = false;     // its labels and annotations are on disk: a short form may follow
  bool announced : 1 = false;  // its firing is in the history, its end is not
  bool processed : 1 = false;  // a group that holds it has been flushed since it came

  bool resolved_at(Time now) const { return ends_at != Time{} && ends_at <= now; }
  Alert alert() const;
};

// Not thread-safe. Records keep their address until they are removed.
class AlertStore {
 public:
  std::size_t size() const { return by_fingerprint_.size(); }
  std::uint64_t bytes() const { return bytes_; }  // of texts, shared ones counted for each alert
  StoredAlert* find(std::uint64_t fingerprint) const;
  // Merges `alert` into what is known under its fingerprint, or adds it. `now` decides what counts
  // as resolved.
  StoredAlert& put(const Alert& alert, std::uint64_t fingerprint, Time now);
  // As put(), without merging, unless what is known was updated later.
  StoredAlert& restore(const Alert& alert, std::uint64_t fingerprint);
  void remove(StoredAlert& alert);

  // Walks all alerts in slices: `at` is where to go on, visit(StoredAlert&) may remove it. Returns
  // false when the walk has come to its end.
  template <class Visit>
  bool walk(std::size_t& at, std::size_t count, Visit visit) {
    for (; count > 0 && at < slots_.size(); --count, ++at) {
      if (slots_[at].fingerprint != 0 || !slots_[at].labels.empty()) visit(slots_[at]);
    }
    return at < slots_.size();
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& slot : slots_) {
      if (slot.fingerprint != 0 || !slot.labels.empty()) visit(slot);
    }
  }

 private:
  StoredAlert& add(std::uint64_t fingerprint);
  void set_content(StoredAlert& alert, const Alert& content);
  std::shared_ptr<const std::string> shared_url(const std::string& url);

  boost::unordered_flat_map<std::uint64_t, StoredAlert*> by_fingerprint_;
  std::deque<StoredAlert> slots_;
  std::vector<StoredAlert*> free_;
  std::vector<std::shared_ptr<const std::string>> recent_urls_;  // rules send one URL many times
  std::size_t next_url_ = 0;
  std::uint64_t bytes_ = 0;
};

std::uint64_t text_bytes(const Alert& alert);
std::uint64_t text_bytes(const StoredAlert& alert);

// The rule of merging, on values: `younger` was heard of last.
Alert merged(const Alert& older, const Alert& younger, Time now);

}  // namespace pharos::rules::notify

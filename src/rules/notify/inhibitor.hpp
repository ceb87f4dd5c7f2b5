// Which firing alert keeps another one from being told about.
#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "rules/notify/alert_store.hpp"
#include "rules/notify/config.hpp"
#include "rules/notify/matcher_index.hpp"

namespace pharos::rules::notify {

// Sources are filed per rule under the values of its `equal` labels, and rules under a label value
// of their target, so that a question costs a few look-ups whatever the number of rules and alerts.
// Not thread-safe. The alerts it is told of must stay where they are until it is told to forget.
class Inhibitor {
 public:
  explicit Inhibitor(const std::vector<InhibitRule>& rules);

  // An alert that was added to the store, or is about to leave it. Idempotent.
  void add(const StoredAlert& alert);
  void remove(const StoredAlert& alert);

  // Fingerprints of the alerts that inhibit an alert with these labels at `at`, one per source of
  // each rule that holds; none: not inhibited. `first_only`: one is enough.
  std::vector<std::uint64_t> inhibiting(const Labels& labels, Time at,
                                        bool first_only = false) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct SourceAlert {
    const StoredAlert* alert;
    bool is_target;  // matches the target side too
  };
  struct Source {
    std::uint32_t rule;
    InhibitSource config;
    boost::unordered_flat_map<std::uint64_t, std::vector<SourceAlert>> by_equal;  // hash of values
  };
  struct Rule {
    std::vector<Matcher> target;
    std::vector<std::uint32_t> sources;
    std::size_t with_alerts = 0;  // of its sources
  };
  static const StoredAlert* firing_source(const Source& source, const Labels& labels, Time at);

  std::vector<Rule> rules_;
  std::vector<Source> sources_;
  MatcherIndex sources_index_;  // ids: into sources_
  MatcherIndex targets_index_;  // ids: into rules_; only rules all of whose sources have alerts
  std::size_t filed_ = 0;       // source alerts
};

}  // namespace pharos::rules::notify

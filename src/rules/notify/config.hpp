// alertmanager.yml as a value: routes, intervals, inhibition, receivers.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/labels.hpp"
#include "model/matcher.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "rules/notify/time_interval.hpp"

namespace pharos::rules::receivers {
struct ReceiverConfig;  // receivers/receiver_config.hpp: the typed settings of one receiver
}

namespace pharos::rules::notify {

inline constexpr Millis kGroupWaitDefault = std::chrono::seconds(30);
inline constexpr Millis kGroupIntervalDefault = std::chrono::minutes(5);
inline constexpr Millis kRepeatIntervalDefault = std::chrono::hours(4);

struct RateLimit {
  std::uint32_t notifications = 0;  // 0: none
  Millis per = std::chrono::minutes(1);
  bool operator==(const RateLimit&) const = default;
};

// A node of the routing tree with everything inherited filled in.
struct Route {
  std::string receiver;
  std::vector<Matcher> matchers;  // match, match_re and matchers together, sorted
  bool continue_matching = false;
  bool group_by_all = false;          // `...`
  std::vector<std::string> group_by;  // sorted, unique
  Millis group_wait = kGroupWaitDefault, group_interval = kGroupIntervalDefault,
         repeat_interval = kRepeatIntervalDefault;
  std::vector<std::string> mute_intervals, active_intervals;
  Labels labels;    // given by the routes on the way, templates not yet expanded
  std::string key;  // `{}/{team="a"}`
  std::string id;   // key with the positions of the nodes: unique in the tree
  // Pharos' own, inherited:
  bool one_shot = false;  // a new group after each notification
  Millis deduplicate{0};  // an alert told about so lately is not told about again when it returns
  RateLimit rate_limit;   // notifications per receiver; what is over it waits
  std::vector<Route> routes;
};

struct InhibitSource {
  std::vector<Matcher> matchers;
  std::vector<std::string> equal;  // sorted
};

// An alert that matches `target` is inhibited while each source has a firing alert that matches it
// and has the same values of its `equal` labels.
struct InhibitRule {
  std::string name;
  std::vector<InhibitSource> sources;  // one, but with the newer `sources:`
  std::vector<Matcher> target;
};

struct AlertmanagerConfig {
  Millis resolve_timeout = std::chrono::minutes(5);
  std::vector<std::string> template_patterns;  // resolved against the file's folder
  Route route;
  std::vector<InhibitRule> inhibit_rules;
  std::map<std::string, std::vector<TimeInterval>> intervals;  // mute_time_intervals too
  std::vector<std::shared_ptr<const receivers::ReceiverConfig>> receivers;
  std::string text;  // the file as read, secrets masked: what /api/v2/status shows
};

struct AlertmanagerConfigOptions {
  MatcherDialect dialect = MatcherDialect::fallback;  // of matchers, and of label names
};

// Errc::invalid: `file:line:column: what`. Unknown keys are errors with the nearest known one.
Result<AlertmanagerConfig> parse_alertmanager_config(std::string_view text, const std::string& file,
                                                     const AlertmanagerConfigOptions& options = {});

// A `route:` alone, as a test or a preview may give it. The root may not have matchers.
Result<Route> parse_route(const codec::Yaml& node, const AlertmanagerConfigOptions& options = {});

// The nodes of the tree that take an alert with these labels, in order; never none.
std::vector<const Route*> match_routes(const Route& root, const Labels& labels);
// The labels that a node groups by, of an alert.
Labels group_labels(const Route& route, const Labels& labels);
// `{}/{team="a"}:{alertname="x"}`
std::string group_key(const Route& route, const Labels& group_labels);

}  // namespace pharos::rules::notify

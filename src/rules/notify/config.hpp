// alertmanager.yml as a value: routes, intervals, inhibition, receivers.
#pragma once
#include <filesystem>
#include <functional>
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
#include "rules/notify/time_interval.hpp"

namespace pharos::rules::receivers {
struct ReceiverConfig;  // receivers/receiver_config.hpp: the typed settings of one receiver
}

namespace pharos::rules::notify {

inline constexpr Millis kGroupWaitDefault = std::chrono::seconds(30);
inline constexpr Millis kGroupIntervalDefault = std::chrono::minutes(5);
inline constexpr Millis kRepeatIntervalDefault = std::chrono::hours(4);

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
  Labels labels;          // given by the routes on the way, templates not yet expanded
  std::string key;        // `{}/{team="a"}`
  std::string id;         // key with the positions of the nodes: unique in the tree
  bool one_shot = false;  // Pharos' own: a new group after each notification
  std::vector<Route> routes;
};

struct InhibitRule {
  std::string name;
  std::vector<Matcher> source, target;
  std::vector<std::string> equal;  // sorted
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
  enum class Matchers { fallback, classic, utf8 } matchers = Matchers::fallback;
  // Reads the files that the configuration names; tests bring their own.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

// Errc::invalid: `file:line:column: what`. Unknown keys are errors with the nearest known one.
Result<AlertmanagerConfig> parse_alertmanager_config(std::string_view text, const std::string& file,
                                                     const AlertmanagerConfigOptions& options = {});

}  // namespace pharos::rules::notify

#include "rules/oncall/oncall_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "codec/yaml_section.hpp"
#include "rules/notify/matcher_parser.hpp"
#include "rules/oncall/ical.hpp"

namespace pharos::rules::oncall {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::string_view kWebhook = "webhook ";

Result<std::string> required(YamlSection& in, std::string_view key) {
  std::string out;
  TRY(in.read(key, out));
  if (out.empty()) return fail(in.node().error(std::string(key) + " is missing"));
  return out;
}

Result<TimeZone> read_zone(YamlSection& in, const TimeZone& otherwise) {
  const Yaml* node = in.take("zone");
  if (node == nullptr) return otherwise;
  const auto name = TRY(node->text());
  auto zone = TimeZone::find(name);
  if (!zone) return fail(node->error(zone.error().message));
  return zone;
}

Status read_civil(YamlSection& in, std::string_view key, std::optional<CivilTime>& into) {
  const Yaml* node = in.take(key);
  if (node == nullptr) return {};
  const auto text = TRY(node->text());
  const auto time = parse_civil_time(text);
  if (!time) return fail(node->error(std::string(key) + ": " + time.error().message));
  into = *time;
  return {};
}

Result<CivilTime> required_civil(YamlSection& in, std::string_view key) {
  std::optional<CivilTime> out;
  TRY(read_civil(in, key, out));
  if (!out) return fail(in.node().error(std::string(key) + " is missing"));
  return *out;
}

Status read_recurrence(YamlSection& in, const TimeZone& zone, std::optional<Recurrence>& into) {
  const Yaml* node = in.take("recurrence");
  if (node == nullptr) return {};
  const auto text = TRY(node->text());
  auto rule = Recurrence::parse(text, zone);
  if (!rule) return fail(rule.error().code, node->error(rule.error().message).message);
  into = std::move(*rule);
  return {};
}

Status read_matchers(YamlSection& in, std::vector<Matcher>& into) {
  const Yaml* node = in.take("matchers");
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::sequence)
    return fail(node->error("matchers must be a list such as [severity=\"critical\"]"));
  for (const auto& item : node->items()) {
    const auto text = TRY(item.text());
    auto matchers = notify::parse_matchers(text);
    if (!matchers) return fail(item.error(matchers.error().message));
    into.insert(into.end(), matchers->begin(), matchers->end());
  }
  return {};
}

Status read_pairs(YamlSection& in, std::string_view key,
                  std::vector<std::pair<std::string, std::string>>& into) {
  const Yaml* node = in.take(key);
  if (node == nullptr) return {};
  if (node->kind() != Yaml::Kind::map)
    return fail(node->error(std::string(key) + " must be a map"));
  for (const auto& member : node->members()) {
    auto value = TRY(member.value.text());
    if (!is_legacy_label_name(member.key.scalar()))
      return fail(member.key.error("'" + member.key.scalar() + "' is not a label name"));
    into.emplace_back(member.key.scalar(), std::move(value));
  }
  return {};
}

// "09:30" → minutes of the day; 24:00 is the end of it.
Result<int> minute_of_day(const Yaml& node) {
  const auto text = TRY(node.text());
  int hour = -1, minute = -1;
  const auto colon = text.find(':');
  if (colon != text.npos) {
    std::from_chars(text.data(), text.data() + colon, hour);
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), minute);
  }
  const int out = hour * 60 + minute;
  if (hour < 0 || minute < 0 || minute > 59 || out > 1440)
    return fail(node.error("'" + text + "' is not a time of day like 09:30"));
  return out;
}

Status read_weekdays(YamlSection& in, std::vector<int>& into) {
  constexpr std::array<std::string_view, 7> kNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};
  const Yaml* node = in.take("days");
  if (node == nullptr) return {};
  for (const auto& item : node->items()) {
    auto text = TRY(item.text());
    const auto one = [&](std::string_view word) -> Result<int> {
      for (std::size_t i = 0; i < kNames.size(); ++i)
        if (word == kNames[i] || (word.size() == 3 && kNames[i].starts_with(word)))
          return static_cast<int>(i);
      return fail(item.error("'" + std::string(word) + "' is not a day of the week"));
    };
    const auto colon = text.find(':');
    const int first = TRY(one(std::string_view(text).substr(0, colon)));
    const int last =
        colon == text.npos ? first : TRY(one(std::string_view(text).substr(colon + 1)));
    for (int day = first;; day = (day + 1) % 7) {
      into.push_back(day);
      if (day == last) break;
    }
  }
  return {};
}

Result<User> parse_user(const Yaml& node) {
  auto in = TRY(YamlSection::open(node, "a user"));
  User out;
  out.place = node.error("").message;
  out.name = TRY(required(in, "name"));
  TRY(in.read("receivers", out.receivers));
  TRY(in.done());
  if (out.receivers.empty())
    return fail(node.error("user " + out.name + " has no receivers: there is no way to tell them"));
  return out;
}

Result<Rotation> parse_rotation(const Yaml& node) {
  auto in = TRY(YamlSection::open(node, "a rotation"));
  Rotation out;
  out.name = TRY(required(in, "name"));
  const Yaml* users = in.take("users");
  if (users == nullptr || users->kind() != Yaml::Kind::sequence || users->items().empty())
    return fail(
        node.error("users must be a list of names, or of lists of names that share a turn"));
  for (const auto& item : users->items()) {
    if (item.kind() == Yaml::Kind::sequence) {
      out.users.push_back(TRY(item.texts()));
    } else {
      auto name = TRY(item.text());
      out.users.push_back({std::move(name)});
    }
    if (out.users.back().empty()) return fail(item.error("an empty turn"));
  }
  out.start = TRY(required_civil(in, "start"));
  TRY(read_civil(in, "until", out.until));
  Millis every = std::chrono::hours(24 * 7);
  TRY(in.read("every", every));
  constexpr Millis kDay = std::chrono::hours(24);
  if (every < Millis(std::chrono::minutes(1)))
    return fail(node.error("every: a turn takes at least a minute"));
  out.every_days = every % kDay == Millis(0) ? static_cast<int>(every / kDay) : 0;
  out.every = every;
  if (const Yaml* hours = in.take("hours")) {
    if (hours->kind() != Yaml::Kind::sequence) return fail(hours->error("hours must be a list"));
    for (const auto& item : hours->items()) {
      auto entry = TRY(YamlSection::open(item, "hours"));
      Rotation::Hours range;
      TRY(read_weekdays(entry, range.weekdays));
      if (const Yaml* from = entry.take("from")) range.begin = TRY(minute_of_day(*from));
      if (const Yaml* to = entry.take("to")) range.end = TRY(minute_of_day(*to));
      TRY(entry.done());
      if (range.begin == 1440) return fail(item.error("from: a day begins at 00:00, not at 24:00"));
      out.hours.push_back(std::move(range));
    }
  }
  TRY(in.done());
  return out;
}

Result<Schedule> parse_schedule(const Yaml& node, const ReadFile& read_file) {
  auto in = TRY(YamlSection::open(node, "a schedule"));
  Schedule out;
  out.name = TRY(required(in, "name"));
  out.zone = TRY(read_zone(in, TimeZone()));
  if (const Yaml* rotations = in.take("rotations")) {
    for (const auto& item : rotations->items()) out.rotations.push_back(TRY(parse_rotation(item)));
  }
  if (const Yaml* files = in.take("calendars")) {
    for (const auto& item : files->items()) {
      const auto path = TRY(item.text());
      const auto text = read_file(path);
      if (!text) return fail(item.error(text.error().message));
      auto events = parse_calendar(*text, out.zone);
      if (!events) return fail(item.error(path + ": " + events.error().message));
      out.events.insert(out.events.end(), events->begin(), events->end());
    }
  }
  if (const Yaml* overrides = in.take("overrides")) {
    for (const auto& item : overrides->items()) {
      auto entry = TRY(YamlSection::open(item, "an override"));
      Override change;
      TRY(entry.read("users", change.users));
      const auto from = TRY(required_civil(entry, "from"));
      const auto to = TRY(required_civil(entry, "to"));
      TRY(entry.done());
      change.during = {out.zone.instant(from), out.zone.instant(to)};
      if (change.during.empty()) return fail(item.error("the override ends before it begins"));
      change.id = "config-" + std::to_string(out.overrides.size());
      out.overrides.push_back(std::move(change));
    }
  }
  TRY(in.done());
  if (out.rotations.empty() && out.events.empty())
    return fail(node.error("schedule " + out.name + " has neither rotations nor calendars"));
  return out;
}

Result<EscalationStep> parse_step(const Yaml& node) {
  using Kind = EscalationStep::Kind;
  auto in = TRY(YamlSection::open(node, "a step"));
  EscalationStep out;
  int kinds = 0;
  if (in.has("wait")) {
    ++kinds;
    out.kind = Kind::wait;
    TRY(in.read("wait", out.delay));
    if (out.delay <= Millis(0)) return fail(node.error("wait must be longer than 0"));
  }
  const auto names = [&](std::string_view key, Kind kind) -> Status {
    const Yaml* value = in.take(key);
    if (value == nullptr) return {};
    ++kinds;
    out.kind = kind;
    if (value->kind() == Yaml::Kind::sequence &&
        (kind == Kind::users || kind == Kind::round_robin)) {
      out.names = TRY(value->texts());
    } else {
      auto name = TRY(value->text());
      out.names = {std::move(name)};
    }
    if (out.names.empty()) return fail(value->error(std::string(key) + ": nobody is named"));
    return {};
  };
  TRY(names("users", Kind::users));
  TRY(names("schedule", Kind::schedule));
  TRY(names("round_robin", Kind::round_robin));
  TRY(names("receiver", Kind::receiver));
  TRY(names("webhook", Kind::receiver));
  if (const Yaml* url = node.find("webhook"); url != nullptr && !url->is_null()) {
    TRY(receivers::check_url(*url, out.names[0]));
    out.names[0].insert(0, kWebhook);
  }
  if (in.has("repeat")) {
    ++kinds;
    out.kind = Kind::repeat;
    TRY(in.read("repeat", out.times, 100));
  }
  if (in.has("resolve")) {
    ++kinds;
    out.kind = Kind::resolve;
    bool yes = false;
    TRY(in.read("resolve", yes));
    if (!yes) return fail(node.error("resolve: only true makes sense"));
  }
  in.know(std::array<std::string_view, 3>{"wait", "repeat", "resolve"});
  TRY(read_matchers(in, out.matchers));
  TRY(in.read("alerts_min", out.alerts_min, 1'000'000));
  if (const Yaml* during = in.take("during")) {
    if (during->kind() != Yaml::Kind::sequence)
      return fail(during->error("during must be a list of time intervals"));
    for (const auto& item : during->items())
      out.during.push_back(TRY(notify::parse_time_interval(item)));
  }
  TRY(in.done());
  if (kinds != 1)
    return fail(
        node.error("a step has exactly one of wait, users, schedule, round_robin, receiver, "
                   "webhook, repeat, resolve"));
  return out;
}

Result<EscalationPolicy> parse_policy(const Yaml& node) {
  auto in = TRY(YamlSection::open(node, "a policy"));
  EscalationPolicy out;
  out.place = node.error("").message;
  out.name = TRY(required(in, "name"));
  const Yaml* steps = in.take("steps");
  if (steps == nullptr || steps->kind() != Yaml::Kind::sequence || steps->items().empty())
    return fail(node.error("policy " + out.name + " has no steps"));
  for (const auto& item : steps->items()) out.steps.push_back(TRY(parse_step(item)));
  TRY(in.done());
  return out;
}

Result<Heartbeat> parse_heartbeat(const Yaml& node) {
  auto in = TRY(YamlSection::open(node, "a heartbeat"));
  Heartbeat out;
  out.name = TRY(required(in, "name"));
  out.zone = TRY(read_zone(in, TimeZone()));
  TRY(in.read("every", out.every));
  TRY(read_recurrence(in, out.zone, out.recurrence));
  std::optional<CivilTime> start;
  TRY(read_civil(in, "start", start));
  if (start) out.start = *start;
  TRY(in.read("grace", out.grace));
  TRY(read_pairs(in, "labels", out.labels));
  TRY(read_pairs(in, "annotations", out.annotations));
  TRY(in.done());
  if ((out.every > Millis(0)) == out.recurrence.has_value())
    return fail(node.error("heartbeat " + out.name + " needs either every or recurrence"));
  if (out.recurrence && !start)
    return fail(node.error("heartbeat " + out.name + ": a recurrence needs start"));
  return out;
}

Result<Maintenance> parse_maintenance(const Yaml& node) {
  auto in = TRY(YamlSection::open(node, "a maintenance window"));
  Maintenance out;
  out.name = TRY(required(in, "name"));
  TRY(in.read("comment", out.comment));
  out.zone = TRY(read_zone(in, TimeZone()));
  out.start = TRY(required_civil(in, "start"));
  TRY(in.read("duration", out.duration));
  TRY(read_recurrence(in, out.zone, out.recurrence));
  TRY(read_matchers(in, out.matchers));
  TRY(in.done());
  if (out.duration <= Millis(0)) return fail(node.error("duration is missing"));
  if (std::ranges::all_of(out.matchers, [](const auto& m) { return m.matches_empty(); }))
    return fail(node.error("maintenance " + out.name +
                           ": at least one matcher must match a non-empty value"));
  return out;
}

template <class T, class Parse>
Status read_list(YamlSection& in, std::string_view key, std::vector<T>& into, Parse parse) {
  const Yaml* list = in.take(key);
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence)
    return fail(list->error(std::string(key) + " must be a list"));
  std::set<std::string> seen;
  for (const auto& item : list->items()) {
    into.push_back(TRY(parse(item)));
    if (!seen.insert(into.back().name).second)
      return fail(
          item.error(std::string(key) + ": the name " + into.back().name + " is used twice"));
  }
  return {};
}

// Names that are used exist.
Status check_names(const OnCallConfig& config, const Yaml& section) {
  const auto has = [](const auto& list, const std::string& name) {
    return std::ranges::any_of(list, [&](const auto& item) { return item.name == name; });
  };
  const auto known_user = [&](const std::string& name, const std::string& where) -> Status {
    if (has(config.users, name)) return {};
    return fail(section.error(where + ": there is no user " + name));
  };
  for (const auto& schedule : config.schedules) {
    const auto where = "schedule " + schedule.name;
    for (const auto& rotation : schedule.rotations)
      for (const auto& turn : rotation.users)
        for (const auto& user : turn) TRY(known_user(user, where + ", rotation " + rotation.name));
    for (const auto& event : schedule.events)
      for (const auto& user : event.users)
        TRY(known_user(user, where + ", calendar event " + event.uid));
    for (const auto& change : schedule.overrides)
      for (const auto& user : change.users) TRY(known_user(user, where + ", override"));
  }
  for (const auto& policy : config.policies) {
    const auto where = "policy " + policy.name;
    for (const auto& step : policy.steps) {
      if (step.kind == EscalationStep::Kind::users ||
          step.kind == EscalationStep::Kind::round_robin)
        for (const auto& user : step.names) TRY(known_user(user, where));
      if (step.kind == EscalationStep::Kind::schedule && !has(config.schedules, step.names[0]))
        return fail(section.error(where + ": there is no schedule " + step.names[0]));
    }
  }
  return {};
}

}  // namespace

Result<CivilTime> parse_civil_time(std::string_view text) {
  CivilTime out;
  const auto number = [&](std::size_t at, std::size_t length, int& into) {
    if (at + length > text.size()) return false;
    const auto* end = text.data() + at + length;
    const auto [rest, code] = std::from_chars(text.data() + at, end, into);
    return code == std::errc() && rest == end && into >= 0;
  };
  bool good = number(0, 4, out.year) && text[4] == '-' && number(5, 2, out.month) &&
              text.size() >= 10 && text[7] == '-' && number(8, 2, out.day) && out.month >= 1 &&
              out.month <= 12 && out.day >= 1 && out.day <= days_in_month(out.year, out.month);
  if (good && text.size() > 10) {
    good = (text[10] == 'T' || text[10] == ' ') && number(11, 2, out.hour) && text.size() >= 16 &&
           text[13] == ':' && number(14, 2, out.minute) && out.hour < 24 && out.minute < 60;
    if (good && text.size() > 16)
      good = text[16] == ':' && number(17, 2, out.second) && text.size() == 19 && out.second < 60;
  }
  if (!good)
    return fail(Errc::invalid,
                "'" + std::string(text) +
                    "' is not a local time like 2026-01-05T09:00 (the zone is given apart)");
  return out;
}

bool is_webhook(const EscalationStep& step) {
  return step.kind == EscalationStep::Kind::receiver && step.names[0].starts_with(kWebhook);
}

std::vector<std::shared_ptr<const receivers::ReceiverConfig>> webhook_receivers(
    const OnCallConfig& config) {
  std::set<std::string> names;
  for (const auto& policy : config.policies)
    for (const auto& step : policy.steps)
      if (is_webhook(step)) names.insert(step.names[0]);
  std::vector<std::shared_ptr<const receivers::ReceiverConfig>> out;
  for (const auto& name : names) {
    receivers::WebhookSettings webhook;
    webhook.url.value = name.substr(kWebhook.size());
    webhook.http = std::make_shared<const net::ClientOptions>();
    auto receiver = std::make_shared<receivers::ReceiverConfig>();
    receiver->name = name;
    receiver->webhook.push_back(std::move(webhook));
    out.push_back(std::move(receiver));
  }
  return out;
}

Result<OnCallConfig> parse_oncall_config(const codec::Yaml& section, const ReadFile& read_file) {
  auto in = TRY(YamlSection::open(section, "oncall"));
  OnCallConfig out;
  TRY(read_list(in, "users", out.users, parse_user));
  TRY(read_list(in, "schedules", out.schedules,
                [&](const Yaml& node) { return parse_schedule(node, read_file); }));
  TRY(read_list(in, "policies", out.policies, parse_policy));
  TRY(read_list(in, "heartbeats", out.heartbeats, parse_heartbeat));
  TRY(read_list(in, "maintenance", out.maintenance, parse_maintenance));
  TRY(in.done());
  TRY(check_names(out, section));
  return out;
}

}  // namespace pharos::rules::oncall

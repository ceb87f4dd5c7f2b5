#include "rules/notify/config.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "codec/yaml_section.hpp"
#include "model/labels.hpp"
#include "rules/receivers/receiver_config.hpp"

namespace pharos::rules::notify {
namespace {

using codec::Yaml;
using codec::YamlSection;

constexpr std::size_t kRoutesMax = 100'000, kRouteDepthMax = 100;

// What a map of the file would match, before and after it was a list of matchers.
Status read_match(YamlSection& section, std::string_view key, MatchOp op,
                  std::vector<Matcher>& into) {
  const auto* map = section.take(key);
  if (map == nullptr) return {};
  if (map->kind() != Yaml::Kind::map)
    return fail(map->error(std::string(key) + " must be a map of label names to values"));
  for (const auto& [name, value] : map->members()) {
    if (!is_legacy_label_name(name.scalar()))
      return fail(name.error("invalid label name " + go_quote(name.scalar())));
    if (value.is_null() && op == MatchOp::regex)
      return fail(value.error("invalid regexp value for " + go_quote(name.scalar())));
    auto text = TRY(value.text());
    // Alertmanager shows these anchored, in route keys too.
    if (op == MatchOp::regex) text = "^(?:" + text + ")$";
    auto matcher = Matcher::make(op, name.scalar(), std::move(text));
    if (!matcher) return fail(value.error(matcher.error().message));
    into.push_back(std::move(*matcher));
  }
  return {};
}

Status read_matchers(YamlSection& section, std::string_view key, MatcherDialect dialect,
                     std::vector<Matcher>& into) {
  const auto* list = section.take(key);
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence)
    return fail(list->error(std::string(key) + " must be a list of matchers"));
  for (const auto& item : list->items()) {
    const auto text = TRY(item.text());
    auto parsed = parse_matchers(text, dialect);
    if (!parsed) return fail(item.error(go_quote(text) + ": " + parsed.error().message));
    into.insert(into.end(), parsed->begin(), parsed->end());
  }
  return {};
}

Status read_label_names(YamlSection& section, std::string_view key, std::string_view where,
                        MatcherDialect dialect, std::vector<std::string>& into) {
  const auto* list = section.take(key);
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence)
    return fail(list->error(std::string(key) + " must be a list of label names"));
  for (const auto& item : list->items()) {
    auto name = TRY(item.text());
    if (!is_label_name(name, dialect))
      return fail(item.error("invalid label name " + go_quote(name) + " in " + std::string(where)));
    into.push_back(std::move(name));
  }
  std::ranges::sort(into);
  into.erase(std::unique(into.begin(), into.end()), into.end());
  return {};
}

Status read_rate_limit(YamlSection& section, RateLimit& into) {
  const auto* node = section.take("rate_limit");
  if (node == nullptr) return {};
  auto limit = TRY(YamlSection::open(*node, "rate_limit"));
  into = {};
  TRY(limit.read("notifications", into.notifications));
  TRY(limit.read("per", into.per));
  TRY(limit.done());
  if (into.per <= Millis{0}) return fail(node->error("rate_limit: per must be above zero"));
  return {};
}

// What routes name, to be checked once all names are known.
struct Use {
  std::string name;
  Error error;
};
struct Uses {
  std::vector<Use> receivers, intervals;
};

class RouteReader {
 public:
  RouteReader(const AlertmanagerConfigOptions& options, Uses& uses)
      : options_(options), uses_(uses) {}

  Result<Route> read(const Yaml& node, const Route* parent, std::size_t position,
                     std::size_t depth) {
    if (++count_ > kRoutesMax || depth > kRouteDepthMax)
      return fail(node.error("routes: more than " + std::to_string(kRoutesMax) +
                             ", or deeper than " + std::to_string(kRouteDepthMax)));
    Route route;
    if (parent != nullptr) inherit(*parent, route);
    auto section = TRY(YamlSection::open(node, "a route"));

    TRY(read_match(section, "match", MatchOp::equal, route.matchers));
    TRY(read_match(section, "match_re", MatchOp::regex, route.matchers));
    TRY(read_matchers(section, "matchers", options_.dialect, route.matchers));
    sort_matchers(route.matchers);
    if (parent == nullptr && !route.matchers.empty())
      return fail(node.error("root route must not have any matchers"));

    if (const auto* receiver = section.take("receiver")) {
      TRY(section.read("receiver", route.receiver));
      uses_.receivers.push_back(
          {route.receiver,
           receiver->error("undefined receiver " + go_quote(route.receiver) + " used in route")});
    }
    if (parent == nullptr && route.receiver.empty())
      return fail(node.error("root route must specify a default receiver"));

    TRY(read_group_by(section, route));
    TRY(section.read("continue", route.continue_matching));
    TRY(section.read("group_wait", route.group_wait));
    TRY(read_positive(section, "group_interval", route.group_interval));
    TRY(read_positive(section, "repeat_interval", route.repeat_interval));
    TRY(read_intervals(section, "mute_time_intervals", "mute", parent == nullptr,
                       route.mute_intervals));
    TRY(read_intervals(section, "active_time_intervals", "active", parent == nullptr,
                       route.active_intervals));
    TRY(read_labels(section, route));
    TRY(section.read("one_shot", route.one_shot));
    TRY(section.read("deduplicate", route.deduplicate));
    TRY(read_rate_limit(section, route.rate_limit));

    const auto text = matchers_text(route.matchers);
    route.key = parent == nullptr ? text : parent->key + "/" + text;
    route.id = parent == nullptr ? text : parent->id + "/" + text + "/" + std::to_string(position);

    const auto* children = section.take("routes");
    TRY(section.done());
    if (children == nullptr) return route;
    if (children->kind() != Yaml::Kind::sequence)
      return fail(children->error("routes must be a list"));
    for (std::size_t i = 0; i < children->items().size(); ++i) {
      auto child = TRY(read(children->items()[i], &route, i, depth + 1));
      route.routes.push_back(std::move(child));
    }
    return route;
  }

 private:
  static void inherit(const Route& parent, Route& route) {
    route.receiver = parent.receiver;
    route.group_by = parent.group_by;
    route.group_by_all = parent.group_by_all;
    route.group_wait = parent.group_wait;
    route.group_interval = parent.group_interval;
    route.repeat_interval = parent.repeat_interval;
    route.labels = parent.labels;
    route.one_shot = parent.one_shot;
    route.deduplicate = parent.deduplicate;
    route.rate_limit = parent.rate_limit;
  }

  Status read_group_by(YamlSection& section, Route& route) {
    const auto* list = section.take("group_by");
    if (list == nullptr) return {};
    if (list->kind() != Yaml::Kind::sequence)
      return fail(list->error("group_by must be a list of label names"));
    route.group_by.clear();
    route.group_by_all = false;
    for (const auto& item : list->items()) {
      auto name = TRY(item.text());
      if (name == "...") {
        route.group_by_all = true;
        continue;
      }
      if (!is_label_name(name, options_.dialect))
        return fail(item.error("invalid label name " + go_quote(name) + " in group_by list"));
      if (std::ranges::find(route.group_by, name) != route.group_by.end())
        return fail(item.error("duplicated label " + go_quote(name) + " in group_by"));
      route.group_by.push_back(std::move(name));
    }
    if (route.group_by_all && !route.group_by.empty())
      return fail(
          list->error("cannot have wildcard group_by (`...`) and other labels at the same time"));
    std::ranges::sort(route.group_by);
    return {};
  }

  static Status read_positive(YamlSection& section, std::string_view key, Millis& into) {
    const auto* node = section.take(key);
    TRY(section.read(key, into));
    if (node != nullptr && into == Millis{0})
      return fail(node->error(std::string(key) + " cannot be zero"));
    return {};
  }

  Status read_intervals(YamlSection& section, std::string_view key, std::string_view kind,
                        bool root, std::vector<std::string>& into) {
    const auto* list = section.take(key);
    TRY(section.read(key, into));
    if (into.empty()) return {};
    if (root)
      return fail(
          list->error("root route must not have any " + std::string(kind) + " time intervals"));
    for (std::size_t i = 0; i < into.size(); ++i) {
      uses_.intervals.push_back(
          {into[i], list->items()[i].error("undefined time interval " + go_quote(into[i]) +
                                           " used in route")});
    }
    return {};
  }

  Status read_labels(YamlSection& section, Route& route) {
    const auto* map = section.take("labels");
    if (map == nullptr) return {};
    if (map->kind() != Yaml::Kind::map)
      return fail(map->error("labels must be a map of label names to values"));
    LabelsBuilder labels(route.labels);
    for (const auto& [name, value] : map->members()) {
      if (!is_label_name(name.scalar(), options_.dialect))
        return fail(
            name.error("invalid label name " + go_quote(name.scalar()) + " in route labels"));
      const auto text = TRY(value.text());
      labels.set(name.scalar(), text);
    }
    route.labels = labels.build();
    return {};
  }

  const AlertmanagerConfigOptions& options_;
  Uses& uses_;
  std::size_t count_ = 0;
};

Result<InhibitSource> read_source(const Yaml& node, const AlertmanagerConfigOptions& options) {
  InhibitSource out;
  auto section = TRY(YamlSection::open(node, "a source of an inhibit rule"));
  TRY(read_matchers(section, "matchers", options.dialect, out.matchers));
  TRY(read_label_names(section, "equal", "source equal list", options.dialect, out.equal));
  TRY(section.done());
  if (out.matchers.empty()) return fail(node.error("source: matchers must not be empty"));
  if (std::ranges::all_of(out.matchers, &Matcher::matches_empty))
    return fail(node.error("source: at least one matcher must not match the empty string"));
  sort_matchers(out.matchers);
  return out;
}

Result<InhibitRule> read_inhibit_rule(const Yaml& node, const AlertmanagerConfigOptions& options) {
  InhibitRule rule;
  InhibitSource source;
  auto section = TRY(YamlSection::open(node, "an inhibit rule"));
  TRY(section.read("name", rule.name));
  TRY(read_match(section, "source_match", MatchOp::equal, source.matchers));
  TRY(read_match(section, "source_match_re", MatchOp::regex, source.matchers));
  TRY(read_matchers(section, "source_matchers", options.dialect, source.matchers));
  TRY(read_match(section, "target_match", MatchOp::equal, rule.target));
  TRY(read_match(section, "target_match_re", MatchOp::regex, rule.target));
  TRY(read_matchers(section, "target_matchers", options.dialect, rule.target));
  TRY(read_label_names(section, "equal", "equal list", options.dialect, source.equal));
  const auto* sources = section.take("sources");
  TRY(section.done());
  sort_matchers(source.matchers);
  sort_matchers(rule.target);
  if (sources == nullptr) {
    rule.sources.push_back(std::move(source));
    return rule;
  }
  if (!source.matchers.empty() || !source.equal.empty())
    return fail(
        sources->error("sources cannot be combined with source_match, source_match_re, "
                       "source_matchers, or equal"));
  if (sources->kind() != Yaml::Kind::sequence || sources->items().empty())
    return fail(sources->error("sources must be a list of at least one"));
  for (const auto& item : sources->items()) {
    auto one = TRY(read_source(item, options));
    rule.sources.push_back(std::move(one));
  }
  return rule;
}

Status read_named_intervals(YamlSection& root, std::string_view key, std::string_view what,
                            AlertmanagerConfig& out) {
  const auto* list = root.take(key);
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence)
    return fail(list->error(std::string(key) + " must be a list"));
  for (const auto& item : list->items()) {
    auto section = TRY(YamlSection::open(item, what));
    std::string name;
    TRY(section.read("name", name));
    const auto* entries = section.take("time_intervals");
    TRY(section.done());
    if (name.empty()) return fail(item.error("missing name in " + std::string(what)));
    const auto [at, fresh] = out.intervals.try_emplace(name);
    if (!fresh)
      return fail(item.error(std::string(what) + " " + go_quote(name) + " is not unique"));
    if (entries == nullptr) continue;
    if (entries->kind() != Yaml::Kind::sequence)
      return fail(entries->error("time_intervals must be a list"));
    for (const auto& entry : entries->items()) {
      auto interval = TRY(parse_time_interval(entry));
      at->second.push_back(std::move(interval));
    }
  }
  return {};
}

Status read_receivers(YamlSection& root, const receivers::GlobalSettings& global,
                      AlertmanagerConfig& out) {
  const auto* list = root.take("receivers");
  if (list == nullptr) return {};
  if (list->kind() != Yaml::Kind::sequence) return fail(list->error("receivers must be a list"));
  std::set<std::string> names;
  for (const auto& item : list->items()) {
    auto receiver = TRY(receivers::parse_receiver(item, global));
    if (!names.insert(receiver->name).second)
      return fail(
          item.error("notification config name " + go_quote(receiver->name) + " is not unique"));
    out.receivers.push_back(std::move(receiver));
  }
  return {};
}

// Tracing goes through Pharos' own settings; the section is read so that the file stays valid.
Status check_tracing(YamlSection& root) {
  constexpr std::string_view kKnown[] = {"client_type",       "compression",  "endpoint",
                                         "headers",           "http_headers", "insecure",
                                         "sampling_fraction", "timeout",      "tls_config"};
  const auto* node = root.take("tracing");
  return node == nullptr ? Status{} : node->only(kKnown);
}

Status check_uses(const Uses& uses, const AlertmanagerConfig& config) {
  std::set<std::string> names;
  for (const auto& receiver : config.receivers) names.insert(receiver->name);
  for (const auto& use : uses.receivers)
    if (!names.contains(use.name)) return fail(use.error);
  for (const auto& use : uses.intervals)
    if (!config.intervals.contains(use.name)) return fail(use.error);
  return {};
}

}  // namespace

Result<Route> parse_route(const Yaml& node, const AlertmanagerConfigOptions& options) {
  Uses uses;
  return RouteReader(options, uses).read(node, nullptr, 0, 0);
}

Result<AlertmanagerConfig> parse_alertmanager_config(std::string_view text, const std::string& file,
                                                     const AlertmanagerConfigOptions& options) {
  const auto root = TRY(Yaml::parse(text, file));
  AlertmanagerConfig out;
  auto section = TRY(YamlSection::open(root, "an Alertmanager configuration"));
  const auto folder = std::filesystem::path(file).parent_path();
  const Yaml none;
  const auto* global = section.take("global");
  auto settings = TRY(YamlSection::open(global == nullptr ? none : *global, "global"));
  TRY(settings.read("resolve_timeout", out.resolve_timeout));
  const auto inherited = TRY(receivers::parse_global(settings, folder.string()));
  TRY(settings.done());
  TRY(section.read("templates", out.template_patterns));
  for (auto& pattern : out.template_patterns)
    if (!pattern.empty() && pattern.front() != '/') pattern = (folder / pattern).string();

  TRY(read_receivers(section, inherited, out));
  TRY(read_named_intervals(section, "mute_time_intervals", "mute time interval", out));
  TRY(read_named_intervals(section, "time_intervals", "time interval", out));
  if (const auto* rules = section.take("inhibit_rules")) {
    if (rules->kind() != Yaml::Kind::sequence)
      return fail(rules->error("inhibit_rules must be a list"));
    for (const auto& item : rules->items()) {
      auto rule = TRY(read_inhibit_rule(item, options));
      out.inhibit_rules.push_back(std::move(rule));
    }
  }
  const auto* route = section.take("route");
  TRY(check_tracing(section));
  TRY(section.done());
  if (route == nullptr) return fail(root.error("no routes provided"));
  Uses uses;
  out.route = TRY(RouteReader(options, uses).read(*route, nullptr, 0, 0));
  TRY(check_uses(uses, out));
  out.text = receivers::masked_text(root);
  return out;
}

}  // namespace pharos::rules::notify

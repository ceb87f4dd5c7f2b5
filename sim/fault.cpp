#include "sim/fault.hpp"

#include <algorithm>
#include <charconv>

namespace pharos::sim {
namespace {

constexpr std::string_view kKeys[] = {"kind", "at", "for", "target", "severity"};
constexpr std::string_view kTargets[] = {"region", "node", "link", "component", "version"};

Result<double> seconds_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (value >= 0 && value < 1e10) return value;
    return fail(Errc::invalid, "'" + text + "' is not a time from now on");
  }
  const auto duration = TRY(parse_duration(text));
  return static_cast<double>(duration.count()) / 1000;
}

Status set_target(FaultTarget& out, std::string_view key, std::string_view text,
                  const Fleet& fleet) {
  if (key == "region") {
    out.region = TRY(fleet.find_region(text));
  } else if (key == "node") {
    out.node = TRY(fleet.find_node(text));
  } else if (key == "link") {
    out.links = TRY(fleet.find_links(text));
  } else if (key == "component") {
    out.component = TRY(find_component(text));
  } else if (key == "version") {
    out.version = TRY(find_version(text));
  } else {
    const auto near = codec::nearest(key, kTargets);
    return fail(
        Errc::invalid,
        "target has no key '" + std::string(key) + "'" +
            (near.empty() ? std::string(": expected region, node, link, component or version")
                          : ", did you mean '" + std::string(near) + "'?"));
  }
  return {};
}

Status set_key(Fault& out, std::string_view key, const std::string& text) {
  if (key == "kind") {
    out.kind = find_fault_kind(text);
    if (out.kind) return {};
    std::vector<std::string_view> names;
    for (const auto& kind : fault_kinds()) names.push_back(kind.name);
    const auto near = codec::nearest(text, names);
    return fail(Errc::invalid,
                "there is no kind of fault '" + text + "'" +
                    (near.empty() ? std::string() : ", did you mean '" + std::string(near) + "'?"));
  }
  if (key == "at") {
    out.at_seconds = TRY(seconds_of(text));
  } else if (key == "for") {
    out.for_seconds = TRY(seconds_of(text));
  } else if (key == "severity") {
    out.severity = TRY(seconds_of(text));
    if (out.severity > 1) return fail(Errc::invalid, "'" + text + "' is not in 0 to 1");
  } else {
    const auto near = codec::nearest(key, kKeys);
    return fail(Errc::invalid,
                near.empty()
                    ? std::string("unknown key: expected kind, at, for, target or severity")
                    : "unknown key, did you mean '" + std::string(near) + "'?");
  }
  return {};
}

// JSON scalars as people would write them.
std::string text_of(const codec::Json& value) {
  switch (value.kind()) {
    case codec::Json::Kind::integer: return std::to_string(value.integer());
    case codec::Json::Kind::real: {
      std::string out;
      codec::put_sample_value(out, value.real());
      return out;
    }
    default: return value.string();
  }
}

}  // namespace

const FaultKind* find_fault_kind(std::string_view name) {
  for (const auto& kind : fault_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

Result<std::vector<Fault>> parse_faults(const codec::Yaml& list, const Fleet& fleet) {
  std::vector<Fault> out;
  if (list.is_null()) return out;
  if (list.kind() != codec::Yaml::Kind::sequence)
    return fail(list.error("expected a list of faults"));
  for (const auto& item : list.items()) {
    if (item.kind() != codec::Yaml::Kind::map)
      return fail(item.error("expected a fault: {kind, at, for, target, severity}"));
    Fault fault;
    for (const auto& [key, value] : item.members()) {
      if (key.scalar() != "target") {
        const auto text = TRY(value.text());
        if (auto status = set_key(fault, key.scalar(), text); !status)
          return fail(value.error(key.scalar() + ": " + status.error().message));
        continue;
      }
      for (const auto& [what, which] : value.members()) {
        const auto text = TRY(which.text());
        if (auto status = set_target(fault.target, what.scalar(), text, fleet); !status)
          return fail(which.error(what.scalar() + ": " + status.error().message));
      }
    }
    if (!fault.kind) return fail(item.error("kind is missing"));
    out.push_back(std::move(fault));
  }
  return out;
}

Result<FaultTarget> parse_target(const codec::Json& target, const Fleet& fleet) {
  FaultTarget out;
  if (target.is_null()) return out;
  if (target.kind() != codec::Json::Kind::object)
    return fail(Errc::invalid, "target: expected an object such as {\"node\": 3}");
  for (const auto& [what, which] : target.members()) {
    if (which.is_null()) continue;
    if (auto status = set_target(out, what, text_of(which), fleet); !status)
      return fail(std::move(status).error().in("target." + what));
  }
  return out;
}

Result<std::vector<Fault>> parse_faults(const codec::Json& list, const Fleet& fleet) {
  std::vector<Fault> out;
  const std::vector<codec::Json> one{list};
  if (list.kind() != codec::Json::Kind::array && list.kind() != codec::Json::Kind::object)
    return fail(Errc::invalid, "expected an array of faults");
  for (const auto& item : list.kind() == codec::Json::Kind::array ? list.items() : one) {
    const auto place = "fault " + std::to_string(out.size());
    if (item.kind() != codec::Json::Kind::object)
      return fail(Errc::invalid, place + ": expected {kind, at, for, target, severity}");
    Fault fault;
    for (const auto& [key, value] : item.members()) {
      if (key == "target") {
        auto target = parse_target(value, fleet);
        if (!target) return fail(std::move(target).error().in(place));
        fault.target = std::move(*target);
      } else if (!value.is_null()) {
        if (auto status = set_key(fault, key, text_of(value)); !status)
          return fail(std::move(status).error().in(place + ": " + key));
      }
    }
    if (!fault.kind) return fail(Errc::invalid, place + ": kind is missing");
    out.push_back(std::move(fault));
  }
  return out;
}

std::vector<std::uint32_t> members(const FaultTarget& target, Scope scope, const Fleet& fleet) {
  std::vector<std::uint32_t> out;
  const auto in_target = [&](const Node& node) {
    return target.node ? node.index == *target.node
                       : !target.region || node.region == *target.region;
  };
  switch (scope) {
    case Scope::fleet: out = {0}; break;
    case Scope::region:
      for (const auto& region : fleet.regions())
        if (target.region ? region.index == *target.region
                          : !target.node || fleet.nodes()[*target.node].region == region.index)
          out.push_back(region.index);
      break;
    case Scope::node:
      for (const auto& node : fleet.nodes())
        if (in_target(node)) out.push_back(node.index);
      break;
    case Scope::part:
      for (const auto& node : fleet.nodes())
        for (std::uint32_t part = 0; part < kNodeComponents; ++part)
          if (in_target(node) && (!target.component || *target.component == part))
            out.push_back(node.index * kNodeComponents + part);
      break;
    case Scope::link:
      if (!target.links.empty()) return target.links;
      for (const auto& link : fleet.links())
        if (!target.region || link.from == *target.region || link.to == *target.region)
          out.push_back(link.index);
      break;
    case Scope::version:
      if (target.version) return {*target.version};
      return {kBaseline, kCanary};
    case Scope::component:
      if (target.component) return {*target.component};
      for (std::uint32_t c = 0; c < kComponentCount; ++c) out.push_back(c);
      break;
  }
  return out;
}

void write_fault_kinds(codec::JsonWriter& out) {
  out.begin_array();
  for (const auto& kind : fault_kinds()) {
    out.begin_object().key("kind").value(kind.name).key("cause").value(kind.cause);
    out.key("target").value(name(kind.scope));
    if (!kind.component.empty()) out.key("component").value(kind.component);
    out.key("parameters").begin_object();
    out.key("at")
        .value("seconds from the start")
        .key("for")
        .value("seconds; left out: until it is cured");
    out.key("severity").value("0..1").key("target").begin_array();
    for (const auto key : kTargets) out.value(key);
    out.end_array().end_object();
    out.key("grow_seconds").value(kind.grow_seconds);
    out.key("effects").begin_array();
    for (const auto& push : kind.pushes)
      out.begin_object()
          .key("knob")
          .value(info(push.knob).name)
          .key("meaning")
          .value(info(push.knob).meaning)
          .key("least")
          .value(push.least)
          .key("most")
          .value(push.most)
          .end_object();
    out.end_array();
    out.key("cured_by").begin_array();
    constexpr std::string_view kCures[] = {"restart", "flag", "weight", "drain", "isolate"};
    for (std::size_t i = 0; i < std::size(kCures); ++i)
      if (kind.cures & (1 << i)) out.value(kCures[i]);
    out.end_array().end_object();
  }
  out.end_array();
}

}  // namespace pharos::sim

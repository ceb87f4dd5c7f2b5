#include "codec/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "base/quoted.hpp"
#include "codec/scalar_place.hpp"

namespace pharos::codec {

// Turns yaml-cpp's events into the tree. Aliases are copied, and every copied node counts.
struct YamlBuilder : YAML::EventHandler {
  static constexpr std::size_t kNodesMax = 1'000'000, kDepthMax = 100;
  struct Stop {
    std::uint32_t line, column;
    std::string what;
  };
  struct Open {
    Yaml node;
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    bool has_key = false;
    Yaml key;
  };
  struct Anchored {
    Yaml node;
    std::size_t nodes;
  };

  std::shared_ptr<const Yaml::Source> source;
  Yaml root;
  std::vector<Open> open;
  std::map<YAML::anchor_t, Anchored> anchors;
  std::size_t nodes = 0;

  [[noreturn]] static void stop(const YAML::Mark& mark, std::string what) {
    throw Stop{static_cast<std::uint32_t>(mark.line + 1),
               static_cast<std::uint32_t>(mark.column + 1), std::move(what)};
  }
  [[noreturn]] static void stop(const Yaml& at, std::string what) {
    throw Stop{at.line_, at.column_, std::move(what)};
  }

  Yaml make(const YAML::Mark& mark, Yaml::Kind kind) {
    if (++nodes > kNodesMax) stop(mark, "more than " + std::to_string(kNodesMax) + " nodes");
    Yaml node;
    node.kind_ = kind;
    node.line_ = static_cast<std::uint32_t>(mark.line + 1);
    node.column_ = static_cast<std::uint32_t>(mark.column + 1);
    node.source_ = source;
    return node;
  }

  void add(Yaml node, YAML::anchor_t anchor, std::size_t size) {
    if (anchor != YAML::NullAnchor) anchors[anchor] = {node, size};
    if (open.empty()) {
      root = std::move(node);
      return;
    }
    auto& parent = open.back();
    if (parent.node.kind_ == Yaml::Kind::sequence) {
      parent.node.items_.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.kind_ != Yaml::Kind::scalar) stop(node, "a key must be a plain word");
      parent.key = std::move(node);
      parent.has_key = true;
    } else {
      parent.has_key = false;
      parent.node.members_.push_back({std::move(parent.key), std::move(node)});
    }
  }

  // Keys must be unique; `<<` merges the members of another map, or of several, below the own ones.
  void finish_map(Yaml& map) {
    std::map<std::string_view, const Yaml*> seen;
    bool merges = false;
    for (const auto& member : map.members_) {
      const auto [it, fresh] = seen.emplace(member.key.scalar_, &member.key);
      if (!fresh)
        stop(member.key, "key " + quoted(member.key.scalar_) + " already set in map, in line " +
                             std::to_string(it->second->line_));
      merges |= member.key.scalar_ == "<<" && !member.key.quoted_;
    }
    if (!merges) return;
    std::vector<Yaml::Member> own, merged;
    const auto merge = [&](const Yaml& from) {
      if (from.kind_ != Yaml::Kind::map) stop(from, "'<<' merges maps only");
      for (const auto& member : from.members_)
        if (!seen.contains(member.key.scalar_)) {
          merged.push_back(member);
          seen.emplace(member.key.scalar_, nullptr);
        }
    };
    // `seen` views into members that stay where they are until both loops are done.
    for (const auto& member : map.members_) {
      if (member.key.scalar_ != "<<" || member.key.quoted_) continue;
      if (member.value.kind_ == Yaml::Kind::sequence)
        for (const auto& item : member.value.items_) merge(item);
      else
        merge(member.value);
    }
    for (auto& member : map.members_)
      if (member.key.scalar_ != "<<" || member.key.quoted_) own.push_back(std::move(member));
    std::ranges::move(merged, std::back_inserter(own));
    map.members_ = std::move(own);
  }

  void begin(const YAML::Mark& mark, Yaml::Kind kind, YAML::anchor_t anchor) {
    if (open.size() >= kDepthMax) stop(mark, "nested deeper than " + std::to_string(kDepthMax));
    const auto before = nodes;
    open.push_back({make(mark, kind), anchor, before});
  }
  void end() {
    auto done = std::move(open.back());
    open.pop_back();
    if (done.node.kind_ == Yaml::Kind::map) finish_map(done.node);
    add(std::move(done.node), done.anchor, nodes - done.nodes_before);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(mark, Yaml::Kind::null), anchor, 1);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors.find(anchor);
    if (it == anchors.end()) stop(mark, "an alias may not contain itself");
    nodes += it->second.nodes;
    if (nodes > kNodesMax)
      stop(mark, "aliases expand to more than " + std::to_string(kNodesMax) + " nodes");
    if (open.size() + depth(it->second.node) > kDepthMax)
      stop(mark, "nested deeper than " + std::to_string(kDepthMax));
    add(it->second.node, YAML::NullAnchor, it->second.nodes);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto node = make(mark, Yaml::Kind::scalar);
    node.quoted_ = tag == "!" || tag == "tag:yaml.org,2002:str";
    // The words for null are only that where a value is meant.
    const bool key =
        !open.empty() && open.back().node.kind_ == Yaml::Kind::map && !open.back().has_key;
    if (!node.quoted_ && !key &&
        (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
      node.kind_ = Yaml::Kind::null;
    node.scalar_ = value;
    if (tag == "tag:yaml.org,2002:binary") {
      node.quoted_ = true;
      node.kind_ = Yaml::Kind::scalar;
      if (!decode_base64(value, node.scalar_))
        stop(mark, "!!binary value contains invalid base64 data");
    }
    add(std::move(node), anchor, 1);
  }
  // RFC 4648 with padding; line breaks are skipped.
  static bool decode_base64(std::string_view in, std::string& out) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.clear();
    std::uint32_t bits = 0;
    std::size_t digits = 0, padding = 0;
    for (const char c : in) {
      if (c == '\n' || c == '\r') continue;
      const auto value = kDigits.find(c);
      if (c == '=' ? digits % 4 < 2 || padding == 2 : value == kDigits.npos || padding > 0)
        return false;
      if (c == '=') ++padding;
      bits = bits << 6 | static_cast<std::uint32_t>(c == '=' ? 0 : value);
      if (++digits % 4 != 0) continue;
      for (std::size_t i = 0; i + padding < 3; ++i) out += static_cast<char>(bits >> (16 - 8 * i));
      bits = 0;
    }
    return digits % 4 == 0;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, Yaml::Kind::sequence, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, Yaml::Kind::map, anchor);
  }
  void OnMapEnd() override { end(); }

  static std::size_t depth(const Yaml& node) {
    std::size_t deepest = 0;
    for (const auto& item : node.items_) deepest = std::max(deepest, depth(item));
    for (const auto& member : node.members_) deepest = std::max(deepest, depth(member.value));
    return deepest + 1;
  }
};

namespace {

// yaml-cpp's messages, without the place that it puts before them.
Error place(const std::string& file, int line, int column, std::string what) {
  auto where = file;
  if (line > 0) where += ":" + std::to_string(line) + ":" + std::to_string(column);
  return {Errc::invalid, where + ": " + std::move(what)};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string_view kind_name(Yaml::Kind kind) {
  switch (kind) {
    case Yaml::Kind::null: return "nothing";
    case Yaml::Kind::scalar: return "a single value";
    case Yaml::Kind::sequence: return "a list";
    case Yaml::Kind::map: return "a map";
  }
  return "";
}

}  // namespace

Result<Yaml> Yaml::parse(std::string_view text, std::string file) {
  YamlBuilder builder;
  builder.source = std::make_shared<const Yaml::Source>(Source{std::move(file), std::string(text)});
  builder.root.source_ = builder.source;
  builder.root.line_ = builder.root.column_ = 1;
  try {
    std::istringstream in{builder.source->text};
    YAML::Parser parser(in);
    if (parser.HandleNextDocument(builder)) {
      struct Refuse : YAML::EventHandler {
        void OnDocumentStart(const YAML::Mark& mark) override { at = mark; }
        void OnDocumentEnd() override {}
        void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
        void OnAlias(const YAML::Mark&, YAML::anchor_t) override { content = true; }
        void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                      const std::string&) override {
          content = true;
        }
        void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                             YAML::EmitterStyle::value) override {
          content = true;
        }
        void OnSequenceEnd() override {}
        void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                        YAML::EmitterStyle::value) override {
          content = true;
        }
        void OnMapEnd() override {}
        YAML::Mark at;
        bool content = false;
      } second;
      if (parser.HandleNextDocument(second) && second.content)
        YamlBuilder::stop(second.at, "only one document is expected");
    }
  } catch (const YamlBuilder::Stop& stop) {
    return fail(place(builder.source->file, static_cast<int>(stop.line),
                      static_cast<int>(stop.column), stop.what));
  } catch (const YAML::Exception& e) {
    return fail(place(builder.source->file, e.mark.line + 1, e.mark.column + 1, e.msg));
  } catch (const std::exception& e) {
    return fail(place(builder.source->file, 0, 0, e.what()));
  }
  return std::move(builder.root);
}

const Yaml* Yaml::find(std::string_view key) const {
  for (const auto& member : members_)
    if (member.key.scalar_ == key) return &member.value;
  return nullptr;
}

Error Yaml::error(std::string what) const {
  return place(source_ ? source_->file : std::string(), static_cast<int>(line_),
               static_cast<int>(column_), std::move(what));
}

Error Yaml::error_at(std::uint32_t line, std::uint32_t column, std::string what) const {
  if (source_ == nullptr || line == 0 || column == 0) return error(std::move(what));
  const auto found = place_in_scalar(source_->text, {line_, column_}, scalar_, {line, column});
  if (!found) return error(std::move(what));
  return place(source_->file, static_cast<int>(found->line), static_cast<int>(found->column),
               std::move(what));
}

Status Yaml::only(std::span<const std::string_view> known) const {
  if (kind_ == Kind::null) return {};
  if (kind_ != Kind::map)
    return fail(error("expected a map, found " + std::string(kind_name(kind_))));
  for (const auto& member : members_) {
    if (std::ranges::find(known, member.key.scalar_) != known.end()) continue;
    auto what = "unknown key " + pharos::quoted(member.key.scalar_);
    if (const auto near = nearest(member.key.scalar_, known); !near.empty())
      what += ", did you mean " + pharos::quoted(near) + "?";
    return fail(member.key.error(std::move(what)));
  }
  return {};
}

Result<std::string> Yaml::text() const {
  if (kind_ == Kind::null) return std::string();
  if (kind_ != Kind::scalar)
    return fail(error("expected text, found " + std::string(kind_name(kind_))));
  return scalar_;
}

Result<bool> Yaml::boolean() const {
  // YAML 1.1, as Prometheus reads its files.
  constexpr std::string_view yes[] = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                      "on",   "On",   "ON",   "y",   "Y"};
  constexpr std::string_view no[] = {"false", "False", "FALSE", "no", "No", "NO",
                                     "off",   "Off",   "OFF",   "n",  "N"};
  if (kind_ == Kind::scalar && !quoted_) {
    if (std::ranges::find(yes, scalar_) != std::end(yes)) return true;
    if (std::ranges::find(no, scalar_) != std::end(no)) return false;
  }
  return fail(
      error("expected true or false, found " +
            (kind_ == Kind::scalar ? pharos::quoted(scalar_) : std::string(kind_name(kind_)))));
}

Result<std::int64_t> Yaml::integer() const {
  const auto bad = [&] {
    return fail(
        error("expected a whole number, found " +
              (kind_ == Kind::scalar ? pharos::quoted(scalar_) : std::string(kind_name(kind_)))));
  };
  if (kind_ != Kind::scalar || quoted_) return bad();
  auto digits = scalar_;
  std::erase(digits, '_');  // YAML 1.1: 1_000
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.starts_with("0x") || rest.starts_with("0X"))
    base = 16;
  else if (rest.starts_with("0o"))
    base = 8;
  else if (rest.starts_with("0b"))
    base = 2;
  if (base != 10) rest.remove_prefix(2);
  std::uint64_t v = 0;
  const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), v, base);
  const auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + negative;
  if (rest.empty() || ec != std::errc{} || end != rest.data() + rest.size() || v > max)
    return bad();
  return static_cast<std::int64_t>(negative ? 0 - v : v);
}

Result<double> Yaml::real() const {
  const auto bad = [&] {
    return fail(
        error("expected a number, found " +
              (kind_ == Kind::scalar ? pharos::quoted(scalar_) : std::string(kind_name(kind_)))));
  };
  if (kind_ != Kind::scalar || quoted_) return bad();
  std::string_view rest = scalar_;
  const double sign = rest.starts_with('-') ? -1 : 1;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == ".inf" || rest == ".Inf" || rest == ".INF")
    return sign * std::numeric_limits<double>::infinity();
  if (rest == ".nan" || rest == ".NaN" || rest == ".NAN")
    return std::numeric_limits<double>::quiet_NaN();
  double v = 0;
  const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), v);
  if (rest.empty() || !((rest[0] >= '0' && rest[0] <= '9') || rest[0] == '.') ||
      ec != std::errc{} || end != rest.data() + rest.size())
    return bad();
  return sign * v;
}

Result<Millis> Yaml::duration() const {
  const auto word = TRY(text());
  auto parsed = parse_duration(word);
  if (!parsed) return fail(error(parsed.error().message));
  return *parsed;
}

Result<std::uint64_t> Yaml::bytes() const {
  const auto word = TRY(text());
  const auto bad = [&] {
    return fail(
        error("expected a size in bytes such as 512MB or 1GiB, found " + pharos::quoted(word)));
  };
  if (word == "0") return std::uint64_t{0};
  double number = 0;
  const auto [end, ec] =
      std::from_chars(word.data(), word.data() + word.size(), number, std::chars_format::fixed);
  std::string_view unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
  if (ec != std::errc{} || !(number >= 0) || unit.empty() || !unit.ends_with('B')) return bad();
  unit.remove_suffix(1);
  // Powers of 1024 with and without the "i", as Prometheus' units; "kB" (1000) is not among them.
  if (unit.size() == 2 && unit[1] == 'i') unit.remove_suffix(1);
  if (unit.size() > 1) return bad();
  constexpr std::string_view kUnits = "KMGTPE";
  double scale = 1;
  if (!unit.empty()) {
    const auto power = kUnits.find(unit[0]);
    if (power == kUnits.npos) return bad();
    scale = std::ldexp(1.0, static_cast<int>(10 * (power + 1)));
  }
  if (number * scale >= 0x1p63) return bad();
  return static_cast<std::uint64_t>(number * scale);
}

Result<std::vector<std::string>> Yaml::texts() const {
  std::vector<std::string> out;
  if (kind_ == Kind::null) return out;
  if (kind_ != Kind::sequence)
    return fail(error("expected a list, found " + std::string(kind_name(kind_))));
  for (const auto& item : items_) {
    auto word = TRY(item.text());
    out.push_back(std::move(word));
  }
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > 100) return best;
  for (const auto candidate : known)
    if (const auto d = edit_distance(word, candidate); d < distance) {
      best = candidate;
      distance = d;
    }
  return best;
}

}  // namespace pharos::codec

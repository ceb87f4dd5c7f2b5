#include "rules/edited/group_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/json.hpp"

namespace pharos::rules::edited {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;
constexpr std::string_view kHead = "groups:\n";
constexpr std::size_t kIndent = 2;

bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 11> kWords = {"true", "false", "null", "yes", "no", "on",
                                                       "off",  "y",     "n",    "nan", "inf"};
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  return std::ranges::all_of(text, [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '-';
  });
}

// Whether a literal block gives the text back, its line breaks included.
bool is_block(std::string_view text) {
  if (text.find('\n') == text.npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.ends_with("\n\n")) return false;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    const auto line = text.substr(begin, end - begin);
    // A line of blanks would lose them to the next reader's editor.
    if (line.empty() || line.ends_with(' ') || line.starts_with(' ')) {
      if (line.empty() || line.find_first_not_of(' ') == line.npos) return false;
    }
    if (std::ranges::any_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return false;
    begin = end + 1;
  }
  return true;
}

// `indent`: of the key before it.
void put_text(std::string& out, std::string_view text, std::size_t indent) {
  if (is_plain(text)) {
    out += text;
  } else if (!text.empty() && is_block(text)) {
    out += text.ends_with('\n') ? "|" : "|-";
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      out += '\n' + std::string(indent + kIndent, ' ');
      out += rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  } else if (!text.empty() && std::ranges::none_of(text, [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
             })) {
    out += '\'';
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    out += '\'';
  } else {
    codec::put_json_string(out, text);  // a JSON text is a YAML text
  }
  out += '\n';
}

class Writer {
 public:
  std::string out;

  void key(std::size_t indent, std::string_view name) {
    out.append(indent, ' ').append(name).append(": ");
  }
  void text(std::size_t indent, std::string_view name, std::string_view value) {
    key(indent, name);
    put_text(out, value, indent);
  }
  void raw(std::size_t indent, std::string_view name, std::string_view value) {
    key(indent, name);
    out.append(value) += '\n';
  }
  void duration(std::size_t indent, std::string_view name, Millis value) {
    if (value.count() != 0) raw(indent, name, format_duration(value));
  }
  void texts(std::size_t indent, std::string_view name, const Texts& texts) {
    if (texts.empty()) return;
    out.append(indent, ' ').append(name).append(":\n");
    for (const auto& [key, value] : texts) {
      out.append(indent + kIndent, ' ');
      if (is_plain(key))
        out += key;
      else
        codec::put_json_string(out, key);
      out += ": ";
      put_text(out, value, indent + kIndent);
    }
  }
};

std::string_view name_of(NoData no_data) {
  switch (no_data) {
    case NoData::resolve: return "resolve";
    case NoData::hold: return "hold";
    case NoData::alert: break;
  }
  return "alert";
}

void put_rule(Writer& writer, const RuleSpec& rule) {
  constexpr std::size_t kAt = 4;
  writer.out += "  - ";
  writer.text(0, rule.alerting ? "alert" : "record", rule.name);
  writer.text(kAt, "expr", rule.expr);
  writer.duration(kAt, "for", rule.hold);
  writer.duration(kAt, "keep_firing_for", rule.keep_firing);
  if (rule.no_data) writer.raw(kAt, "no_data", name_of(*rule.no_data));
  if (!rule.clear.empty()) writer.text(kAt, "clear", rule.clear);
  if (rule.flap_damping) writer.raw(kAt, "flap_damping", *rule.flap_damping ? "true" : "false");
  writer.texts(kAt, "labels", rule.labels);
  writer.texts(kAt, "annotations", rule.annotations);
}

// Whether a scalar without quotes needs none between brackets; in JSON only these go without.
bool is_bare(std::string_view text, bool json) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (json)
    return text == "true" || text == "false" ||
           (std::ranges::all_of(text, digit) && (text.size() == 1 || !text.starts_with('0')));
  const auto letter = [&](char c) {
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || c == '.' || c == '-'; });
}

void put_in_braces(std::string& out, const codec::Yaml& node, bool json) {
  using Kind = codec::Yaml::Kind;
  bool first = true;
  const auto next = [&] {
    if (!std::exchange(first, false)) out += ", ";
  };
  switch (node.kind()) {
    case Kind::null: out += "null"; return;
    case Kind::scalar:
      if (!node.quoted() && !node.scalar().empty() && is_bare(node.scalar(), json))
        out += node.scalar();
      else
        codec::put_json_string(out, node.scalar());
      return;
    case Kind::sequence:
      out += '[';
      for (const auto& item : node.items()) next(), put_in_braces(out, item, json);
      out += ']';
      return;
    case Kind::map:
      out += '{';
      for (const auto& [key, value] : node.members()) {
        next();
        if (json)
          codec::put_json_string(out, key.scalar());
        else
          put_in_braces(out, key, json);
        out += ": ";
        put_in_braces(out, value, json);
      }
      out += '}';
      return;
  }
}

}  // namespace

std::string group_in_braces(const codec::Yaml& group, bool json) {
  std::string out;
  put_in_braces(out, group, json);
  return out;
}

std::string group_text(const RuleGroupSpec& group) {
  Writer writer;
  writer.text(0, "name", group.name);
  writer.duration(0, "interval", group.interval);
  if (group.query_offset) writer.raw(0, "query_offset", format_duration(*group.query_offset));
  if (group.limit > 0) writer.raw(0, "limit", std::to_string(group.limit));
  writer.texts(0, "labels", group.labels);
  if (group.no_data) writer.raw(0, "no_data", name_of(*group.no_data));
  if (group.flap_damping) writer.raw(0, "flap_damping", *group.flap_damping ? "true" : "false");
  if (!group.rules.empty()) writer.out += "rules:\n";
  for (const auto& rule : group.rules) put_rule(writer, rule);
  return std::move(writer.out);
}

std::string list_item(std::string_view text, std::size_t indent) {
  std::string out;
  const std::string blanks(indent, ' ');
  for (bool first = true; first || !text.empty(); first = false) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    if (first)
      out += blanks + "- ";
    else if (!line.empty())
      out += blanks + "  ";
    out.append(line) += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string file_of(std::string_view text) {
  return std::string(kHead) + list_item(text, kIndent);
}

std::optional<std::string> group_of(std::string_view file) {
  if (!file.starts_with(kHead) || file.find('\r') != file.npos) return std::nullopt;
  file.remove_prefix(kHead.size());
  std::string out;
  for (bool first = true; !file.empty(); first = false) {
    const auto end = std::min(file.find('\n'), file.size());
    auto line = file.substr(0, end);
    const std::string_view before = first ? "  - " : "    ";
    if (line.starts_with(before))
      line.remove_prefix(before.size());
    else if (first || !line.empty())
      return std::nullopt;
    out.append(line) += '\n';
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return out;
}

}  // namespace pharos::rules::edited

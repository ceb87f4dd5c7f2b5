#include "rules/edited/group_file.hpp"

#include <algorithm>

#include "codec/yaml.hpp"
#include "rules/edited/group_text.hpp"

namespace pharos::rules::edited {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kAhead = 200;  // lines that a text may have lost before one that it has

// The line at `at`, with its break.
std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size() - 1) - at + 1);
}
std::string_view without_break(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}
std::size_t blanks_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}
bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == npos; }
bool is_comment(std::string_view line) {
  const auto at = line.find_first_not_of(" \t");
  return at != npos && line[at] == '#';
}
bool ends_document(std::string_view line) {
  return (line.starts_with("---") || line.starts_with("...")) && is_blank(line.substr(3, 1));
}

std::size_t offset_of(std::string_view file, const codec::Yaml& node) {
  std::size_t at = 0;
  for (auto line = node.line(); line > 1 && at < file.size(); --line)
    at += line_at(file, at).size();
  if (node.line() == 1 && file.starts_with(kByteOrderMark)) at += kByteOrderMark.size();
  return at + node.column() - 1;
}

// Where a group in braces ends that begins at `at`, `&anchor !tag` before them included; npos when
// it is none. Not all of YAML: what is cut out is read again.
std::size_t end_of_braces(std::string_view file, std::size_t at) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  std::size_t depth = 0;
  bool word = false;  // within a plain scalar, where quotes are letters
  for (; at < file.size(); ++at) {
    const char c = file[at];
    if (is_space(c)) continue;
    if (c == '#' && at > 0 && is_space(file[at - 1])) {
      at = std::min(file.find('\n', at), file.size());
    } else if (c == '{' || c == '[') {
      ++depth;
      word = false;
    } else if (depth == 0 && c != '&' && c != '!') {
      return npos;
    } else if (c == '}' || c == ']') {
      word = false;
      if (--depth == 0) return at + 1;
    } else if (c == ',' || c == ':') {
      word = word && c == ':' && at + 1 < file.size() && !is_space(file[at + 1]);
    } else if (!word && (c == '"' || c == '\'')) {
      for (++at; at < file.size() && file[at] != c; ++at) at += c == '"' && file[at] == '\\';
    } else if (!word && (c == '&' || c == '!' || c == '*')) {
      at = std::min(file.find_first_of(" \t\r\n,[]{}", at), file.size()) - 1;
    } else if (!word && (c == '-' || c == '?') && at + 1 < file.size() && is_space(file[at + 1])) {
      continue;
    } else {
      word = true;
    }
  }
  return npos;
}

// Comments between the dash and the group's first key are the group's.
std::size_t with_comments_before(std::string_view file, std::size_t begin) {
  auto line = file.rfind('\n', begin == 0 ? 0 : begin - 1);
  line = line == npos ? 0 : line + 1;
  if (!is_blank(file.substr(line, begin - line))) return begin;
  bool comments = false;
  while (line > 0) {
    const auto before = file.rfind('\n', line - 1 == 0 ? 0 : line - 2);
    line = before == npos || before >= line - 1 ? 0 : before + 1;
    const auto text = line_at(file, line);
    if (is_blank(text) || is_comment(text)) {
      comments |= is_comment(text);
      continue;
    }
    const auto dash = blanks_of(text);
    if (dash == text.size() || text[dash] != '-') break;
    const auto rest = without_break(text.substr(dash + 1));
    if (!is_blank(rest) && (!is_comment(rest) || rest.front() == '#')) break;
    comments |= is_comment(rest);
    return comments ? line + dash + 1 + blanks_of(rest) : begin;
  }
  return begin;
}

// Comments right above the dash of a group, as a copy takes them along: in the file they are not the
// group's, as they may be about all that follows.
std::string comments_above(std::string_view file, std::size_t begin) {
  const auto start_of = [&](std::size_t at) {
    const auto before = at == 0 ? npos : file.rfind('\n', at - 1);
    return before == npos ? 0 : before + 1;
  };
  auto line = start_of(begin);
  const auto dash = blanks_of(line_at(file, line));
  if (line + dash >= begin || file[line + dash] != '-') return {};
  std::string out;
  while (line > 0) {
    line = start_of(line - 1);
    const auto text = line_at(file, line);
    if (!is_comment(text) || blanks_of(text) != dash) break;
    out.insert(0, std::string(without_break(text.substr(dash))) + '\n');
  }
  return out;
}

// Where a group of lines may end: the shortest first. `loose`: lines that are indented less may
// still be its own, as some readers let quoted texts be.
void add_ends(std::string_view file, std::size_t begin, std::size_t indent, bool loose,
              std::vector<std::size_t>& ends) {
  auto at = begin + line_at(file, begin).size();
  auto content = at, blank = at;  // ends without and with blank lines behind
  bool only_blank = true;
  while (at < file.size()) {
    const auto line = line_at(file, at);
    if (ends_document(line)) break;
    at += line.size();
    if (is_blank(line)) {
      if (only_blank) blank = at;
      continue;
    }
    only_blank = false;
    if (blanks_of(line) < indent) {
      if (is_comment(line)) continue;
      if (!loose) break;
    }
    content = blank = at;
    only_blank = true;
  }
  ends.push_back(content);
  ends.push_back(blank);
}

std::string shown_line(std::string_view raw, std::size_t indent) {
  raw = without_break(raw);
  return std::string(raw.substr(std::min(indent, blanks_of(raw))));
}

// Where nothing but a dash stands before the brace, lines may take its place and begin where it
// does. Else it is the least indentation of the lines behind the first.
std::size_t indent_of_braces(std::string_view file, std::size_t begin, std::size_t end) {
  const auto before = file.substr(0, begin);
  const auto line = before.substr(before.rfind('\n') + 1);
  if (line.find_first_not_of(" -") == npos) return line.size();
  const auto text = file.substr(begin, end - begin);
  auto least = npos;
  for (auto at = line_at(text, 0).size(); at < text.size(); at += line_at(text, at).size())
    if (const auto line = line_at(text, at); !is_blank(line))
      least = std::min(least, blanks_of(line));
  return least == npos ? 0 : least;
}

std::string_view take_line_of_text(std::string_view& rest) {
  while (!rest.empty()) {
    auto line = without_break(line_at(rest, 0));
    rest.remove_prefix(line_at(rest, 0).size());
    if (is_blank(line)) continue;
    line.remove_prefix(line.find_first_not_of(" \t"));
    return line.substr(0, line.find_last_not_of(" \t") + 1);
  }
  return {};
}

// Whether the lines stand at the beginning of `after`, blanks aside; the file's may go on.
bool begins_with(std::string_view after, std::string_view lines) {
  for (;;) {
    const auto line = take_line_of_text(lines);
    if (line.empty()) return true;
    const auto own = take_line_of_text(after);
    if (!own.starts_with(line) || !is_blank(own.substr(line.size(), 1))) return false;
  }
}

}  // namespace

GroupFile GroupFile::cut(std::string_view file, std::size_t begin, std::size_t end,
                         std::size_t indent) {
  GroupFile out;
  out.before_ = file.substr(0, begin);
  out.after_ = file.substr(end);
  out.indent_ = indent;
  out.line_ = 1 + static_cast<std::uint32_t>(std::ranges::count(out.before_, '\n'));
  if (const auto first = file.find('\n'); first != npos && first > 0 && file[first - 1] == '\r')
    out.break_ = "\r\n";
  const auto group = file.substr(begin, end - begin);
  out.breaks_off_ = !group.ends_with('\n');
  for (std::size_t at = 0; at < group.size();) {
    const auto raw = line_at(group, at);
    Line line{.shown = at == 0 ? std::string(without_break(raw)) : shown_line(raw, indent),
              .raw = std::string(raw)};
    const auto usual = line.shown.empty() ? 0 : indent;
    line.odd = at > 0 && (raw.size() != usual + line.shown.size() + out.break_.size() ||
                          !raw.ends_with(out.break_));
    out.text_.append(line.shown) += '\n';
    out.lines_.push_back(std::move(line));
    at += raw.size();
  }
  return out;
}

Result<GroupFile> GroupFile::read(std::string_view file, const RuleFileOptions& options) {
  const auto whole = parse_rule_file(file, "rules", options);
  if (!whole.errors.empty() || whole.groups.size() != 1)
    return fail(Errc::invalid, "it does not hold one group");
  return cut_group(file, 0, whole.groups.front(), options);
}

Result<std::string> GroupFile::text_of(std::string_view file, const RuleGroupSpec& wanted,
                                       Millis interval_default, const RuleFileOptions& options) {
  const auto whole = parse_rule_file(file, "rules", options);
  if (!whole.errors.empty()) return fail(whole.errors.front());
  for (std::size_t i = 0; i < whole.groups.size(); ++i) {
    const auto& found = whole.groups[i];
    if (found.name != wanted.name) continue;
    auto said = found;
    if (said.interval.count() == 0) said.interval = interval_default;
    if (group_text(said) != group_text(wanted))
      return fail(Errc::conflict, "the group says something else there");
    const auto one = TRY(cut_group(file, i, found, options));
    return comments_above(file, one.before_.size()) + one.text_;
  }
  return fail(Errc::not_found, "there is no such group in it");
}

// What is cut out must say the same where nothing is around it.
Result<GroupFile> GroupFile::cut_group(std::string_view file, std::size_t index,
                                       const RuleGroupSpec& spec, const RuleFileOptions& options) {
  const auto root = TRY(codec::Yaml::parse(file, "rules"));
  const auto wanted = group_text(spec);
  const auto good = [&](const GroupFile& one) {
    const auto alone = parse_rule_group(one.text_, "rules", options);
    return alone.errors.empty() && group_text(alone.groups.front()) == wanted;
  };
  const auto* groups = root.find("groups");
  if (groups == nullptr || index >= groups->items().size())
    return fail(Errc::invalid, "it does not hold the group");
  const auto& node = groups->items()[index];
  const auto first_key = offset_of(file, node);
  if (first_key < file.size()) {
    if (const auto end = end_of_braces(file, first_key); end != npos) {
      const auto indent = indent_of_braces(file, first_key, end);
      auto one = cut(file, first_key, end, indent);
      one.json_ = !node.members().empty() && node.members().front().key.quoted();
      if (good(one)) return one;
    } else {
      const auto indent = node.column() - 1;
      const auto begin = with_comments_before(file, first_key);
      std::vector<std::size_t> ends;
      for (const bool loose : {false, true}) add_ends(file, first_key, indent, loose, ends);
      for (const auto stop : ends)
        if (auto one = cut(file, begin, stop, indent); good(one)) return one;
    }
  }
  return fail(Errc::unsupported,
              "the group cannot be told from what is around it, which must not be lost: lay the "
              "file out as a list of lines, or remove the group and save it anew");
}

std::string_view GroupFile::trimmed(std::string_view text) const {
  while (!text.empty() && is_blank(line_at(text, 0))) text.remove_prefix(line_at(text, 0).size());
  if (text.empty()) return text;
  const auto last = text.find_last_not_of(" \t\r\n");
  text = text.substr(0, last + line_at(text, last).size());
  const auto end = end_of_braces(text, 0);
  if (end != npos && begins_with(after_, text.substr(end))) text = text.substr(0, end);
  return text;
}

std::string GroupFile::with(std::string_view text) const {
  std::vector<std::string_view> wanted;
  for (std::size_t at = 0; at < text.size(); at += line_at(text, at).size())
    wanted.push_back(without_break(line_at(text, at)));
  // What is the same at the beginning and at the end is taken as it is; the first line has no
  // indentation of its own and is no other line's like.
  const auto fewer = std::min(wanted.size(), lines_.size());
  std::size_t head = 0, tail = 0;
  while (head < fewer && wanted[head] == lines_[head].shown) ++head;
  const auto changed = std::max<std::size_t>(head, 1);
  while (tail + changed < fewer &&
         wanted[wanted.size() - 1 - tail] == lines_[lines_.size() - 1 - tail].shown)
    ++tail;

  std::string out = before_;
  const auto put_raw = [&](const Line& line) {
    out += line.raw;
    if (!line.raw.ends_with('\n')) out += break_;
  };
  auto known = changed;  // the first line of the file that may come yet
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto line = wanted[i];
    if (i < head) {
      put_raw(lines_[i]);
      continue;
    }
    if (i + tail >= wanted.size()) {
      put_raw(lines_[lines_.size() - (wanted.size() - i)]);
      continue;
    }
    const auto end = std::min(lines_.size() - tail, known + kAhead);
    auto same = i == 0 ? end : known;
    while (same < end && !(lines_[same].odd && lines_[same].shown == line)) ++same;
    if (same < end) {
      put_raw(lines_[same]);
      known = same + 1;
      continue;
    }
    if (i > 0 && !line.empty()) out.append(indent_, ' ');
    out.append(line).append(break_);
  }
  if (breaks_off_) out.resize(without_break(out).size());
  return out + after_;
}

}  // namespace pharos::rules::edited

#include "model/exposition/line_scanner.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "model/exposition/number.hpp"

namespace pharos::exposition {
namespace {

enum : std::uint8_t { kLabelFirst = 1, kLabelLater = 2, kMetricFirst = 4, kMetricLater = 8 };
constexpr std::array<std::uint8_t, 256> kClass = [] {
  std::array<std::uint8_t, 256> t{};
  for (int c = 'a'; c <= 'z'; ++c) t[c] = t[c - 32] = kLabelFirst | kLabelLater | kMetricFirst | kMetricLater;
  t['_'] = t['a'];
  for (int c = '0'; c <= '9'; ++c) t[c] = kLabelLater | kMetricLater;
  t[':'] = kMetricFirst | kMetricLater;
  return t;
}();
bool is(const char c, std::uint8_t classes) { return kClass[static_cast<unsigned char>(c)] & classes; }

constexpr std::size_t kShownMax = 120;  // of a page in an error message

// Float values of both formats: Go's ParseFloat, hexadecimal and underscores refused.
std::string_view number_error(std::string_view token) {
  return token.find_first_of("pP_") != token.npos ? "unsupported character in float" : "invalid number";
}

}  // namespace

std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case '\\': out += '\\'; break;
      case '"': out += '"'; break;
      default: out += '\\', out += text[i];
    }
  }
  return out;
}

bool LineScanner::fail_text(std::string text) {
  std::size_t line = 1;
  const char* line_begin = begin_;
  for (const char* p = begin_; p < start_; ++p)
    if (*p == '\n') ++line, line_begin = p + 1;
  const char* shown_end = std::min(end_, std::max(at_, start_));
  if (shown_end < end_) ++shown_end;
  const auto shown = std::string_view(start_, static_cast<std::size_t>(shown_end - start_)).substr(0, kShownMax);
  error_ = std::to_string(line) + ":" + std::to_string(std::max(at_, start_) - line_begin + 1) + ": " + std::move(text) +
           " while parsing: " + go_quote(shown);
  return false;
}

bool LineScanner::fail_here(std::string_view expected) {
  const auto got = at_ < end_ ? go_quote(std::string_view(at_, 1)) : std::string("the end of the page");
  return fail_text(std::string(expected) + ", got " + got);
}

Result<bool> LineScanner::next(Entry& entry) {
  const auto refused = [&] { return fail(Errc::invalid, error_); };
  has_exemplar_ = false;
  entry.line = {};
  if (!openmetrics_) {
    for (;;) {
      skip_blanks();
      if (at_ == end_) return false;
      if (*at_ != '\n') break;
      ++at_;
    }
  }
  start_ = at_;
  if (at_ == end_) return fail_text("data does not end with # EOF"), refused();
  if (*at_ == '#') {
    bool finished = false;
    if (!hash_line(entry, finished)) return refused();
    return !finished;
  }
  if (!sample(entry)) return refused();
  return true;
}

bool LineScanner::hash_line(Entry& entry, bool& finished) {
  return openmetrics_ ? openmetrics_hash(entry, finished) : text_hash(entry);
}

bool LineScanner::metadata_name(Entry& entry, std::string_view keyword) {
  const auto expected = "expected metric name after " + std::string(keyword);
  if (at_ == end_) return fail_here(expected);
  if (*at_ == '"') {
    bool escaped = false;
    if (!quoted(entry.name, escaped, true, true)) return fail_here(expected);
    if (escaped) name_scratch_ = unescape(entry.name), entry.name = name_scratch_;
    return true;
  }
  if (!is(*at_, kMetricFirst)) return fail_here(expected);
  const char* const from = at_;
  while (at_ < end_ && is(*at_, kMetricLater)) ++at_;
  entry.name = {from, static_cast<std::size_t>(at_ - from)};
  return true;
}

bool LineScanner::set_type(Entry& entry, std::string_view text) {
  entry.type = parse_metric_type(text);
  if (entry.type != MetricType::unknown) {
    const bool only_openmetrics = entry.type > MetricType::histogram && entry.type != MetricType::summary;
    return openmetrics_ || !only_openmetrics || fail_text("invalid metric type " + go_quote(text));
  }
  if (text == (openmetrics_ ? "unknown" : "untyped")) return true;
  return fail_text("invalid metric type " + go_quote(text));
}

bool LineScanner::openmetrics_hash(Entry& entry, bool& finished) {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const auto keyword = rest.substr(0, 7);
  if (rest.starts_with("# EOF")) {
    at_ += 5;
    if (at_ < end_ && *at_ == '\n') ++at_;
    if (at_ != end_) return fail_text("unexpected data after # EOF");
    return finished = true;
  }
  if (keyword == "# HELP ") entry.kind = EntryKind::help;
  else if (keyword == "# TYPE ") entry.kind = EntryKind::type;
  else if (keyword == "# UNIT ") entry.kind = EntryKind::unit;
  else return fail_here("expected a valid start token");
  at_ += 7;
  if (!metadata_name(entry, keyword.substr(2, 4))) return false;
  const auto* newline = at_ < end_ ? static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_))) : nullptr;
  if (newline == nullptr || *at_ != ' ') return fail_here("expected text in " + std::string(keyword.substr(2, 4)));
  std::string_view text(at_ + 1, static_cast<std::size_t>(newline - at_ - 1));
  if (entry.kind == EntryKind::type) {
    if (!set_type(entry, text)) return false;
  } else if (!is_utf8(text)) {
    return fail_text("text is not valid UTF-8");
  }
  if (entry.kind == EntryKind::unit && !text.empty()) {
    const bool suffix = entry.name.size() > text.size() && entry.name.ends_with(text) && entry.name[entry.name.size() - text.size() - 1] == '_';
    if (!suffix) return fail_text("unit " + go_quote(text) + " not a suffix of metric " + go_quote(entry.name));
  }
  if (entry.kind == EntryKind::help && text.find('\\') != text.npos) scratch_ = unescape(text), text = scratch_;
  entry.text = text;
  at_ = newline + 1;
  return true;
}

bool LineScanner::text_hash(Entry& entry) {
  const auto* newline = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_)));
  const char* const line_end = newline ? newline : end_;
  const auto finish = [&] { at_ = newline ? newline + 1 : end_; return true; };
  const auto is_blank = [&](const char* p) { return p < line_end && (*p == ' ' || *p == '\t'); };
  const char* p = at_ + 1;
  const bool blank_after_hash = is_blank(p);
  while (is_blank(p)) ++p;
  const std::string_view word(p, static_cast<std::size_t>(std::min<std::ptrdiff_t>(4, line_end - p)));
  if (!blank_after_hash || !(word == "HELP" || word == "TYPE") || !is_blank(p + 4)) {
    entry.kind = EntryKind::comment;
    entry.text = {at_, static_cast<std::size_t>(line_end - at_)};
    return finish();
  }
  entry.kind = word == "HELP" ? EntryKind::help : EntryKind::type;
  at_ = p + 4;
  skip_blanks();
  if (!metadata_name(entry, word)) return false;
  if (at_ > line_end) return fail_text("linebreak expected after metadata");
  std::string_view text(at_, static_cast<std::size_t>(line_end - at_));
  if (!text.empty()) text.remove_prefix(1);
  if (entry.kind == EntryKind::type) {
    if (!set_type(entry, text)) return false;
  } else {
    if (!is_utf8(text)) return fail_text("help text " + go_quote(text) + " is not a valid utf8 string");
    if (text.find('\\') != text.npos) {
      // Text 0.0.4 escapes only \\ and \n in help.
      scratch_.clear();
      for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '\\' || text[i + 1] == 'n');
        scratch_ += escape ? (text[++i] == 'n' ? '\n' : '\\') : text[i];
      }
      text = scratch_;
    }
  }
  entry.text = text;
  return finish();
}

// `at_` is on the opening quote; ends behind the closing one.
bool LineScanner::quoted(std::string_view& out, bool& escaped, bool newline_allowed, bool nul_allowed) {
  if (at_ == end_ || *at_ != '"') return false;
  const char* const from = at_ + 1;
  unsigned char seen = 0;
  escaped = false;
  for (const char* p = from; p < end_; ++p) {
    const char c = *p;
    seen |= static_cast<unsigned char>(c);
    if (c == '"') {
      out = {from, static_cast<std::size_t>(p - from)};
      at_ = p + 1;
      if (seen >= 0x80 && !is_utf8(out)) return at_ = from - 1, false;
      return true;
    }
    if (c == '\\') {
      escaped = true;
      if (++p == end_) break;
      seen |= static_cast<unsigned char>(*p);
      if (*p == '\n' && !newline_allowed) break;
    } else if ((c == '\n' && !newline_allowed) || (c == '\0' && !nul_allowed)) {
      break;
    }
  }
  return false;
}

// `at_` is behind the opening brace; ends behind the closing one.
bool LineScanner::label_block(std::vector<RawLabel>& out, bool exemplar) {
  const auto blanks = [&] { if (!openmetrics_) skip_blanks(); };
  blanks();
  while (at_ < end_ && *at_ != '}') {
    RawLabel label;
    const bool in_quotes = *at_ == '"';
    if (in_quotes) {
      if (!quoted(label.name, label.name_escaped, !exemplar, true)) return fail_here("expected label name");
    } else {
      if (!is(*at_, kLabelFirst)) return fail_here("expected label name");
      const char* const from = at_;
      while (at_ < end_ && is(*at_, kLabelLater)) ++at_;
      label.name = {from, static_cast<std::size_t>(at_ - from)};
    }
    blanks();
    if (in_quotes && at_ < end_ && (*at_ == ',' || *at_ == '}')) {  // a quoted text alone is the metric's name
      if (exemplar) return fail_here("expected label name");
      if (name_set_) return fail_text("metric name already set");
      name_ = label.name, name_escaped_ = label.name_escaped, name_set_ = true;
      if (*at_ == ',') ++at_, blanks();
      continue;
    }
    if (at_ == end_ || *at_ != '=') return fail_here("expected equal");
    ++at_;
    blanks();
    if (!quoted(label.value, label.value_escaped, !openmetrics_, !exemplar)) return fail_here("expected label value");
    out.push_back(label);
    blanks();
    if (at_ < end_ && *at_ == ',') ++at_, blanks();
    else if (openmetrics_ && (at_ == end_ || *at_ != '}')) return fail_here("expected comma or brace close");
  }
  if (at_ == end_) return fail_here("expected label name");
  ++at_;
  return true;
}

bool LineScanner::sample(Entry& entry) {
  labels_.clear();
  name_ = {};
  name_set_ = name_escaped_ = false;
  const char* const from = at_;
  if (is(*at_, kMetricFirst)) {
    while (at_ < end_ && is(*at_, kMetricLater)) ++at_;
    name_ = {from, static_cast<std::size_t>(at_ - from)};
    name_set_ = true;
  } else if (*at_ != '{') {
    return fail_here("expected a valid start token");
  }
  const char* series_end = at_;
  if (!openmetrics_) skip_blanks();
  if (at_ < end_ && *at_ == '{') {
    ++at_;
    if (!label_block(labels_, false)) return false;
    series_end = at_;
  }
  if (!name_set_ || name_.empty()) return fail_text("metric name not set");
  entry.kind = EntryKind::sample;
  entry.series = {from, static_cast<std::size_t>(series_end - from)};
  entry.name = name_;
  entry.t_ms.reset();
  entry.start_ms = 0;
  entry.histogram.reset();
  if (!(openmetrics_ ? sample_tail_openmetrics(entry) : sample_tail_text(entry))) return false;
  entry.line = {from, static_cast<std::size_t>(at_ - from)};
  return true;
}

bool LineScanner::value_token(std::string_view& token, std::string_view after) {
  const auto expected = [&] { return "expected value after " + std::string(after); };
  if (openmetrics_) {
    if (at_ == end_ || *at_ != ' ') return fail_here(expected());
    ++at_;
  } else {
    skip_blanks();
  }
  const char* const from = at_;
  while (at_ < end_ && *at_ != ' ' && *at_ != '\n' && (openmetrics_ || (*at_ != '\t' && *at_ != '{'))) ++at_;
  token = {from, static_cast<std::size_t>(at_ - from)};
  return !token.empty() || fail_here(expected());
}

bool LineScanner::sample_tail_text(Entry& entry) {
  std::string_view token;
  if (!value_token(token, "metric")) return false;
  if (!parse_number(token, entry.value)) return fail_text(std::string(number_error(token)) + " " + go_quote(token));
  skip_blanks();
  if (!at_line_end()) {
    const char* const from = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    UnixMillis t = 0;
    if (at_ == from) return fail_here("expected timestamp or new record");
    if (std::from_chars(from, at_, t).ec != std::errc{}) return fail_text("timestamp out of range");
    entry.t_ms = t;
    skip_blanks();
    if (!at_line_end()) return fail_here("expected next entry after timestamp");
  }
  if (at_ < end_) ++at_;
  return true;
}

bool LineScanner::seconds(std::string_view token, UnixMillis& out, std::string_view what) {
  double v = 0;
  if (!parse_number(token, v)) return fail_text(std::string(number_error(token)) + " " + go_quote(token));
  if (!std::isfinite(v) || std::abs(v) > 9.2e15) return fail_text("invalid " + std::string(what) + " " + std::string(token));
  out = static_cast<UnixMillis>(v * 1000);
  return true;
}

bool LineScanner::sample_tail_openmetrics(Entry& entry) {
  std::string_view token;
  if (!value_token(token, "metric")) return false;
  if (!parse_number(token, entry.value)) return fail_text(std::string(number_error(token)) + " " + go_quote(token));
  const auto exemplar_follows = [&] { return end_ - at_ >= 4 && std::memcmp(at_, " # {", 4) == 0; };
  if (at_ < end_ && *at_ == ' ' && !exemplar_follows()) {
    if (!value_token(token, "value")) return false;
    UnixMillis t = 0;
    if (!seconds(token, t, "timestamp")) return false;
    entry.t_ms = t;
    if (at_ < end_ && *at_ != '\n' && !exemplar_follows()) return fail_here("expected next entry after timestamp");
  }
  if (exemplar_follows()) return exemplar();
  if (at_ == end_) return fail_text("data does not end with # EOF");
  if (*at_ != '\n') return fail_here("expected timestamp or # symbol");
  ++at_;
  return true;
}

bool LineScanner::exemplar() {
  at_ += 4;
  exemplar_labels_.clear();
  exemplar_time_.reset();
  if (!label_block(exemplar_labels_, true)) return false;
  std::string_view token;
  if (!value_token(token, "exemplar labels")) return false;
  if (!parse_number(token, exemplar_value_)) return fail_text(std::string(number_error(token)) + " " + go_quote(token));
  if (at_ < end_ && *at_ == ' ') {
    if (!value_token(token, "exemplar value")) return false;
    UnixMillis t = 0;
    if (!seconds(token, t, "exemplar timestamp")) return false;
    exemplar_time_ = t;
  }
  if (at_ == end_) return fail_text("data does not end with # EOF");
  if (*at_ != '\n') return fail_here("expected next entry after exemplar");
  ++at_;
  return has_exemplar_ = true;
}

}  // namespace pharos::exposition

#include "api/alertmanager/alert_scan.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>

#include "base/quoted.hpp"

namespace pharos::api::alertmanager {
namespace {

// Budget: 1 µs an alert of 300 bytes, two thirds of it the two label sets.

constexpr int kDepthMax = 64;  // of what is skipped

constexpr auto kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x80; ++c) plain[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return plain;
}();

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

int digits(const char* at, int n) {
  int value = 0;
  for (int i = 0; i < n; ++i) {
    if (at[i] < '0' || at[i] > '9') return -1;
    value = value * 10 + (at[i] - '0');
  }
  return value;
}

// RFC 3339. Errors are left to the caller: false.
bool read_time(std::string_view text, Time& out) {
  if (text.empty()) {
    out = Time{};
    return true;
  }
  if (text.starts_with("0001-01-01T00:00:00")) {
    out = Time{};
    return true;
  }
  // "2026-11-28T19:22:16Z" with any fraction: what every client sends.
  if (text.size() >= 20 && text.back() == 'Z' && text[10] == 'T' && text[4] == '-' &&
      text[7] == '-' && text[13] == ':' && text[16] == ':') {
    const char* at = text.data();
    const int year = digits(at, 4), month = digits(at + 5, 2), day = digits(at + 8, 2);
    const int hour = digits(at + 11, 2), minute = digits(at + 14, 2), second = digits(at + 17, 2);
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    int millis = 0;
    bool good = year > 0 && month > 0 && day > 0 && date.ok() && hour >= 0 && hour < 24 &&
                minute >= 0 && minute < 60 && second >= 0 && second < 60;
    if (text.size() > 20) {
      good = good && text[19] == '.' && text.size() > 21;
      int scale = 100;
      for (std::size_t i = 20; good && i + 1 < text.size(); ++i, scale /= 10) {
        if (text[i] < '0' || text[i] > '9') good = false;
        millis += (text[i] - '0') * scale;
      }
    }
    if (good) {
      out = Time{std::chrono::sys_days{date}} + std::chrono::hours(hour) +
            std::chrono::minutes(minute) + std::chrono::seconds(second) + Millis(millis);
      return true;
    }
  }
  if (text.size() < 5 || text[4] != '-') return false;  // not a bare number of seconds
  const auto parsed = parse_time(text);
  if (parsed) out = *parsed;
  return parsed.has_value();
}

class Scanner {
 public:
  explicit Scanner(std::string_view body)
      : begin_(body.data()), at_(body.data()), end_(body.data() + body.size()) {}

  Result<ScannedAlerts> run() {
    if (!scan()) return fail(Errc::invalid, error_);
    return std::move(out_);
  }

 private:
  bool scan() {
    blank();
    if (at_ == end_) return broken("unexpected end of JSON input");
    if (!take('[')) {
      if (end_ - at_ >= 4 && std::memcmp(at_, "null", 4) == 0) {
        at_ += 4;
        return finish();
      }
      return broken("expected a list of alerts");
    }
    blank();
    if (!take(']'))
      for (std::size_t i = 0;; ++i) {
        if (i == kAlertsPerBodyMax) return broken("more than 1000000 alerts in one request");
        if (!alert(i)) return false;
        blank();
        if (take(']')) break;
        if (!take(',')) return broken("expected ',' or ']' after an alert");
        blank();
      }
    return finish();
  }

  bool finish() {
    blank();
    return at_ == end_ || broken("unexpected data after the list");
  }

  bool broken(std::string_view what) {
    if (error_.empty()) error_ = std::string(what) + " at byte " + std::to_string(at_ - begin_);
    return false;
  }

  // The alert is left out; what follows is read on.
  void refuse(std::string what) {
    if (refusal_.empty()) refusal_ = std::move(what);
  }

  bool alert(std::size_t position) {
    refusal_.clear();
    scratch_.clear();
    rules::Alert alert;
    bool has_labels = false;
    if (at_ == end_ || *at_ != '{') {
      refuse("expected an object");
      if (!skip(0)) return false;
    } else {
      ++at_;
      blank();
      if (!take('}'))
        for (;;) {
          std::string_view key;
          if (!text(key)) return false;
          blank();
          if (!take(':')) return broken("expected ':' after a key");
          blank();
          if (!member(key, alert, has_labels)) return false;
          blank();
          if (take('}')) break;
          if (!take(',')) return broken("expected ',' or '}' in an alert");
          blank();
        }
      if (!has_labels) refuse("labels in body is required");
    }
    if (refusal_.empty()) {
      out_.alerts.push_back(std::move(alert));
      out_.position.push_back(position);
    } else {
      out_.refused.push_back({position, std::move(refusal_)});
    }
    return true;
  }

  bool member(std::string_view key, rules::Alert& alert, bool& has_labels) {
    if (key == "labels") {
      has_labels = at_ == end_ || *at_ != 'n';  // null is as good as absent
      return labels("labels", alert.labels);
    }
    if (key == "annotations") return labels("annotations", alert.annotations);
    if (key == "startsAt") return time("startsAt", alert.starts_at);
    if (key == "endsAt") return time("endsAt", alert.ends_at);
    if (key == "generatorURL") {
      std::string_view url;
      bool given = false;
      if (!text_or_null("generatorURL", url, given)) return false;
      alert.generator_url = url;
      return true;
    }
    return skip(0);
  }

  bool time(std::string_view name, Time& out) {
    std::string_view value;
    bool given = false;
    if (!text_or_null(name, value, given)) return false;
    if (given && !read_time(value, out))
      refuse(std::string(name) + ": " + quoted(value.substr(0, 100)) + " is not an RFC 3339 time");
    return true;
  }

  bool text_or_null(std::string_view name, std::string_view& out, bool& given) {
    if (at_ != end_ && *at_ == '"') {
      given = true;
      return text(out);
    }
    if (at_ != end_ && *at_ == 'n') return skip(0);
    refuse(std::string(name) + " must be a string");
    return skip(0);
  }

  bool labels(std::string_view name, Labels& out) {
    if (at_ == end_ || *at_ != '{') {
      if (at_ == end_ || *at_ != 'n') refuse(std::string(name) + " must be a map of strings");
      out = {};
      return skip(0);
    }
    ++at_;
    pairs_.clear();
    blank();
    if (!take('}'))
      for (;;) {
        LabelView pair;
        if (!text(pair.name)) return false;
        blank();
        if (!take(':')) return broken("expected ':' after a name");
        blank();
        if (at_ != end_ && *at_ == '"') {
          if (!text(pair.value)) return false;
          if (pairs_.size() == kAlertLabelsMax)
            refuse("more than " + std::to_string(kAlertLabelsMax) + " " + std::string(name));
          else if (!pair.value.empty())
            pairs_.push_back(pair);
        } else {
          if (at_ == end_ || *at_ != 'n')  // null is an empty value
            refuse(std::string(name) + ": the value of " + quoted(pair.name.substr(0, 100)) +
                   " must be a string");
          if (!skip(0)) return false;
        }
        blank();
        if (take('}')) break;
        if (!take(',')) return broken("expected ',' or '}' in " + std::string(name));
        blank();
      }
    build(out);
    return true;
  }

  void build(Labels& out) {
    const auto less = [](const LabelView& a, const LabelView& b) { return a.name < b.name; };
    if (!std::ranges::is_sorted(pairs_, less)) std::ranges::stable_sort(pairs_, less);
    // Of a name given twice the last value counts, as in Go's maps.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      if (i + 1 == pairs_.size() || pairs_[i].name != pairs_[i + 1].name)
        pairs_[kept++] = pairs_[i];
    out = Labels::from_sorted(std::span(pairs_).first(kept));
  }

  void blank() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // A string: a view of the body when nothing in it is escaped, else of a text of its own.
  bool text(std::string_view& out) {
    if (!take('"')) return broken("expected a string");
    const char* const from = at_;
    while (at_ != end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
    if (at_ != end_ && *at_ == '"') {
      out = {from, static_cast<std::size_t>(at_ - from)};
      ++at_;
      return true;
    }
    auto& own = scratch_.emplace_back(from, at_);
    while (at_ != end_) {
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        ++at_;
        out = own;
        return true;
      }
      if (c == '\\') {
        if (!escape(own)) return false;
      } else if (c < 0x20) {
        return broken("invalid character in string literal");
      } else if (c < 0x80) {
        own += *at_++;
      } else if (const auto n = utf8_length({at_, static_cast<std::size_t>(end_ - at_)}); n > 0) {
        own.append(at_, n);
        at_ += n;
      } else {
        own += "\xEF\xBF\xBD";  // as Go's decoder
        ++at_;
      }
    }
    return broken("unexpected end of a string");
  }

  bool escape(std::string& own) {
    ++at_;
    if (at_ == end_) return broken("unexpected end of a string");
    const char c = *at_++;
    switch (c) {
      case '"': own += '"'; return true;
      case '\\': own += '\\'; return true;
      case '/': own += '/'; return true;
      case 'b': own += '\b'; return true;
      case 'f': own += '\f'; return true;
      case 'n': own += '\n'; return true;
      case 'r': own += '\r'; return true;
      case 't': own += '\t'; return true;
      case 'u': break;
      default: --at_; return broken("invalid escape in a string");
    }
    std::uint32_t code = 0;
    if (!hex(code)) return broken("invalid \\u escape");
    if (code >= 0xD800 && code < 0xDC00) {
      std::uint32_t low = 0;
      const char* const before = at_;
      if (end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u') {
        at_ += 2;
        if (!hex(low)) return broken("invalid \\u escape");
      }
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {  // half a pair
        at_ = before;
        code = 0xFFFD;
      }
    } else if (code >= 0xDC00 && code < 0xE000) {
      code = 0xFFFD;
    }
    put_utf8(own, code);
    return true;
  }

  bool hex(std::uint32_t& code) {
    if (end_ - at_ < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const char c = *at_++;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return false;
      code = code << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
  }

  static void put_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
          put(0x80 | (code & 0x3F));
    }
  }

  // Any value, looked at only as far as its end must be found.
  bool skip(int depth) {
    if (at_ == end_) return broken("unexpected end of JSON input");
    if (depth == kDepthMax) return broken("nested deeper than 64");
    if (*at_ == '"') {
      std::string_view ignored;
      return text(ignored);
    }
    if (*at_ == '{' || *at_ == '[') return skip_nested(depth);
    const char* const from = at_;
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && !is_blank(*at_)) ++at_;
    const std::string_view word(from, static_cast<std::size_t>(at_ - from));
    if (word == "true" || word == "false" || word == "null" || is_number(word)) return true;
    at_ = from;
    return broken("invalid character");
  }

  bool skip_nested(int depth) {
    const bool object = *at_ == '{';
    const char close = object ? '}' : ']';
    ++at_;
    blank();
    if (take(close)) return true;
    for (;;) {
      if (object) {
        std::string_view key;
        if (!text(key)) return false;
        blank();
        if (!take(':')) return broken("expected ':' after a key");
        blank();
      }
      if (!skip(depth + 1)) return false;
      blank();
      if (take(close)) return true;
      if (!take(',')) return broken("expected ','");
      blank();
    }
  }

  static bool is_number(std::string_view word) {
    std::size_t i = word.starts_with('-') ? 1 : 0;
    const auto run = [&] {
      const auto from = i;
      while (i < word.size() && word[i] >= '0' && word[i] <= '9') ++i;
      return i > from;
    };
    const auto from = i;
    if (!run() || (word[from] == '0' && i - from > 1)) return false;
    if (i < word.size() && word[i] == '.') {
      ++i;
      if (!run()) return false;
    }
    if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
      ++i;
      if (i < word.size() && (word[i] == '+' || word[i] == '-')) ++i;
      if (!run()) return false;
    }
    return i == word.size();
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  ScannedAlerts out_;
  std::string error_, refusal_;
  std::vector<LabelView> pairs_;
  std::deque<std::string> scratch_;  // texts of the current alert that had escapes
};

}  // namespace

Result<ScannedAlerts> scan_alerts(std::string_view body) {
  return Scanner(body).run();
}

}  // namespace pharos::api::alertmanager

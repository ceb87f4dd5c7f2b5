// Walking the text of /proc files: lines, blank-separated fields, numbers. Never beyond its end.
#pragma once
#include <charconv>
#include <cstdint>
#include <string_view>

namespace pharos::scrape::host {

// for (Lines lines(text); lines.next();) { Fields f(lines.line()); … }
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool next() {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    return true;
  }
  std::string_view line() const { return line_; }

 private:
  std::string_view rest_, line_;
};

class Fields {
 public:
  explicit Fields(std::string_view line, char separator = ' ') : rest_(line), separator_(separator) {}
  // "" behind the last.
  std::string_view next() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    std::size_t n = 0;
    while (n < rest_.size() && !is_blank(rest_[n])) ++n;
    const auto out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  void skip(int n) { while (n-- > 0) next(); }
  double number() { return to_number(next()); }
  std::string_view rest() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    return rest_;
  }
  bool empty() { return rest().empty(); }

  static double to_number(std::string_view text) {  // 0 for what is no number
    double v = 0;
    std::from_chars(text.data(), text.data() + text.size(), v);
    return v;
  }
  static std::uint64_t to_hex(std::string_view text) {
    std::uint64_t v = 0;
    std::from_chars(text.data(), text.data() + text.size(), v, 16);
    return v;
  }

 private:
  bool is_blank(char c) const { return c == separator_ || c == '\t' || c == ' '; }
  std::string_view rest_;
  char separator_;
};

}  // namespace pharos::scrape::host

#include "ingest/otlp_names.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/quoted.hpp"

namespace pharos::ingest {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// UCUM units to Prometheus' words.
constexpr Pair kUnits[] = {
    {"d", "days"}, {"h", "hours"}, {"min", "minutes"}, {"s", "seconds"}, {"ms", "milliseconds"}, {"us", "microseconds"},
    {"ns", "nanoseconds"}, {"By", "bytes"}, {"KiBy", "kibibytes"}, {"MiBy", "mebibytes"}, {"GiBy", "gibibytes"},
    {"TiBy", "tibibytes"}, {"KBy", "kilobytes"}, {"MBy", "megabytes"}, {"GBy", "gigabytes"}, {"TBy", "terabytes"},
    {"m", "meters"}, {"V", "volts"}, {"A", "amperes"}, {"J", "joules"}, {"W", "watts"}, {"g", "grams"},
    {"Cel", "celsius"}, {"Hz", "hertz"}, {"1", ""}, {"%", "percent"}};
constexpr Pair kPerUnits[] = {{"s", "second"}, {"m", "minute"}, {"h", "hour"}, {"d", "day"},
                              {"w", "week"},   {"mo", "month"}, {"y", "year"}};

std::string_view word_of(std::string_view unit, std::span<const Pair> words) {
  for (const auto& [key, word] : words)
    if (key == unit) return word;
  return unit;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct UnitWords {
  std::string main, per;  // "bytes", "per_second"
};
UnitWords unit_words(std::string_view unit) {
  UnitWords words;
  const auto slash = unit.find('/');
  const auto main = trim(unit.substr(0, slash));
  if (!main.empty() && main.find_first_of("{}") == main.npos) words.main = word_of(main, kUnits);
  if (slash == unit.npos) return words;
  const auto per = trim(unit.substr(slash + 1));
  if (!per.empty() && per.find_first_of("{}") == per.npos) {
    const auto word = word_of(per, kPerUnits);
    if (!word.empty()) words.per = "per_" + std::string(word);
  }
  return words;
}

// Other characters become one underscore; none leads.
std::string clean_unit(std::string_view unit) {
  std::string out;
  for (const char c : unit) {
    if (is_letter_or_digit(c) || c == ':') out += c;
    else if (!out.empty() && out.back() != '_') out += '_';
  }
  return out;
}

void trim_end_underscore(std::string& text) {
  if (text.ends_with('_')) text.pop_back();
}

std::string with_suffixes_escaped(std::string_view name, std::string_view unit, OtlpKind kind) {
  std::vector<std::string> tokens;
  std::string token;
  const auto flush = [&] {
    if (!token.empty()) tokens.push_back(std::exchange(token, {}));
  };
  for (const char c : name) {
    if (is_letter_or_digit(c) || c == ':') token += c;
    else flush();
  }
  flush();
  const auto has = [&](const std::string& word) { return std::find(tokens.begin(), tokens.end(), word) != tokens.end(); };
  auto words = unit_words(unit);
  auto main = clean_unit(words.main), per = clean_unit(words.per);
  if (has(main)) main.clear();
  if (per == "per_") {
    per.clear();
  } else {
    trim_end_underscore(per);
    if (has(per)) per.clear();
  }
  if (!per.empty()) trim_end_underscore(main);
  if (!main.empty()) tokens.push_back(main);
  if (!per.empty()) tokens.push_back(per);
  if (kind == OtlpKind::counter) {
    std::erase(tokens, "total");
    tokens.emplace_back("total");
  }
  if (unit == "1" && kind == OtlpKind::gauge) {
    std::erase(tokens, "ratio");
    tokens.emplace_back("ratio");
  }
  std::string out;
  for (const auto& t : tokens) out += (out.empty() ? "" : "_") + t;
  if (!out.empty() && is_digit(out[0])) out.insert(0, 1, '_');
  return out;
}

std::string with_suffixes_unescaped(std::string_view given, std::string_view unit, OtlpKind kind) {
  std::string name(given);
  // A suffix that is there already moves to the end instead of being doubled.
  const auto take_off = [&](std::string_view suffix) {
    if (name.ends_with(suffix) && name.size() > suffix.size() + 1) name.resize(name.size() - suffix.size() - 1);
  };
  const bool ratio = unit == "1" && kind == OtlpKind::gauge, total = kind == OtlpKind::counter;
  const auto words = unit_words(unit);
  if (ratio) take_off("ratio");
  if (total) take_off("total");
  if (!words.per.empty()) take_off(words.per);
  if (!words.main.empty() && !name.ends_with(words.main)) name += '_' + words.main;
  if (!words.per.empty()) name += '_' + words.per;
  if (total) name += "_total";
  if (ratio) name += "_ratio";
  return name;
}

}  // namespace

Result<std::string> otlp_metric_name(std::string_view name, std::string_view unit, OtlpKind kind, const OtlpConfig& config) {
  std::string out;
  if (!config.escape_to_underscores) {
    out = config.add_suffixes ? with_suffixes_unescaped(name, unit, kind) : std::string(name);
  } else if (config.add_suffixes) {
    out = with_suffixes_escaped(name, unit, kind);
  } else {
    bool gap = false;
    for (const char c : name) {
      if (is_letter_or_digit(c) || c == ':' || c == '_') {
        if (gap && !out.empty()) out += '_';
        gap = false;
        out += c;
      } else {
        gap = true;
      }
    }
    if (!out.empty() && is_digit(out[0])) out.insert(0, 1, '_');
  }
  if (out.empty()) return fail(Errc::invalid, "normalization for metric " + quoted(name) + " resulted in empty name");
  if (out != name && out.find_first_not_of('_') == out.npos)
    return fail(Errc::invalid, "normalization for metric " + quoted(name) + " resulted in invalid name " + quoted(out));
  return out;
}

std::string otlp_unit_name(std::string_view unit) {
  const auto words = unit_words(unit);
  auto main = clean_unit(words.main), per = clean_unit(words.per);
  if (per == "per_") per.clear();
  trim_end_underscore(per);
  if (per.empty()) return main;
  trim_end_underscore(main);
  return main.empty() ? per : main + '_' + per;
}

Result<std::string> otlp_label_name(std::string_view name, const OtlpConfig& config) {
  if (name.empty()) return fail(Errc::invalid, "label name is empty");
  std::string out;
  if (!config.escape_to_underscores) {
    out = name;
  } else {
    for (std::size_t i = 0; i < name.size(); ++i) {
      const auto byte = static_cast<unsigned char>(name[i]);
      if ((byte & 0xc0) == 0x80) continue;  // one underscore for a character, not for each of its bytes
      const char c = is_letter_or_digit(name[i]) ? name[i] : '_';
      if (c == '_' && !config.label_name_preserve_multiple_underscores && out.ends_with('_')) continue;
      out += c;
    }
    if (is_digit(out[0])) out.insert(0, "key_");
    else if (config.label_name_underscore_sanitization && out.starts_with('_') && !out.starts_with("__")) out.insert(0, "key");
  }
  if (out.find_first_not_of('_') == out.npos)
    return fail(Errc::invalid, "normalization for label name " + quoted(name) + " resulted in invalid name " + quoted(out));
  return out;
}

}  // namespace pharos::ingest

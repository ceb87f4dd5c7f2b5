#include "model/exposition/lint.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/quoted.hpp"
#include "model/exposition/exposition.hpp"

namespace pharos::exposition {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kUnits{{
    {"amperes", "amperes"}, {"bits", "bytes"},    {"bytes", "bytes"},        {"calories", "joules"},
    {"celsius", "celsius"}, {"days", "seconds"},  {"fahrenheit", "celsius"}, {"grams", "grams"},
    {"hours", "seconds"},   {"inches", "meters"}, {"joules", "joules"},      {"kelvin", "kelvin"},
    {"kelvins", "kelvin"},  {"meters", "meters"}, {"metres", "metres"},      {"miles", "meters"},
    {"minutes", "seconds"}, {"ounces", "grams"},  {"pounds", "grams"},       {"rankine", "celsius"},
    {"seconds", "seconds"}, {"volts", "volts"},   {"weeks", "seconds"},      {"yards", "meters"},
}};
constexpr std::array<std::string_view, 18> kPrefixes{
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo",
    "kibi", "mega", "mibi",  "giga",  "gibi",  "tera", "tebi", "peta",  "pebi"};
constexpr std::array<std::string_view, 14> kAbbreviations{"s",  "ms", "us", "ns", "sec", "b", "kb",
                                                          "mb", "gb", "tb", "pb", "m",   "h", "d"};
constexpr std::array<std::pair<MetricType, std::string_view>, 5> kTypeWords{
    {{MetricType::counter, "counter"},
     {MetricType::gauge, "gauge"},
     {MetricType::summary, "summary"},
     {MetricType::histogram, "histogram"},
     {MetricType::gauge_histogram, "gauge_histogram"}}};

struct Family {
  MetricType type = MetricType::unknown;
  bool has_help = false;
  std::vector<Labels> metrics;  // without what tells the series of one histogram or summary apart
  std::set<Labels> seen, series;
  bool repeated = false;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

bool is_camel(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (text[i - 1] >= 'a' && text[i - 1] <= 'z' && text[i] >= 'A' && text[i] <= 'Z') return true;
  return false;
}

// As a word of the name: "_word_" inside or "_word" at its end.
bool has_word(std::string_view name, std::string_view word) {
  const auto with = "_" + std::string(word);
  return name.ends_with(with) || name.find(with + "_") != name.npos;
}

std::string_view base_unit(std::string_view word) {
  for (const auto& [unit, base] : kUnits)
    if (unit == word) return base;
  return {};
}

// The first word of the name that is a unit, and what to use instead.
std::optional<std::pair<std::string_view, std::string_view>> unit_of(std::string_view name) {
  for (auto rest = name;;) {
    const auto word = rest.substr(0, rest.find('_'));
    if (const auto base = base_unit(word); !base.empty()) return std::pair{word, base};
    for (const auto prefix : kPrefixes)
      if (word.starts_with(prefix))
        if (const auto base = base_unit(word.substr(prefix.size())); !base.empty())
          return std::pair{word, base};
    if (word.size() == rest.size()) return std::nullopt;
    rest.remove_prefix(word.size() + 1);
  }
}

class Linter {
 public:
  Status read(std::string_view page) {
    std::string whole(page);
    if (!whole.empty() && whole.back() != '\n') whole += '\n';
    const auto parser = make_parser(Format::text, whole);
    Entry entry;
    for (;;) {
      const bool more = TRY(parser->next(entry));
      if (!more) return {};
      if (entry.kind == EntryKind::help) families_[std::string(entry.name)].has_help = true;
      if (entry.kind == EntryKind::type) families_[std::string(entry.name)].type = entry.type;
      if (entry.kind == EntryKind::sample) take(parser->labels());
    }
  }

  std::vector<LintProblem> judge() {
    for (const auto& [name, family] : families_)
      if (!family.series.empty()) judge(name, family);
    std::sort(problems_.begin(), problems_.end(), [](const LintProblem& a, const LintProblem& b) {
      return std::tie(a.metric, a.text) < std::tie(b.metric, b.text);
    });
    return std::move(problems_);
  }

 private:
  void take(const Labels& labels) {
    const auto name = labels.metric_name();
    auto* family = &families_[std::string(name)];
    bool part = false;
    if (family->type == MetricType::unknown && !family->has_help)
      for (const auto type : {MetricType::histogram, MetricType::summary}) {
        const auto base = family_of(name, type);
        const auto found = base == name ? families_.end() : families_.find(std::string(base));
        if (found == families_.end() || found->second.type != type) continue;
        family = &found->second;
        part = true;
        break;
      }
    LabelsBuilder builder(labels);
    builder.set(kMetricName, "");
    if (part || family->type == MetricType::summary) {
      if (family->type == MetricType::histogram) builder.set("le", "");
      if (family->type == MetricType::summary) builder.set("quantile", "");
    }
    auto metric = builder.build();
    family->repeated |= !family->series.insert(labels).second;
    if (family->seen.insert(metric).second) family->metrics.push_back(std::move(metric));
  }

  void judge(const std::string& name, const Family& family) {
    const auto say = [&](std::string text) { problems_.push_back({name, std::move(text)}); };
    const auto type = family.type;
    const bool histogram = type == MetricType::histogram, summary = type == MetricType::summary,
               untyped = type == MetricType::unknown;
    if (!family.has_help) say("no help text");
    if (const auto unit = unit_of(name); unit && unit->first != unit->second)
      say("use base unit " + quoted(unit->second) + " instead of " + quoted(unit->first));
    if (type == MetricType::counter && !name.ends_with("_total"))
      say("counter metrics should have \"_total\" suffix");
    if (type != MetricType::counter && !untyped && name.ends_with("_total"))
      say("non-counter metrics should not have \"_total\" suffix");
    if (!untyped) {
      if (!histogram && name.ends_with("_bucket"))
        say("non-histogram metrics should not have \"_bucket\" suffix");
      for (const std::string_view suffix : {"_count", "_sum"})
        if (!histogram && !summary && name.ends_with(suffix))
          say("non-histogram and non-summary metrics should not have " + quoted(suffix) +
              " suffix");
      for (const auto& metric : family.metrics) {
        if (!histogram && metric.contains("le"))
          say("non-histogram metrics should not have \"le\" label");
        if (!summary && metric.contains("quantile"))
          say("non-summary metrics should not have \"quantile\" label");
      }
    }
    const auto lowered = lower(name);
    for (const auto& [unused, word] : kTypeWords)
      if (has_word(lowered, word))
        say("metric name should not include type '" + std::string(word) + "'");
    if (name.find(':') != name.npos) say("metric names should not contain ':'");
    if (is_camel(name)) say("metric names should be written in 'snake_case' not 'camelCase'");
    for (const auto& metric : family.metrics)
      for (const auto& [label, value] : metric)
        if (is_camel(label)) say("label names should be written in 'snake_case' not 'camelCase'");
    for (const auto word : kAbbreviations)
      if (has_word(lowered, word)) say("metric names should not contain abbreviated units");
    if (family.repeated) say("metric not unique");
  }

  std::map<std::string, Family> families_;
  std::vector<LintProblem> problems_;
};

}  // namespace

Result<std::vector<LintProblem>> lint(std::string_view page) {
  Linter linter;
  TRY(linter.read(page));
  return linter.judge();
}

}  // namespace pharos::exposition

// The strict OpenMetrics 1.0 validator: the rules of the specification and of its reference parser.
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "model/exposition/exposition.hpp"
#include "model/exposition/line_scanner.hpp"
#include "model/exposition/number.hpp"

namespace pharos::exposition {
namespace {

constexpr std::size_t kExemplarRunesMax = 128;

using LabelMap = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  LabelMap labels;
  double value = 0;
  std::optional<double> time;
  bool has_exemplar = false;
};

std::vector<std::string_view> suffixes(std::optional<MetricType> type) {
  switch (type.value_or(MetricType::unknown)) {
    case MetricType::counter: return {"_total", "_created"};
    case MetricType::summary: return {"_count", "_sum", "", "_created"};
    case MetricType::histogram: return {"_count", "_sum", "_bucket", "_created"};
    case MetricType::gauge_histogram: return {"_gcount", "_gsum", "_bucket"};
    case MetricType::info: return {"_info"};
    default: return {""};
  }
}

// The specification demands one spelling only for the last bucket's bound.
bool is_uncanonical(const std::string& text, double v) { return std::isinf(v) && v > 0 && text != "+Inf"; }
bool is_whole(double v) { return std::isfinite(v) && v == std::floor(v); }

// One line's grammar, stricter than a scraper's: no trailing comma, no repeated label, no stray blanks.
class StrictLine {
 public:
  explicit StrictLine(std::string_view line) : rest_(line) {}

  bool parse(Sample& out, std::string& error) {
    const bool ok = parse_sample(out);
    error = error_;
    return ok;
  }

 private:
  bool no(std::string why) { return error_ = std::move(why), false; }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool parse_sample(Sample& out) {
    const auto name_end = rest_.find_first_of("{ ");
    if (name_end == rest_.npos) return no("no value");
    out.name = rest_.substr(0, name_end);
    rest_.remove_prefix(name_end);
    if (take("{") && !labels(out.labels, &out.name)) return false;
    if (out.name.empty() || (!quoted_name_ && !is_legacy_metric_name(out.name))) return no("invalid metric name " + go_quote(out.name));
    if (!number(out.value, "value")) return false;
    if (rest_.starts_with(" ") && !rest_.starts_with(" # ")) {
      double t = 0;
      if (!number(t, "timestamp") || !std::isfinite(t)) return no("invalid timestamp");
      out.time = t;
    }
    if (rest_.empty()) return true;
    if (!take(" # {")) return no("unexpected text " + go_quote(rest_));
    LabelMap exemplar;
    if (!labels(exemplar, nullptr)) return false;
    std::size_t runes = 0;
    for (const auto& [name, value] : exemplar)
      for (const auto* text : {&name, &value})
        for (const char c : *text) runes += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (runes > kExemplarRunesMax) return no("exemplar labels are longer than 128 characters");
    double v = 0;
    if (!number(v, "exemplar value")) return false;
    if (!rest_.empty() && (!number(v, "exemplar timestamp") || !std::isfinite(v))) return no("invalid exemplar timestamp");
    if (!rest_.empty()) return no("unexpected text " + go_quote(rest_));
    return out.has_exemplar = true;
  }

  bool number(double& out, std::string_view what) {
    if (!take(" ")) return no("expected a blank before the " + std::string(what));
    const auto token = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(token.size());
    if (!parse_number(token, out)) return no("invalid " + std::string(what) + " " + go_quote(token));
    return true;
  }

  bool quoted(std::string& out) {
    if (!take("\"")) return no("expected a quoted text");
    std::size_t i = 0;
    while (i < rest_.size() && rest_[i] != '"') i += rest_[i] == '\\' ? 2 : 1;
    if (i >= rest_.size()) return no("unterminated quoted text");
    if (!is_utf8(rest_.substr(0, i))) return no("text is not valid UTF-8");
    out = unescape(rest_.substr(0, i));
    rest_.remove_prefix(i + 1);
    return true;
  }

  bool labels(LabelMap& out, std::string* metric_name) {
    if (take("}")) return true;
    for (;;) {
      std::string name, value;
      const bool in_quotes = rest_.starts_with("\"");
      if (in_quotes) {
        if (!quoted(name)) return false;
        if (!rest_.starts_with("=")) {  // the metric's name
          if (metric_name == nullptr || !metric_name->empty()) return no("metric name set twice");
          *metric_name = name;
          quoted_name_ = true;
          if (take("}")) return true;
          if (!take(",")) return no("expected ',' or '}'");
          continue;
        }
      } else {
        const auto end = rest_.find('=');
        if (end == rest_.npos) return no("label without value");
        name = rest_.substr(0, end);
        rest_.remove_prefix(end);
        if (!is_legacy_label_name(name)) return no("invalid label name " + go_quote(name));
      }
      if (!take("=") || !quoted(value)) return no("label " + go_quote(name) + " without quoted value");
      if (!out.emplace(name, value).second) return no("label " + go_quote(name) + " is repeated");
      if (take("}")) return true;
      if (!take(",")) return no("expected ',' or '}'");
    }
  }

  std::string_view rest_;
  std::string error_;
  bool quoted_name_ = false;
};

class Validator {
 public:
  Status run(std::string_view page) {
    bool eof = false;
    for (; !page.empty(); ++line_number_) {
      const auto newline = page.find('\n');
      const auto line = page.substr(0, newline);
      page.remove_prefix(newline == page.npos ? page.size() : newline + 1);
      if (eof) return bad("text after # EOF");
      if (line.empty()) return bad("blank line");
      if (line == "# EOF") eof = true;
      else if (line[0] == '#') TRY(metadata(line));
      else if (newline == page.npos) return bad("line without newline");
      else TRY(sample(line));
    }
    TRY(finish_family());
    if (!eof) return bad("# EOF is missing at the end");
    return {};
  }

 private:
  Status bad(std::string what) const { return fail(Errc::invalid, "line " + std::to_string(line_number_) + ": " + std::move(what)); }

  void begin_family(std::string name) {
    name_ = std::move(name);
    has_family_ = true;
    type_.reset();
    help_ = false;
    unit_.reset();
    samples_.clear();
    forget_groups();
  }
  void forget_groups() {
    group_.reset();
    seen_groups_.clear();
    group_time_.reset();
    group_series_.clear();
  }

  Status metadata(std::string_view line) {
    // "# KEYWORD name text", one blank each; the name may be quoted.
    if (!line.starts_with("# ")) return bad("invalid comment: only HELP, TYPE, UNIT and EOF are allowed");
    line.remove_prefix(2);
    const auto keyword = line.substr(0, line.find(' '));
    if (keyword.size() == line.size()) return bad("invalid metadata line");
    line.remove_prefix(keyword.size() + 1);
    std::string name;
    if (line.starts_with("\"")) {
      std::size_t i = 1;
      while (i < line.size() && line[i] != '"') i += line[i] == '\\' ? 2 : 1;
      if (i >= line.size()) return bad("unterminated metric name");
      name = unescape(line.substr(1, i - 1));
      line.remove_prefix(i + 1);
      if (name.empty() || !is_utf8(name)) return bad("invalid metric name");
    } else {
      name = line.substr(0, line.find(' '));
      line.remove_prefix(name.size());
      if (!is_legacy_metric_name(name)) return bad("invalid metric name " + go_quote(name));
    }
    if (!line.starts_with(" ")) return bad("metadata without text");
    const auto text = line.substr(1);
    if (!is_utf8(text)) return bad("text is not valid UTF-8");
    if (has_family_ && name == name_ && !samples_.empty()) return bad("metadata after samples of " + go_quote(name));
    if (!has_family_ || name != name_) {
      TRY(finish_family());
      begin_family(name);
    }
    if (keyword == "HELP") {
      if (help_) return bad("more than one HELP for " + go_quote(name));
      help_ = true;
    } else if (keyword == "TYPE") {
      if (type_) return bad("more than one TYPE for " + go_quote(name));
      type_ = parse_metric_type(text);
      if (*type_ == MetricType::unknown && text != "unknown") return bad("invalid type " + go_quote(text));
    } else if (keyword == "UNIT") {
      if (unit_) return bad("more than one UNIT for " + go_quote(name));
      unit_ = std::string(text);
    } else {
      return bad("invalid metadata keyword " + go_quote(keyword));
    }
    return {};
  }

  bool belongs(const Sample& s) const {
    if (!has_family_ || !s.name.starts_with(name_)) return false;
    const auto suffix = std::string_view(s.name).substr(name_.size());
    for (const auto allowed : suffixes(type_))
      if (suffix == allowed) return true;
    return false;
  }

  LabelMap group_of(const Sample& s, MetricType type) const {
    auto group = s.labels;
    if (type == MetricType::info) group.clear();
    else if (type == MetricType::summary && s.name == name_) group.erase("quantile");
    else if (type == MetricType::stateset) group.erase(name_);
    else if ((type == MetricType::histogram || type == MetricType::gauge_histogram) && s.name == name_ + "_bucket") group.erase("le");
    return group;
  }

  Status sample(std::string_view line) {
    Sample s;
    if (std::string why; !StrictLine(line).parse(s, why)) return bad(why);
    if (!belongs(s)) {
      TRY(finish_family());
      begin_family(s.name);
      type_ = MetricType::unknown;
    }
    TRY(check_labels(s));
    TRY(check_group(s));
    return check_value(s);
  }

  Status check_labels(const Sample& s) const {
    const auto type = type_.value_or(MetricType::unknown);
    const auto label = [&](const std::string& name) -> const std::string* {
      const auto at = s.labels.find(name);
      return at == s.labels.end() ? nullptr : &at->second;
    };
    if (type == MetricType::stateset && label(name_) == nullptr) return bad("stateset sample without its label");
    if (s.name == name_ + "_bucket") {
      const auto* le = label("le");
      double v = 0;
      if (le == nullptr || !parse_number(*le, v) || std::isnan(v) || is_uncanonical(*le, v)) return bad("missing or invalid le");
      if (!is_whole(s.value)) return bad("bucket value is not a whole number");
    }
    if ((s.name == name_ + "_count" || s.name == name_ + "_gcount") && !is_whole(s.value)) return bad("count is not a whole number");
    if (type == MetricType::summary && s.name == name_) {
      const auto* quantile = label("quantile");
      double v = 0;
      if (quantile == nullptr || !parse_number(*quantile, v) || !(v >= 0 && v <= 1)) return bad("missing or invalid quantile");
    }
    return {};
  }

  Status check_group(const Sample& s) {
    const auto type = type_.value_or(MetricType::unknown);
    const auto group = group_of(s, type);
    if (group_ && group != *group_ && seen_groups_.contains(group)) return bad("samples of one metric are not together");
    if (group_ && group == *group_) {
      if (s.time.has_value() != group_time_.has_value()) return bad("samples with and without timestamp in one metric");
      if (group_time_ && *group_time_ > *s.time && type != MetricType::info) return bad("timestamps go backwards");
    } else {
      group_series_.clear();
    }
    const auto series = std::pair(s.name, s.labels);
    if (s.time != group_time_ || !group_series_.contains(series)) samples_.push_back(s);
    group_series_.insert(series);
    seen_groups_.insert(group);
    group_ = group;
    group_time_ = s.time;
    return {};
  }

  Status check_value(const Sample& s) const {
    const auto type = type_.value_or(MetricType::unknown);
    const auto suffix = std::string_view(s.name).substr(name_.size());
    if (type == MetricType::stateset && s.value != 0 && s.value != 1) return bad("stateset value is neither 0 nor 1");
    if (type == MetricType::info && s.value != 1) return bad("info value is not 1");
    if (type == MetricType::summary && suffix.empty() && s.value < 0) return bad("quantile value is negative");
    const auto suffix_is = [&](auto... any) { return ((suffix == any) || ...); };
    const bool counts = suffix_is("_total", "_sum", "_count", "_bucket", "_gcount");
    if ((counts || suffix == "_gsum") && std::isnan(s.value)) return bad("counter-like value is NaN");
    if (counts && s.value < 0) return bad("counter-like value is negative");
    const bool exemplar_allowed = ((type == MetricType::histogram || type == MetricType::gauge_histogram) && suffix == "_bucket") ||
                                  (type == MetricType::counter && suffix == "_total");
    if (s.has_exemplar && !exemplar_allowed) return bad("only counters and histogram buckets may have exemplars");
    return {};
  }

  Status finish_family() {
    if (!has_family_) return {};
    has_family_ = false;
    std::set<std::string_view> names;
    for (const auto suffix : suffixes(type_)) names.insert(suffix);
    names.insert("");
    for (const auto suffix : names)
      if (!seen_names_.insert(name_ + std::string(suffix)).second) return bad("clashing name " + go_quote(name_ + std::string(suffix)));
    const auto type = type_.value_or(MetricType::unknown);
    if (unit_ && !unit_->empty()) {
      if (!name_.ends_with("_" + *unit_)) return bad("unit " + go_quote(*unit_) + " is not the suffix of " + go_quote(name_));
      if (type == MetricType::info || type == MetricType::stateset) return bad("info and stateset metrics have no unit");
    }
    if (type == MetricType::histogram || type == MetricType::gauge_histogram) return check_histograms();
    return {};
  }

  struct HistogramState {
    std::optional<double> bound, count;
    double value = 0;
    bool negative_buckets = false, sum = false, gsum = false, negative_gsum = false;
  };

  Status check_histogram(const HistogramState& h) const {
    const auto of = " of histogram " + go_quote(name_);
    if (!h.bound || !std::isinf(*h.bound)) return bad("the +Inf bucket is missing" + of);
    if (h.count && *h.count != h.value) return bad("the count differs from the +Inf bucket" + of);
    if ((h.sum || h.gsum) && !h.count) return bad("a sum without count" + of);
    if (!h.sum && !h.gsum && h.count) return bad("a count without sum" + of);
    if (h.negative_buckets && h.sum) return bad("a sum beside negative buckets" + of);
    if (!h.negative_buckets && h.negative_gsum) return bad("a negative sum without negative buckets" + of);
    return {};
  }

  Status check_histograms() const {
    HistogramState state;
    std::optional<LabelMap> group;
    std::optional<double> time;
    for (const auto& s : samples_) {
      const auto suffix = std::string_view(s.name).substr(name_.size());
      if (suffix.empty()) continue;
      const auto own = group_of(s, MetricType::histogram);
      if (!group || own != *group || s.time != time) {
        if (group) TRY(check_histogram(state));
        state = {};
      }
      group = own;
      time = s.time;
      if (suffix == "_bucket") {
        double bound = 0;
        parse_number(s.labels.at("le"), bound);
        if (bound < 0) state.negative_buckets = true;
        if (state.bound && bound <= *state.bound) return bad("buckets out of order in histogram " + go_quote(name_));
        if (s.value < state.value) return bad("bucket values fall in histogram " + go_quote(name_));
        state.bound = bound;
        state.value = s.value;
      } else if (suffix == "_count" || suffix == "_gcount") {
        state.count = s.value;
      } else if (suffix == "_sum") {
        state.sum = true;
      } else if (suffix == "_gsum") {
        state.gsum = true;
        state.negative_gsum = s.value < 0;
      }
    }
    if (group) return check_histogram(state);
    return {};
  }

  std::size_t line_number_ = 1;
  bool has_family_ = false;
  std::string name_;
  std::optional<MetricType> type_;
  bool help_ = false;
  std::optional<std::string> unit_;
  std::vector<Sample> samples_;
  std::optional<LabelMap> group_;
  std::set<LabelMap> seen_groups_;
  std::optional<double> group_time_;
  std::set<std::pair<std::string, LabelMap>> group_series_;
  std::unordered_set<std::string> seen_names_;
};

}  // namespace

Status validate_openmetrics(std::string_view page) { return Validator().run(page); }

}  // namespace pharos::exposition

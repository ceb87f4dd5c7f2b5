#include "model/exposition/text_parser.hpp"

#include <algorithm>
#include <cmath>

#include "model/exposition/number.hpp"

namespace pharos::exposition {
namespace {

constexpr std::string_view kCreated = "_created";

// `le` of histograms and `quantile` of summaries name the same bucket however they are written.
bool is_numeric_label(MetricType type, std::string_view name) {
  return (type == MetricType::histogram && name == "le") || (type == MetricType::gauge_histogram && name == "le") ||
         (type == MetricType::summary && name == "quantile");
}

}  // namespace

TextParser::TextParser(std::string_view page, bool openmetrics, const ParserOptions& options)
    : scanner_(page, openmetrics),
      options_(options),
      openmetrics_(openmetrics),
      page_has_created_(openmetrics && options.start_timestamps && page.find(kCreated) != page.npos),
      page_end_(page.data() + page.size()) {}

bool TextParser::has_start_times() const {
  return page_has_created_ && (type_ == MetricType::counter || type_ == MetricType::histogram || type_ == MetricType::summary);
}

std::string_view TextParser::series_key(const LineScanner& scanner) {
  key_.clear();
  for (const auto& label : scanner.labels()) {
    if ((type_ == MetricType::histogram && label.name == "le") || (type_ == MetricType::summary && label.name == "quantile")) continue;
    key_ += label.name;
    key_ += '\0';
    key_ += label.value;
    key_ += '\0';
  }
  return key_;
}

// Reads ahead to the next metadata line: _created lines may stand before or after the samples they are about.
void TextParser::read_start_times(std::string_view family_page) {
  start_times_read_ = true;
  start_times_.clear();
  if (const auto end = family_page.find("\n#"); end != family_page.npos) family_page = family_page.substr(0, end + 1);
  if (family_page.find(kCreated) == family_page.npos) return;
  LineScanner ahead(family_page, true);
  for (Entry entry;;) {
    const auto more = ahead.next(entry);
    if (!more || !*more) return;  // the walk itself will report an error
    if (entry.kind != EntryKind::sample || !entry.name.ends_with(kCreated)) continue;
    if (entry.name.substr(0, entry.name.size() - kCreated.size()) != family_) continue;
    if (!(std::abs(entry.value) < 9.2e15)) continue;
    start_times_[std::string(series_key(ahead))] = static_cast<UnixMillis>(entry.value * 1000);
  }
}

Result<bool> TextParser::next(Entry& entry) {
  for (;;) {
    const bool more = TRY(scanner_.next(entry));
    if (!more) return false;
    switch (entry.kind) {
      case EntryKind::help:
      case EntryKind::type:
      case EntryKind::unit:
        if (entry.name != family_) {
          family_ = entry.name;
          unit_.clear();
          // Prometheus keeps the last TYPE in force until the next one.
        }
        start_times_read_ = false;
        if (entry.kind == EntryKind::type) type_ = entry.type;
        if (entry.kind == EntryKind::unit) unit_ = entry.text;
        return true;
      case EntryKind::sample: break;
      default: return true;
    }
    if (!has_start_times()) return true;
    if (!start_times_read_)
      read_start_times({entry.line.data(), static_cast<std::size_t>(page_end_ - entry.line.data())});
    if (entry.name.ends_with(kCreated)) {
      if (!options_.show_created_lines) continue;
      entry.kind = EntryKind::comment;
      entry.text = {};
      return true;
    }
    if (!start_times_.empty() && entry.name.starts_with(family_)) {
      const auto at = start_times_.find(std::string(series_key(scanner_)));
      if (at != start_times_.end()) entry.start_ms = at->second;
    }
    return true;
  }
}

void TextParser::resume(const char* line, const Family& family) {
  scanner_.seek(line);
  family_ = family.name;
  unit_ = family.unit;
  type_ = family.type;
  start_times_read_ = false;
}

void TextParser::empty_labels(std::vector<std::string_view>& out) const {
  out.clear();
  for (const auto& label : scanner_.labels())
    if (label.value.empty()) out.push_back(label.name);
}

Labels TextParser::labels() const {
  // Views into the page, or into these for what had to be rewritten.
  std::vector<std::string> owned;
  std::vector<LabelView> views;
  owned.reserve(2 * scanner_.labels().size() + 1);
  views.reserve(scanner_.labels().size() + 3);
  const auto own = [&](std::string text) { return std::string_view(owned.emplace_back(std::move(text))); };
  const auto name = scanner_.name_escaped() ? own(unescape(scanner_.metric_name())) : scanner_.metric_name();
  views.push_back({kMetricName, name});
  const bool annotate = options_.type_and_unit_labels;
  for (const auto& label : scanner_.labels()) {
    const auto label_name = label.name_escaped ? own(unescape(label.name)) : label.name;
    if (annotate && (label_name == "__type__" || label_name == "__unit__")) continue;
    auto value = label.value_escaped ? own(unescape(label.value)) : label.value;
    if (is_numeric_label(type_, label_name))
      if (double v; parse_number(value, v)) value = own(canonical_number(v));
    views.push_back({label_name, value});
  }
  if (annotate && name.starts_with(family_)) {
    if (type_ != MetricType::unknown) views.push_back({"__type__", pharos::name(type_)});
    if (!unit_.empty()) views.push_back({"__unit__", unit_});
  }
  return Labels::from_unsorted(std::move(views));
}

void TextParser::exemplars(std::vector<Exemplar>& out) {
  out.clear();
  if (!scanner_.has_exemplar()) return;
  LabelsBuilder labels;
  for (const auto& label : scanner_.exemplar_labels()) {
    labels.set(label.name_escaped ? unescape(label.name) : std::string(label.name),
               label.value_escaped ? unescape(label.value) : std::string(label.value));
  }
  const auto time = scanner_.exemplar_time();
  out.push_back({labels.build(), scanner_.exemplar_value(), time.value_or(0), time.has_value()});
}

}  // namespace pharos::exposition

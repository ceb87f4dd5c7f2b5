#include "model/exposition/nhcb_parser.hpp"

#include "model/exposition/number.hpp"

namespace pharos::exposition {

NhcbParser::Part NhcbParser::part_of(const Entry& entry, const Labels& labels, double& le) const {
  if (entry.kind != EntryKind::sample || type_ != MetricType::histogram) return Part::none;
  const auto name = labels.metric_name();
  if (!name.starts_with(family_)) return Part::none;
  const auto suffix = name.substr(family_.size());
  if (suffix == "_bucket") return parse_number(labels.get("le"), le) ? Part::bucket : Part::none;
  if (suffix == "_count") return Part::count;
  if (suffix == "_sum") return Part::sum;
  return Part::none;
}

void NhcbParser::collect(const Entry& entry, Part part, double le) {
  if (part == Part::bucket) collected_.add_bucket(le, entry.value);
  else if (part == Part::count) collected_.set_count(entry.value);
  else collected_.set_sum(entry.value);
  t_ms_ = entry.t_ms;
  if (entry.start_ms != 0) start_ms_ = entry.start_ms;
  inner_->exemplars(scratch_);
  for (auto& exemplar : scratch_) collected_exemplars_.push_back(std::move(exemplar));
}

// Turns what was collected into `entry`; false when there is nothing, or nothing that converts.
bool NhcbParser::flush(Entry& entry) {
  if (collected_.empty()) return false;
  const auto histogram = collected_.convert();
  collected_.clear();
  auto exemplars = std::move(collected_exemplars_);
  collected_exemplars_.clear();
  if (!histogram || !histogram->validate()) return false;
  histogram_labels_ = collected_labels_;
  histogram_exemplars_ = std::move(exemplars);
  histogram_series_ = histogram_labels_.to_metric_string();
  entry = Entry{};
  entry.kind = EntryKind::histogram;
  entry.series = histogram_series_;
  entry.name = histogram_labels_.metric_name();
  entry.t_ms = t_ms_;
  entry.start_ms = start_ms_;
  entry.histogram = std::make_shared<const Histogram>(*histogram);
  showing_histogram_ = true;
  return true;
}

Result<bool> NhcbParser::next(Entry& entry) {
  showing_histogram_ = false;
  for (;;) {
    if (at_end_) return false;
    if (has_deferred_) {
      entry = deferred_;
      has_deferred_ = false;
    } else {
      const bool more = TRY(inner_->next(entry));
      if (!more) {
        at_end_ = true;
        return flush(entry);
      }
      if (entry.kind != EntryKind::sample) {
        deferred_ = entry;
        if (flush(entry)) return has_deferred_ = true;
      }
    }
    if (entry.kind == EntryKind::type) family_ = entry.name, type_ = entry.type;
    if (entry.kind == EntryKind::histogram) native_labels_ = inner_->labels();
    if (entry.kind != EntryKind::sample || type_ != MetricType::histogram) return true;

    const auto labels = inner_->labels();
    double le = 0;
    const auto part = part_of(entry, labels, le);
    if (part == Part::none) return true;
    const auto identity = labels.without("le").with(kMetricName, family_);
    if (identity == native_labels_) return true;
    if (!collected_.empty() && identity != collected_labels_) {
      deferred_ = entry;
      if (flush(entry)) return has_deferred_ = true;
    }
    if (collected_.empty()) {
      collected_labels_ = identity;
      start_ms_ = 0;
    }
    collect(entry, part, le);
    if (keep_classic_) return true;
  }
}

void NhcbParser::empty_labels(std::vector<std::string_view>& out) const {
  if (showing_histogram_) out.clear();
  else inner_->empty_labels(out);
}

void NhcbParser::exemplars(std::vector<Exemplar>& out) {
  if (showing_histogram_) out = histogram_exemplars_;
  else inner_->exemplars(out);
}

}  // namespace pharos::exposition

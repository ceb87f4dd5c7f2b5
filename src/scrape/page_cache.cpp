#include "scrape/page_cache.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "model/exposition/number.hpp"
#include "scrape/histogram_limit.hpp"
#include "scrape/sample_labels.hpp"

namespace pharos::scrape {
namespace {

using namespace exposition;

constexpr UnixMillis kAheadMax = 10 * 60 * 1000;  // ms; samples further in the future are refused
constexpr std::size_t kNumberMax = 64;            // bytes of a number's text on the short path
constexpr std::size_t kIdleSeriesMax = 1000;      // kept in the cache though no page has them any more

ParserOptions parser_options(const PageContext& context) {
  const auto& job = *context.job;
  return {.type_and_unit_labels = context.type_and_unit_labels,
          .always_scrape_classic_histograms = job.always_scrape_classic_histograms,
          .convert_classic_to_nhcb = job.convert_classic_histograms_to_nhcb,
          .native_histograms = job.scrape_native_histograms,
          .show_created_lines = true};
}

// A number may stand right behind a name ("a.5"), and another one would then be more of the name ("a5").
bool ends_series(char before) { return before == ' ' || before == '\t' || before == '}'; }

}  // namespace

bool PageCache::admit(Series& series, bool has_own_time, const PageContext& context, Gathered& out) {
  ++out.scraped;
  const bool again = series.seen == scrape_;
  seen_ += !again;
  if (series.dropped) {
    series.seen = scrape_;
    return false;
  }
  ++out.kept;
  if (again && !has_own_time) {
    ++out.duplicates;
    return false;
  }
  if (samples_left_ == 0) {
    over_limit_ = true;
    return false;
  }
  --samples_left_;
  if (has_own_time && !context.job->track_timestamps_staleness) {
    series.seen = scrape_;
    return true;
  }
  if (!series.active) {
    series.active = true;
    ++active_count_;
    activated_.push_back(static_cast<std::uint32_t>(&series - series_.data()));
  }
  if (!again) ++seen_active_;
  series.seen = scrape_;
  return true;
}

void PageCache::emit(std::uint32_t index, double value, std::optional<UnixMillis> own_t_ms, UnixMillis start_ms,
                     const PageContext& context, Gathered& out) {
  auto& series = series_[index];
  if (!context.job->honor_timestamps) own_t_ms.reset();
  if (!admit(series, own_t_ms.has_value(), context, out)) return;
  const auto t_ms = own_t_ms.value_or(context.t_ms);
  if (t_ms > latest_allowed_ms_) {
    ++out.out_of_bounds;
    return;
  }
  if (series.ref == SeriesRef::none) float_series_.push_back(index), float_index_.push_back(static_cast<std::uint32_t>(out.floats.size()));
  out.floats.push_back({series.ref, t_ms, value});
  if (start_ms != 0 && !out.any_float_start) {
    out.any_float_start = true;
    out.float_start_ms.assign(out.floats.size() - 1, 0);
  }
  if (out.any_float_start) out.float_start_ms.push_back(start_ms);
}

void PageCache::emit_histogram(std::uint32_t index, HistogramPtr histogram, const Entry& entry, const PageContext& context, Gathered& out) {
  auto& series = series_[index];
  const auto own_t_ms = context.job->honor_timestamps ? entry.t_ms : std::nullopt;
  if (!admit(series, own_t_ms.has_value(), context, out)) return;
  const auto t_ms = own_t_ms.value_or(context.t_ms);
  if (t_ms > latest_allowed_ms_) {
    ++out.out_of_bounds;
    return;
  }
  if (series.ref == SeriesRef::none)
    histogram_series_.push_back(index), histogram_index_.push_back(static_cast<std::uint32_t>(out.histograms.size()));
  out.histograms.push_back({series.ref, t_ms, std::move(histogram)});
  out.histogram_start_ms.push_back(entry.start_ms);
  out.any_histogram_start = out.any_histogram_start || entry.start_ms != 0;
}

void PageCache::take_exemplars(Parser& parser, std::uint32_t series, UnixMillis t_ms) {
  if (series_[series].dropped) return;
  parser.exemplars(exemplar_scratch_);
  for (auto& exemplar : exemplar_scratch_) {
    if (!exemplar.has_timestamp) exemplar.t_ms = t_ms;
    pending_exemplars_.push_back({series, std::move(exemplar)});
  }
}

// False when the type of a known family changed: labels made under the old one may be wrong.
bool PageCache::note_metadata(const Entry& entry) {
  const auto [at, fresh] = metadata_.try_emplace(std::string(entry.name));
  auto& known = at->second;
  if (fresh) known.family = entry.name;
  const auto before = known;
  switch (entry.kind) {
    case EntryKind::help: known.help = entry.text; break;
    case EntryKind::type: known.type = entry.type; break;
    case EntryKind::unit: known.unit = entry.text; break;
    default: return true;
  }
  if (known == before && !fresh) return true;
  untold_.insert(known.family);
  return entry.kind != EntryKind::type || before.type == MetricType::unknown || before.type == known.type;
}

// The series with this text; made, and put on the list to resolve, when it is new.
Result<std::uint32_t> PageCache::look_up(std::string_view key, std::uint64_t kind, Parser& parser, const PageContext& context, Gathered& out) {
  ++lines_parsed_;
  const auto [at, fresh] = by_key_.try_emplace(codec::hash128(key, kind), static_cast<std::uint32_t>(series_.size()));
  const auto index = at->second;
  if (fresh) series_.emplace_back();
  auto& series = series_[index];
  if (series.dropped || series.ref != SeriesRef::none || (!fresh && series.seen == scrape_)) return index;

  const auto exposed = parser.labels();
  empty_scratch_.clear();
  if (context.job->honor_labels) parser.empty_labels(empty_scratch_);
  auto labels = sample_labels(exposed, empty_scratch_, context.target, *context.job);
  if (labels.empty()) {
    series.dropped = true;
    return index;
  }
  auto status = check_names(labels, context.job->name_validation);
  if (status) status = check_label_limits(labels, *context.job);
  if (!status) {
    if (fresh) by_key_.erase(at), series_.pop_back();
    return fail(std::move(status.error()));
  }
  pending_.push_back({index, std::move(labels)});
  if (fresh) ++out.series_added;
  return index;
}

std::uint32_t PageCache::family_index(const TextParser::Family& family) {
  if (families_.empty() || families_.back().name != family.name || families_.back().type != family.type || families_.back().unit != family.unit)
    families_.push_back(family);
  return static_cast<std::uint32_t>(families_.size() - 1);
}

// Parses from `at` until a sample (or, with `whole`, the end) has been read.
Result<PageCache::Walk> PageCache::parse_lines(const PageContext& context, TextParser& parser, std::size_t& at, std::size_t& next_line,
                                               bool whole, bool& finished, Gathered& out) {
  const char* const base = page_.data();
  const auto gap_of = [&] { return lines_.empty() ? 0u : lines_.back().end; };
  if (!whole) parser.resume(base + at, lines_.empty() ? TextParser::Family{} : families_[lines_.back().family]);
  for (Entry entry;;) {
    const bool more = TRY(parser.next(entry));
    if (!more) {
      finished = true;
      return Walk::done;
    }
    if (entry.kind == EntryKind::help || entry.kind == EntryKind::type || entry.kind == EntryKind::unit) {
      if (!note_metadata(entry) && !std::exchange(retyped_, true)) {
        invalidate();
        return Walk::again;
      }
      continue;
    }
    const bool created = entry.kind == EntryKind::comment && !entry.line.empty();
    if (entry.kind != EntryKind::sample && !created) continue;
    const auto begin = static_cast<std::size_t>(entry.line.data() - base);
    const auto end = static_cast<std::uint32_t>(begin + entry.line.size());
    if (created) {
      has_created_ = true;
      lines_.push_back({gap_of(), end, end, kCreatedLine, kNone, family_index(parser.family()), 0});
      continue;
    }
    const auto index = TRY(look_up(entry.series, 0, parser, context, out));
    std::size_t value = static_cast<std::size_t>(entry.series.data() - base) + entry.series.size();
    while (value < end && (base[value] == ' ' || base[value] == '\t')) ++value;
    emit(index, entry.value, entry.t_ms, entry.start_ms, context, out);
    take_exemplars(parser, index, entry.t_ms && context.job->honor_timestamps ? *entry.t_ms : context.t_ms);
    std::uint32_t extra = kNone;
    if (entry.t_ms || entry.start_ms != 0 || !exemplar_scratch_.empty()) {
      extra = static_cast<std::uint32_t>(extras_.size());
      extras_.push_back({entry.t_ms, entry.start_ms, !entry.t_ms && exemplar_scratch_.empty()});
    }
    const auto old_line = series_[index].line;
    series_[index].line = static_cast<std::uint32_t>(lines_.size());
    lines_.push_back({gap_of(), static_cast<std::uint32_t>(value), end, index, extra, family_index(parser.family()), entry.value});
    if (whole) continue;
    at = end;
    if (old_line != kNone && old_line < old_lines_.size() && old_lines_[old_line].series == index) next_line = old_line + 1;
    return Walk::done;
  }
}

// `whole`: no use is made of the old page.
Result<PageCache::Walk> PageCache::walk(const PageContext& context, bool whole, Gathered& out) {
  const bool openmetrics = context.format == Format::openmetrics;
  TextParser parser(page_, openmetrics, parser_options(context));
  bool finished = false;
  std::size_t at = 0, next_line = 0;
  if (whole) {
    families_.clear();
    has_created_ = false;
    return parse_lines(context, parser, at, next_line, true, finished, out);
  }
  const char* const fresh = page_.data();
  const char* const old = old_page_.data();
  const std::size_t size = page_.size(), old_count = old_lines_.size();
  lines_.reserve(old_count + 16);
  while (!finished) {
    if (next_line < old_count) {
      const Line& known = old_lines_[next_line];
      const auto whole_size = known.end - known.gap;
      const bool usable = known.series == kCreatedLine || series_[known.series].ref != SeriesRef::none || series_[known.series].dropped;
      if (usable && whole_size <= size - at && std::memcmp(fresh + at, old + known.gap, whole_size) == 0) {
        const auto shift = static_cast<std::uint32_t>(at) - known.gap;  // may wrap, and wraps back
        auto line = known;
        line.gap += shift, line.value += shift, line.end += shift;
        if (known.extra != kNone) {
          line.extra = static_cast<std::uint32_t>(extras_.size());
          extras_.push_back(old_extras_[known.extra]);
        }
        if (known.series != kCreatedLine) {
          const auto* extra = known.extra == kNone ? nullptr : &old_extras_[known.extra];
          emit(known.series, known.number, extra ? extra->t_ms : std::nullopt, extra ? extra->start_ms : 0, context, out);
          series_[known.series].line = static_cast<std::uint32_t>(lines_.size());
        }
        lines_.push_back(line);
        at += whole_size;
        ++next_line;
        continue;
      }
      const auto prefix_size = known.value - known.gap;
      const bool number_only = known.series != kCreatedLine && (known.extra == kNone || old_extras_[known.extra].number_only) &&
                               ends_series(old[known.value - 1]);
      if (usable && number_only && prefix_size < size - at && std::memcmp(fresh + at, old + known.gap, prefix_size) == 0) {
        const char* const text = fresh + at + prefix_size;
        const auto* newline = static_cast<const char*>(std::memchr(text, '\n', std::min(kNumberMax, size - at - prefix_size)));
        double number = 0;
        if (newline != nullptr && parse_number({text, static_cast<std::size_t>(newline - text)}, number)) {
          auto line = known;
          line.gap = static_cast<std::uint32_t>(at);
          line.value = static_cast<std::uint32_t>(text - fresh);
          line.end = static_cast<std::uint32_t>(newline + 1 - fresh);
          line.number = number;
          UnixMillis start_ms = 0;
          if (known.extra != kNone) {
            start_ms = old_extras_[known.extra].start_ms;
            line.extra = static_cast<std::uint32_t>(extras_.size());
            extras_.push_back(old_extras_[known.extra]);
          }
          emit(known.series, number, std::nullopt, start_ms, context, out);
          series_[known.series].line = static_cast<std::uint32_t>(lines_.size());
          lines_.push_back(line);
          at = line.end;
          ++next_line;
          continue;
        }
      }
    } else if (old_count > 0) {
      const auto tail = old_page_.size() - old_lines_.back().end;
      if (tail == size - at && std::memcmp(fresh + at, old + old_lines_.back().end, tail) == 0) break;  // it was read to its end
    }
    // Start times are said about whole families, before or behind: a partial reading would miss some.
    if (has_created_) return Walk::again;
    const auto outcome = TRY(parse_lines(context, parser, at, next_line, false, finished, out));
    if (outcome == Walk::again) return Walk::again;
  }
  return Walk::done;
}

Status PageCache::read_parsed(const PageContext& context, const ParserOptions& options, Gathered& out) {
  auto with_created = options;
  with_created.show_created_lines = false;
  const auto parser = make_parser(context.format, page_, with_created);
  for (Entry entry;;) {
    const bool more = TRY(parser->next(entry));
    if (!more) return {};
    const auto own_t_ms = entry.t_ms && context.job->honor_timestamps ? *entry.t_ms : context.t_ms;
    switch (entry.kind) {
      case EntryKind::help:
      case EntryKind::type:
      case EntryKind::unit: note_metadata(entry); break;
      case EntryKind::comment: break;
      case EntryKind::sample: {
        const auto index = TRY(look_up(entry.series, 1, *parser, context, out));
        emit(index, entry.value, entry.t_ms, entry.start_ms, context, out);
        take_exemplars(*parser, index, own_t_ms);
        break;
      }
      case EntryKind::histogram: {
        const auto index = TRY(look_up(entry.series, 2, *parser, context, out));
        TRY(entry.histogram->validate());
        auto histogram = TRY(limited(entry.histogram, context.job->native_histogram_bucket_limit, context.job->native_histogram_min_bucket_factor));
        emit_histogram(index, std::move(histogram), entry, context, out);
        take_exemplars(*parser, index, own_t_ms);
        break;
      }
    }
  }
}

void PageCache::resolve_pending(Appender& appender, Gathered& out) {
  if (!pending_.empty()) {
    std::vector<LabelView> views;
    std::vector<std::uint32_t> offsets{0};
    std::vector<SeriesRef> refs(pending_.size(), SeriesRef::none);
    std::vector<Appender::ResolveError> errors;
    for (const auto& pending : pending_) {
      for (const auto label : pending.labels) views.push_back(label);
      offsets.push_back(static_cast<std::uint32_t>(views.size()));
    }
    appender.resolve(views, offsets, refs, errors);
    for (std::size_t i = 0; i < pending_.size(); ++i) series_[pending_[i].series].ref = refs[i];
  }
  for (std::size_t i = 0; i < float_index_.size(); ++i) out.floats[float_index_[i]].ref = series_[float_series_[i]].ref;
  for (std::size_t i = 0; i < histogram_index_.size(); ++i) out.histograms[histogram_index_[i]].ref = series_[histogram_series_[i]].ref;
  const auto drop_refused = [&](auto& samples, std::vector<UnixMillis>& starts, bool with_starts) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (samples[i].ref == SeriesRef::none) continue;
      if (with_starts) starts[kept] = starts[i];
      if (kept != i) samples[kept] = std::move(samples[i]);
      ++kept;
    }
    out.unresolved += samples.size() - kept;
    samples.resize(kept);
    if (with_starts) starts.resize(kept);
  };
  if (!float_index_.empty()) drop_refused(out.floats, out.float_start_ms, out.any_float_start);
  if (!histogram_index_.empty()) drop_refused(out.histograms, out.histogram_start_ms, true);
  for (auto& pending : pending_exemplars_) {
    const auto ref = series_[pending.series].ref;
    if (ref != SeriesRef::none) out.exemplars.push_back({ref, std::move(pending.exemplar)});
  }
}

Status PageCache::read(std::string page, const PageContext& context, Appender& appender, Gathered& out) {
  const bool text = context.format != Format::protobuf && !context.job->convert_classic_histograms_to_nhcb;
  if (page.size() >= kCreatedLine) return fail(Errc::limit, "body size limit exceeded");
  if (context.format == Format::text && !page.ends_with('\n')) page += '\n';
  page_ = std::move(page);
  latest_allowed_ms_ = context.t_ms + kAheadMax;
  gathered_ = &out;

  const auto begin = [&] {
    ++scrape_;
    out.clear();
    lines_.clear(), extras_.clear(), pending_.clear(), pending_exemplars_.clear();
    float_series_.clear(), float_index_.clear(), histogram_series_.clear(), histogram_index_.clear();
    for (const auto index : activated_) series_[index].active = false, --active_count_;
    activated_.clear();
    seen_ = seen_active_ = 0;
    lines_parsed_ = 0;
    samples_left_ = context.job->sample_limit > 0 ? context.job->sample_limit : std::numeric_limits<std::uint64_t>::max();
    over_limit_ = false;
  };
  retyped_ = false;
  begin();
  if (!text) {
    TRY(read_parsed(context, parser_options(context), out));
  } else {
    const bool comparable = !old_lines_.empty() && old_format_ == context.format;
    auto outcome = TRY(walk(context, !comparable, out));
    while (outcome == Walk::again) {  // twice at most: for start times, for a changed type
      begin();
      outcome = TRY(walk(context, true, out));
    }
  }
  if (over_limit_) return fail(Errc::limit, "sample limit exceeded");
  resolve_pending(appender, out);
  for (const auto& family : untold_) out.metadata.push_back(metadata_[family]);
  if (text) {
    old_page_ = std::exchange(page_, {});
    std::swap(lines_, old_lines_);
    std::swap(extras_, old_extras_);
    old_format_ = context.format;
  }
  return {};
}

void PageCache::commit(std::vector<SeriesRef>& stale) {
  activated_.clear();
  untold_.clear();
  stale.clear();
  if (seen_active_ < active_count_) {
    for (auto& series : series_) {
      if (!series.active || series.seen == scrape_) continue;
      series.active = false;
      --active_count_;
      if (series.ref != SeriesRef::none) stale.push_back(series.ref);
    }
  }
  stale.insert(stale.end(), retired_.begin(), retired_.end());
  retired_.clear();
  if (!stale.empty()) {
    // Another text of the page may have written the same series.
    written_.clear();
    for (const auto& sample : gathered_->floats) written_.push_back(sample.ref);
    for (const auto& sample : gathered_->histograms) written_.push_back(sample.ref);
    std::sort(written_.begin(), written_.end());
    std::sort(stale.begin(), stale.end());
    stale.erase(std::unique(stale.begin(), stale.end()), stale.end());
    std::erase_if(stale, [&](SeriesRef ref) { return std::binary_search(written_.begin(), written_.end(), ref); });
  }
  drop_old_series();
}

void PageCache::abandon(std::vector<SeriesRef>& stale) {
  for (const auto index : activated_) series_[index].active = false, --active_count_;
  activated_.clear();
  stale = std::move(retired_);
  retired_.clear();
  for (auto& series : series_) {
    if (!series.active) continue;
    series.active = false;
    if (series.ref != SeriesRef::none) stale.push_back(series.ref);
  }
  active_count_ = 0;
  std::sort(stale.begin(), stale.end());
  stale.erase(std::unique(stale.begin(), stale.end()), stale.end());
}

void PageCache::invalidate() {
  for (const auto& series : series_)
    if (series.active && series.ref != SeriesRef::none) retired_.push_back(series.ref);
  series_.clear();
  by_key_.clear();
  activated_.clear();
  old_lines_.clear(), old_extras_.clear(), families_.clear();
  old_page_.clear();
  metadata_.clear(), untold_.clear();
  active_count_ = seen_active_ = 0;
}

void PageCache::forget_refs() {
  for (auto& series : series_) series.ref = SeriesRef::none;
}

void PageCache::drop_old_series() {
  if (series_.size() <= 2 * seen_ + kIdleSeriesMax) return;
  // The table of lines names series by number: everything is renumbered together.
  std::vector<std::uint32_t> renumbered(series_.size(), kNone);
  std::vector<Series> kept;
  kept.reserve(seen_);
  for (std::size_t i = 0; i < series_.size(); ++i) {
    if (series_[i].seen != scrape_) continue;
    renumbered[i] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(series_[i]);
  }
  std::erase_if(by_key_, [&](const auto& entry) { return renumbered[entry.second] == kNone; });
  for (auto& entry : by_key_) entry.second = renumbered[entry.second];
  for (auto& line : old_lines_)
    if (line.series != kCreatedLine) line.series = renumbered[line.series];
  series_ = std::move(kept);
}

}  // namespace pharos::scrape

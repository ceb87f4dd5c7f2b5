#include "server/tsdb_export.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include "codec/json.hpp"
#include "query/promql/ast.hpp"

namespace pharos::server {
namespace {

constexpr std::uint64_t kStaleBits = 0x7ff0000000000002;
constexpr std::size_t kChunk = 1 << 16;

std::string seconds(UnixMillis t) {
  std::string out = t < 0 ? "-" : "";
  const auto magnitude = t < 0 ? 0 - static_cast<std::uint64_t>(t) : static_cast<std::uint64_t>(t);
  out += std::to_string(magnitude / 1000);
  if (magnitude % 1000 != 0) {
    out += '.' + std::to_string(1000 + magnitude % 1000).substr(1);
    while (out.back() == '0') out.pop_back();
  }
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '"')
      out += "\\\"";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

// name{a="b"} as OpenMetrics writes it; names outside the old alphabet are quoted inside the
// braces.
std::string series_text(const Labels& labels) {
  const std::string name(labels.metric_name());
  const bool plain = is_legacy_metric_name(name);
  std::string out = plain ? name : "",
              inner = plain || name.empty() ? "" : "\"" + escaped(name) + "\"";
  for (const auto label : labels) {
    if (label.name == kMetricName) continue;
    if (!inner.empty()) inner += ',';
    inner += is_legacy_label_name(label.name) ? std::string(label.name)
                                              : "\"" + escaped(label.name) + "\"";
    inner += "=\"" + escaped(label.value) + "\"";
  }
  if (!inner.empty()) out += "{" + inner + "}";
  return out;
}

// The family whose TYPE line covers a series name.
std::string family_of(std::string_view name,
                      const std::map<std::string, Metadata, std::less<>>& families) {
  if (families.contains(name)) return std::string(name);
  for (const std::string_view suffix :
       {"_total", "_bucket", "_count", "_sum", "_created", "_info", "_gcount", "_gsum"})
    if (name.ends_with(suffix) && families.contains(name.substr(0, name.size() - suffix.size())))
      return std::string(name.substr(0, name.size() - suffix.size()));
  return std::string(name);
}

std::string head_of(const std::string& family,
                    const std::map<std::string, Metadata, std::less<>>& families) {
  const auto found = families.find(family);
  if (found == families.end()) return "";
  const bool plain = is_legacy_metric_name(family);
  const std::string shown = plain ? family : "\"" + escaped(family) + "\"";
  std::string out = "# TYPE " + shown + " " + std::string(name(found->second.type)) + "\n";
  if (!found->second.help.empty())
    out += "# HELP " + shown + " " + escaped(found->second.help) + "\n";
  return out;
}

// Counters of the text format have no _total of their own: OpenMetrics would refuse the page, so
// such families go out without a type.
bool type_fits(const std::string& family, const Metadata& metadata, std::string_view series) {
  switch (metadata.type) {
    case MetricType::counter: return series == family + "_total" || series == family + "_created";
    case MetricType::gauge:
    case MetricType::stateset:
    case MetricType::unknown: return series == family;
    case MetricType::info: return series == family + "_info";
    default: return true;
  }
}

}  // namespace

Result<ExportSelection> export_selection(const TsdbFlags& flags) {
  ExportSelection out{.matchers = {},
                      .from_ms = std::numeric_limits<UnixMillis>::min() / 2,
                      .to_ms = std::numeric_limits<UnixMillis>::max() / 2};
  const std::string selector = flags.match.empty() ? "{__name__=~\".+\"}" : flags.match;
  auto matchers = query::promql::parse_metric_selector(selector);
  if (!matchers) return fail(std::move(matchers).error().in("--match"));
  out.matchers = std::move(*matchers);
  const auto read = [](const std::string& text, std::string_view flag, UnixMillis& into) -> Status {
    if (text.empty()) return {};
    auto time = parse_time(text);
    if (!time) return fail(std::move(time).error().in(flag));
    into = to_unix_millis(*time);
    return {};
  };
  TRY(read(flags.start, "--start", out.from_ms));
  TRY(read(flags.end, "--end", out.to_ms));
  return out;
}

Result<std::uint64_t> export_openmetrics(Querier& querier, const ExportSelection& selection,
                                         const std::function<bool(std::string_view)>& sink) {
  const SelectHints hints{.start_ms = selection.from_ms, .end_ms = selection.to_ms};
  const auto found =
      TRY(querier.select(selection.matchers, selection.from_ms, selection.to_ms, hints));
  std::map<std::string, Metadata, std::less<>> families;
  for (auto& metadata : querier.metadata("", 0)) families.emplace(metadata.family, metadata);
  struct Line {
    std::string family;
    Labels labels;
    std::size_t index;
  };
  std::vector<Line> lines;
  for (std::size_t i = 0; i < found->size(); ++i) {
    const Labels& labels = found->labels(i);
    lines.push_back({family_of(labels.metric_name(), families), labels, i});
  }
  std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return a.family != b.family ? a.family < b.family : a.labels < b.labels;
  });

  std::uint64_t written = 0;
  std::string out, family = "\n";
  SampleColumn column;
  const auto give = [&]() -> Status {
    if (!sink(out)) return fail(Errc::io, "the target takes no more: disk full or closed");
    out.clear();
    return {};
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.family != family) {
      family = line.family;
      bool fits = true;
      for (std::size_t k = i; k < lines.size() && lines[k].family == family; ++k)
        if (const auto m = families.find(family); m != families.end())
          fits &= type_fits(family, m->second, lines[k].labels.metric_name());
      if (fits) out += head_of(family, families);
    }
    TRY(found->read(line.index, selection.from_ms, selection.to_ms, column));
    const std::string series = series_text(line.labels);
    for (std::size_t k = 0; k < column.size(); ++k) {
      if (std::bit_cast<std::uint64_t>(column.value[k]) == kStaleBits) continue;
      if (!column.histograms.empty() && column.histograms[k] != nullptr)
        return fail(Errc::unsupported, series +
                                           " holds native histograms, which OpenMetrics 1.0 cannot "
                                           "express; leave it out with --match");
      out += series + ' ';
      codec::put_sample_value(out, column.value[k]);
      out += ' ' + seconds(column.t_ms[k]) + '\n';
      ++written;
      if (out.size() >= kChunk) TRY(give());
    }
  }
  out += "# EOF\n";
  TRY(give());
  return written;
}

}  // namespace pharos::server

// Reading /metrics pages: text 0.0.4, OpenMetrics 1.0 and Prometheus' protobuf, as a scraper does.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/labels.hpp"
#include "model/sample.hpp"

namespace pharos::exposition {

enum class Format : std::uint8_t { text, openmetrics, protobuf };

// By Content-Type, as Prometheus negotiates; Errc::unsupported with its text for an unknown one.
// `fallback` stands for a missing or unknown type when configured.
Result<Format> format_of(std::string_view content_type, std::optional<Format> fallback);

enum class EntryKind : std::uint8_t { sample, histogram, help, type, unit, comment };

// One entry of a page; views point into the page or into the parser and last until the next call.
struct Entry {
  EntryKind kind = EntryKind::comment;
  std::string_view series;            // sample: the bytes before the value, as written: the key for caches
  std::string_view line;              // sample of a text format: the whole line, with its newline if it has one
  std::string_view name;              // help, type, unit: the family
  std::string_view text;              // help (unescaped), unit, comment
  MetricType type = MetricType::unknown;
  double value = 0;
  std::optional<UnixMillis> t_ms;
  UnixMillis start_ms = 0;            // from _created or protobuf; 0 unknown
  HistogramPtr histogram;             // histogram
};

struct ParserOptions {
  bool type_and_unit_labels = false;
  bool always_scrape_classic_histograms = false;   // protobuf: classic series besides the native one
  bool convert_classic_to_nhcb = false;            // any format: classic histograms become custom-bucket ones
  bool start_timestamps = true;                    // OpenMetrics _created lines become start times
  bool native_histograms = true;                   // protobuf: false reads their classic buckets only
  // Walkers that keep pages: a _created line that became start times shows as a comment with `line` set.
  bool show_created_lines = false;
};

// Walks a page. Errc::invalid: `line:column`-bearing text of what is wrong; nothing after an error.
class Parser {
 public:
  virtual ~Parser() = default;
  virtual Result<bool> next(Entry& entry) = 0;     // false at the end (OpenMetrics: # EOF seen)
  virtual Labels labels() const = 0;               // of the last sample or histogram, __name__ included
  virtual void exemplars(std::vector<Exemplar>& out) = 0;   // of the last sample or histogram
  // Names written with an empty value, which labels() leaves out: with honor_labels they say that the
  // target's label is not wanted. Views last as the entry does.
  virtual void empty_labels(std::vector<std::string_view>& out) const = 0;
};
std::unique_ptr<Parser> make_parser(Format format, std::string_view page, const ParserOptions& options = {});

// Strict OpenMetrics 1.0: everything a validator must refuse. Errc::invalid with the line.
Status validate_openmetrics(std::string_view page);

}  // namespace pharos::exposition

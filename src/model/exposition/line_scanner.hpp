// The grammar of text 0.0.4 and OpenMetrics 1.0 lines, in place, as Prometheus' lexers have it.
// Internal to exposition/.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/exposition/exposition.hpp"

namespace pharos::exposition {

// A label as written: name without quotes, value between its quotes, both still escaped.
struct RawLabel {
  std::string_view name, value;
  bool name_escaped = false, value_escaped = false;
};

// Undoes \\, \", \n; any other escaped character stays with its backslash.
std::string unescape(std::string_view text);

class LineScanner {
 public:
  LineScanner(std::string_view page, bool openmetrics)
      : begin_(page.data()), at_(page.data()), end_(page.data() + page.size()), openmetrics_(openmetrics) {}

  // Scans the next entry. False: the end. After an error the scanner must not be used again.
  Result<bool> next(Entry& entry);

  // Of the last sample.
  std::string_view metric_name() const { return name_; }
  bool name_escaped() const { return name_escaped_; }
  const std::vector<RawLabel>& labels() const { return labels_; }
  bool has_exemplar() const { return has_exemplar_; }
  const std::vector<RawLabel>& exemplar_labels() const { return exemplar_labels_; }
  double exemplar_value() const { return exemplar_value_; }
  std::optional<UnixMillis> exemplar_time() const { return exemplar_time_; }
  const char* position() const { return at_; }
  void seek(const char* line) { at_ = line; }

 private:
  enum class Outcome { ok, error };
  bool fail_here(std::string_view expected);
  bool fail_text(std::string text);
  void skip_blanks() { while (at_ < end_ && (*at_ == ' ' || *at_ == '\t')) ++at_; }
  bool at_line_end() const { return at_ == end_ ? !openmetrics_ : *at_ == '\n'; }
  bool hash_line(Entry& entry, bool& finished);
  bool openmetrics_hash(Entry& entry, bool& finished);
  bool text_hash(Entry& entry);
  bool metadata_name(Entry& entry, std::string_view keyword);
  bool set_type(Entry& entry, std::string_view text);
  bool sample(Entry& entry);
  bool label_block(std::vector<RawLabel>& out, bool exemplar);
  bool quoted(std::string_view& out, bool& escaped, bool newline_allowed, bool nul_allowed);
  bool value_token(std::string_view& token, std::string_view after);
  bool seconds(std::string_view token, UnixMillis& out, std::string_view what);
  bool sample_tail_text(Entry& entry);
  bool sample_tail_openmetrics(Entry& entry);
  bool exemplar();

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* start_ = nullptr;  // of the current entry, for messages
  bool openmetrics_;
  std::string_view name_;
  bool name_set_ = false, name_escaped_ = false;
  std::vector<RawLabel> labels_, exemplar_labels_;
  bool has_exemplar_ = false;
  double exemplar_value_ = 0;
  std::optional<UnixMillis> exemplar_time_;
  std::string scratch_, name_scratch_;
  std::string error_;
};

}  // namespace pharos::exposition

#include "query/promql/series_description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/time.hpp"
#include "query/histogram_math.hpp"
#include "query/promql/ast.hpp"

namespace pharos::query::promql {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// A cursor over one line.
class Reader {
 public:
  explicit Reader(std::string_view text, std::size_t at = 0) : text_(text), at_(at) {}

  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip(std::size_t n) { at_ += n; }
  bool skip_blanks() {
    const auto before = at_;
    while (!done() && is_blank(text_[at_])) ++at_;
    return at_ != before;
  }
  bool accept(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    const auto begin = at_;
    while (!done() && is_alpha(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::unexpected<Error> fail(std::string_view what) const {
    return pharos::fail(
        Errc::invalid,
        fmt::format("{}: parse error: {}",
                    position(text_, static_cast<std::uint32_t>(std::min(at_, text_.size()))),
                    what));
  }
  std::unexpected<Error> unexpected(std::string_view where) const {
    if (done()) return fail(fmt::format("unexpected end of input in {}", where));
    return fail(fmt::format("unexpected {} in {}", go_quote(text_.substr(at_, 1)), where));
  }

  // Unsigned: digits, a fraction, an exponent; Inf and NaN in any case.
  Result<double> number() {
    if (is_alpha(peek())) {
      const auto before = at_;
      const auto name = lower(word());
      if (name == "inf") return std::numeric_limits<double>::infinity();
      if (name == "nan") return std::bit_cast<double>(kNormalNaNBits);
      at_ = before;
      return fail("unexpected identifier " + go_quote(name) +
                  " in series values, expected number or \"stale\"");
    }
    auto end = at_;
    while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '.')) ++end;
    if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
      auto digits = end + 1;
      if (digits < text_.size() && (text_[digits] == '+' || text_[digits] == '-')) ++digits;
      if (digits < text_.size() && is_digit(text_[digits])) {
        end = digits;
        while (end < text_.size() && is_digit(text_[end])) ++end;
      }
    }
    double value = 0;
    const auto [rest, code] = std::from_chars(text_.data() + at_, text_.data() + end, value);
    if (code == std::errc::result_out_of_range)
      return fail("error parsing number: value out of range");
    if (code != std::errc{} || rest != text_.data() + end) return unexpected("series values");
    at_ = end;
    return value;
  }

  Result<double> signed_number() {
    const bool negative = peek() == '-';
    if (peek() == '-' || peek() == '+') ++at_;
    const double value = TRY(number());
    return negative ? -value : value;
  }

  Result<std::int64_t> integer() {
    const bool negative = accept('-');
    std::int64_t value = 0;
    const auto [end, code] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (code != std::errc{} || !is_digit(peek())) return unexpected("histogram description");
    at_ = static_cast<std::size_t>(end - text_.data());
    return negative ? -value : value;
  }

  // Behind `x`.
  Result<std::size_t> repetitions() {
    std::uint64_t n = 0;
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), n);
    if (code != std::errc{} || n > kSeriesValuesMax)
      return fail("invalid repetition in series values");
    at_ = static_cast<std::size_t>(end - text_.data());
    return static_cast<std::size_t>(n);
  }

  Result<Millis> duration() {  // signed
    const bool negative = peek() == '-';
    if (peek() == '-' || peek() == '+') ++at_;
    auto end = at_;
    while (end < text_.size() &&
           (is_digit(text_[end]) || (is_alpha(text_[end]) && text_[end] != 'x')))
      ++end;
    const auto parsed = parse_duration(text_.substr(at_, end - at_));
    if (!parsed) return fail(parsed.error().message);
    at_ = end;
    return negative ? -*parsed : *parsed;
  }

  bool at_item_end() const { return done() || is_blank(text_[at_]); }

 private:
  std::string_view text_;
  std::size_t at_;
};

Result<std::vector<double>> read_list(Reader& in) {
  std::vector<double> out;
  if (!in.accept('[')) return in.unexpected("histogram description");
  for (;;) {
    in.skip_blanks();
    if (in.accept(']')) return out;
    if (out.size() >= 100'000) return in.fail("too many buckets in histogram description");
    out.push_back(TRY(in.signed_number()));
  }
}

struct HistogramText {
  Histogram histogram;
  bool reset_hint_given = false;
};

Result<HistogramText> read_histogram(Reader& in) {  // behind `{{`
  HistogramText out;
  auto& h = out.histogram;
  std::int64_t offset = 0, negative_offset = 0;
  std::vector<std::string> seen;
  for (;;) {
    in.skip_blanks();
    if (in.looking_at("}}")) {
      in.skip(2);
      break;
    }
    if (in.done()) return in.unexpected("histogram description");
    const auto key = lower(in.word());
    if (!in.accept(':'))
      return in.fail(fmt::format("bad histogram descriptor found: {}", go_quote(key)));
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      return in.fail(fmt::format("duplicate key \"{}\" in histogram", key));
    seen.push_back(key);
    if (key == "schema") {
      const auto schema = TRY(in.integer());
      if (schema != kCustomBucketsSchema &&
          (schema < kExponentialSchemaMin || schema > kExponentialSchemaMax)) {
        return in.fail(fmt::format("histogram schema {} is not one of -4..8 and -53", schema));
      }
      h.schema = static_cast<std::int32_t>(schema);
    } else if (key == "sum") {
      h.sum = TRY(in.signed_number());
    } else if (key == "count") {
      h.count = TRY(in.signed_number());
    } else if (key == "z_bucket") {
      h.zero_count = TRY(in.signed_number());
    } else if (key == "z_bucket_w") {
      h.zero_threshold = TRY(in.number());
    } else if (key == "buckets") {
      h.positive = TRY(read_list(in));
    } else if (key == "n_buckets") {
      h.negative = TRY(read_list(in));
    } else if (key == "custom_values") {
      h.custom_values = TRY(read_list(in));
    } else if (key == "offset") {
      offset = TRY(in.integer());
    } else if (key == "n_offset") {
      negative_offset = TRY(in.integer());
    } else if (key == "counter_reset_hint") {
      const auto hint = in.word();
      out.reset_hint_given = true;
      if (hint == "unknown") {
        h.reset_hint = ResetHint::unknown;
      } else if (hint == "reset") {
        h.reset_hint = ResetHint::reset;
      } else if (hint == "not_reset") {
        h.reset_hint = ResetHint::not_reset;
      } else if (hint == "gauge") {
        h.reset_hint = ResetHint::gauge;
      } else {
        return in.fail("error parsing counter_reset_hint: unknown value " + std::string(hint));
      }
    } else {
      return in.fail(fmt::format("bad histogram descriptor found: {}", go_quote(key)));
    }
  }
  constexpr std::int64_t kOffsetMax = 1 << 20;
  if (std::abs(offset) > kOffsetMax || std::abs(negative_offset) > kOffsetMax)
    return in.fail("histogram offset is out of range");
  if (!h.positive.empty())
    h.positive_spans = {
        {static_cast<std::int32_t>(offset), static_cast<std::uint32_t>(h.positive.size())}};
  if (!h.negative.empty())
    h.negative_spans = {{static_cast<std::int32_t>(negative_offset),
                         static_cast<std::uint32_t>(h.negative.size())}};
  return out;
}

Status read_histogram_item(Reader& in, std::vector<SeriesValue>& out) {
  in.skip(2);
  const auto first = TRY(read_histogram(in));
  SeriesValue value{.histogram = std::make_shared<Histogram>(first.histogram),
                    .reset_hint_given = first.reset_hint_given};
  if (in.at_item_end()) {
    out.push_back(std::move(value));
    return {};
  }
  if (in.accept('x')) {
    const auto times = TRY(in.repetitions());
    if (out.size() + times >= kSeriesValuesMax) return in.fail("too many values");
    out.insert(out.end(), times + 1, value);
    return {};
  }
  const bool negative = in.peek() == '-';
  if (in.peek() != '+' && in.peek() != '-') return in.unexpected("series values");
  in.skip(1);
  if (!in.looking_at("{{")) return in.unexpected("series values");
  in.skip(2);
  const auto step = TRY(read_histogram(in));
  if (!in.accept('x')) return in.unexpected("series values");
  const auto times = TRY(in.repetitions());
  if (out.size() + times >= kSeriesValuesMax) return in.fail("too many values");
  if (first.histogram.schema > step.histogram.schema && !first.histogram.custom() &&
      !step.histogram.custom()) {
    return in.fail(fmt::format("error combining histograms: cannot merge from schema {} to {}",
                               step.histogram.schema, first.histogram.schema));
  }
  // As the original: only a value computed by the series carries the hint of both descriptions.
  value.reset_hint_given = first.reset_hint_given || step.reset_hint_given;
  Histogram current = first.histogram;
  out.push_back(value);
  for (std::size_t i = 0; i < times; ++i) {
    const auto notes = negative ? subtract(current, step.histogram) : add(current, step.histogram);
    if (notes.incompatible)
      return in.fail(
          "cannot apply this operation on histograms with a mix of exponential and custom bucket "
          "schemas");
    value.histogram = std::make_shared<Histogram>(current);
    out.push_back(value);
  }
  return {};
}

Status read_item(Reader& in, std::vector<SeriesValue>& out) {
  if (in.looking_at("{{")) return read_histogram_item(in, out);
  if (in.accept('_')) {
    std::size_t times = 1;
    if (in.accept('x')) times = TRY(in.repetitions());
    if (out.size() + times > kSeriesValuesMax) return in.fail("too many values");
    out.insert(out.end(), times, SeriesValue{.omitted = true});
    return {};
  }
  double value = 0;
  if (in.looking_at("stale")) {
    in.skip(5);
    value = stale_nan();
  } else {
    value = TRY(in.signed_number());
  }
  double step = 0;
  const bool steps = in.peek() == '+' || in.peek() == '-';
  if (steps) step = TRY(in.signed_number());
  if (!in.accept('x')) {
    if (steps) return in.unexpected("series values");
    out.push_back({.value = value});
    return {};
  }
  const auto times = TRY(in.repetitions());
  if (out.size() + times >= kSeriesValuesMax) return in.fail("too many values");
  for (std::size_t i = 0; i <= times; ++i) {
    out.push_back({.value = value});
    if (steps) value += step;
  }
  return {};
}

Result<std::vector<SeriesValue>> read_values(Reader in) {
  std::vector<SeriesValue> out;
  in.skip_blanks();
  while (!in.done()) {
    TRY(read_item(in, out));
    if (!in.at_item_end()) return in.unexpected("series values");
    in.skip_blanks();
  }
  return out;
}

}  // namespace

std::size_t metric_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && (is_alpha(text[at]) || is_digit(text[at]) || text[at] == ':')) ++at;
  auto brace = at;
  while (brace < text.size() && is_blank(text[brace])) ++brace;
  if (brace >= text.size() || text[brace] != '{' || text.substr(brace, 2) == "{{") return at;
  char quote = '\0';
  for (at = brace + 1; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != '\0') {
      if (c == '\\' && quote != '`') {
        ++at;
      } else if (c == quote) {
        quote = '\0';
      }
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '}') {
      return at + 1;
    }
  }
  return text.size();
}

Result<SeriesDescription> parse_series_description(std::string_view text) {
  SeriesDescription out;
  const auto length = metric_length(text);
  out.labels = TRY(parse_metric(text.substr(0, length)));
  out.values = TRY(read_values(Reader(text, length)));
  return out;
}

Result<std::vector<SeriesValue>> parse_series_values(std::string_view text) {
  return read_values(Reader(text));
}

Result<StartOffsets> parse_start_offsets(std::string_view text) {
  StartOffsets out;
  const auto length = metric_length(text);
  out.labels = TRY(parse_metric(text.substr(0, length)));
  Reader in(text, length);
  if (!in.looking_at("@st")) return in.fail("expected @st");
  in.skip(3);
  in.skip_blanks();
  while (!in.done()) {
    if (in.accept('_')) {
      std::size_t times = 1;
      if (in.accept('x')) times = TRY(in.repetitions());
      if (out.offsets_ms.size() + times > kSeriesValuesMax) return in.fail("too many values");
      out.offsets_ms.insert(out.offsets_ms.end(), times, std::nullopt);
    } else {
      auto offset = TRY(in.duration());
      Millis step{0};
      const bool steps = in.peek() == '+' || in.peek() == '-';
      if (steps) step = TRY(in.duration());
      std::size_t times = 0;
      if (in.accept('x')) {
        times = TRY(in.repetitions());
      } else if (steps) {
        return in.unexpected("start timestamps");
      }
      if (out.offsets_ms.size() + times >= kSeriesValuesMax) return in.fail("too many values");
      for (std::size_t i = 0; i <= times; ++i) {
        out.offsets_ms.push_back(offset.count());
        offset += step;
      }
    }
    if (!in.at_item_end()) return in.unexpected("start timestamps");
    in.skip_blanks();
  }
  return out;
}

}  // namespace pharos::query::promql

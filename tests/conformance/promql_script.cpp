#include "promql_script.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "query/promql/ast.hpp"
#include "query/promql/lexer.hpp"

namespace pharos::conformance {
namespace {

using query::promql::SeriesDescription;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const auto end = text.find_first_of(" \t");
  const auto word = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : trim(text.substr(end));
  return word;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<std::int64_t> parse_moment(std::string_view text) {  // milliseconds after the epoch
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto duration = TRY(parse_duration(text));
  return negative ? -duration.count() : duration.count();
}

std::optional<double> parse_bare_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto word = lower(text);
  double value = 0;
  if (word == "inf" || word == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (word == "nan") {
    value = std::nan("");
  } else if (word.starts_with("0x")) {
    std::uint64_t hex = 0;
    const auto [end, code] = std::from_chars(word.data() + 2, word.data() + word.size(), hex, 16);
    if (code != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    value = static_cast<double>(hex);
  } else {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || text.empty())
      return std::nullopt;
  }
  return negative ? -value : value;
}

ExpectedText parse_expected_text(std::string_view text) {
  text = trim(text);
  if (text.starts_with("msg:")) return {std::string(trim(text.substr(4))), {}};
  if (text.starts_with("regex:")) return {{}, std::string(trim(text.substr(6)))};
  return {};
}

class Script {
 public:
  explicit Script(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      auto line = trim(text.substr(0, end));
      if (line.starts_with('#')) line = {};
      lines_.push_back(line);
      text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
  }

  Result<std::vector<Command>> parse() {
    std::vector<Command> out;
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      if (lines_[at_].empty()) continue;
      auto rest = lines_[at_];
      const auto word = lower(take_word(rest));
      if (word == "clear") {
        out.emplace_back(ClearCommand{});
      } else if (word.starts_with("load")) {
        auto load = TRY(parse_load(word, rest));
        out.emplace_back(std::move(load));
      } else if (word.starts_with("eval")) {
        auto eval = TRY(parse_eval(word, rest));
        out.emplace_back(std::move(eval));
      } else {
        return wrong("unknown command '" + word + "'");
      }
    }
    return out;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(Errc::invalid, "line " + std::to_string(at_ + 1) + ": " + std::string(what));
  }
  bool body_goes_on() const { return at_ + 1 < lines_.size() && !lines_[at_ + 1].empty(); }

  Result<LoadCommand> parse_load(const std::string& word, std::string_view rest) {
    LoadCommand load;
    if (word != "load" && word != "load_with_nhcb") return wrong("unknown command '" + word + "'");
    load.with_custom_histograms = word == "load_with_nhcb";
    const auto step = parse_duration(take_word(rest));
    if (!step) return wrong(step.error().message);
    load.step = *step;
    std::optional<query::promql::StartOffsets> starts;
    while (body_goes_on()) {
      const auto line = lines_[++at_];
      const auto length = query::promql::metric_length(line);
      if (line.substr(length).starts_with("@st")) {
        auto parsed = query::promql::parse_start_offsets(line);
        if (!parsed) return wrong(parsed.error().message);
        starts = std::move(*parsed);
        continue;
      }
      auto parsed = query::promql::parse_series_description(line);
      if (!parsed) return wrong(parsed.error().message);
      LoadCommand::Series series{parsed->labels, std::move(parsed->values), {}};
      if (starts) {
        if (starts->labels != series.labels)
          return wrong("start timestamps of another series than the line below them");
        if (starts->offsets_ms.size() != series.values.size())
          return wrong("not as many start timestamps as samples");
        series.start_offsets_ms = std::move(starts->offsets_ms);
        starts.reset();
      }
      load.series.push_back(std::move(series));
    }
    return load;
  }

  Result<EvalCommand> parse_eval(const std::string& word, std::string_view rest) {
    EvalCommand eval;
    eval.line = static_cast<std::uint32_t>(at_ + 1);
    if (word == "eval_fail") {
      eval.fails = true;
    } else if (word == "eval_warn") {
      eval.warnings.emplace_back();
    } else if (word == "eval_info") {
      eval.infos.emplace_back();
    } else if (word == "eval_ordered") {
      eval.ordered = true;
    } else if (word != "eval") {
      return wrong("unknown command '" + word + "'");
    }
    const auto moment = [&](std::string_view keyword, std::int64_t& out) -> Status {
      if (!keyword.empty() && take_word(rest) != keyword)
        return wrong("expected '" + std::string(keyword) + "'");
      const auto parsed = parse_moment(take_word(rest));
      if (!parsed) return wrong(parsed.error().message);
      out = *parsed;
      return {};
    };
    const auto kind = take_word(rest);
    if (kind == "instant") {
      if (rest.starts_with("at ") || rest.starts_with("at\t")) TRY(moment("at", eval.start_ms));
      eval.end_ms = eval.start_ms;
    } else if (kind == "range") {
      eval.is_range = true;
      TRY(moment("from", eval.start_ms));
      TRY(moment("to", eval.end_ms));
      TRY(moment("step", eval.step_ms));
      if (eval.step_ms <= 0) return wrong("a step must be greater than 0");
      if (eval.end_ms < eval.start_ms) return wrong("the range ends before it starts");
    } else {
      return wrong("expected 'instant' or 'range'");
    }
    if (rest.empty()) return wrong("a query is missing");
    eval.expr = std::string(rest);
    while (body_goes_on()) {
      const bool more = TRY(parse_body_line(eval, lines_[++at_]));
      if (!more) break;
    }
    return eval;
  }

  // False when the line ends the body.
  Result<bool> parse_body_line(EvalCommand& eval, std::string_view line) {
    auto rest = line;
    const auto word = take_word(rest);
    if (word == "expected_fail_message") {
      eval.fails = true;
      eval.failures.push_back({std::string(rest), {}});
      return false;
    }
    if (word == "expected_fail_regexp") {
      eval.fails = true;
      eval.failures.push_back({{}, std::string(rest)});
      return false;
    }
    if (word == "expect") {
      TRY(parse_expectation(eval, rest));
      return true;
    }
    if (const auto number = parse_bare_number(line)) {
      eval.scalar = *number;
      return false;
    }
    auto series = query::promql::parse_series_description(line);
    if (!series) return wrong(series.error().message);
    eval.series.push_back(std::move(*series));
    return true;
  }

  Status parse_expectation(EvalCommand& eval, std::string_view rest) {
    const auto kind = take_word(rest);
    if (kind == "fail") {
      eval.fails = true;
      eval.failures.push_back(parse_expected_text(rest));
    } else if (kind == "warn") {
      eval.warnings.push_back(parse_expected_text(rest));
    } else if (kind == "info") {
      eval.infos.push_back(parse_expected_text(rest));
    } else if (kind == "no_warn") {
      eval.no_warnings = true;
    } else if (kind == "no_info") {
      eval.no_infos = true;
    } else if (kind == "ordered") {
      eval.ordered = true;
    } else if (kind == "string") {
      auto text = query::promql::unquote(rest);
      if (!text) return wrong("expected a quoted string");
      eval.text = std::move(*text);
    } else if (kind == "range") {
      std::string_view words[7];
      for (auto& each : words) each = take_word(rest);
      if (words[0] != "vector" || words[1] != "from" || words[3] != "to" || words[5] != "step") {
        return wrong("expected 'range vector from A to B step S'");
      }
      const auto start = TRY(parse_moment(words[2]));
      const auto end = TRY(parse_moment(words[4]));
      const auto step = TRY(parse_moment(words[6]));
      if (step <= 0) return wrong("a step must be greater than 0");
      eval.range_vector = {start, end, step};
    } else {
      return wrong("unknown expectation '" + std::string(kind) + "'");
    }
    return {};
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Command>> parse_script(std::string_view text) {
  return Script(text).parse();
}

}  // namespace pharos::conformance

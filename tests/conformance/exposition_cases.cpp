#include "tests/conformance/exposition_cases.hpp"

#include <cmath>

#include "model/exposition/exposition.hpp"
#include "tests/conformance/json_lines.hpp"

namespace pharos::conformance {
namespace {

using codec::Json;
using namespace exposition;

struct Read {
  Entry entry;
  std::string name, text, series;
  Labels labels;
  std::vector<Exemplar> exemplars;
};

Result<std::vector<Read>> read_page(Format format, std::string page) {
  // Text 0.0.4 "gets a final newline if it lacks one" without help: the parser takes the end for one.
  const auto parser = make_parser(format, page);
  std::vector<Read> out;
  for (Entry entry;;) {
    const bool more = TRY(parser->next(entry));
    if (!more) return out;
    Read read{.entry = entry, .name = std::string(entry.name), .text = std::string(entry.text), .series = std::string(entry.series)};
    if (entry.kind == EntryKind::sample || entry.kind == EntryKind::histogram) {
      read.labels = parser->labels();
      parser->exemplars(read.exemplars);
    }
    out.push_back(std::move(read));
  }
}

bool same_value(double got, const Json& wanted) {
  if (wanted.kind() != Json::Kind::string) return got == wanted.real();
  const auto& text = wanted.string();
  if (text == "NaN") return std::isnan(got);
  return std::isinf(got) && (got < 0) == text.starts_with('-');
}

std::string check_labels(const Labels& got, const Json& wanted) {
  LabelsBuilder builder;
  for (const auto& [name, value] : wanted.members()) builder.set(name, value.string());
  const auto labels = builder.build();
  return got == labels ? "" : "labels " + got.to_string() + ", expected " + labels.to_string();
}

std::string check_exemplars(const std::vector<Exemplar>& got, const Json& wanted) {
  if (got.size() != wanted.items().size()) return std::to_string(got.size()) + " exemplars, expected " + std::to_string(wanted.items().size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto& row = wanted.items()[i];
    if (auto why = check_labels(got[i].labels, row["labels"]); !why.empty()) return "exemplar " + why;
    if (!same_value(got[i].value, row["value"])) return "exemplar value";
    const auto* t = row.find("timestamp_ms");
    if (got[i].has_timestamp != (t != nullptr) || (t != nullptr && got[i].t_ms != t->integer())) return "exemplar timestamp";
  }
  return {};
}

std::string check_entry(const Read& got, const Json& wanted) {
  const auto metadata = [&](EntryKind kind, std::string_view text, std::string_view expected) -> std::string {
    if (got.entry.kind != kind) return "another kind of entry";
    if (kind != EntryKind::comment && got.name != wanted["metric"].string()) return "metric " + got.name;
    return text == expected ? "" : "text '" + std::string(text) + "', expected '" + std::string(expected) + "'";
  };
  if (const auto* help = wanted.find("help")) return metadata(EntryKind::help, got.text, help->string());
  if (const auto* type = wanted.find("type")) return metadata(EntryKind::type, name(got.entry.type), type->string());
  if (const auto* unit = wanted.find("unit")) return metadata(EntryKind::unit, got.text, unit->string());
  if (const auto* comment = wanted.find("comment")) return metadata(EntryKind::comment, got.text, comment->string());
  if (got.entry.kind != EntryKind::sample) return "not a sample";
  if (auto why = check_labels(got.labels, wanted["labels"]); !why.empty()) return why;
  if (!same_value(got.entry.value, wanted["value"])) return "value " + std::to_string(got.entry.value);
  const auto* t = wanted.find("timestamp_ms");
  if (got.entry.t_ms.has_value() != (t != nullptr) || (t != nullptr && *got.entry.t_ms != t->integer())) return "timestamp";
  if (got.entry.start_ms != wanted["start_timestamp_ms"].integer()) return "start timestamp " + std::to_string(got.entry.start_ms);
  return check_exemplars(got.exemplars, wanted["exemplars"]);
}

std::string run_row(const Json& row) {
  const auto& format_name = row["format"].string();
  const auto format = format_name.starts_with("text") ? Format::text : Format::openmetrics;
  const auto input = input_of(row);
  const auto pages = read_page(format, input);
  if (const auto* valid = row.find("valid")) {
    const bool wanted = valid->boolean();
    if (format_name.ends_with("-strict")) {
      const auto strict = validate_openmetrics(input);
      if (strict.has_value() != wanted) return wanted ? "refused: " + strict.error().message : "accepted by the validator";
      if (wanted && !pages) return "refused by the scraper: " + pages.error().message;
      return {};
    }
    if (pages.has_value() == wanted) return {};
    return wanted ? "refused: " + pages.error().message : "accepted";
  }
  if (!pages) return "refused: " + pages.error().message;
  if (const auto* series = row.find("series_in_order")) {
    std::size_t at = 0;
    for (const auto& read : *pages) {
      if (read.entry.kind != EntryKind::sample) continue;
      if (at == series->items().size()) return "an extra series " + read.series;
      if (const auto& wanted = series->items()[at++].string(); read.series != wanted) return "series " + read.series + ", expected " + wanted;
    }
    return at == series->items().size() ? "" : "series are missing";
  }
  if (row.find("expect") == nullptr) return "a row of unknown kind";
  const auto& expected = row["expect"].items();
  for (std::size_t i = 0; i < expected.size() && i < pages->size(); ++i)
    if (auto why = check_entry((*pages)[i], expected[i]); !why.empty()) return "entry " + std::to_string(i + 1) + ": " + why;
  if (pages->size() != expected.size())
    return std::to_string(pages->size()) + " entries, expected " + std::to_string(expected.size());
  return {};
}

}  // namespace

Result<std::vector<CaseResult>> run_exposition_cases(const std::string& file) {
  if (!file.ends_with(".txt")) return for_each_row(file, run_row);
  const auto page = TRY(read_case_file(file));
  const bool openmetrics = file.find(".om.") != file.npos;
  const auto read = read_page(openmetrics ? Format::openmetrics : Format::text, page);
  CaseResult result{.id = file + ":1", .pass = read.has_value() && !read->empty()};
  if (!read) result.reason = read.error().message;
  return std::vector{std::move(result)};
}

}  // namespace pharos::conformance

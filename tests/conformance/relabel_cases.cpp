#include "tests/conformance/relabel_cases.hpp"

#include "model/relabel.hpp"
#include "tests/conformance/json_lines.hpp"

namespace pharos::conformance {
namespace {

using codec::Json;

// The validation rows write the default replacement as the last word of the constant that upstream's test names.
constexpr std::string_view kDefaultReplacementWord = "replacement";

Result<RelabelRule> rule_from(const Json& config) {
  RelabelRule rule;
  for (const auto& source : config["source_labels"].items()) rule.source_labels.push_back(source.string());
  if (const auto* separator = config.find("separator")) rule.separator = separator->string(), rule.has_separator = true;
  if (const auto* regex = config.find("regex")) {
    rule.regex = TRY(Regex::compile(regex->string()));
    rule.has_regex = true;
  }
  rule.modulus = static_cast<std::uint64_t>(config["modulus"].integer());
  rule.target_label = config["target_label"].string();
  if (const auto* replacement = config.find("replacement"); replacement != nullptr && replacement->string() != kDefaultReplacementWord)
    rule.replacement = replacement->string(), rule.has_replacement = true;
  if (const auto* action = config.find("action")) {
    const auto parsed = parse_relabel_action(action->string());
    if (!parsed) return fail(Errc::invalid, "unknown relabel action " + go_quote(action->string()));
    rule.action = *parsed;
  }
  return rule;
}

std::string run_validate(const Json& row) {
  const auto& config = row["config"];
  const auto scheme = config["name_validation_scheme"].string().starts_with("legacy") ? NameValidation::legacy : NameValidation::utf8;
  const auto rule = rule_from(config);
  const Status status = rule ? validate(*rule, scheme) : Status(std::unexpected(rule.error()));
  const bool wanted = row["valid"].boolean();
  if (status.has_value() == wanted) return {};
  return wanted ? "refused: " + status.error().message : "accepted";
}

std::string run_apply(const Json& row) {
  std::vector<RelabelRule> rules;
  for (const auto& config : row["relabel_configs"].items()) {
    auto rule = rule_from(config);
    if (!rule) return "rule refused: " + rule.error().message;
    if (const auto status = validate(*rule, NameValidation::utf8); !status) return "rule refused: " + status.error().message;
    rules.push_back(std::move(*rule));
  }
  LabelsBuilder labels;
  for (const auto& [name, value] : row["input"].members()) labels.set(name, value.string());
  const bool kept = relabel(rules, labels);
  if (kept == row["drop"].boolean()) return kept ? "kept" : "dropped";
  if (!kept) return {};
  LabelsBuilder wanted;
  for (const auto& [name, value] : row["output"].members()) wanted.set(name, value.string());
  const auto got = labels.build(), expected = wanted.build();
  return got == expected ? "" : got.to_string() + ", expected " + expected.to_string();
}

std::string run_row(const Json& row) {
  if (row.find("config") != nullptr) return run_validate(row);
  if (row.find("relabel_configs") != nullptr) return run_apply(row);
  return "a row of unknown kind";
}

}  // namespace

Result<std::vector<CaseResult>> run_relabel_cases(const std::string& file) { return for_each_row(file, run_row); }

}  // namespace pharos::conformance

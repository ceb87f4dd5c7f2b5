#include "config_cases.hpp"

#include <filesystem>
#include <map>

#include "codec/json.hpp"
#include "rules/rule_file.hpp"
#include "server/config.hpp"

namespace pharos::conformance {
namespace {

namespace fs = std::filesystem;

// What the rows of a set may refer to: aux/, and the other rows by their file names.
struct Surroundings {
  fs::path aux;
  std::map<std::string, std::string> rows;
};

// Files named without a pattern that exist nowhere: such a case cannot be decided.
struct Missing {
  std::vector<std::string> files;
};

CaseResult judge(std::string id, bool valid, const Status& loaded, const Missing& missing) {
  CaseResult result{.id = std::move(id)};
  if (!loaded && loaded.error().code == Errc::unsupported) {
    result.skip = true;
    result.reason = loaded.error().message;
    return result;
  }
  result.pass = loaded.has_value() == valid;
  if (result.pass) return result;
  if (!valid && !missing.files.empty()) {
    result.skip = true;
    result.reason = "refers to " + missing.files.front() + ", which is not among the case's files";
    return result;
  }
  result.reason =
      valid ? "must load, but: " + loaded.error().message : "must be refused, but loads";
  return result;
}

CaseResult run_config(const codec::Json& row, std::string id, const Surroundings& around) {
  Missing missing;
  server::LoadOptions options;
  options.agent = row["agent_mode"].boolean();
  const auto row_of = [&](const std::string& path) {
    return around.rows.find(fs::path(path).filename().string());
  };
  options.expand = [&](const std::string& pattern) {
    auto found = server::expand_pattern(pattern);
    if (found.empty() && row_of(pattern) != around.rows.end()) found.push_back(pattern);
    if (found.empty() && pattern.find('*') == std::string::npos) missing.files.push_back(pattern);
    return found;
  };
  options.read_file = [&](const std::string& path) -> Result<std::string> {
    if (!fs::exists(path))
      if (const auto found = row_of(path); found != around.rows.end()) return found->second;
    return server::read_text_file(path);
  };
  const std::string name = id;
  auto loaded = server::parse_config(row["config_yaml"].string(),
                                     (around.aux / fs::path(name).filename()).string(), options);
  const Status status = loaded ? Status{} : Status{std::unexpect, loaded.error()};
  return judge(std::move(id), row["valid"].boolean(), status, missing);
}

CaseResult run_rules(const codec::Json& row, std::string id) {
  rules::RuleFileOptions options;
  if (row["name_validation"].string() == "legacy") options.names = NameValidation::legacy;
  const auto file = rules::parse_rule_file(row["rules_yaml"].string(), id, options);
  const Status status = file.errors.empty() ? Status{} : Status{std::unexpect, file.errors.front()};
  return judge(std::move(id), row["valid"].boolean(), status, {});
}

}  // namespace

Result<std::vector<CaseResult>> run_config_cases(const std::string& file) {
  const std::string text = TRY(server::read_text_file(file));
  Surroundings around{.aux = fs::path(file).parent_path() / "aux", .rows = {}};
  std::vector<std::pair<std::uint32_t, codec::Json>> rows;
  std::uint32_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    ++line;
    if (end > at) {
      auto row = codec::Json::parse(std::string_view(text).substr(at, end - at));
      if (!row) return fail(std::move(row).error().in(file + ":" + std::to_string(line)));
      if (row->find("config_yaml") != nullptr)
        around.rows.emplace((*row)["file"].string(), (*row)["config_yaml"].string());
      rows.emplace_back(line, std::move(*row));
    }
    at = end + 1;
  }
  std::vector<CaseResult> results;
  for (const auto& [number, row] : rows) {
    std::string id = row["file"].string();
    if (id.empty()) id = "line " + std::to_string(number);
    if (row.find("config_yaml") != nullptr)
      results.push_back(run_config(row, std::move(id), around));
    else if (row.find("rules_yaml") != nullptr)
      results.push_back(run_rules(row, std::move(id)));
    else
      return fail(Errc::invalid, file + ":" + std::to_string(number) +
                                     ": a row has neither config_yaml nor rules_yaml");
  }
  return results;
}

}  // namespace pharos::conformance

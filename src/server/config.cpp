#include "server/config.hpp"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "codec/yaml_section.hpp"
#include "scrape/yaml_text.hpp"
#include "server/config_sections.hpp"

namespace pharos::server {
namespace {

using codec::Yaml;
using codec::YamlSection;

// Prometheus: ^[^*]*(\*[^/]*)?$: a '*' only in the last element.
Result<std::vector<std::string>> parse_patterns(const Yaml& node, std::string_view what,
                                                const std::filesystem::path& folder) {
  auto patterns = TRY(node.texts());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const auto star = patterns[i].find('*');
    if (star != std::string::npos && patterns[i].find('/', star) != std::string::npos)
      return fail(node.items()[i].error("invalid " + std::string(what) + " path " +
                                        go_quote(patterns[i]) +
                                        ": '*' may stand in the last element only"));
    patterns[i] = scrape::join_folder(folder, patterns[i]);
  }
  return patterns;
}

Status check_agent(const Yaml& root) {
  for (const std::string_view key : {"alerting", "rule_files", "remote_read"}) {
    const Yaml* value = root.find(key);
    if (value != nullptr && !value->is_null() &&
        !(value->items().empty() && value->members().empty()))
      return fail(value->error("field " + std::string(key) + " is not allowed in agent mode"));
  }
  return {};
}

struct JobOrigins {
  std::map<std::string, std::string> place;  // job name → where it was first seen
};

Status load_job_file(const std::string& path, const LoadOptions& options,
                     const scrape::GlobalConfig& global, JobOrigins& origins,
                     scrape::ParseContext& context, std::vector<scrape::ScrapeConfig>& jobs) {
  const std::string text = TRY(options.read_file(path));
  const Yaml root = TRY(Yaml::parse(text, path));
  auto section = TRY(YamlSection::open(root, "a scrape config file"));
  const Yaml* list = section.take("scrape_configs");
  TRY(section.done());
  if (list == nullptr) return {};
  scrape::ParseContext own{.folder = std::filesystem::path(path).parent_path(),
                           .unsupported = std::nullopt};
  auto found = TRY(scrape::parse_scrape_configs(*list, global, own));
  if (own.unsupported && !context.unsupported) context.unsupported = std::move(own.unsupported);
  for (auto& job : found) {
    const auto [at, fresh] = origins.place.emplace(job.job_name, go_quote(path));
    if (!fresh)
      return fail(list->error("found multiple scrape configs with job name " +
                              go_quote(job.job_name) + ", first found in " + at->second));
    jobs.push_back(std::move(job));
  }
  return {};
}

Status load_job_files(const Yaml& node, const LoadOptions& options,
                      const scrape::GlobalConfig& global, scrape::ParseContext& context,
                      std::vector<scrape::ScrapeConfig>& jobs) {
  JobOrigins origins;
  for (const auto& job : jobs) origins.place.emplace(job.job_name, "main config file");
  const auto patterns = TRY(parse_patterns(node, "scrape config file", context.folder));
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (std::find(patterns.begin(), patterns.begin() + static_cast<std::ptrdiff_t>(i),
                  patterns[i]) != patterns.begin() + static_cast<std::ptrdiff_t>(i))
      return fail(node.items()[i].error("scrape config file path " + go_quote(patterns[i]) +
                                        " is listed twice"));
    for (const auto& path : options.expand(patterns[i]))
      TRY(load_job_file(path, options, global, origins, context, jobs));
  }
  return {};
}

Status parse_runtime(const Yaml& node) {
  auto section = TRY(YamlSection::open(node, "runtime"));
  std::int64_t gogc = 0;  // tunes Go's garbage collector: read, without effect here
  TRY(section.read_integer("gogc", gogc));
  return section.done();
}

Status parse_root(const Yaml& root, const LoadOptions& options, scrape::ParseContext& context,
                  Config& config) {
  auto section = TRY(YamlSection::open(root, "the configuration"));
  if (const auto* v = section.take("global"))
    config.global = TRY(scrape::parse_global(*v, context));
  if (const auto* v = section.take("runtime")) TRY(parse_runtime(*v));
  if (const auto* v = section.take("rule_files"))
    config.rule_files = TRY(parse_patterns(*v, "rule file", context.folder));
  const auto* job_files = section.take("scrape_config_files");
  const auto* jobs = section.take("scrape_configs");
  const auto* alerting = section.take("alerting");
  const auto* remote_write = section.take("remote_write");
  const auto* remote_read = section.take("remote_read");
  const auto* storage = section.take("storage");
  const auto* otlp = section.take("otlp");
  const auto* tracing = section.take("tracing");
  const auto* host = section.take("host");
  const auto* rules = section.take("rules");
  const auto* oncall = section.take("oncall");
  const auto* dashboards = section.take("dashboards");
  TRY(section.done());

  const NameValidation scheme = config.global.name_validation;
  if (jobs != nullptr)
    config.jobs = TRY(scrape::parse_scrape_configs(*jobs, config.global, context));
  if (alerting != nullptr) TRY(parse_alerting(*alerting, scheme, context, config));
  if (remote_write != nullptr)
    config.remote_write = TRY(parse_remote_write(*remote_write, scheme, context));
  if (remote_read != nullptr) config.remote_read = TRY(parse_remote_read(*remote_read, context));
  if (storage != nullptr) config.storage = TRY(parse_storage(*storage));
  if (otlp != nullptr) {
    config.otlp = TRY(parse_otlp(*otlp, scheme));
    config.otlp_text = scrape::canonical_text(*otlp);
  }
  if (tracing != nullptr) config.tracing_endpoint = TRY(parse_tracing(*tracing, context));
  if (host != nullptr) config.host = TRY(parse_host(*host));
  if (rules != nullptr) config.rules = TRY(parse_rules(*rules, context.folder));
  if (dashboards != nullptr)
    config.dashboards = TRY(parse_dashboard_folders(*dashboards, context.folder));
  if (oncall != nullptr) {
    auto parsed = TRY(rules::oncall::parse_oncall_config(*oncall, [&](const std::string& path) {
      return options.read_file((context.folder / path).string());
    }));
    config.oncall = std::make_shared<const rules::oncall::OnCallConfig>(std::move(parsed));
  }
  if (options.agent) TRY(check_agent(root));
  if (job_files != nullptr)
    TRY(load_job_files(*job_files, options, config.global, context, config.jobs));
  return {};
}

}  // namespace

std::vector<std::string> expand_pattern(const std::string& pattern) {
  std::vector<std::string> out;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    for (std::size_t i = 0; i < found.gl_pathc; ++i) out.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return out;
}

ExpandedPatterns expand_patterns(const std::vector<std::string>& patterns) {
  ExpandedPatterns out;
  std::set<std::string> seen;
  for (const auto& pattern : patterns) {
    auto found = expand_pattern(pattern);
    if (found.empty() && pattern.find_first_of("*?[") == std::string::npos)
      out.missing.push_back(pattern);
    for (auto& path : found)
      if (seen.insert(std::filesystem::path(path).lexically_normal().string()).second)
        out.paths.push_back(std::move(path));
  }
  return out;
}

Result<std::string> read_text_file(const std::string& path) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return fail(Errc::io, path + ": is a directory");
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return fail(errno == ENOENT ? Errc::not_found : Errc::io, path + ": " + std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return fail(Errc::io, path + ": " + std::strerror(errno));
  return std::move(text).str();
}

Result<Config> parse_config(std::string_view text, const std::string& file,
                            const LoadOptions& options) {
  LoadOptions with = options;
  if (!with.read_file) with.read_file = read_text_file;
  if (!with.expand) with.expand = expand_pattern;
  const Yaml root = TRY(Yaml::parse(text, file));
  scrape::ParseContext context{.folder = std::filesystem::path(file).parent_path(),
                               .unsupported = std::nullopt};
  Config config;
  TRY(parse_root(root, with, context, config));
  if (context.unsupported) return fail(std::move(*context.unsupported));
  config.text = scrape::masked_yaml(root);
  return config;
}

Result<Config> load_config(const std::string& file, const LoadOptions& options) {
  const std::string text = TRY(read_text_file(file));
  return parse_config(text, file, options);
}

Config default_config() {
  Config config;
  config.host.enabled = true;
  config.text = "host:\n  enabled: true\n";
  return config;
}

}  // namespace pharos::server

// `pharos check config|rules|metrics`: promtool's behaviour, every mistake with its place.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <set>

#include "model/exposition/exposition.hpp"
#include "model/exposition/lint.hpp"
#include "rules/receivers/notification_templates.hpp"
#include "rules/rule_file.hpp"
#include "server/alert_flags.hpp"
#include "server/alertmanager_setup.hpp"
#include "server/config.hpp"
#include "server/flags.hpp"
#include "server/rule_lint_live.hpp"

namespace pharos::server {
namespace {

namespace fs = std::filesystem;

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
}
void complain(const std::string& text) {
  std::fflush(stdout), std::fputs(("  FAILED: " + text + "\n").c_str(), stderr);
}

// Which findings of lint are shown, and whether one was.
class Lint {
 public:
  explicit Lint(const CheckFlags& flags) : flags_(flags) {}
  bool wants(std::string_view check) const {
    return std::ranges::any_of(flags_.lint, [&](const std::string& word) {
      return word == check || (word == "all" && !has("none"));
    });
  }
  void show(const std::vector<rules::lint::Finding>& findings) {
    for (const auto& finding : findings)
      if (wants(finding.check))
        line("line " + std::to_string(finding.line) + ", " + finding.rule + ": " + finding.check +
             (finding.cannot_fire ? " (cannot fire): " : ": ") + finding.what);
  }
  void line(const std::string& text) {
    say("  LINT: " + text);
    found_ = true;
  }
  bool failed() const { return found_ && flags_.lint_fatal; }

 private:
  bool has(std::string_view word) const {
    return std::ranges::find(flags_.lint, word) != flags_.lint.end();
  }
  const CheckFlags& flags_;
  bool found_ = false;
};

// One rule file: true when it may be loaded.
bool check_rule_file(const std::string& path, const rules::RuleFileOptions& options,
                     const CheckFlags& flags, Lint& lint) {
  say("Checking " + path);
  auto text = read_text_file(path);
  if (!text) {
    complain(text.error().message);
    return false;
  }
  const auto file = rules::parse_rule_file(*text, path, options);
  for (const auto& error : file.errors) complain(error.message);
  if (!file.errors.empty()) return false;
  std::size_t count = 0;
  for (const auto& group : file.groups) count += group.rules.size();
  const auto duplicates = rules::duplicate_rules(file.groups);
  if (!duplicates.empty() && lint.wants("duplicate-rules")) {
    lint.line(std::to_string(duplicates.size()) + " duplicate rule(s) found.");
    for (const auto& duplicate : duplicates) {
      say("  Metric: " + duplicate.name + "\n  Label(s):");
      for (const auto& [name, value] : duplicate.labels) say("    " + name + ": " + value);
    }
    say("  Might cause inconsistency while recording expressions");
  }
  lint.show(rules::lint::look_at(file.groups));
  if (!flags.url.empty()) {
    const auto live = lint_against(flags.url, file.groups);
    if (!live) {
      complain("--url: " + live.error().message);
      return false;
    }
    lint.show(*live);
  }
  say("  SUCCESS: " + std::to_string(count) + " rules found\n");
  return true;
}

// A file that something refers to: missing ones are mistakes that the server would meet later.
void check_exists(const std::string& path, const std::string& what,
                  std::vector<std::string>& wrong) {
  std::error_code code;
  if (!path.empty() && !fs::exists(path, code))
    wrong.push_back(what + " " + path + " does not exist");
}

void check_client(const net::ClientOptions& options, const std::string& where,
                  std::vector<std::string>& wrong) {
  check_exists(options.tls.ca_file, where + ": ca_file", wrong);
  check_exists(options.tls.cert_file, where + ": cert_file", wrong);
  check_exists(options.tls.key_file, where + ": key_file", wrong);
  check_exists(options.auth.basic_password_file, where + ": password_file", wrong);
  check_exists(options.auth.basic_username_file, where + ": username_file", wrong);
  check_exists(options.auth.authorization_credentials_file, where + ": credentials_file", wrong);
}

// Target files that exist must be readable as such; a pattern that matches nothing yet is fine.
void check_discovery(const std::vector<scrape::DiscoveryConfig>& discovery,
                     const std::string& where, std::vector<std::string>& wrong) {
  for (const auto& config : discovery) {
    if (const auto* http = std::get_if<scrape::HttpDiscoveryConfig>(&config.kind))
      check_client(*http->http, where, wrong);
    const auto* files = std::get_if<scrape::FileDiscoveryConfig>(&config.kind);
    if (files == nullptr) continue;
    for (const auto& pattern : files->files)
      for (const auto& path : expand_pattern(pattern)) {
        auto text = read_text_file(path);
        if (!text) {
          wrong.push_back(where + ": " + text.error().message);
          continue;
        }
        auto groups = scrape::parse_target_groups(
            *text, path.ends_with(".json") || path.ends_with(".JSON"), path);
        if (!groups) wrong.push_back(where + ": " + groups.error().message);
      }
  }
}

bool check_config_file(const std::string& path, const CheckFlags& flags) {
  say("Checking " + path);
  LoadOptions options;
  options.agent = flags.agent;
  auto config = load_config(path, options);
  if (!config) {
    complain(config.error().message);
    return false;
  }
  std::vector<std::string> wrong, rule_files;
  if (!flags.syntax_only) {
    for (const auto& job : config->jobs) {
      check_client(*job.http, "job " + job.job_name, wrong);
      check_discovery(job.discovery, "job " + job.job_name, wrong);
    }
    for (const auto& manager : config->alertmanagers) {
      check_client(*manager.http, "alertmanagers", wrong);
      check_discovery(manager.discovery, "alertmanagers", wrong);
    }
    for (const auto& remote : config->remote_write)
      check_client(*remote.http, "remote_write " + remote.url, wrong);
    for (const auto& remote : config->remote_read)
      check_client(*remote.http, "remote_read " + remote.url, wrong);
    auto found = expand_patterns(config->rule_files);
    for (const auto& name : found.missing)
      wrong.push_back("rule_files: " + name + " does not point to an existing file");
    rule_files = std::move(found.paths);
  }
  for (const auto& what : wrong) complain(what);
  if (!wrong.empty()) return false;
  if (!rule_files.empty())
    say("  SUCCESS: " + std::to_string(rule_files.size()) + " rule files found");
  say(" SUCCESS: " + path + " is valid configuration\n");
  bool good = true;
  Lint lint(flags);
  for (const auto& file : rule_files)
    good &= check_rule_file(file,
                            {.names = config->global.name_validation,
                             .ignore_unknown_fields = flags.ignore_unknown_fields},
                            flags, lint);
  return good;
}

// What style has to say; OpenMetrics is checked for its rules alone, which are strict enough.
Result<std::vector<exposition::LintProblem>> check_page(std::string_view page, bool openmetrics) {
  if (!openmetrics) return exposition::lint(page);
  TRY(exposition::validate_openmetrics(page));
  return {};
}

}  // namespace

int run_check_config(const CheckFlags& flags) {
  bool good = true;
  for (const auto& file : flags.files) good &= check_config_file(file, flags);
  return good ? 0 : 1;
}

int run_check_rules(const CheckFlags& flags) {
  bool good = true;
  Lint lint(flags);
  for (const auto& file : flags.files)
    good &= check_rule_file(
        file, {.names = NameValidation::utf8, .ignore_unknown_fields = flags.ignore_unknown_fields},
        flags, lint);
  // promtool's status for rules that are valid and that lint speaks about.
  return !good ? 1 : lint.failed() ? 3 : 0;
}

// amtool's check-config: says what is in the file.
int run_check_alertmanager(const std::vector<std::string>& files) {
  bool good = true;
  for (const auto& path : files) {
    say("Checking '" + path + "'");
    auto loaded = load_alertmanager_config(path);
    if (!loaded) {
      complain(loaded.error().message);
      good = false;
      continue;
    }
    const auto templates = rules::receivers::NotificationTemplates::load(loaded->template_patterns);
    if (!templates) {
      complain(templates.error().message);
      good = false;
      continue;
    }
    say("  SUCCESS\nFound:\n - global config\n - route\n - " +
        std::to_string(loaded->inhibit_rules.size()) + " inhibit rules\n - " +
        std::to_string(loaded->receivers.size()) + " receivers\n - " +
        std::to_string(loaded->template_patterns.size()) + " templates\n");
  }
  return good ? 0 : 1;
}

int run_check_metrics(const CheckFlags& flags) {
  bool good = true, remarks = false;
  const auto check = [&](const std::string& name, std::string_view page) {
    const auto problems = check_page(page, flags.format == "openmetrics");
    if (!problems) {
      std::fputs((name + ": " + problems.error().message + "\n").c_str(), stderr);
      good = false;
      return;
    }
    for (const auto& problem : *problems)
      std::fputs((problem.metric + " " + problem.text + "\n").c_str(), stderr);
    remarks |= !problems->empty();
  };
  if (flags.files.empty()) {
    const std::string page{std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>()};
    check("<stdin>", page);
  }
  for (const auto& file : flags.files) {
    auto page = read_text_file(file);
    if (page) {
      check(file, *page);
    } else {
      std::fputs((page.error().message + "\n").c_str(), stderr);
      good = false;
    }
  }
  return !good ? 1 : remarks ? 3 : 0;  // as promtool ends
}

}  // namespace pharos::server

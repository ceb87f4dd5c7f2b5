// This file and its likes know CLI11: they turn words into flags.hpp's structs.
#include "server/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

#include "codec/yaml.hpp"
#include "rules/lint/rule_lint.hpp"
#include "server/command_line_alerts.hpp"
#include "server/command_line_oncall.hpp"
#include "server/command_line_serve.hpp"
#include "server/command_line_sim.hpp"
#include "server/completion.hpp"
#include "server/dashboard_lint.hpp"
#include "server/flags.hpp"
#include "server/version.hpp"

namespace pharos::server {
namespace {

struct Commands {
  ServeCommand serve;
  CheckFlags check;
  TestFlags test;
  QueryFlags query;
  TsdbFlags tsdb;
  AlertCommands alerts;
  OnCallFlags oncall;
  SimCommands sim;
  std::vector<std::string> query_words;
  std::string shell;
  std::function<int()> chosen;
};

void add_check_dashboards(CLI::App& check, Commands& c) {
  auto& f = c.check;
  auto* dashboards = check.add_subcommand(
      "dashboards", "Grafana dashboards (classic JSON), their queries and layout.");
  dashboards->add_option("files", f.files, "Dashboard files.")->required()->type_name("FILE...");
  std::vector<std::string> lint{"all", "none"};
  std::string about = "Which checks beyond what does not work: all, none, or some of ";
  for (const auto& known : dashboard_checks()) {
    about += (lint.size() > 2 ? ", " : "") + std::string(known.name);
    lint.emplace_back(known.name);
  }
  dashboards->add_option("--lint", f.lint, about + ". [all]")
      ->delimiter(',')
      ->take_all()
      ->expected(1)
      ->check(CLI::IsMember(lint));
  dashboards->add_flag("--lint-fatal", f.lint_fatal, "What these checks find is exit status 3.");
  dashboards->add_option("--url", f.url, "A running server: queries that give nothing there.");
  dashboards->callback([&c] { c.chosen = [&c] { return run_check_dashboards(c.check); }; });
}

void add_check(CLI::App& app, Commands& c) {
  auto* check = app.add_subcommand("check", "Validate files without running anything.");
  check->require_subcommand(1);
  auto& f = c.check;
  auto* config =
      check->add_subcommand("config", "Configuration files and everything they refer to.");
  config->add_option("files", f.files, "Configuration files.")->required()->type_name("FILE...");
  config->add_flag("--agent", f.agent, "By the rules of agent mode.");
  config->add_flag("--syntax-only", f.syntax_only, "Do not look at the files it refers to.");
  config->callback([&c] { c.chosen = [&c] { return run_check_config(c.check); }; });
  auto* rules_command =
      check->add_subcommand("rules", "Rule files, their expressions and templates.");
  rules_command->add_option("files", f.files, "Rule files.")->required()->type_name("FILE...");
  rules_command->add_flag("--ignore-unknown-fields", f.ignore_unknown_fields,
                          "Keys that are not known are no error.");
  std::vector<std::string> lint{"all", "none", "duplicate-rules", "absent-metric", "empty-join"};
  std::string about = "Which checks beyond validity: all, none, or some of duplicate-rules";
  for (const auto& known : rules::lint::checks()) {
    lint.emplace_back(known.name);
    about += ", " + std::string(known.name);
  }
  rules_command->add_option("--lint", f.lint, about + ". [all]")
      ->delimiter(',')
      ->take_all()
      ->expected(1)
      ->check(CLI::IsMember(lint));
  rules_command->add_flag("--lint-fatal", f.lint_fatal, "What these checks find is exit status 3.");
  rules_command->add_option(
      "--url", f.url,
      "A running server: metrics that are missing there, joins that match nothing.");
  rules_command->callback([&c] { c.chosen = [&c] { return run_check_rules(c.check); }; });
  add_check_dashboards(*check, c);
  add_check_alertmanager(*check, c.alerts, c.chosen);
  auto* metrics = check->add_subcommand("metrics", "A metrics page, from files or standard input.");
  metrics->add_option("files", f.files, "Pages; none: standard input.")->type_name("FILE...");
  metrics
      ->add_option("--format", f.format,
                   "Text 0.0.4 as a scraper reads it, or OpenMetrics strictly.")
      ->check(CLI::IsMember({"prometheus", "openmetrics"}))
      ->capture_default_str();
  metrics->callback([&c] { c.chosen = [&c] { return run_check_metrics(c.check); }; });
}

void add_test(CLI::App& app, Commands& c) {
  auto* test = app.add_subcommand("test", "Unit tests of configuration.");
  test->require_subcommand(1);
  auto& f = c.test;
  const auto junit = [&f](CLI::App* command) {
    command->add_option("--junit", f.junit, "File to write the results to, as JUnit XML.");
  };
  junit(test);
  auto* rules = test->add_subcommand("rules", "Rules against series and expected alerts.");
  junit(rules);
  rules->add_option("files", f.files, "Test files.")->required()->type_name("FILE...");
  rules
      ->add_option("--run", f.run,
                   "Only groups of tests whose name matches this; may be given several times.")
      ->take_all()
      ->expected(1);
  rules->add_flag("--ignore-unknown-fields", f.ignore_unknown_fields,
                  "Keys that are not known are no error.");
  rules->callback([&c] { c.chosen = [&c] { return run_test_rules(c.test); }; });
}

// As promtool: `query instant http://host:9090 up`; the server may be left out.
void take_query_words(Commands& c) {
  c.query.expr = c.query_words.back();
  if (c.query_words.size() == 2) c.query.server = c.query_words.front();
}

void add_query(CLI::App& app, Commands& c) {
  auto* query = app.add_subcommand("query", "Ask a running server.");
  query->require_subcommand(1);
  auto& f = c.query;
  const auto common = [&](CLI::App* command) {
    command->add_option("--server", f.server, "URL of the server.")->capture_default_str();
    command->add_option("--timeout", f.timeout, "Longest time of the query.")
        ->check(duration_check());
    command->add_option("--header", f.headers, "Header to send, 'Name: value'.")->take_all();
    command
        ->add_option("words", c.query_words,
                     "[SERVER] EXPR: a PromQL expression, and where to ask.")
        ->required()
        ->expected(1, 2)
        ->type_name("");
    add_output(command, f.output);
  };
  auto* instant = query->add_subcommand("instant", "Evaluate at one time.");
  common(instant);
  instant->add_option("--time", f.time, "RFC 3339 or Unix seconds. [now]");
  instant->callback([&c] {
    take_query_words(c);
    c.chosen = [&c] { return run_query_instant(c.query); };
  });
  auto* range = query->add_subcommand("range", "Evaluate over a range of time.");
  common(range);
  range->add_option("--start", f.start, "RFC 3339 or Unix seconds. [5 minutes before the end]");
  range->add_option("--end", f.end, "RFC 3339 or Unix seconds. [now]");
  range->add_option("--step", f.step, "Duration or seconds. [a 250th of the range]");
  range->callback([&c] {
    take_query_words(c);
    c.chosen = [&c] { return run_query_range(c.query); };
  });
}

void add_tsdb(CLI::App& app, Commands& c) {
  auto* tsdb = app.add_subcommand("tsdb", "Look after the data of a stopped server.");
  tsdb->require_subcommand(1);
  auto& f = c.tsdb;
  const auto command = [&](const char* name, const char* help, int (*run)(const TsdbFlags&)) {
    auto* sub = tsdb->add_subcommand(name, help);
    sub->add_option("--storage.path,--storage.tsdb.path", f.storage_path, "Folder of the data.")
        ->capture_default_str();
    sub->callback([&c, run] { c.chosen = [&c, run] { return run(c.tsdb); }; });
    return sub;
  };
  auto* analyze =
      command("analyze", "What the data consists of: series, labels, bytes.", run_tsdb_analyze);
  analyze->add_option("--limit", f.top, "Rows of each table.")->capture_default_str();
  add_output(analyze, f.output);
  add_unused_command(*tsdb, c.alerts, c.chosen);
  command("verify", "Read every file and name every damage.", run_tsdb_verify);
  command("snapshot", "A consistent copy under snapshots/.", run_tsdb_snapshot)
      ->add_flag("--skip-head", f.skip_head, "Leave out what is in the journal only.");
  command("import",
          "Take in Prometheus blocks (a data or snapshot folder) or an OpenMetrics text file.",
          run_tsdb_import)
      ->add_option("source", f.file, "Folder or file.")
      ->required();
  auto* dump = command("export", "Write OpenMetrics text.", run_tsdb_export);
  dump->add_option("target", f.file, "File; '-': standard output.")->required();
  dump->add_option("--match", f.match, "Series selector. [everything]");
  dump->add_option("--start", f.start, "RFC 3339 or Unix seconds. [the oldest sample]");
  dump->add_option("--end", f.end, "RFC 3339 or Unix seconds. [the newest sample]");
}

std::vector<CompletionCommand> completion_tree(const CLI::App& app) {
  std::vector<CompletionCommand> out;
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    CompletionCommand command{.name = sub->get_name(), .help = sub->get_description()};
    for (const auto* option : sub->get_options()) {
      if (option->get_group().empty()) continue;
      for (const auto& name : option->get_lnames())
        command.options.push_back({"--" + name, option->get_description()});
    }
    command.children = completion_tree(*sub);
    out.push_back(std::move(command));
  }
  return out;
}

void add_rest(CLI::App& app, Commands& c) {
  app.add_subcommand("version", "Print the version.")->callback([&c] {
    c.chosen = [] {
      std::fputs(version_text().c_str(), stdout);
      return 0;
    };
  });
  auto* completion = app.add_subcommand("completion", "Print the completion script of a shell.");
  completion->add_option("shell", c.shell, "bash, zsh or fish.")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&c, &app] {
    c.chosen = [&c, &app] {
      std::fputs(completion_script(c.shell, completion_tree(app)).c_str(), stdout);
      return 0;
    };
  });
}

// `prometheus --config.file=x` is a whole command line: flags alone mean serve.
std::vector<std::string> words_of(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const bool flags_first = !words.empty() && words[0].starts_with("--") && words[0] != "--help" &&
                           words[0] != "--version";
  if (flags_first) words.insert(words.begin(), "serve");
  // CLI11 would take the next word for the value of "--flag=".
  for (auto& word : words)
    if (word == "--otlp.grpc.listen-address=" || word == "--otlp.http.listen-address=")
      word += "off";
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  return words;
}

std::string unknown_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  if (word.starts_with('-') || std::find(names.begin(), names.end(), word) != names.end())
    return "";
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::string out = "unknown command '" + std::string(word) + "'";
  if (const auto near = codec::nearest(word, known); !near.empty())
    out += ", did you mean '" + std::string(near) + "'?";
  return out;
}

}  // namespace

int run(int argc, char** argv) {
  Commands commands;
  CLI::App app(
      "Pharos watches a fleet: metrics, rules and queries in one program, compatible with "
      "Prometheus.",
      "pharos");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  add_serve(app, commands.serve, commands.chosen);
  add_check(app, commands);
  add_test(app, commands);
  add_query(app, commands);
  add_tsdb(app, commands);
  add_alert_commands(app, commands.alerts, commands.chosen);
  add_oncall_commands(app, commands.oncall, commands.chosen);
  add_simulate(app, commands.sim, commands.chosen);
  add_rest(app, commands);
  app.footer(
      "Documentation: docs/guides/getting-started.md. `pharos COMMAND --help` explains a command.");
  if (argc <= 1) {
    std::fputs(app.help().c_str(), stdout);
    return 2;
  }
  if (const std::string wrong = unknown_command(app, argv[1]); !wrong.empty()) {
    std::fprintf(stderr, "pharos: %s\nRun with --help for what is possible.\n", wrong.c_str());
    return 2;
  }
  try {
    app.parse(words_of(argc, argv));
  } catch (const CLI::Success& e) {  // --help, --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    std::fprintf(stderr, "pharos: %s\nRun with --help for what is possible.\n", e.what());
    return 2;
  }
  return commands.chosen ? commands.chosen() : 2;
}

}  // namespace pharos::server

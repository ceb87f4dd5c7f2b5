// The subcommands about alerting, apart from command_line.cpp for their number.
#pragma once
#include <CLI/CLI.hpp>

#include <functional>

#include "server/alert_flags.hpp"

namespace pharos::server {

struct AlertCommands {
  AlertFlags alert;
  SilenceFlags silence;
  BacktestFlags backtest;
  UnusedFlags unused;
  std::vector<std::string> alertmanager_files;
};

// `chosen` is set to what the parsed command is to do. `commands` and `chosen` outlive the parsing.
void add_alert_commands(CLI::App& app, AlertCommands& commands, std::function<int()>& chosen);
void add_unused_command(CLI::App& tsdb, AlertCommands& commands, std::function<int()>& chosen);
void add_check_alertmanager(CLI::App& check, AlertCommands& commands, std::function<int()>& chosen);
// -o table|json|yaml
void add_output(CLI::App* command, OutputFormat& output);

}  // namespace pharos::server

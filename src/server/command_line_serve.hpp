// The flags of `serve`, apart from command_line.cpp for their number.
#pragma once
#include <CLI/CLI.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/flags.hpp"

namespace pharos::server {

struct ServeCommand {
  ServeFlags flags;
  std::vector<std::string> features;  // as given, with commas
  std::map<std::string, std::vector<std::string>> ignored_values;
};

// As add_alert_commands.
void add_serve(CLI::App& app, ServeCommand& command, std::function<int()>& chosen);
CLI::Validator duration_check();  // of Prometheus' durations; nothing is one, too

}  // namespace pharos::server

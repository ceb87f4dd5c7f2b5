// Completion scripts, made from the commands and their options.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pharos::server {

struct CompletionCommand {
  std::string name, help;
  std::vector<std::pair<std::string, std::string>> options;  // "--name", what it does
  std::vector<CompletionCommand> children;
};

// `shell`: bash, zsh or fish.
std::string completion_script(std::string_view shell,
                              const std::vector<CompletionCommand>& commands);

}  // namespace pharos::server

#include "server/completion.hpp"

namespace pharos::server {
namespace {

std::string names_of(const std::vector<CompletionCommand>& commands) {
  std::string out;
  for (const auto& command : commands) out += (out.empty() ? "" : " ") + command.name;
  return out;
}
std::string options_of(const CompletionCommand& command) {
  std::string out;
  for (const auto& [name, help] : command.options) out += (out.empty() ? "" : " ") + name;
  return out;
}
// For single quotes of a shell.
std::string quote(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else if (c == ':' || c == '[' || c == ']')
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

std::string bash(const std::vector<CompletionCommand>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    cases += "    '" + command.name + "') words='" + names_of(command.children) +
             (command.children.empty() || command.options.empty() ? "" : " ") +
             options_of(command) + "' ;;\n";
    for (const auto& child : command.children)
      cases +=
          "    '" + command.name + " " + child.name + "') words='" + options_of(child) + "' ;;\n";
  }
  return "# bash completion of pharos: source <(pharos completion bash)\n"
         "_pharos() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} path= words= w i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    w=${COMP_WORDS[i]}\n"
         "    [[ $w == -* ]] && break\n"
         "    path+=${path:+ }$w\n"
         "  done\n"
         "  case $path in\n"
         "    '') words='" +
         names_of(commands) + "' ;;\n" + cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "}\n"
         "complete -o filenames -F _pharos pharos\n";
}

std::string zsh_entries(const std::vector<CompletionCommand>& commands) {
  std::string out;
  for (const auto& command : commands) out += " '" + command.name + ":" + quote(command.help) + "'";
  return out;
}

std::string zsh(const std::vector<CompletionCommand>& commands) {
  std::string cases;
  const auto add = [&](const std::string& path, const CompletionCommand& command) {
    cases += "    '" + path + "')\n";
    if (!command.children.empty())
      cases += "      entries=(" + zsh_entries(command.children).substr(1) + ")\n";
    std::string options;
    for (const auto& [name, help] : command.options)
      options += " '" + name + ":" + quote(help) + "'";
    if (!options.empty()) cases += "      entries+=(" + options.substr(1) + ")\n";
    cases += "      ;;\n";
  };
  for (const auto& command : commands) {
    add(command.name, command);
    for (const auto& child : command.children) add(command.name + " " + child.name, child);
  }
  return "#compdef pharos\n"
         "# zsh completion of pharos: pharos completion zsh > \"${fpath[1]}/_pharos\"\n"
         "_pharos() {\n"
         "  local -a entries taken\n"
         "  local w\n"
         "  for w in ${words[2,CURRENT-1]}; do [[ $w == -* ]] && break; taken+=$w; done\n"
         "  case \"${taken[*]}\" in\n"
         "    '') entries=(" +
         (commands.empty() ? std::string() : zsh_entries(commands).substr(1)) + ") ;;\n" + cases +
         "  esac\n"
         "  _describe 'pharos' entries || _files\n"
         "}\n"
         "_pharos \"$@\"\n";
}

std::string fish(const std::vector<CompletionCommand>& commands) {
  std::string out = "# fish completion of pharos: pharos completion fish | source\n";
  const auto line = [&](const std::string& condition, const std::string& rest,
                        const std::string& help) {
    std::string text;
    for (const char c : help) text += c == '\'' ? std::string("\\'") : std::string(1, c);
    out += "complete -c pharos -n '" + condition + "' " + rest + " -d '" + text + "'\n";
  };
  const std::string all = names_of(commands);
  for (const auto& command : commands) {
    line("not __fish_seen_subcommand_from " + all, "-f -a " + command.name, command.help);
    const std::string here = "__fish_seen_subcommand_from " + command.name;
    for (const auto& [name, help] : command.options) line(here, "-l " + name.substr(2), help);
    for (const auto& child : command.children) {
      line(here + "; and not __fish_seen_subcommand_from " + names_of(command.children),
           "-f -a " + child.name, child.help);
      for (const auto& [name, help] : child.options)
        line(here + "; and __fish_seen_subcommand_from " + child.name, "-l " + name.substr(2),
             help);
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell,
                              const std::vector<CompletionCommand>& commands) {
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  return bash(commands);
}

}  // namespace pharos::server

// pharos-conformance: runs case files written by other projects (or by us) and reports every case.
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "model/matcher.hpp"
#include "tests/conformance/alertmanager_cases.hpp"
#include "tests/conformance/case_result.hpp"
#include "tests/conformance/exposition_cases.hpp"
#include "tests/conformance/promql_runner.hpp"
#include "tests/conformance/relabel_cases.hpp"
#if __has_include("tests/conformance/config_cases.hpp")
#include "tests/conformance/config_cases.hpp"
#define PHAROS_CONFIG_CASES 1
#endif

namespace pharos::conformance {
namespace {

constexpr const char* kUsage =
    "usage: pharos-conformance SET [--list] [--only REGEX] [--texts=loose] FILE...\n"
    "  SET   promql | exposition | relabel | config | alertmanager\n"
    "One line per case: PASS|FAIL|SKIP file:line case [reason]; last line: passed/total.\n";

struct Arguments {
  std::string set;
  std::vector<std::string> files;
  bool list = false, loose = false;
  std::string only;
};

using Runner = std::function<Result<std::vector<CaseResult>>(const std::string& file)>;

Result<Runner> runner_of(const Arguments& arguments,
                         const std::function<bool(const std::string&)>& wanted) {
  if (arguments.set == "promql") {
    return Runner([&arguments, wanted](const std::string& file) {
      return run_promql_cases(
          file, {.exact_texts = !arguments.loose, .wanted = wanted, .list_only = arguments.list});
    });
  }
  if (arguments.set == "exposition") return Runner(run_exposition_cases);
  if (arguments.set == "relabel") return Runner(run_relabel_cases);
#ifdef PHAROS_CONFIG_CASES
  if (arguments.set == "config") return Runner(run_config_cases);
#endif
  if (arguments.set == "alertmanager") return Runner(run_alertmanager_cases);
  return fail(Errc::invalid, "unknown set '" + arguments.set + "'");
}

Result<Arguments> parse_arguments(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--list") {
      out.list = true;
    } else if (word == "--texts=loose") {
      out.loose = true;
    } else if (word == "--texts=exact") {
      out.loose = false;
    } else if (word == "--only") {
      if (++i == argc) return fail(Errc::invalid, "--only needs a regular expression");
      out.only = argv[i];
    } else if (word.starts_with("--only=")) {
      out.only = word.substr(7);
    } else if (word.starts_with("-")) {
      return fail(Errc::invalid, "unknown flag '" + std::string(word) + "'");
    } else if (out.set.empty()) {
      out.set = word;
    } else {
      out.files.emplace_back(word);
    }
  }
  if (out.set.empty()) return fail(Errc::invalid, "which set?");
  if (out.files.empty()) return fail(Errc::invalid, "which files?");
  return out;
}

std::string one_line(std::string text) {
  for (auto& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

int run(int argc, char** argv) {
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "%s\n%s", arguments.error().message.c_str(), kUsage);
    return 2;
  }
  std::function<bool(const std::string&)> wanted;
  if (!arguments->only.empty()) {
    const auto pattern = Regex::compile("(?s:.*)(?:" + arguments->only + ")(?s:.*)");
    if (!pattern) {
      std::fprintf(stderr, "--only: %s\n", pattern.error().message.c_str());
      return 2;
    }
    wanted = [pattern = *pattern](const std::string& id) { return pattern.full_match(id); };
  }
  const auto runner = runner_of(*arguments, wanted);
  if (!runner) {
    std::fprintf(stderr, "%s\n%s", runner.error().message.c_str(), kUsage);
    return 2;
  }
  std::size_t passed = 0, total = 0;
  bool broken = false;
  for (const auto& file : arguments->files) {
    const auto results = (*runner)(file);
    if (!results) {
      std::printf("FAIL %s  %s\n", file.c_str(), one_line(results.error().message).c_str());
      broken = true;
      ++total;
      continue;
    }
    for (const auto& result : *results) {
      if (wanted && !wanted(result.id)) continue;
      const auto id = one_line(result.id), reason = one_line(result.reason);
      if (arguments->list) {
        std::printf("%s\n", id.c_str());
        continue;
      }
      if (!result.skip) {
        ++total;
        passed += result.pass;
      }
      const char* verdict = result.skip ? "SKIP" : result.pass ? "PASS" : "FAIL";
      if (reason.empty()) {
        std::printf("%s %s\n", verdict, id.c_str());
      } else {
        std::printf("%s %s  [%s]\n", verdict, id.c_str(), reason.c_str());
      }
    }
    std::fflush(stdout);
  }
  if (arguments->list) return broken ? 1 : 0;
  std::printf("%zu/%zu\n", passed, total);
  return !broken && passed == total ? 0 : 1;
}

}  // namespace
}  // namespace pharos::conformance

int main(int argc, char** argv) {
  return pharos::conformance::run(argc, argv);
}

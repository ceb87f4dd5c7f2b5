// `pharos test rules`: promtool's rule unit tests, groups of all files side by side.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/threads.hpp"
#include "model/matcher.hpp"
#include "rules/unit_test/test_run.hpp"
#include "server/config.hpp"
#include "server/flags.hpp"

namespace pharos::server {
namespace {

namespace fs = std::filesystem;
using rules::unit_test::TestFile;

struct GroupResult {
  std::string name;
  const rules::unit_test::TestGroup* test = nullptr;
  std::vector<std::string> failures;
};

struct FileResult {
  std::string path;
  TestFile file;
  std::vector<rules::RuleGroupSpec> groups;
  std::vector<std::string> warnings, errors;  // of the file itself; with errors nothing is run
  std::vector<GroupResult> tests;

  bool passed() const {
    return errors.empty() &&
           std::ranges::all_of(tests, [](const GroupResult& t) { return t.failures.empty(); });
  }
};

std::optional<Regex> run_filter(const std::vector<std::string>& patterns, Status& status) {
  if (patterns.empty()) return std::nullopt;
  std::string all;
  for (const auto& pattern : patterns) all += (all.empty() ? "" : "|") + pattern;
  auto regex = Regex::compile("(?s:.*)(?:" + all + ")(?s:.*)");
  if (regex) return std::move(*regex);
  status = fail(std::move(regex).error().in("--run"));
  return std::nullopt;
}

void load_rules(FileResult& result, bool ignore_unknown_fields) {
  const auto folder = fs::path(result.path).parent_path();
  for (const auto& pattern : result.file.rule_files) {
    const auto full = (folder / pattern).string();  // an absolute pattern stays as it is
    const auto paths = expand_pattern(full);
    if (paths.empty()) result.warnings.push_back("  WARNING: no file match pattern " + full);
    for (const auto& path : paths) {
      const auto text = read_text_file(path);
      if (!text) {
        result.errors.push_back("    " + text.error().message);
        continue;
      }
      auto file = rules::parse_rule_file(
          *text, path,
          {.names = NameValidation::utf8, .ignore_unknown_fields = ignore_unknown_fields});
      for (const auto& error : file.errors) result.errors.push_back("    " + error.message);
      std::ranges::move(file.groups, std::back_inserter(result.groups));
    }
  }
}

FileResult load(const std::string& path, const TestFlags& flags,
                const std::optional<Regex>& filter) {
  FileResult result{.path = path};
  const auto text = read_text_file(path);
  if (!text) {
    result.errors.push_back(text.error().message);
    return result;
  }
  auto file = rules::unit_test::parse_test_file(*text, path, flags.ignore_unknown_fields);
  if (!file) {
    result.errors.push_back(file.error().message);
    return result;
  }
  result.file = std::move(*file);
  for (std::size_t i = 0; i < result.file.tests.size(); ++i) {
    const auto& test = result.file.tests[i];
    if (filter && !filter->full_match(test.name)) continue;
    result.tests.push_back(
        {test.name.empty() ? "unnamed#" + std::to_string(i) : test.name, &test, {}});
  }
  if (!result.tests.empty()) load_rules(result, flags.ignore_unknown_fields);
  if (!result.errors.empty()) result.tests.clear();
  return result;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&#34;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

Status write_junit(const std::string& path, const std::vector<FileResult>& results) {
  std::string out = "<testsuites>\n";
  for (const auto& result : results) {
    std::size_t failed = 0;
    for (const auto& test : result.tests) failed += test.failures.empty() ? 0 : 1;
    out += "  <testsuite name=\"" + xml(result.path) + "\" tests=\"" +
           std::to_string(result.tests.size()) + "\" failures=\"" + std::to_string(failed) +
           "\" errors=\"" + std::to_string(result.errors.size()) + "\">\n";
    for (const auto& error : result.errors)
      out += "    <testcase name=\"" + xml(result.path) + "\"><error>" + xml(error) +
             "</error></testcase>\n";
    for (const auto& test : result.tests) {
      out += "    <testcase name=\"" + xml(test.name) + "\">";
      for (const auto& failure : test.failures) out += "<failure>" + xml(failure) + "</failure>";
      out += "</testcase>\n";
    }
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  std::ofstream stream(path, std::ios::binary);
  stream << out;
  stream.flush();
  if (!stream) return fail(Errc::io, "--junit: " + path + " cannot be written");
  return {};
}

void print(const FileResult& result) {
  std::fputs(("Unit Testing:  " + result.path + "\n").c_str(), stdout);
  std::fflush(stdout);
  for (const auto& warning : result.warnings) std::fputs((warning + "\n").c_str(), stderr);
  if (result.passed()) {
    std::fputs("  SUCCESS\n\n", stdout);
    return;
  }
  std::fputs("  FAILED:\n", stderr);
  for (const auto& error : result.errors) std::fputs((error + "\n\n").c_str(), stderr);
  for (const auto& test : result.tests)
    for (const auto& failure : test.failures) std::fputs((failure + "\n\n").c_str(), stderr);
  std::fputs("\n", stdout);
  std::fflush(stdout);
}

}  // namespace

int run_test_rules(const TestFlags& flags) {
  Status status;
  const auto filter = run_filter(flags.run, status);
  if (!status) {
    std::fputs(("pharos: " + status.error().message + "\n").c_str(), stderr);
    return 2;
  }
  std::vector<FileResult> results;
  for (const auto& path : flags.files) results.push_back(load(path, flags, filter));
  std::vector<std::pair<FileResult*, GroupResult*>> work;
  for (auto& result : results)
    for (auto& test : result.tests) work.emplace_back(&result, &test);
  const auto pool =
      std::make_shared<ThreadPool>("rule-tests", std::max(1U, std::thread::hardware_concurrency()));
  pool->parallel_for(work.size(), [&](std::size_t i) {
    auto& [result, test] = work[i];
    test->failures =
        rules::unit_test::run_test_group(result->file, *test->test, result->groups, pool);
  });
  bool good = true;
  for (const auto& result : results) {
    print(result);
    good &= result.passed();
  }
  if (!flags.junit.empty())
    if (const auto written = write_junit(flags.junit, results); !written) {
      std::fputs(("pharos: " + written.error().message + "\n").c_str(), stderr);
      return 2;
    }
  return good ? 0 : 1;
}

}  // namespace pharos::server

// Mistakes that only show at run time: one line in the log each, a count, and the program goes on.

// prints: problem: pharos client: definition: not a name
// prints: problem: pharos client: label_count: jobs_total
// prints: problem: pharos client: unknown: no_such_metric
// prints: pharos_client_errors_total{reason="series_limit"} 1
#include <cstdio>
#include <string>

#include <pharos/client.hpp>

using namespace pharos::client;

constexpr auto kJobs = counter("jobs_total", "Jobs.", "kind").with_series_max(2);

int main() {
  set_problem_log(
      [](const char* line) { std::printf("problem: %s", line); });  // instead of standard error
  const std::string name = "not a name";                            // from a file, say
  series(Registry::standard(), counter(name.c_str(), "")).add();    // records nowhere
  const Counters jobs{kJobs};
  const std::string_view values[] = {"a", "b"};
  jobs.with_values(values, 2).add();
  for (const char* kind : {"a", "b", "c"}) jobs.with(kind).add();  // the third is one too many
  Registry::standard().find("no_such_metric", Type::counter);
  std::fputs(render(Registry::standard()).c_str(), stdout);
}

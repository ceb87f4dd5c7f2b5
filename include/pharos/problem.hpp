// What the library could not do. Nothing here throws into the host program: a mistake is one line
// in the log and a count in pharos_client_errors_total{reason}, and the handle that came of it
// records nowhere.
#pragma once
#include <cstdint>
#include <string_view>

namespace pharos::client {

enum class Problem : std::uint8_t {
  definition,     // a name, label, bucket bound or quantile that Prometheus would refuse
  conflict,       // a name defined twice with another type, labels or buckets
  unknown,        // no metric of that name
  label_count,    // more or fewer values than labels
  label_value,    // not UTF-8, or too long: mended
  series_limit,   // more label sets than the definition allows
  cell_limit,     // more cells than the process may have, or no memory for them
  value,          // NaN, or a counter going down
  listen,         // the exporter could not listen
  callback,       // an on_collect function threw
  export_failed,  // OTLP: a batch that could not be delivered
};
inline constexpr unsigned kProblems = 11;

// One line per problem and subject goes to `log` (default: standard error); null silences.
void set_problem_log(void (*log)(const char* line)) noexcept;
std::uint64_t problems(Problem kind) noexcept;
const char* problem_name(Problem kind) noexcept;

namespace detail {
void report(Problem kind, std::string_view subject, std::string_view what) noexcept;
}

}  // namespace pharos::client

// `pharos backtest`: when would these rules have fired, over the history of a server or of a
// folder.
#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/disk.hpp"
#include "metrics/store.hpp"
#include "rules/backtest/backtest.hpp"
#include "server/alert_flags.hpp"
#include "server/command_client.hpp"
#include "server/config.hpp"
#include "server/table_text.hpp"

namespace pharos::server {
namespace {

using codec::Json;

struct Range {
  Interval interval;
  Millis step{0};
};

Result<Range> range_of(const BacktestFlags& flags) {
  const auto now = system_clock().now();
  Range out;
  out.interval.end = TRY(time_argument(flags.to, now, now, "--to"));
  out.interval.begin =
      TRY(time_argument(flags.from, out.interval.end - std::chrono::hours(24 * 7), now, "--from"));
  if (!flags.interval.empty()) out.step = TRY(parse_duration(flags.interval));
  return out;
}

Result<Json> ask_server(const BacktestFlags& flags, const std::vector<std::string>& texts,
                        const Range& range) {
  auto client = TRY(command_client(flags.url, flags.headers));
  std::string form = "start=" + net::url_encode(format_time(range.interval.begin)) +
                     "&end=" + net::url_encode(format_time(range.interval.end));
  for (const auto& text : texts) form += "&rules=" + net::url_encode(text);
  if (range.step.count() > 0) form += "&interval=" + net::url_encode(format_duration(range.step));
  return client.post("/api/v1/backtest", std::move(form));
}

// On the data folder of a stopped server.
Result<Json> run_here(const BacktestFlags& flags, const std::vector<std::string>& texts,
                      const Range& range) {
  if (!std::filesystem::is_directory(flags.storage_path))
    return fail(Errc::not_found, "--storage.path: there is no folder " + flags.storage_path);
  std::vector<rules::RuleGroupSpec> groups;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto parsed = rules::parse_rule_file(texts[i], flags.files[i]);
    if (!parsed.errors.empty()) return fail(parsed.errors.front());
    std::ranges::move(parsed.groups, std::back_inserter(groups));
  }
  auto disk = open_real_disk(flags.storage_path, true);
  if (!disk && disk.error().code == Errc::conflict)
    return fail(Errc::conflict,
                flags.storage_path + " is locked: ask the running server with --url instead");
  if (!disk) return fail(std::move(disk).error());
  const auto pool =
      std::make_shared<ThreadPool>("work", std::max(1U, std::thread::hardware_concurrency()));
  metrics::StoreConfig config;
  config.background = false;
  config.retention_time = std::chrono::hours(24 * 365 * 100);
  const auto store = TRY(metrics::Store::open(std::shared_ptr<Disk>(std::move(*disk)), "metrics",
                                              system_clock(), pool, config));
  query::Engine engine({}, pool, system_clock());
  rules::backtest::Options options{.range = range.interval};
  if (range.step.count() > 0) options.interval_default = range.step;
  if (const auto oldest = store->oldest_ms()) options.stored_from = from_unix_millis(*oldest);
  const auto querier = store->querier();
  const auto reports = TRY(rules::backtest::run(
      groups, *querier,
      [&](Querier& q, const query::QueryRequest& request) { return engine.run(q, request); },
      options));
  std::string json;
  codec::JsonWriter writer(json);
  rules::backtest::put_reports(writer, reports, rules::backtest::evaluated(options));
  return Json::parse(json);
}

std::string seconds_text(const Json& seconds) {
  return format_duration(Millis(static_cast<std::int64_t>(seconds.real() * 1000)));
}

std::string table_of(const Json& data, Interval asked) {
  std::string out;
  const auto from = parse_time(data["evaluatedFrom"].string());
  const auto to = parse_time(data["evaluatedTo"].string());
  // Of servers that say it, and to the second, as times are sent.
  if (from && to && *from - asked.begin >= std::chrono::seconds(1))
    out = *from < *to
              ? "nothing is stored before " + data["evaluatedFrom"].string() + ": " +
                    format_duration(std::chrono::floor<std::chrono::seconds>(*to - *from)) +
                    " of " + format_duration(asked.end - asked.begin) + " were evaluated\n"
              : "nothing is stored of these " + format_duration(asked.end - asked.begin) + "\n";
  for (const auto& rule : data["rules"].items()) {
    out += rule["name"].string() + ": fired " + std::to_string(rule["fired"].integer()) +
           " times, firing for " + seconds_text(rule["firingSeconds"]) + ", " +
           std::to_string(rule["pendingOnly"].integer()) + " times pending only, " +
           std::to_string(rule["evaluations"].integer()) + " evaluations";
    if (rule["failures"].integer() > 0)
      out += ", " + std::to_string(rule["failures"].integer()) +
             " failed: " + rule["lastError"].string();
    out += '\n';
    std::vector<std::vector<std::string>> rows;
    for (const auto& episode : rule["episodes"].items()) {
      const auto fired = parse_time(episode["firedAt"].string());
      const auto resolved = parse_time(episode["resolvedAt"].string());
      rows.push_back({"  " + episode["firedAt"].string(),
                      resolved ? "for " + format_duration(*resolved - *fired) : "still firing",
                      "value " + episode["value"].string(), labels_text(episode["labels"])});
    }
    out += table_text(rows);
  }
  return data["rules"].items().empty() ? out + "no alerting rules\n" : out;
}

}  // namespace

int run_backtest(const BacktestFlags& flags) {
  if (flags.url.empty() == flags.storage_path.empty())
    return complain("backtest needs one of --url and --storage.path", 2);
  const auto range = range_of(flags);
  if (!range) return complain(range.error().message, 2);
  // Together, as a server has them: the alerts of one file read what another one records.
  std::vector<std::string> texts;
  for (const auto& file : flags.files) {
    auto text = read_text_file(file);
    if (!text) return complain(text.error());
    texts.push_back(std::move(*text));
  }
  const auto data =
      flags.url.empty() ? run_here(flags, texts, *range) : ask_server(flags, texts, *range);
  if (!data) return complain(data.error());
  show(flags.output, *data, table_of(*data, range->interval));
  return 0;
}

}  // namespace pharos::server

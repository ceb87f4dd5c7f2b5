// What the command line says about alerts, silences and rules under test, as plain values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "server/flags.hpp"

namespace pharos::server {

struct AlertFlags {
  std::string server = "http://127.0.0.1:9090";
  std::vector<std::string> headers, words, annotations;  // words: matchers, or labels to add
  std::string receiver, start, end, generator_url, time;
  bool silenced = false, inhibited = false, active = false, unprocessed = false;
  std::uint64_t limit = 100;
  OutputFormat output = OutputFormat::table;
};
int run_alert_list(const AlertFlags& flags);
int run_alert_add(const AlertFlags& flags);
int run_alert_history(const AlertFlags& flags);
int run_alert_sent(const AlertFlags& flags);
int run_alert_route(const AlertFlags& flags);
int run_alert_noise(const AlertFlags& flags);

struct SilenceFlags {
  std::string server = "http://127.0.0.1:9090";
  std::vector<std::string> headers, words;  // words: matchers, or ids
  std::string id, comment, author, duration = "1h", start, end, last = "7d";
  bool expired = false, ids_only = false;
  OutputFormat output = OutputFormat::table;
};
int run_silence_add(const SilenceFlags& flags);
int run_silence_list(const SilenceFlags& flags);
int run_silence_expire(const SilenceFlags& flags);
int run_silence_preview(const SilenceFlags& flags);

struct BacktestFlags {
  std::vector<std::string> files, headers;
  std::string url, storage_path, from, to, interval;
  OutputFormat output = OutputFormat::table;
};
int run_backtest(const BacktestFlags& flags);

struct UnusedFlags {
  std::string server = "http://127.0.0.1:9090";
  std::vector<std::string> headers, rules, dashboards;
  std::uint64_t limit = 100;
  OutputFormat output = OutputFormat::table;
};
int run_tsdb_unused(const UnusedFlags& flags);

int run_check_alertmanager(const std::vector<std::string>& files);

}  // namespace pharos::server

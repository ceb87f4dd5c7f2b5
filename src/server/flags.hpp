// What the command line says, as plain values. Parsed by command_line.cpp, read by everything else.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace pharos::server {

struct ServeFlags {
  std::string config_file;  // "": this host and this process only
  std::string storage_path = "data";
  std::string retention_time, retention_size;  // "": the configuration's, else 15d and no limit
  std::string storage_sync;                    // "", "os", "always"
  std::vector<std::string> listen{"127.0.0.1:9090"};
  std::string web_config_file;
  std::string runbooks_path;                 // "": none
  std::vector<std::string> dashboard_paths;  // "PATH" or "FOLDER=PATH", beside the configuration's
  std::string alertmanager_config_file;      // "": a built-in one that tells nobody
  std::size_t notification_queue = 10'000, notification_batch = 256;  // to other Alertmanagers
  bool drain_notifications = true;
  bool enable_admin_api = false, enable_lifecycle = false, agent = false, read_only = false;
  bool remote_write_receiver = true, otlp_receiver = true;
  std::vector<std::string> allowed_hosts;  // names for browsers' changes, beside this host's
  std::string external_url, route_prefix, cors_origin = ".*", page_title = "Pharos";
  std::uint32_t max_connections = 20'000;
  std::string read_timeout = "5m";
  std::string lookback_delta = "5m", query_timeout = "2m";
  std::uint64_t query_max_samples = 50'000'000;
  std::uint32_t query_max_concurrency = 20;
  int query_compat = 3;
  std::string rules_resend_delay = "1m", rules_outage_tolerance = "1h", rules_grace_period = "10m";
  std::uint32_t rules_concurrency_max = 4;
  std::vector<std::string> features;  // --enable-feature, commas split
  std::string log_level = "info", log_format = "logfmt";
  std::string otlp_grpc_listen = "127.0.0.1:4317",
              otlp_http_listen = "127.0.0.1:4318";  // "off": not
  bool otlp_grpc_given = false,
       otlp_http_given = false;             // a configured port that is taken is an error
  std::vector<std::string> without_effect;  // Prometheus flags that mean nothing here
  // Every flag with its value, as status/flags shows them.
  std::vector<std::pair<std::string, std::string>> shown;
};

enum class OutputFormat { table, json, yaml };

struct CheckFlags {
  std::vector<std::string> files;
  bool agent = false, syntax_only = false, ignore_unknown_fields = false;
  std::vector<std::string> lint{
      "all"};  // check rules, dashboards: names of checks, "all" or "none"
  bool lint_fatal = false;
  std::string url;                    // check rules, dashboards: a server to hold the files against
  std::string format = "prometheus";  // check metrics: prometheus, openmetrics
};

struct TestFlags {
  std::vector<std::string> files, run;  // run: regular expressions of group names, any of them
  bool ignore_unknown_fields = false;
  std::string junit;  // file for the results as JUnit XML
};

struct QueryFlags {
  std::string server = "http://127.0.0.1:9090";
  std::string expr, time, start, end, step;
  std::string timeout;
  std::vector<std::string> headers;  // "Name: value"
  OutputFormat output = OutputFormat::table;
};

struct TsdbFlags {
  std::string storage_path = "data";
  std::string file;               // import: source; export: target ("-": standard output)
  std::string match, start, end;  // export
  std::uint64_t top = 20;
  bool skip_head = false;
  OutputFormat output = OutputFormat::table;
};

int run_serve(const ServeFlags& flags);

int run_check_config(const CheckFlags& flags);
int run_check_rules(const CheckFlags& flags);
int run_check_metrics(const CheckFlags& flags);
int run_check_dashboards(const CheckFlags& flags);

int run_test_rules(const TestFlags& flags);

int run_query_instant(const QueryFlags& flags);
int run_query_range(const QueryFlags& flags);

int run_tsdb_analyze(const TsdbFlags& flags);
int run_tsdb_verify(const TsdbFlags& flags);
int run_tsdb_snapshot(const TsdbFlags& flags);
int run_tsdb_import(const TsdbFlags& flags);
int run_tsdb_export(const TsdbFlags& flags);

}  // namespace pharos::server

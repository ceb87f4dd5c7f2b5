#include "server/command_line_serve.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace pharos::server {
namespace {

// Flags of Prometheus that tune what this server does not have. Accepted, so that a unit file keeps
// working.
constexpr const char* kValuesWithoutEffect[] = {
    "--web.console.templates",
    "--web.console.libraries",
    "--web.user-assets",
    "--storage.tsdb.min-block-duration",
    "--storage.tsdb.max-block-duration",
    "--storage.tsdb.wal-segment-size",
    "--storage.tsdb.head-chunks-write-queue-size",
    "--storage.tsdb.max-block-chunk-segment-size",
    "--storage.tsdb.samples-per-chunk",
    "--storage.remote.flush-deadline",
    "--storage.remote.read-sample-limit",
    "--storage.remote.read-concurrent-limit",
    "--storage.remote.read-max-bytes-in-frame",
    "--storage.agent.path",
    "--storage.agent.retention.min-time",
    "--storage.agent.retention.max-time",
    "--scrape.discovery-reload-interval",
    "--scrape.timestamp-tolerance",
    "--auto-gomemlimit.ratio",
    "--web.max-notifications-subscribers",
    "--config.auto-reload-interval",
    "--storage.tsdb.block-reload-interval",
    "--storage.tsdb.delay-compact-file.path",
};
constexpr const char* kSwitchesWithoutEffect[] = {
    "--storage.tsdb.no-lockfile",
    "--storage.tsdb.wal-compression",
    "--storage.tsdb.allow-overlapping-blocks",
    "--storage.agent.no-lockfile",
    "--storage.agent.wal-compression",
    "--scrape.adjust-timestamps",
    "--auto-gomaxprocs",
    "--auto-gomemlimit",
};

std::vector<std::string> split_commas(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& text : texts)
    for (std::size_t at = 0; at <= text.size();) {
      const auto comma = std::min(text.find(',', at), text.size());
      if (comma > at) out.push_back(text.substr(at, comma - at));
      at = comma + 1;
    }
  return out;
}

}  // namespace

CLI::Validator duration_check() {
  return CLI::Validator(
      [](std::string& text) {
        if (text.empty()) return std::string();
        auto parsed = parse_duration(text);
        return parsed ? std::string() : parsed.error().message;
      },
      "DURATION");
}

void add_serve(CLI::App& app, ServeCommand& c, std::function<int()>& chosen) {
  auto* serve =
      app.add_subcommand("serve", "Run the server: scrape, receive, store and answer queries.");
  auto& f = c.flags;
  const auto duration = duration_check();
  serve->add_option(
      "--config.file", f.config_file,
      "Configuration (prometheus.yml). Without it this host and this process are watched.");
  serve->add_option("--storage.path,--storage.tsdb.path", f.storage_path, "Folder of the data.")
      ->capture_default_str();
  serve
      ->add_option("--storage.retention.time,--storage.tsdb.retention.time", f.retention_time,
                   "How long samples are kept. [15d]")
      ->check(duration);
  serve->add_option("--storage.retention.size,--storage.tsdb.retention.size", f.retention_size,
                    "How many bytes are kept, such as 512MB. [no limit]");
  serve
      ->add_option(
          "--storage.sync", f.storage_sync,
          "When a write is acknowledged: 'os' after write(2), 'always' after fdatasync. [os]")
      ->check(CLI::IsMember({"os", "always"}));
  serve
      ->add_option("--web.listen-address", f.listen,
                   "Address of the HTTP port; may be given several times.")
      ->capture_default_str()
      ->take_all();
  serve
      ->add_option(
          "--dashboards.path", f.dashboard_paths,
          "Dashboards in files: a file, folder or pattern, after FOLDER= the folder's title "
          "they are shown in.")
      ->take_all();
  serve->add_option("--alertmanager.config.file", f.alertmanager_config_file,
                    "Routing and receivers (alertmanager.yml). Without it alerts are only shown.");
  serve
      ->add_option("--alertmanager.notification-queue-capacity", f.notification_queue,
                   "Alerts that may wait for each other Alertmanager.")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  serve
      ->add_option("--alertmanager.notification-batch-size", f.notification_batch,
                   "Alerts sent at once to another Alertmanager.")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  serve->add_flag(
      "--alertmanager.drain-notification-queue-on-shutdown,"
      "!--no-alertmanager.drain-notification-queue-on-shutdown",
      f.drain_notifications, "At the end, send what waits for other Alertmanagers. [on]");
  serve->add_option("--web.config.file", f.web_config_file,
                    "TLS and basic authentication of the HTTP port.");
  serve->add_flag("--web.enable-admin-api,!--no-web.enable-admin-api", f.enable_admin_api,
                  "Allow deletion, cleaning and snapshots over HTTP.");
  serve->add_flag("--web.enable-lifecycle,!--no-web.enable-lifecycle", f.enable_lifecycle,
                  "Allow reload and quit over HTTP.");
  serve->add_flag("--web.read-only,!--no-web.read-only", f.read_only,
                  "Refuse changes of dashboards, rules, silences and on-call over HTTP.");
  serve->add_flag("--web.enable-remote-write-receiver,!--no-web.enable-remote-write-receiver",
                  f.remote_write_receiver, "Receive remote write. [on]");
  serve->add_flag("--web.enable-otlp-receiver,!--no-web.enable-otlp-receiver", f.otlp_receiver,
                  "Receive OTLP. [on]");
  serve->add_option("--web.external-url", f.external_url,
                    "URL under which this server is reached from outside.");
  serve
      ->add_option("--web.allowed-hosts", f.allowed_hosts,
                   "Further names of this server, in the address bar of those who change things; "
                   ".example.com: all names below it.")
      ->delimiter(',')
      ->take_all();
  serve->add_option("--web.route-prefix", f.route_prefix,
                    "Prefix of every path. [path of --web.external-url]");
  serve
      ->add_option("--web.cors.origin", f.cors_origin,
                   "Regular expression of origins that may read answers.")
      ->capture_default_str();
  serve->add_option("--web.runbooks.path", f.runbooks_path,
                    "Folder of Markdown pages: what an alert's runbook_url names, when it is no web "
                    "address, is shown from here.");
  serve->add_option("--web.page-title", f.page_title, "Title of the page.")->capture_default_str();
  serve->add_option("--web.max-connections", f.max_connections, "Open connections at a time.")
      ->capture_default_str();
  serve
      ->add_option("--web.read-timeout", f.read_timeout,
                   "Longest time to read a request, and to keep an idle connection.")
      ->check(duration)
      ->capture_default_str();
  serve
      ->add_option("--query.lookback-delta", f.lookback_delta,
                   "How far back a selector looks for a sample.")
      ->check(duration)
      ->capture_default_str();
  serve->add_option("--query.timeout", f.query_timeout, "Longest time of a query.")
      ->check(duration)
      ->capture_default_str();
  serve
      ->add_option("--query.max-samples", f.query_max_samples,
                   "Samples a query may hold in memory.")
      ->capture_default_str();
  serve->add_option("--query.max-concurrency", f.query_max_concurrency, "Queries run at a time.")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  serve
      ->add_option("--query.compat", f.query_compat,
                   "Language of Prometheus 3 or 2 (closed windows).")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str();
  serve
      ->add_option("--rules.alert.resend-delay", f.rules_resend_delay,
                   "How long before an alert is told again.")
      ->check(duration)
      ->capture_default_str();
  serve
      ->add_option("--rules.alert.for-outage-tolerance", f.rules_outage_tolerance,
                   "How old `for` state may be that `rules: {restore: prometheus}` takes up.")
      ->check(duration)
      ->capture_default_str();
  serve
      ->add_option("--rules.alert.for-grace-period", f.rules_grace_period,
                   "With `rules: {restore: prometheus}`: `for` state is restored for alerts that "
                   "wait at least so long.")
      ->check(duration)
      ->capture_default_str();
  serve
      ->add_option("--rules.max-concurrent-evals", f.rules_concurrency_max,
                   "Rule groups evaluated at a time.")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  serve
      ->add_option("--enable-feature", c.features,
                   "Prometheus' feature names, comma separated; the experimental ones are on.")
      ->take_all();
  serve->add_flag("--agent", f.agent,
                  "Scrape and forward only: no rules, no alerting, no remote read.");
  auto* grpc = serve
                   ->add_option("--otlp.grpc.listen-address", f.otlp_grpc_listen,
                                "OTLP over gRPC; 'off': not.")
                   ->capture_default_str();
  auto* http = serve
                   ->add_option("--otlp.http.listen-address", f.otlp_http_listen,
                                "OTLP over HTTP; 'off': not.")
                   ->capture_default_str();
  serve->add_option("--log.level", f.log_level, "Least level that is logged.")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  serve->add_option("--log.format", f.log_format, "Form of log lines.")
      ->check(CLI::IsMember({"logfmt", "json"}))
      ->capture_default_str();
  for (const auto* name : kValuesWithoutEffect)
    serve->add_option(name, c.ignored_values[name])->group("");
  for (const auto* name : kSwitchesWithoutEffect) {
    auto& values = c.ignored_values[name];
    const auto note = [&values](std::int64_t) { values.emplace_back(); };
    serve->add_flag_function(name, note)->group("");
    serve->add_flag_function("--no-" + std::string(name + 2), note)->group("");
  }
  serve->callback([&c, &chosen, serve, grpc, http] {
    c.flags.otlp_grpc_given = grpc->count() > 0;
    c.flags.otlp_http_given = http->count() > 0;
    c.flags.features = split_commas(c.features);
    for (const auto& [name, values] : c.ignored_values)
      if (!values.empty()) c.flags.without_effect.push_back(name);
    for (const auto* option : serve->get_options()) {
      if (option->get_group().empty() || option->get_lnames().empty() ||
          option->get_lnames()[0] == "help")
        continue;
      std::string value;
      for (const auto& word : option->results()) value += (value.empty() ? "" : ",") + word;
      if (option->count() == 0) value = option->get_default_str();
      std::erase_if(value, [](char ch) { return ch == '[' || ch == ']' || ch == '"'; });
      for (const auto& name : option->get_lnames())
        if (!name.starts_with("no-")) c.flags.shown.emplace_back(name, value);
    }
    const std::pair<const char*, bool> switches[] = {
        {"web.enable-admin-api", c.flags.enable_admin_api},
        {"web.enable-lifecycle", c.flags.enable_lifecycle},
        {"web.read-only", c.flags.read_only},
        {"web.enable-remote-write-receiver", c.flags.remote_write_receiver},
        {"web.enable-otlp-receiver", c.flags.otlp_receiver},
        {"alertmanager.drain-notification-queue-on-shutdown", c.flags.drain_notifications},
        {"agent", c.flags.agent}};
    for (auto& [name, value] : c.flags.shown)
      for (const auto& [known, on] : switches)
        if (name == known) value = on ? "true" : "false";
    chosen = [&c] { return run_serve(c.flags); };
  });
}

}  // namespace pharos::server

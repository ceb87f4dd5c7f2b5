#include "server/command_line_alerts.hpp"

namespace pharos::server {
namespace {

template <class Flags>
void add_server(CLI::App* command, Flags& flags) {
  command->add_option("--server,--alertmanager.url", flags.server, "URL of the server.")
      ->capture_default_str();
  command->add_option("--header", flags.headers, "Header to send, 'Name: value'.")->take_all();
}

void add_alert(CLI::App& app, AlertFlags& f, std::function<int()>& chosen) {
  auto* alert = app.add_subcommand("alert", "Alerts of a running server.");
  alert->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, int (*run)(const AlertFlags&)) {
    auto* sub = alert->add_subcommand(name, help);
    add_server(sub, f);
    sub->callback([&f, &chosen, run] { chosen = [&f, run] { return run(f); }; });
    return sub;
  };
  const auto matchers = [&](CLI::App* sub) {
    sub->add_option("matchers", f.words, "MATCHER…: severity=page, job=~\"a.*\", or a name alone.");
    add_output(sub, f.output);
  };
  auto* list = command("list", "Alerts that are active.", run_alert_list);
  matchers(list);
  list->add_flag("--active", f.active, "Those that are told about.");
  list->add_flag("--silenced", f.silenced, "Silenced ones.");
  list->add_flag("--inhibited", f.inhibited, "Inhibited ones.");
  list->add_flag("--unprocessed", f.unprocessed, "Those that routing has not seen yet.");
  list->add_option("--receiver", f.receiver, "Regular expression of receivers.");
  auto* add = command("add", "Report an alert by hand.", run_alert_add);
  add->add_option("labels", f.words, "NAME name=value…")->required();
  add->add_option("--annotation", f.annotations, "name=value; may be given several times.")
      ->take_all();
  add->add_option("--start", f.start, "RFC 3339, or a duration before now. [now]");
  add->add_option("--end", f.end, "RFC 3339, or a duration before now. [resolve_timeout from now]");
  add->add_option("--generator-url", f.generator_url, "Where the alert comes from.");
  const auto range = [&](CLI::App* sub) {
    sub->add_option("--start", f.start, "RFC 3339, or a duration before now. [7d before the end]");
    sub->add_option("--end", f.end, "RFC 3339, or a duration before now. [now]");
    sub->add_option("--limit", f.limit, "Rows.")->capture_default_str();
  };
  auto* history = command("history", "What began and ended.", run_alert_history);
  matchers(history);
  range(history);
  auto* sent =
      command("sent", "Notifications: sent, failed, or held back and why.", run_alert_sent);
  sent->add_option("fingerprint", f.words, "Of one alert only.")->expected(0, 1);
  sent->add_option("--limit", f.limit, "Rows.")->capture_default_str();
  add_output(sent, f.output);
  auto* route =
      command("route", "Who would be told of an alert with these labels.", run_alert_route);
  route->add_option("labels", f.words, "[NAME] name=value…")->required();
  route->add_option("--time", f.time, "At this time. [now]");
  add_output(route, f.output);
  auto* noise = command("noise", "Rules by the attention they cost.", run_alert_noise);
  range(noise);
  add_output(noise, f.output);
}

void add_silence(CLI::App& app, SilenceFlags& f, std::function<int()>& chosen) {
  auto* silence = app.add_subcommand("silence", "Silences of a running server.");
  silence->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, int (*run)(const SilenceFlags&)) {
    auto* sub = silence->add_subcommand(name, help);
    add_server(sub, f);
    sub->callback([&f, &chosen, run] { chosen = [&f, run] { return run(f); }; });
    return sub;
  };
  auto* add = command("add", "Silence what matches; prints the id.", run_silence_add);
  add->add_option("matchers", f.words, "MATCHER…")->required();
  add->add_option("-c,--comment", f.comment, "Why.")->required();
  add->add_option("-a,--author", f.author, "Who. [$USER]");
  add->add_option("-d,--duration", f.duration, "How long.")->capture_default_str();
  add->add_option("--start", f.start, "RFC 3339. [now]");
  add->add_option("--end", f.end, "RFC 3339, instead of a duration.");
  add->add_option("--id", f.id, "Change this one.");
  auto* list = command("list", "Silences that are active or pending.", run_silence_list);
  list->add_option("matchers", f.words, "Only those with these matchers.");
  list->add_flag("--expired", f.expired, "Those that have ended.");
  list->add_flag("-q,--quiet", f.ids_only, "Ids only.");
  add_output(list, f.output);
  auto* expire = command("expire", "End silences now.", run_silence_expire);
  expire->add_option("ids", f.words, "ID…")->required();
  auto* preview =
      command("preview", "What a silence would have hidden in the past.", run_silence_preview);
  preview->add_option("matchers", f.words, "MATCHER…")->required();
  preview->add_option("--last", f.last, "How much of the past.")->capture_default_str();
  preview->add_option("--start", f.start, "RFC 3339, instead of --last.");
  preview->add_option("--end", f.end, "RFC 3339. [now]");
  add_output(preview, f.output);
}

void add_backtest(CLI::App& app, BacktestFlags& f, std::function<int()>& chosen) {
  auto* backtest = app.add_subcommand(
      "backtest", "When rules would have fired, by the history of a server or of a data folder.");
  backtest->add_option("files", f.files, "Rule files.")->required()->type_name("FILE...");
  backtest->add_option("--url", f.url, "URL of a running server.");
  backtest->add_option("--header", f.headers, "Header to send, 'Name: value'.")->take_all();
  backtest->add_option("--storage.path", f.storage_path, "Data folder of a stopped server.");
  backtest->add_option("--from", f.from, "RFC 3339, or a duration before now. [7d before --to]");
  backtest->add_option("--to", f.to, "RFC 3339, or a duration before now. [now]");
  backtest->add_option("--interval", f.interval, "Of groups that have none. [1m]");
  add_output(backtest, f.output);
  backtest->callback([&f, &chosen] { chosen = [&f] { return run_backtest(f); }; });
}

}  // namespace

void add_output(CLI::App* command, OutputFormat& output) {
  command->add_option("-o,--output", output, "Form of the answer: table, json or yaml. [table]")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, OutputFormat>{{"table", OutputFormat::table},
                                              {"json", OutputFormat::json},
                                              {"yaml", OutputFormat::yaml}}));
}

void add_alert_commands(CLI::App& app, AlertCommands& commands, std::function<int()>& chosen) {
  add_alert(app, commands.alert, chosen);
  add_silence(app, commands.silence, chosen);
  add_backtest(app, commands.backtest, chosen);
}

void add_unused_command(CLI::App& tsdb, AlertCommands& commands, std::function<int()>& chosen) {
  auto& f = commands.unused;
  auto* unused = tsdb.add_subcommand(
      "unused", "Metrics of a running server that no rule, board or recent query reads.");
  add_server(unused, f);
  unused->add_option("--rules", f.rules, "More rule files.")->take_all()->type_name("FILE...");
  unused->add_option("--dashboards", f.dashboards, "Grafana dashboards, JSON.")
      ->take_all()
      ->type_name("FILE...");
  unused->add_option("--limit", f.limit, "Rows.")->capture_default_str();
  add_output(unused, f.output);
  unused->callback([&f, &chosen] { chosen = [&f] { return run_tsdb_unused(f); }; });
}

void add_check_alertmanager(CLI::App& check, AlertCommands& commands,
                            std::function<int()>& chosen) {
  auto* alertmanager = check.add_subcommand("alertmanager", "alertmanager.yml files.");
  alertmanager->add_option("files", commands.alertmanager_files, "Files.")
      ->required()
      ->type_name("FILE...");
  alertmanager->callback([&commands, &chosen] {
    chosen = [&commands] { return run_check_alertmanager(commands.alertmanager_files); };
  });
}

}  // namespace pharos::server

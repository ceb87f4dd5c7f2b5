#include "server/command_line_oncall.hpp"

#include "server/command_line_alerts.hpp"

namespace pharos::server {
namespace {

CLI::App* add_command(CLI::App& parent, const char* name, const char* help,
                      int (*run)(const OnCallFlags&), OnCallFlags& f,
                      std::function<int()>& chosen) {
  auto* sub = parent.add_subcommand(name, help);
  sub->add_option("--server", f.server, "URL of the server.")->capture_default_str();
  sub->add_option("--header", f.headers, "Header to send, 'Name: value'.")->take_all();
  sub->callback([&f, &chosen, run] { chosen = [&f, run] { return run(f); }; });
  return sub;
}

// `ack` and `unack`: of `oncall`, and of `alert`, where one looks for them too.
void add_taking(CLI::App& parent, OnCallFlags& f, std::function<int()>& chosen) {
  const auto whom = [&](CLI::App* sub) {
    sub->add_option("matchers", f.words, "MATCHER… of the firing alerts that are meant.");
    sub->add_option("--escalation", f.escalation, "Id of an escalation, instead of matchers.");
  };
  auto* take = add_command(parent, "ack", "Take firing alerts: nobody else is told meanwhile.",
                           run_oncall_take, f, chosen);
  whom(take);
  take->add_option("--owner", f.owner, "Who takes them. [$USER]");
  take->add_option("--note", f.note, "What is being done.");
  take->add_option("--until", f.until, "How long, or until when. [until they are resolved]");
  add_output(take, f.output);
  whom(add_command(parent, "unack", "Give alerts back: their escalations go on.",
                   run_oncall_give_back, f, chosen));
}

}  // namespace

void add_oncall_commands(CLI::App& app, OnCallFlags& f, std::function<int()>& chosen) {
  auto* oncall =
      app.add_subcommand("oncall", "Who is on call, who has taken what, who is told next.");
  oncall->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, int (*run)(const OnCallFlags&)) {
    return add_command(*oncall, name, help, run, f, chosen);
  };
  const auto schedule = [&](CLI::App* sub) {
    sub->add_option("schedule", f.schedule, "Name of a schedule.")->required();
  };
  const auto range = [&](CLI::App* sub) {
    sub->add_option("--from", f.from, "RFC 3339, or a duration before now. [now]");
    sub->add_option("--to", f.to, "RFC 3339. [two weeks on, a calendar: 90 days]");
  };

  add_output(command("who", "Who is on call now, and who is next.", run_oncall_who), f.output);
  auto* shifts = command("shifts", "The shifts of a schedule.", run_oncall_shifts);
  schedule(shifts);
  range(shifts);
  add_output(shifts, f.output);
  auto* calendar =
      command("calendar", "The shifts of a schedule as an iCalendar file.", run_oncall_calendar);
  schedule(calendar);
  range(calendar);
  auto* import = command(
      "import",
      "Replace what was imported for a schedule by an iCalendar file; an empty file removes it.",
      run_oncall_import);
  schedule(import);
  import->add_option("file", f.file, "An .ics file.")->required()->type_name("FILE");
  auto* change = command("override", "Put somebody else on call for a while; prints the id.",
                         run_oncall_override);
  schedule(change);
  change->add_option("users", f.words, "USER…")->required();
  change->add_option("--from", f.from, "RFC 3339. [now]");
  change->add_option("--to,--for", f.to, "RFC 3339, or how long from now.")->required();
  change->add_option("--by", f.owner, "Who says so. [$USER]");
  command("remove-override", "Take an override back.", run_oncall_remove_override)
      ->add_option("id", f.id, "Its id.")
      ->required();
  add_output(
      command("escalations", "Escalations that are running or taken.", run_oncall_escalations),
      f.output);
  add_output(
      command("acknowledgements", "Alerts that somebody has taken.", run_oncall_acknowledgements),
      f.output);
  add_taking(*oncall, f, chosen);
  add_taking(*app.get_subcommand("alert"), f, chosen);
  add_output(command("heartbeats", "Jobs that must call in.", run_oncall_heartbeats), f.output);
  command("heartbeat", "Call in.", run_oncall_heartbeat)
      ->add_option("name", f.id, "Name of the heartbeat.")
      ->required();
  add_output(
      command("maintenance", "Maintenance windows, running and to come.", run_oncall_maintenance),
      f.output);
  auto* test = command("test", "Send a test page through the real route.", run_oncall_test);
  test->add_option("labels", f.words, "name=value… that choose the route.");
  test->add_option("--by", f.owner, "Who asks. [$USER]");
  add_output(test, f.output);
}

}  // namespace pharos::server

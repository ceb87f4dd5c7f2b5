#include "server/command_line_sim.hpp"

#include <CLI/CLI.hpp>

namespace pharos::server {
namespace {

void add_fleet(CLI::App& command, SimulateFlags& f) {
  command.add_option("--regions", f.regions, "Regions of the fleet.")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command.add_option("--nodes", f.nodes, "Nodes in all, dealt round-robin over the regions.")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  command.add_option("--seed", f.seed, "Equal seeds give equal worlds.")->capture_default_str();
  command.add_option("--faults", f.faults_file,
                     "Schedule of faults (YAML): [{kind, at, for, target, severity}].");
}

}  // namespace

namespace {

void add_demo(CLI::App& app, DemoFlags& f, std::function<int()>& chosen) {
  auto* demo = app.add_subcommand(
      "demo", "The server with a simulated DWCP fleet: boards, rules and alerts live.");
  f.serve.storage_path = "data/demo";
  demo->add_option("--storage.path", f.serve.storage_path, "Folder of the data.")
      ->capture_default_str();
  demo->add_option("--web.listen-address", f.serve.listen,
                   "Address of the HTTP port; may be given several times.")
      ->capture_default_str()
      ->take_all();
  demo->add_option("--web.external-url", f.serve.external_url,
                   "URL under which this server is reached from outside.");
  demo->add_option("--web.allowed-hosts", f.serve.allowed_hosts,
                   "Further names of this server, in the address bar of those who change things.")
      ->delimiter(',')
      ->take_all();
  auto* fleet_listen =
      demo->add_option("--fleet.listen-address", f.fleet.listen,
                       "Address of the fleet's pages, /faults, /truth and /control.")
          ->capture_default_str();
  add_fleet(*demo, f.fleet);
  demo->add_option("--pack", f.pack,
                   "Folder of rules and routing. [packs/dwcp here or beside the program]");
  demo->add_option("--back-fill", f.back_fill,
                   "How much history is made before the start; 0: none.")
      ->capture_default_str();
  demo->add_flag("--no-faults", f.quiet_fleet, "Without the schedule of gentle faults.");
  demo->add_option("--log.level", f.serve.log_level, "Least level that is logged.")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  demo->callback([&f, &chosen, fleet_listen] {
    f.fleet_listen_given = fleet_listen->count() > 0;
    chosen = [&f] { return run_demo(f); };
  });
}

}  // namespace

void add_simulate(CLI::App& app, SimCommands& commands, std::function<int()>& chosen) {
  add_demo(app, commands.demo, chosen);
  auto& f = commands.simulate;
  auto* simulate = app.add_subcommand(
      "simulate", "Simulate a DWCP fleet: its metrics pages, faults with known truth, controls.");
  simulate->add_option("--listen", f.listen, "Address of pages, /sd, /faults, /truth and /control.")
      ->capture_default_str();
  add_fleet(*simulate, f);
  simulate
      ->add_option("--speed", f.speed,
                   "real: as the clock goes; max: as fast as the machine allows.")
      ->check(CLI::IsMember({"real", "max"}))
      ->capture_default_str();
  simulate->add_option(
      "--start", f.start,
      "First moment of the world (RFC 3339 or Unix seconds). [now, or --duration before]");
  simulate->add_option("--duration", f.duration, "How much time --speed max passes.")
      ->capture_default_str();
  simulate->add_option("--interval", f.interval, "Time between scrapes of --speed max.")
      ->capture_default_str();
  simulate->add_option("--storage.path", f.storage_path,
                       "With --speed max: write into this store, then end.");
  simulate->add_option("--otlp", f.otlp_endpoint,
                       "Send the fleet's logs and traces to this OTLP/HTTP endpoint.");
  simulate->add_option("--log.file", f.log_file,
                       "Write the fleet's logs as JSON lines; '-': standard output.");
  simulate->callback([&f, &chosen] { chosen = [&f] { return run_simulate(f); }; });
}

}  // namespace pharos::server

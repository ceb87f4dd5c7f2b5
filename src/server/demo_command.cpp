// `pharos demo`: a simulated fleet, its history made up in virtual time, and the server that
// watches it with the pack's rules and routing.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/log.hpp"
#include "net/http_server.hpp"
#include "server/demo_history.hpp"
#include "server/serve_signals.hpp"
#include "server/simulate_flags.hpp"
#include "server/simulation.hpp"
#include "sim/driver.hpp"
#include "sim/front.hpp"

namespace pharos::server {
namespace {

using std::chrono::seconds;
constexpr Millis kInterval = seconds(15);

std::string find_pack(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
  for (const auto& path : {std::filesystem::path("packs/dwcp"), program / "../packs/dwcp",
                           program / "packs/dwcp", program / "../share/pharos/packs/dwcp"})
    if (std::filesystem::is_directory(path / "rules", code))
      return std::filesystem::canonical(path, code).string();
  return {};
}

sim::Fault fault(std::string_view kind, double at, double length, double severity) {
  return {.kind = sim::find_fault_kind(kind),
          .at_seconds = at,
          .for_seconds = length,
          .target = {},
          .severity = severity};
}

// Two that are over before anybody looks, then one at a time, each of which ends by itself, with
// twenty minutes of quiet between them.
std::vector<sim::Fault> gentle_faults(double history, double days) {
  std::vector<sim::Fault> out;
  if (history >= 3 * 3600) {
    out.push_back(
        fault("link_loss", history - 4.5 * 3600 > 0 ? history - 4.5 * 3600 : 600, 1500, 0.5));
    out.push_back(fault("node_crash", history - 1.5 * 3600, 900, 1));
  }
  struct Turn {
    std::string_view kind;
    double length, severity;
  };
  constexpr Turn kTurns[] = {{"link_loss", 480, 0.3},          {"noisy_neighbour", 600, 0.6},
                             {"node_crash", 240, 1},           {"bad_canary", 420, 0.15},
                             {"link_delay", 480, 0.3},         {"component_down", 300, 1},
                             {"latency_regression", 480, 0.3}, {"byzantine_node", 300, 0.5},
                             {"slow_disk", 600, 0.4},          {"stream_failures", 420, 0.5}};
  double at = history + 300;
  for (std::size_t i = 0; at < history + days * 86'400; ++i) {
    const auto& turn = kTurns[i % std::size(kTurns)];
    out.push_back(fault(turn.kind, at, turn.length, turn.severity));
    at += turn.length + 1200;
  }
  std::erase_if(out, [](const sim::Fault& f) { return !f.kind; });
  return out;
}

Result<std::string> write_config(const DemoFlags& flags, const std::string& pack,
                                 const std::string& fleet_address) {
  const std::string path = flags.serve.storage_path + "/demo.yml";
  std::ofstream out(path, std::ios::trunc);
  out << "# Written by `pharos demo` at each start.\n"
         "host: {enabled: true}\n"
         "global:\n"
         "  scrape_interval: 1s\n"
         "  scrape_timeout: 1s\n"
         "  evaluation_interval: 15s\n"
         "rule_files:\n"
         "  - '"
      << pack
      << "/rules/*.yml'\n"
         "  - '"
      << pack
      << "/rules/fast/*.yml'\n"
         "dashboards:\n"
         "  - {path: '"
      << pack
      << "/dashboards', folder: DWCP, editable: true}\n"
         "scrape_configs:\n"
         "  - job_name: dwcp\n"
         "    honor_labels: true\n"
         "    http_sd_configs: [{url: 'http://"
      << fleet_address << "/sd', refresh_interval: 15s}]\n";
  const auto& own = flags.serve.listen.front();
  if (!own.ends_with(":0"))
    out << "  - job_name: pharos\n    scrape_interval: 15s\n    static_configs: [{targets: ['"
        << own << "']}]\n";
  out.flush();
  if (!out) return fail(Errc::io, "cannot write " + path);
  return path;
}

// The pack's routing with the same receivers, which tell nobody: nothing leaves this machine.
Result<std::string> write_routing(const DemoFlags& flags, const std::string& pack) {
  std::ifstream in(pack + "/alertmanager.yml");
  if (!in) return fail(Errc::not_found, "cannot read " + pack + "/alertmanager.yml");
  const std::string path = flags.serve.storage_path + "/demo-alertmanager.yml";
  std::ofstream out(path, std::ios::trunc);
  bool receivers = false;
  for (std::string line; std::getline(in, line);) {
    const bool top = !line.empty() && line[0] != ' ' && line[0] != '-' && line[0] != '#';
    if (top) receivers = line.starts_with("receivers:");
    const auto name = line.find("- name:");
    if (!receivers || top || (name != line.npos && name <= 2)) out << line << '\n';
  }
  out.flush();
  if (!out) return fail(Errc::io, "cannot write " + path);
  return path;
}

Status run(const DemoFlags& flags, const sigset_t& signals, int& status) {
  const auto pack = find_pack(flags.pack);
  if (pack.empty())
    return fail(Errc::not_found, "--pack: there is no packs/dwcp here or beside the program");
  std::error_code code;
  std::filesystem::create_directories(flags.serve.storage_path, code);
  const auto& clock = system_clock();
  const auto history = TRY(parse_duration(flags.back_fill));
  auto world = TRY(make_simulation(flags.fleet, clock.now() - history));
  if (!flags.quiet_fleet)
    TRY(world->faults().add(gentle_faults(static_cast<double>(history.count()) / 1000, 60), 0));
  sim::Driver driver(std::move(world));
  const auto requests = std::make_shared<ThreadPool>("fleet", 16, 4'096);
  net::HttpServerConfig listen{.listen = flags.fleet.listen, .loops = 1};
  auto pages = net::HttpServer::start(listen, sim::make_front(driver), requests, clock);
  if (!pages && !flags.fleet_listen_given) {
    log::warn("the fleet's usual port is taken",
              {{"address", flags.fleet.listen}, {"error", pages.error().message}});
    listen.listen = "127.0.0.1:0";
    pages = net::HttpServer::start(listen, sim::make_front(driver), requests, clock);
  }
  if (!pages)
    return fail(std::move(pages).error().in("--fleet.listen-address " + flags.fleet.listen));
  const std::string address = "127.0.0.1:" + std::to_string((*pages)->port());
  if (history.count() > 0)
    TRY(driver.with([&](sim::World& w) {
      return make_demo_history(w, {.storage_path = flags.serve.storage_path,
                                   .pack = pack,
                                   .instance = address,
                                   .interval = kInterval});
    }));
  driver.with([&](sim::World& w) {  // what passed meanwhile
    while (w.now() + seconds(1) <= clock.now()) w.step(seconds(1));
  });
  driver.start(clock);
  auto serve = flags.serve;
  serve.config_file = TRY(write_config(flags, pack, address));
  serve.alertmanager_config_file = TRY(write_routing(flags, pack));
  if (serve.runbooks_path.empty()) serve.runbooks_path = pack + "/runbooks";
  status = serve_until_signal(serve, signals, [&](const Server& server) {
    std::printf("Pharos: http://127.0.0.1:%u   fleet: http://%s (/sd /faults /truth /control)\n",
                server.port(), address.c_str());
    std::fflush(stdout);
  });
  (*pages)->drain(seconds(1));
  driver.stop();
  return {};
}

}  // namespace

int run_demo(const DemoFlags& flags) {
  const sigset_t signals = block_signals();
  int status = 1;
  const auto done = run(flags, signals, status);
  if (done) return status;
  std::fprintf(stderr, "demo: %s\n", done.error().message.c_str());
  return done.error().code == Errc::invalid ? 2 : 1;
}

}  // namespace pharos::server

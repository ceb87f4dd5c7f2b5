#include <dirent.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "api/handlers.hpp"
#include "api/pprof.hpp"
#include "base/log.hpp"
#include "base/metric.hpp"
#include "base/process.hpp"
#include "codec/json.hpp"

namespace pharos::api {
namespace {

net::Response metrics_page() {
  auto response = net::Response::text(200, metrics_text());
  response.headers.set("Content-Type",
                       "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  return response;
}

net::Response reload(const Context& context, const net::Request& request) {
  if (!context.options.lifecycle) return net::Response::text(403, "Lifecycle API is not enabled.");
  if (!context.services.reload) return net::Response::text(503, "there is nothing to reload");
  log::info("reload asked for over HTTP", {{"peer", request.peer}});
  if (const auto done = context.services.reload(); !done)
    return net::Response::text(500, "failed to reload config: " + done.error().message + "\n");
  return net::Response::text(200, "");
}

net::Response quit(const Context& context, const net::Request& request) {
  if (!context.options.lifecycle) return net::Response::text(403, "Lifecycle API is not enabled.");
  log::info("end asked for over HTTP", {{"peer", request.peer}});
  if (context.services.quit) context.services.quit();
  return net::Response::text(200, "Requesting termination... Goodbye!");
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

net::Response command_line() {
  auto text = read_file("/proc/self/cmdline");
  while (text.ends_with('\0')) text.pop_back();
  return net::Response::text(200, std::move(text));
}

// Threads by CPU used: "what is it busy with" without a profiler.
net::Response threads() {
  struct Line {
    double seconds;
    std::string text;
  };
  std::vector<Line> lines;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (DIR* dir = ::opendir("/proc/self/task")) {
    while (const auto* entry = ::readdir(dir)) {
      const std::string id = entry->d_name;
      if (id[0] == '.') continue;
      const auto stat = read_file("/proc/self/task/" + id + "/stat");
      const auto open = stat.find('('), close = stat.rfind(')');
      if (open == stat.npos || close == stat.npos) continue;
      std::istringstream rest(stat.substr(close + 1));
      std::string state, word;
      rest >> state;
      double user = 0, system = 0;
      for (int i = 0; i < 10; ++i) rest >> word;
      rest >> user >> system;
      std::ostringstream line;
      line << (user + system) / ticks << "s\t" << state << '\t' << id << '\t'
           << stat.substr(open + 1, close - open - 1) << '\n';
      lines.push_back({user + system, std::move(line).str()});
    }
    ::closedir(dir);
  }
  std::ranges::sort(lines, std::greater(), &Line::seconds);
  std::string out = "cpu\tstate\tid\tname\n";
  for (const auto& line : lines) out += line.text;
  return net::Response::text(200, std::move(out));
}

net::Response memory() {
  const auto info = ::mallinfo2();
  const auto usage = read_process_usage();
  std::ostringstream out;
  out << "in_use_bytes\t" << info.uordblks + info.hblkhd << "\nfree_in_arenas_bytes\t"
      << info.fordblks << "\nmapped_bytes\t" << info.hblkhd << "\narena_bytes\t" << info.arena
      << '\n';
  if (usage)
    out << "resident_bytes\t" << usage->resident_bytes << "\nanonymous_bytes\t"
        << usage->anonymous_bytes << '\n';
  return net::Response::text(200, std::move(out).str());
}

// A profile of so many seconds. The answer comes when they have passed; a client that goes ends it.
net::Response cpu_profile(const Context& context, const net::Request& request) {
  constexpr std::int64_t kDefault = 30, kMax = 100;  // below the time a handler may take
  const auto form = request.form();
  std::int64_t seconds = kDefault;
  if (form) {
    const auto text = form->get("seconds");
    std::int64_t wanted = 0;
    std::from_chars(text.data(), text.data() + text.size(), wanted);
    if (wanted > 0) seconds = wanted;
  }
  if (seconds > kMax)
    return net::Response::text(400, "seconds: a profile takes at most " + std::to_string(kMax) +
                                        " seconds\n");
  const auto samples = sample_cpu(std::chrono::seconds(seconds), [&] {
    return request.cancelled.stop_requested();
  });
  if (!samples)
    return net::Response::text(500, "Could not enable CPU profiling: " + samples.error().message +
                                        "\n");
  net::Response response;
  response.headers.set("Content-Type", "application/octet-stream");
  response.headers.set("Content-Disposition", "attachment; filename=\"profile\"");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = encode_profile(*samples, context.services.clock->now());
  return response;
}

// Go's other profiles have no counterpart: said plainly, where a tool would take an empty one for "nothing found".
net::Response no_such_profile(std::string_view name) {
  std::string why = "there is no " + std::string(name) + " profile: ";
  if (name == "heap" || name == "allocs")
    why +=
        "allocations are not recorded by their place in the code; /debug/pprof/memory has the "
        "allocator's figures";
  else
    why += "this program is not written in Go; there are profile, threads and memory";
  return net::Response::text(404, why + "\n");
}

net::Response version(const Context& context) {
  const auto& build = context.services.build;
  std::string body;
  codec::JsonWriter writer(body);
  writer.begin_object().key("version").value(std::string_view(build.version));
  writer.key("revision")
      .value(std::string_view(build.revision))
      .key("branch")
      .value(std::string_view(build.branch));
  writer.key("buildUser").value(std::string_view(build.build_user));
  writer.key("buildDate").value(std::string_view(build.build_date));
  writer.key("goVersion").value(std::string_view(build.compiler)).end_object();
  return net::Response::json(200, std::move(body));
}

}  // namespace

void add_server_handlers(Routes& routes) {
  const auto& context = routes.context();
  expose_process_metrics();
  const auto& build = context->services.build;
  static const Gauge build_info("prometheus_build_info",
                                "A metric with a constant '1' value, by what was built.",
                                {"version", "revision", "branch", "goversion"});
  build_info.with({build.version, build.revision, build.branch, build.compiler}).set(1);

  routes.plain("GET", "/metrics", [](const net::Request&) { return metrics_page(); });
  routes.plain("GET", "/version", [context](const net::Request&) { return version(*context); });
  routes.plain("GET", "/-/healthy", [](const net::Request&) {
    return net::Response::text(200, "Pharos Server is Healthy.\n");
  });
  routes.plain(
      "GET", "/-/ready",
      [](const net::Request&) { return net::Response::text(200, "Pharos Server is Ready.\n"); },
      true);

  const auto refuse = [context](const net::Request&) {
    if (!context->options.lifecycle)
      return net::Response::text(403, "Lifecycle API is not enabled.");
    auto response = net::Response::text(405, "Only POST or PUT requests allowed");
    response.headers.set("Allow", "POST, PUT");
    return response;
  };
  routes.plain("GET", "/-/reload", refuse);
  routes.plain("GET", "/-/quit", refuse);
  for (const auto* method : {"POST", "PUT"}) {
    routes.plain(method, "/-/reload", routes.own_pages([context](const net::Request& r) {
                   return reload(*context, r);
                 }));
    routes.plain(method, "/-/quit", routes.own_pages([context](const net::Request& r) {
                   return quit(*context, r);
                 }));
  }

  routes.plain("GET", "/debug/pprof/cmdline", [](const net::Request&) { return command_line(); });
  routes.plain("GET", "/debug/pprof/threads", [](const net::Request&) { return threads(); });
  routes.plain("GET", "/debug/pprof/goroutine", [](const net::Request&) { return threads(); });
  routes.plain("GET", "/debug/pprof/memory", [](const net::Request&) { return memory(); });
  routes.plain("GET", "/debug/pprof/profile",
               [context](const net::Request& r) { return cpu_profile(*context, r); });
  for (const std::string name : {"heap", "allocs", "block", "mutex", "threadcreate", "trace"})
    routes.plain("GET", "/debug/pprof/" + name,
                 [name](const net::Request&) { return no_such_profile(name); });
  for (const auto path : {"/debug/pprof", "/debug/pprof/"})
    routes.plain("GET", path, [](const net::Request&) {
      return net::Response::text(
          200,
          "profile\tCPU time of ?seconds=30 by call stack, for pprof\nthreads\tthreads by CPU "
          "time (goroutine is the same)\nmemory\tthe allocator's figures\ncmdline\tthe command "
          "line\n");
    });
}

}  // namespace pharos::api

#include "server/simulation.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "pharos/otlp.hpp"

namespace pharos::server {
namespace {

// JSON lines into a file, and the same records to another sink.
class LogLines final : public client::LogSink {
 public:
  LogLines(int descriptor, std::shared_ptr<client::LogSink> next)
      : descriptor_(descriptor), next_(std::move(next)) {}
  ~LogLines() override {
    if (descriptor_ > 2) ::close(descriptor_);
  }
  void take(const client::LogRecord& record) noexcept override {
    std::string line;
    client::put_log_line(line, record);
    // A reader that has gone must not stop the fleet.
    if (::write(descriptor_, line.data(), line.size()) < 0) descriptor_ = -1;
    if (next_) next_->take(record);
  }

 private:
  int descriptor_;
  std::shared_ptr<client::LogSink> next_;
};

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, "--faults: cannot read " + path);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

}  // namespace

Result<std::unique_ptr<sim::World>> make_simulation(const SimulateFlags& flags, Time start) {
  sim::WorldConfig config{
      .fleet = {.regions = flags.regions, .nodes = flags.nodes, .seed = flags.seed},
      .start = start};
  auto world = TRY(sim::World::make(config));
  if (!flags.faults_file.empty()) {
    const auto text = TRY(read_text(flags.faults_file));
    const auto yaml = TRY(codec::Yaml::parse(text, flags.faults_file));
    auto faults = TRY(sim::parse_faults(yaml, world->fleet()));
    TRY(world->faults().add(std::move(faults), 0));
  }
  std::shared_ptr<client::OtlpExporter> otlp;
  if (!flags.otlp_endpoint.empty()) {
    client::OtlpOptions options;
    options.endpoint = flags.otlp_endpoint;
    otlp = std::make_shared<client::OtlpExporter>(options);
  }
  std::shared_ptr<client::LogSink> logs = otlp;
  if (!flags.log_file.empty()) {
    const int descriptor =
        flags.log_file == "-"
            ? 1
            : ::open(flags.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) return fail(Errc::io, "--log.file: cannot write " + flags.log_file);
    logs = std::make_shared<LogLines>(descriptor, otlp);
  }
  world->set_sinks(logs, otlp);
  return world;
}

}  // namespace pharos::server

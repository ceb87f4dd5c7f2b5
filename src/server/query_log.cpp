#include "server/query_log.hpp"

#include <cerrno>
#include <cstring>

#include "codec/json.hpp"

namespace pharos::server {
namespace {

double seconds(Nanos n) {
  return std::chrono::duration<double>(n).count();
}

}  // namespace

QueryLog::~QueryLog() {
  if (file_ != nullptr) std::fclose(file_);
}

Status QueryLog::open(const std::string& path) {
  std::FILE* next = nullptr;
  if (!path.empty()) {
    next = std::fopen(path.c_str(), "ae");
    if (next == nullptr)
      return fail(Errc::io, "query_log_file " + path + ": " + std::strerror(errno));
  }
  std::lock_guard lock(mutex_);
  if (file_ != nullptr) std::fclose(file_);
  file_ = next;
  enabled_.set(file_ != nullptr ? 1 : 0);
  return {};
}

void QueryLog::write(const query::QueryRequest& request, const Result<query::Output>& output) {
  {
    std::lock_guard lock(mutex_);
    if (file_ == nullptr) return;
  }
  std::string line;
  codec::JsonWriter json(line);
  json.begin_object()
      .key("time")
      .value(format_time(clock_.now()))
      .key("level")
      .value("INFO")
      .key("msg")
      .value("promql query logged");
  json.key("params").begin_object().key("query").value(request.expr);
  json.key("start").value(format_time(from_unix_millis(request.start_ms)));
  json.key("end").value(
      format_time(from_unix_millis(request.step_ms == 0 ? request.start_ms : request.end_ms)));
  json.key("step").value(static_cast<double>(request.step_ms) / 1000).end_object();
  json.key("source").value(request.source);
  if (output) {
    const auto& stats = output->stats;
    json.key("stats").begin_object().key("timings").begin_object();
    json.key("evalTotalTime")
        .value(seconds(stats.selecting + stats.evaluating))
        .key("queryPreparationTime")
        .value(seconds(stats.parsing));
    json.key("innerEvalTime")
        .value(seconds(stats.evaluating))
        .key("execQueueTime")
        .value(seconds(stats.queued));
    json.key("execTotalTime").value(seconds(stats.total)).end_object();
    json.key("samples").begin_object().key("totalQueryableSamples").value(stats.samples_read);
    json.key("peakSamples").value(stats.samples_peak).end_object().end_object();
  } else {
    json.key("error").value(output.error().message);
  }
  json.end_object();
  line += '\n';
  std::lock_guard lock(mutex_);
  if (file_ == nullptr) return;
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0)
    failures_.add();
}

}  // namespace pharos::server

// Structured logs: one JSON object per line, with the ids of the span it was said in.
//
//   Logger log{"dwcp-manager"};
//   log.info("migration finished", {{"vm", id}, {"seconds", 3.2}});
//   {"time":"2026-11-28T19:02:03.123456Z","level":"INFO","service":"dwcp-manager",
//    "message":"migration finished","trace_id":"…","span_id":"…","vm":"vm-1","seconds":3.2}
#pragma once
#include <array>
#include <atomic>
#include <initializer_list>
#include <memory>

#include "pharos/field.hpp"
#include "pharos/trace.hpp"

namespace pharos::client {

enum class Level : std::uint8_t { debug, info, warn, error, fatal };
const char* level_name(Level level) noexcept;  // DEBUG, INFO, …

struct LogRecord {  // a view, for the length of the call
  std::int64_t unix_ns = 0;
  Level level = Level::info;
  std::string_view service, message;
  const Field* fields = nullptr;
  std::size_t field_count = 0;
  TraceContext context;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void take(const LogRecord& record) noexcept = 0;
};

struct LogOptions {
  Level least = Level::info;
  // The share of each level that is kept: {0, 0.1, 1, 1, 1} drops debug and nine of ten infos.
  // Lines of a sampled trace are always kept, so that a trace has all its logs.
  std::array<double, 5> share{1, 1, 1, 1, 1};
  int descriptor = 1;  // -1: nowhere but the sink
  std::shared_ptr<LogSink> sink;
};

// A line is one write(2) of at most 64 KiB; longer ones lose fields and say so ("truncated":true).
class Logger {
 public:
  explicit Logger(std::string service, LogOptions options = {})
      : service_(std::move(service)), options_(std::move(options)) {}
  using Fields = std::initializer_list<Field>;
  void debug(std::string_view message, Fields fields = {}) const noexcept {
    say(Level::debug, message, fields);
  }
  void info(std::string_view message, Fields fields = {}) const noexcept {
    say(Level::info, message, fields);
  }
  void warn(std::string_view message, Fields fields = {}) const noexcept {
    say(Level::warn, message, fields);
  }
  void error(std::string_view message, Fields fields = {}) const noexcept {
    say(Level::error, message, fields);
  }
  void fatal(std::string_view message, Fields fields = {}) const noexcept {
    say(Level::fatal, message, fields);
  }  // does not end the program
  void say(Level level, std::string_view message, Fields fields = {}) const noexcept;

  struct Stats {
    std::uint64_t written, sampled_away, failed;
  };
  Stats stats() const noexcept { return {written_.load(), sampled_away_.load(), failed_.load()}; }

 private:
  std::string service_;
  LogOptions options_;
  mutable std::atomic<std::uint64_t> written_{0}, sampled_away_{0}, failed_{0}, turn_{0};
};

// The JSON line of a record, newline included.
void put_log_line(std::string& out, const LogRecord& record);

}  // namespace pharos::client

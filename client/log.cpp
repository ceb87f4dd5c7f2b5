#include "pharos/log.hpp"

#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "json_text.hpp"
#include "number_text.hpp"

namespace pharos::client {
namespace {

constexpr std::size_t kLineMax = 64 * 1024, kMessageMax = 16 * 1024;
constexpr const char* kLevels[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

void put_time(std::string& out, std::int64_t unix_ns) {  // RFC 3339, microseconds
  const time_t second = static_cast<time_t>(unix_ns / 1'000'000'000);
  tm parts{};
  gmtime_r(&second, &parts);
  char text[64];
  const std::size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  out.append(text, n);
  out.append(text, static_cast<std::size_t>(std::snprintf(
                       text, sizeof text, ".%06dZ", static_cast<int>(unix_ns / 1000 % 1'000'000))));
}

// A field may not hide what the line says of itself.
bool reserved(std::string_view key) {
  for (std::string_view own :
       {"time", "level", "service", "message", "trace_id", "span_id", "truncated"}) {
    if (key == own) return true;
  }
  return false;
}

void put_value(std::string& out, const Field& field) {
  switch (field.kind) {
    case Field::Kind::text: detail::put_json_string(out, field.text); break;
    case Field::Kind::integer: out += std::to_string(field.integer); break;
    case Field::Kind::boolean: out += field.integer ? "true" : "false"; break;
    case Field::Kind::real:
      if (field.real - field.real == 0) {
        detail::put_number(out, field.real);
      } else {  // JSON has no NaN
        out += '"';
        detail::put_number(out, field.real);
        out += '"';
      }
  }
}

}  // namespace

const char* level_name(Level level) noexcept {
  return kLevels[static_cast<unsigned>(level)];
}

void put_log_line(std::string& out, const LogRecord& record) {
  const std::size_t begin = out.size();
  out += "{\"time\":\"";
  put_time(out, record.unix_ns);
  out.append("\",\"level\":\"").append(level_name(record.level)).append("\",\"service\":");
  detail::put_json_string(out, record.service);
  out += ",\"message\":";
  detail::put_json_string(out, record.message.substr(0, kMessageMax));
  if (record.context) {
    out.append(",\"trace_id\":\"")
        .append(record.context.trace_id())
        .append("\",\"span_id\":\"")
        .append(record.context.span_id())
        .append("\"");
  }
  bool truncated = record.message.size() > kMessageMax;
  for (std::size_t i = 0; i < record.field_count; ++i) {
    const Field& field = record.fields[i];
    const std::size_t before = out.size();
    out += ',';
    detail::put_json_string(
        out, reserved(field.key) ? "field." + std::string(field.key) : std::string(field.key));
    out += ':';
    put_value(out, field);
    if (out.size() - begin > kLineMax - 32) {
      out.resize(before);
      truncated = true;
      break;
    }
  }
  out += truncated ? ",\"truncated\":true}\n" : "}\n";
}

void Logger::say(Level level, std::string_view message, Fields fields) const noexcept {
  if (level < options_.least) return;
  LogRecord record;
  record.context = current_context();
  const double share = options_.share[static_cast<unsigned>(level)];
  if (share < 1 && !record.context.sampled) {
    // Every 1/share-th line, by a count that the golden ratio spreads.
    const auto turn = turn_.fetch_add(1, std::memory_order_relaxed);
    if (static_cast<double>(turn * 0x9e3779b97f4a7c15ULL >> 11) * 0x1p-53 >= share) {
      sampled_away_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  record.unix_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  record.level = level;
  record.service = service_;
  record.message = message;
  record.fields = fields.begin();
  record.field_count = fields.size();
  if (options_.sink) options_.sink->take(record);
  if (options_.descriptor < 0) return;
  try {
    thread_local std::string line;
    line.clear();
    put_log_line(line, record);
    ssize_t n;
    while ((n = write(options_.descriptor, line.data(), line.size())) < 0 && errno == EINTR) {
    }
    (n == static_cast<ssize_t>(line.size()) ? written_ : failed_)
        .fetch_add(1, std::memory_order_relaxed);
  } catch (...) {  // out of memory: the host goes on
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace pharos::client

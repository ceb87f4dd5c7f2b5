#include "base/log.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "base/clock.hpp"
#include "base/metric.hpp"

namespace pharos::log {
namespace {

std::atomic<Level> level_min{Level::info};
std::atomic<bool> as_json{false};

struct Stats {
  Counter events{"pharos_log_events_total", "Log events written, by level.", {"level"}};
  Counter by_level[4] = {events.with({"debug"}), events.with({"info"}), events.with({"warn"}),
                         events.with({"error"})};
};
Stats& stats() {
  static Stats* const stats = new Stats;
  return *stats;
}

constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

// Backslash escapes that both logfmt and JSON readers understand.
void put_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", c);
          out += escape;
        } else {
          out += c;
        }
    }
  }
}

void put_value(std::string& out, std::string_view value, bool always_quoted) {
  const bool plain =
      !always_quoted && !value.empty() && value.find_first_of(" =\"\\\n\r\t") == value.npos;
  if (plain) {
    out += value;
    return;
  }
  out += '"';
  put_escaped(out, value);
  out += '"';
}

}  // namespace

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < level_min.load(std::memory_order_relaxed)) return;
  stats().by_level[static_cast<int>(level)].add();
  const auto ts = format_time(system_clock().now());
  std::string line;
  line.reserve(160);
  if (as_json.load(std::memory_order_relaxed)) {
    line += "{\"ts\":\"" + ts + "\",\"level\":\"";
    line += kLevels[static_cast<int>(level)];
    line += "\",\"msg\":";
    put_value(line, message, true);
    for (const auto& field : fields) {
      line += ',';
      put_value(line, field.key, true);
      line += ':';
      put_value(line, field.value, true);
    }
    line += "}\n";
  } else {
    line += "ts=" + ts + " level=";
    line += kLevels[static_cast<int>(level)];
    line += " msg=";
    put_value(line, message, true);
    for (const auto& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      put_value(line, field.value, false);
    }
    line += '\n';
  }
  // One write per line: lines of several threads do not mix. A closed stderr is nobody's error.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_level(Level level) {
  level_min.store(level, std::memory_order_relaxed);
}
void set_json(bool json) {
  as_json.store(json, std::memory_order_relaxed);
}

}  // namespace pharos::log

// key=value log events with a stable message, one line each, to standard error.
#pragma once
#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pharos::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false") {}
  template <class N>
    requires std::integral<N> || std::floating_point<N>
  Field(std::string_view k, N v) : key(k) {
    char buffer[32];
    value.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, v).ptr);
  }
};

// Thread-safe. Cheap when the level is off; never on a per-sample path.
void write(Level level, std::string_view message, std::initializer_list<Field> fields);
void set_level(Level level);
void set_json(bool json);  // --log.format=json

// log::warn("wal segment truncated", {{"shard", shard}, {"lost_bytes", lost}});
inline void debug(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::debug, m, f); }
inline void info(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::info, m, f); }
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::warn, m, f); }
inline void error(std::string_view m, std::initializer_list<Field> f = {}) { write(Level::error, m, f); }

}  // namespace pharos::log

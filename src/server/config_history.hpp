// The configurations that were loaded, and those that could not be: the last 20, in state.db.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/services.hpp"
#include "base/clock.hpp"
#include "base/database.hpp"
#include "base/result.hpp"
#include "server/flags.hpp"
#include "server/loaded_config.hpp"

namespace pharos::server {

// Thread-safe. Texts are those that status/config shows: without secrets.
class ConfigHistory {
 public:
  static Result<std::unique_ptr<ConfigHistory>> open(Database& database, const Clock& clock);

  // A load that ended so. `loaded`: none when it could not be read; then its text is kept only as
  // far as it can be told what in it is secret. Failures are said in the log.
  void note(const ServeFlags& flags, const LoadedConfig* loaded, const Status& status);
  Result<std::vector<api::ConfigLoad>> list() const;   // newest first, without texts
  Result<api::ConfigLoad> get(std::int64_t id) const;  // Errc::not_found

 private:
  ConfigHistory(Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  Database& database_;
  const Clock& clock_;
};

// What a reload would load now, without doing it: `error` says why it would fail.
api::ConfigLoad config_on_disk(const ServeFlags& flags, const std::string& own_job, Time now);

inline constexpr std::int64_t kConfigLoadsMax = 20;
inline constexpr std::size_t kConfigTextMax = 1u << 20;  // bytes; a longer one is not kept

}  // namespace pharos::server

// The rules of the configuration at work: their manager, and what the API shows of it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/services.hpp"
#include "rules/evaluation/rule_manager.hpp"
#include "server/flags.hpp"
#include "server/loaded_config.hpp"

namespace pharos::server {

// Thread-safe. What `world` names outlives it.
class RuleService {
 public:
  static Result<std::unique_ptr<RuleService>> open(rules::RuleManager::World world,
                                                   const ServeFlags& flags);
  // The groups of the configuration; the old ones stay active until the commit.
  Result<Commit> prepare(const LoadedConfig& loaded, const std::string& external_url);
  std::vector<api::RuleGroup> listing() const;
  // YAML of a group that is evaluated, as its file has it; none: there is no such group. The last two:
  // what its file was read with.
  std::optional<std::string> text(const std::string& file, const std::string& group,
                                  Millis interval_default,
                                  const rules::RuleFileOptions& options) const;
  void stop() { manager_->stop(); }

 private:
  RuleService(std::unique_ptr<rules::RuleManager> manager, rules::RuleManagerOptions options)
      : manager_(std::move(manager)), options_(std::move(options)) {}
  std::unique_ptr<rules::RuleManager> manager_;
  const rules::RuleManagerOptions options_;  // what the flags say
};

}  // namespace pharos::server

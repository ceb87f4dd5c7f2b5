// Who may change what people edit: nobody in read-only mode, and never a page of another origin.
#pragma once
#include <optional>
#include <string>

#include "api/services.hpp"
#include "base/result.hpp"
#include "model/matcher.hpp"
#include "net/http.hpp"

namespace pharos::api {

// Dashboards, rules, silences and the like are changed by whoever reaches the port. A browser
// reaches it too, in the name of whatever page its user has open: what says that it comes from
// another origin is refused, unless --web.cors.origin names that origin. Thread-safe.
class ChangeGate {
 public:
  static Result<ChangeGate> open(const Options& options);
  // Why this request may not change anything; none: it may.
  std::optional<std::string> refusal(const net::Request& request) const;
  // The part of it that does not depend on the mode: a page of another origin sent it.
  std::optional<std::string> foreign(const net::Request& request) const;

 private:
  ChangeGate(bool read_only, std::string own_host, std::optional<Regex> others)
      : read_only_(read_only), own_host_(std::move(own_host)), others_(std::move(others)) {}
  bool read_only_;
  std::string own_host_;         // of the external URL
  std::optional<Regex> others_;  // origins that are named, not merely allowed to read
};

}  // namespace pharos::api

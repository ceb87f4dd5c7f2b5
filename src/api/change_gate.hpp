// Who may change what people edit: nobody in read-only mode, and never a page of another origin.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/services.hpp"
#include "base/result.hpp"
#include "model/matcher.hpp"
#include "net/http.hpp"

namespace pharos::api {

// Dashboards, rules, silences and the like are changed by whoever reaches the port. A browser
// reaches it too, in the name of whatever page its user has open: what says that it comes from
// another origin is refused, unless --web.cors.origin names that origin. So is what comes over
// plain http from a page whose address has a name that is not this server's: whoever owns a name
// can make it lead here, and has this server's origin then. Thread-safe.
class ChangeGate {
 public:
  static Result<ChangeGate> open(const Options& options);
  // Why this request may not change anything; none: it may.
  std::optional<std::string> refusal(const net::Request& request) const;
  // The part of it that does not depend on the mode: a page sent it that is not this server's own.
  std::optional<std::string> foreign(const net::Request& request) const;

 private:
  ChangeGate() = default;
  bool own_name(std::string_view host) const;
  bool read_only_ = false;
  std::string own_host_;            // of the external URL, with its port
  std::vector<std::string> names_;  // hosts in lower case; ".example.com" stands for those below it
  std::optional<Regex> others_;     // origins that are named, not merely allowed to read
};

// What a machine of this name is called in the address bar of a browser: that, its name alone, and
// that below .local, where machines tell their names themselves. None when it cannot be one.
std::vector<std::string> names_of_machine(std::string_view hostname);

}  // namespace pharos::api

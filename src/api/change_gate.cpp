#include "api/change_gate.hpp"

#include "base/quoted.hpp"

namespace pharos::api {
namespace {

// "https://h:8443/x" → "h:8443"
std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

}  // namespace

Result<ChangeGate> ChangeGate::open(const Options& options) {
  std::optional<Regex> others;
  // The default lets every origin read; changing is more than that.
  if (options.cors_origin != ".*") others = TRY(Regex::compile(options.cors_origin));
  return ChangeGate(options.read_only, std::string(host_of(options.external_url)),
                    std::move(others));
}

std::optional<std::string> ChangeGate::refusal(const net::Request& request) const {
  if (read_only_) return "this server is read-only (--web.read-only): nothing can be changed here";
  return foreign(request);
}

std::optional<std::string> ChangeGate::foreign(const net::Request& request) const {
  // Pages cannot set this one; it holds behind a proxy that changes Host, too.
  if (request.headers.get("Sec-Fetch-Site") == "same-origin") return std::nullopt;
  const auto origin = request.headers.get("Origin");
  if (origin.empty()) {
    // A form that is sent from elsewhere may come without an origin, but not without this.
    if (request.headers.get("Sec-Fetch-Site") == "cross-site")
      return "a page of another origin may not change anything here";
    return std::nullopt;
  }
  const auto host = host_of(origin);
  if (origin != "null" &&
      (host == request.headers.get("Host") || host == request.headers.get("X-Forwarded-Host") ||
       (!own_host_.empty() && host == own_host_)))
    return std::nullopt;
  if (others_ && others_->full_match(origin)) return std::nullopt;
  return "a page of another origin (" + quoted(origin.substr(0, 200)) +
         ") may not change anything here; --web.cors.origin names those that may";
}

}  // namespace pharos::api

#include "api/change_gate.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "base/quoted.hpp"

namespace pharos::api {
namespace {

// "https://h:8443/x" → "h:8443"
std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find('/'));
}

// "Pharos.:9090" → "pharos", "[::1]:9090" → "[::1]".
std::string name_of(std::string_view host) {
  if (const auto colon = host.rfind(':'); colon != host.npos && host.find(']', colon) == host.npos)
    host = host.substr(0, colon);
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string out(host);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// An address leads where it says; nobody can give it to another machine as he can a name.
bool is_address(const std::string& name) {
  in6_addr six{};
  in_addr four{};
  if (name.starts_with('[') && name.ends_with(']'))
    return inet_pton(AF_INET6, name.substr(1, name.size() - 2).c_str(), &six) == 1;
  return inet_pton(AF_INET, name.c_str(), &four) == 1;
}

// What a host may be called; ".example.com" stands for all below it.
bool is_name(std::string_view name) {
  return name.find_first_not_of('.') != name.npos &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == name.npos;
}

}  // namespace

std::vector<std::string> names_of_machine(std::string_view hostname) {
  const auto whole = name_of(hostname);
  const auto alone = whole.substr(0, whole.find('.'));
  if (!is_name(whole) || alone.empty()) return {};
  return {whole, alone, alone + ".local"};
}

Result<ChangeGate> ChangeGate::open(const Options& options) {
  ChangeGate out;
  out.read_only_ = options.read_only;
  out.own_host_ = host_of(options.external_url);
  // The default lets every origin read; changing is more than that.
  if (options.cors_origin != ".*") out.others_ = TRY(Regex::compile(options.cors_origin));
  for (const auto& host : options.own_hosts) {
    const auto name = name_of(host_of(host));
    if (!is_name(name) && !is_address(name))
      return fail(Errc::invalid, "--web.allowed-hosts: " + quoted(host) +
                                     " is neither the name of a host nor, as .example.com, of "
                                     "all below it");
    out.names_.push_back(name);
  }
  if (!out.own_host_.empty()) out.names_.push_back(name_of(out.own_host_));
  return out;
}

bool ChangeGate::own_name(std::string_view host) const {
  const auto name = name_of(host);
  if (name == "localhost" || name.ends_with(".localhost") || is_address(name)) return true;
  return std::ranges::any_of(names_, [&](const std::string& own) {
    return own.starts_with('.') ? name.ends_with(own) : name == own;
  });
}

std::optional<std::string> ChangeGate::refusal(const net::Request& request) const {
  if (read_only_) return "this server is read-only (--web.read-only): nothing can be changed here";
  return foreign(request);
}

std::optional<std::string> ChangeGate::foreign(const net::Request& request) const {
  const auto site = request.headers.get("Sec-Fetch-Site");
  const auto origin = request.headers.get("Origin");
  // Pages cannot set this one. It holds behind a proxy that changes Host, too; and a name that was
  // made to lead here never has it, as it comes over https, for which the name needs a certificate,
  // and to localhost.
  if (site == "same-origin") return std::nullopt;
  if (origin.empty()) {
    // A form that is sent from elsewhere may come without an origin, but not without this.
    if (site == "cross-site") return "a page of another origin may not change anything here";
    return std::nullopt;
  }
  if (others_ && others_->full_match(origin)) return std::nullopt;
  const auto page = host_of(origin);
  if (origin == "null" ||
      (page != request.headers.get("Host") && page != request.headers.get("X-Forwarded-Host") &&
       (own_host_.empty() || page != own_host_)))
    return "a page of another origin (" + quoted(origin.substr(0, 200)) +
           ") may not change anything here; --web.cors.origin names those that may. If it is this "
           "server's own page behind a proxy, --web.external-url says what it is called there, or "
           "--web.allowed-hosts when the proxy hands on Host or X-Forwarded-Host";
  if (own_name(page)) return std::nullopt;
  return "this server does not know itself as " + quoted(page.substr(0, 200)) +
         ": pages change things here over https, by its address, its host's name, or a name that "
         "--web.external-url or --web.allowed-hosts gives it";
}

}  // namespace pharos::api

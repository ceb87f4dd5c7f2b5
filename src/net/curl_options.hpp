// What HttpClient and send_mail set on a curl handle alike (internal to net/).
#pragma once
#include "net/http_client.hpp"

namespace pharos::net {

void set_curl_tls(void* curl, const TlsClient& tls);
// What became of the addresses that a name stands for.
struct LinkLocalGuard {
  std::size_t refused = 0, allowed = 0;
  bool refused_all() const { return refused > 0 && allowed == 0; }
};
// Connections to link-local and cloud metadata addresses are refused, whatever name or redirect led
// there: 169.254.0.0/16, fe80::/10, fd00:ec2::254, 100.100.100.200. `guard` outlives the transfer.
void refuse_curl_link_local(void* curl, LinkLocalGuard& guard);
inline constexpr const char* kLinkLocalRefused = "refused: link-local address";

}  // namespace pharos::net

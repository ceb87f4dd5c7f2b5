#include "net/curl_options.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pharos::net {
namespace {

bool is_link_local_v4(std::uint32_t address) {  // host order
  return address >> 16 == 0xA9FE || address == 0x646464C8;
}
bool is_link_local(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return is_link_local_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.ss_family != AF_INET6) return false;
  sockaddr_in6 v6;
  std::memcpy(&v6, &address, sizeof v6);
  const auto& a = v6.sin6_addr.s6_addr;
  if (a[0] == 0xFE && (a[1] & 0xC0) == 0x80) return true;
  static constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::memcmp(a, kMapped, sizeof kMapped) == 0)
    return is_link_local_v4(static_cast<std::uint32_t>(a[12]) << 24 | a[13] << 16 | a[14] << 8 |
                            a[15]);
  static constexpr unsigned char kMetadata[16] = {0xFD, 0x00, 0x0E, 0xC2, 0, 0, 0,    0,
                                                  0,    0,    0,    0,    0, 0, 0x02, 0x54};
  return std::memcmp(a, kMetadata, sizeof kMetadata) == 0;
}

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  sockaddr_storage whole{};
  std::memcpy(&whole, &address->addr, std::min<std::size_t>(address->addrlen, sizeof whole));
  auto& guard = *static_cast<LinkLocalGuard*>(user);
  if (is_link_local(whole)) {
    ++guard.refused;
    return CURL_SOCKET_BAD;
  }
  ++guard.allowed;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

long version_of(const std::string& low, const std::string& high) {
  const auto lowest = low == "TLS10"   ? CURL_SSLVERSION_TLSv1_0
                      : low == "TLS11" ? CURL_SSLVERSION_TLSv1_1
                      : low == "TLS13" ? CURL_SSLVERSION_TLSv1_3
                                       : CURL_SSLVERSION_TLSv1_2;
  const auto highest = high == "TLS10"   ? CURL_SSLVERSION_MAX_TLSv1_0
                       : high == "TLS11" ? CURL_SSLVERSION_MAX_TLSv1_1
                       : high == "TLS12" ? CURL_SSLVERSION_MAX_TLSv1_2
                       : high == "TLS13" ? CURL_SSLVERSION_MAX_TLSv1_3
                                         : CURL_SSLVERSION_MAX_NONE;
  return static_cast<long>(lowest) | static_cast<long>(highest);
}

}  // namespace

void set_curl_tls(void* curl, const TlsClient& tls) {
  CURL* h = curl;
  const auto blob = [&](CURLoption option, const std::string& text) {
    curl_blob data{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
    curl_easy_setopt(h, option, &data);
  };
  if (!tls.ca_file.empty()) curl_easy_setopt(h, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.ca.empty()) blob(CURLOPT_CAINFO_BLOB, tls.ca);
  if (!tls.cert_file.empty()) curl_easy_setopt(h, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.cert.empty()) blob(CURLOPT_SSLCERT_BLOB, tls.cert);
  if (!tls.key_file.empty()) curl_easy_setopt(h, CURLOPT_SSLKEY, tls.key_file.c_str());
  if (!tls.key.empty()) blob(CURLOPT_SSLKEY_BLOB, tls.key);
  if (tls.insecure_skip_verify) {
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_easy_setopt(h, CURLOPT_SSLVERSION, version_of(tls.min_version, tls.max_version));
}

void refuse_curl_link_local(void* curl, LinkLocalGuard& guard) {
  curl_easy_setopt(static_cast<CURL*>(curl), CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(static_cast<CURL*>(curl), CURLOPT_OPENSOCKETDATA, &guard);
}

}  // namespace pharos::net

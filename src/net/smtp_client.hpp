// Sends one mail by SMTP, over libcurl.
#pragma once
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_client.hpp"

namespace pharos::net {

struct SmtpServer {
  std::string host;
  std::uint16_t port = 25;
  std::string hello = "localhost";
  bool implicit_tls = false;  // TLS from the first byte
  bool require_tls = true;    // STARTTLS, or fail; false: no TLS at all
  TlsClient tls;
  std::string username, password, identity;
  bool cram_md5 = false;  // the password is a CRAM-MD5 secret; else PLAIN or LOGIN
  bool refuse_link_local = false;
};

struct SmtpMail {
  std::string from;  // of the envelope, as the next: a bare address
  std::vector<std::string> to;
  std::string data;  // headers and body, lines ended by CRLF; dots are stuffed here
  Millis timeout{30'000};
};

// The last status of the server. Errors carry it in `status` when there was one.
struct SmtpFailure {
  int status = 0;  // 0: no answer
  Error error;
};
// nullopt: accepted.
std::optional<SmtpFailure> send_mail(const SmtpServer& server, const SmtpMail& mail,
                                     std::stop_token stop = {});

}  // namespace pharos::net

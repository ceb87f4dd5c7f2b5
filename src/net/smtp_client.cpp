#include "net/smtp_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "net/curl_options.hpp"

namespace pharos::net {
namespace {

struct Reading {
  std::string_view rest;
};
std::size_t give_data(char* into, std::size_t size, std::size_t count, void* user) {
  auto& reading = *static_cast<Reading*>(user);
  const std::size_t n = std::min(size * count, reading.rest.size());
  std::memcpy(into, reading.rest.data(), n);
  reading.rest.remove_prefix(n);
  return n;
}
int check_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(user)->stop_requested() ? 1 : 0;
}

}  // namespace

std::optional<SmtpFailure> send_mail(const SmtpServer& server, const SmtpMail& mail,
                                     std::stop_token stop) {
  static const auto initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   curl_easy_cleanup);
  CURL* h = handle.get();
  if (h == nullptr) return SmtpFailure{0, {Errc::internal, "curl_easy_init failed"}};
  char why[CURL_ERROR_SIZE] = "";
  const bool v6 = server.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + server.host + "]" : server.host;
  const std::string port = std::to_string(server.port);
  // Certificates are checked against the name in the URL.
  const std::string& name = server.tls.server_name.empty() ? host : server.tls.server_name;
  curl_slist* connect_to = nullptr;
  if (name != host)
    connect_to =
        curl_slist_append(connect_to, (name + ':' + port + ':' + host + ':' + port).c_str());
  curl_slist* recipients = nullptr;
  for (const auto& to : mail.to)
    recipients = curl_slist_append(recipients, ("<" + to + ">").c_str());
  Reading reading{mail.data};
  const std::string url =
      (server.implicit_tls ? "smtps://" : "smtp://") + name + ':' + port + '/' + server.hello;
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_PROXY, "");
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(h, CURLOPT_CONNECT_TO, connect_to);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(mail.timeout.count()));
  curl_easy_setopt(h, CURLOPT_USE_SSL,
                   static_cast<long>(server.require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set_curl_tls(h, server.tls);
  LinkLocalGuard link_local;
  if (server.refuse_link_local) refuse_curl_link_local(h, link_local);
  if (!server.username.empty()) {
    curl_easy_setopt(h, CURLOPT_USERNAME, server.username.c_str());
    curl_easy_setopt(h, CURLOPT_PASSWORD, server.password.c_str());
    curl_easy_setopt(h, CURLOPT_LOGIN_OPTIONS,
                     server.cram_md5 ? "AUTH=CRAM-MD5" : "AUTH=PLAIN;AUTH=LOGIN");
    if (!server.identity.empty())
      curl_easy_setopt(h, CURLOPT_SASL_AUTHZID, server.identity.c_str());
  }
  curl_easy_setopt(h, CURLOPT_MAIL_FROM, ("<" + mail.from + ">").c_str());
  curl_easy_setopt(h, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(h, CURLOPT_READFUNCTION, give_data);
  curl_easy_setopt(h, CURLOPT_READDATA, &reading);
  curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.data.size()));
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, check_stop);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, &stop);
  const CURLcode code = curl_easy_perform(h);
  long status = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(recipients);
  curl_slist_free_all(connect_to);
  if (code == CURLE_OK) return std::nullopt;
  const bool refused = link_local.refused_all();
  const std::string text = refused          ? kLinkLocalRefused
                           : why[0] != '\0' ? why
                                            : curl_easy_strerror(code);
  const Errc kind = refused                             ? Errc::denied
                    : code == CURLE_OPERATION_TIMEDOUT  ? Errc::timeout
                    : code == CURLE_ABORTED_BY_CALLBACK ? Errc::cancelled
                    : code == CURLE_LOGIN_DENIED        ? Errc::denied
                                                        : Errc::io;
  return SmtpFailure{static_cast<int>(status), {kind, "smtp " + host + ':' + port + ": " + text}};
}

}  // namespace pharos::net

#include <unistd.h>

#include "base/clock.hpp"
#include "net/digest.hpp"
#include "net/smtp_client.hpp"
#include "rules/receivers/email_message.hpp"
#include "rules/receivers/sender.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::uint16_t kImplicitTlsPort = 465;

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

class Email final : public notify::Integration {
 public:
  Email(const EmailSettings& settings, const Place& place)
      : settings_(settings), index_(place.index), templates_(place.options.templates) {
    server_.host = settings.host;
    server_.port = settings.port;
    server_.hello = settings.hello.empty() ? "localhost" : settings.hello;
    server_.implicit_tls = settings.implicit_tls.value_or(settings.port == kImplicitTlsPort);
    server_.require_tls = settings.require_tls;
    server_.tls = settings.tls;
    server_.identity = settings.auth_identity;
    server_.refuse_link_local = !place.allow_link_local;
  }
  std::string_view kind() const override { return "email"; }
  std::size_t index() const override { return index_; }
  bool send_resolved() const override { return settings_.send_resolved; }

  notify::SendOutcome send(const notify::Notification& n, Millis timeout,
                           std::stop_token stop) override {
    Texts texts(*templates_, n);
    auto outcome = deliver(n, texts, timeout, std::move(stop));
    outcome.template_error = texts.error();
    return outcome;
  }

 private:
  EmailParts message(const notify::Notification& n, Texts& texts, const std::string& from,
                     const std::string& to) const {
    EmailParts parts;
    const auto& given = settings_.headers;
    const auto add = [&](const std::string& name, std::string value) {
      parts.headers.emplace_back(name, std::move(value));
    };
    if (!given.contains("From")) add("From", from);
    if (!given.contains("To")) add("To", to);
    if (!given.contains("Subject"))
      add("Subject", texts.subject("{{ template \"email.default.subject\" . }}"));
    for (const auto& [name, value] : given)
      add(name, name == "Subject" ? texts.subject(value) : texts(value));
    const std::string host = host_name();
    // Equal for each attempt, so that a mail that arrives twice is shown once.
    const std::string identity =
        net::hex(net::sha256(n.idempotency_key.empty()
                                 ? n.group_key + std::to_string(to_unix_millis(n.now))
                                 : n.idempotency_key + to))
            .substr(0, 40);
    if (!given.contains("Message-Id")) add("Message-Id", "<" + identity + "@" + host + ">");
    if (settings_.threading) {
      std::string root = group_key_hash(n).substr(0, 40);
      if (settings_.thread_by_date == "daily") root += "-" + format_time(n.now).substr(0, 10);
      root = "<" + root + "@alertmanager>";
      if (!given.contains("References")) add("References", root);
      if (!given.contains("In-Reply-To")) add("In-Reply-To", root);
    }
    if (!given.contains("Date")) add("Date", email_date(system_clock().now()));
    if (!settings_.text.empty()) parts.text = texts.body(settings_.text);
    if (!settings_.html.empty()) parts.html = texts.html(settings_.html);
    parts.boundary = net::hex(net::sha256(identity + parts.text + parts.html)).substr(0, 60);
    return parts;
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts, Millis timeout,
                              std::stop_token stop) const {
    const std::string from = texts(settings_.from), to = texts(settings_.to);
    const auto sender = email_addresses(from);
    if (!sender) return failed("parse 'from' addresses: " + sender.error().message);
    if (sender->size() != 1) return failed("must be exactly one 'from' address");
    auto recipients = email_addresses(to);
    if (!recipients) return failed("parse 'to' addresses: " + recipients.error().message);
    net::SmtpServer server = server_;
    server.username = settings_.auth_username;
    if (!server.username.empty()) {
      server.cram_md5 = !settings_.auth_password.given() && settings_.auth_secret.given();
      auto password = (server.cram_md5 ? settings_.auth_secret : settings_.auth_password).read();
      if (!password) return retry(password.error().message);
      server.password = std::move(*password);
    }
    net::SmtpMail mail;
    mail.from = sender->front();
    mail.to = std::move(*recipients);
    mail.data = email_message(message(n, texts, from, to));
    mail.timeout = timeout;
    const auto failure = net::send_mail(server, mail, std::move(stop));
    if (!failure) return {};
    // 5xx will not change by trying again; 4xx, and no answer at all, may.
    const bool again = failure->status < 500 && failure->error.code != Errc::denied;
    return again ? retry(failure->error.message, failure->status)
                 : failed(failure->error.message, failure->status);
  }

  const EmailSettings settings_;
  const std::size_t index_;
  const std::shared_ptr<const NotificationTemplates> templates_;
  net::SmtpServer server_;
};

}  // namespace

Made make_email(const EmailSettings& settings, const Place& place) {
  return std::make_unique<Email>(settings, place);
}

}  // namespace pharos::rules::receivers

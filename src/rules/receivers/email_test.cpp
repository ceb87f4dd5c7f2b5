#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>

#include "base/threads.hpp"
#include "net/digest.hpp"
#include "rules/receivers/email_message.hpp"
#include "rules/receivers/integrations.hpp"

namespace pharos::rules::receivers {
namespace {

using notify::SendOutcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// As much of an SMTP server as one client needs: one connection at a time, answers as told.
class SmtpSink {
 public:
  explicit SmtpSink(std::vector<std::string> extensions = {}, std::string rcpt_answer = "250 ok")
      : extensions_(std::move(extensions)), rcpt_answer_(std::move(rcpt_answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 4);
    socklen_t size = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = start_thread("smtp-sink", [this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        const int client = accept(listener_, nullptr, nullptr);
        if (client < 0) return;
        serve(client);
        close(client);
      }
    });
  }
  ~SmtpSink() {
    thread_.request_stop();
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> commands() {
    std::lock_guard lock(mutex_);
    return commands_;
  }
  std::string data() {
    std::lock_guard lock(mutex_);
    return data_;
  }

 private:
  void serve(int client) {
    std::string buffer;
    const auto say = [&](const std::string& line) {
      const std::string all = line + "\r\n";
      return ::send(client, all.data(), all.size(), MSG_NOSIGNAL) >= 0;
    };
    const auto line = [&](std::string& into) {
      for (;;) {
        if (const auto end = buffer.find("\r\n"); end != buffer.npos) {
          into = buffer.substr(0, end);
          buffer.erase(0, end + 2);
          return true;
        }
        char bytes[4096];
        const auto n = recv(client, bytes, sizeof bytes, 0);
        if (n <= 0) return false;
        buffer.append(bytes, static_cast<std::size_t>(n));
      }
    };
    say("220 sink");
    std::string command;
    int replies_left = 0;
    while (line(command)) {
      {
        std::lock_guard lock(mutex_);
        commands_.push_back(command);
      }
      if (command.starts_with("EHLO")) {
        for (const auto& extension : extensions_) say("250-" + extension);
        say("250 8BITMIME");
      } else if (command.starts_with("AUTH ")) {
        replies_left = command == "AUTH LOGIN" ? 2 : 1;
        say("334 " + (command == "AUTH CRAM-MD5" ? net::base64("<1.2@sink>") : ""));
      } else if (command.starts_with("RCPT")) {
        say(rcpt_answer_);
      } else if (command == "DATA") {
        say("354 go");
        std::string text;
        while (line(command) && command != ".") text += command + "\n";
        std::lock_guard lock(mutex_);
        data_ = text;
        say("250 queued");
      } else if (command == "QUIT") {
        say("221 bye");
        return;
      } else if (command.starts_with("MAIL")) {
        say("250 ok");
      } else {  // what AUTH goes on with
        say(--replies_left > 0 ? "334 UGFzc3dvcmQ6" : "235 welcome");
      }
    }
  }

  const std::vector<std::string> extensions_;
  const std::string rcpt_answer_;
  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> commands_;  // guarded by mutex_, as the next
  std::string data_;
  std::jthread thread_;
};

SendOutcome send(const std::string& email_yaml, const std::string& summary = "full") {
  const auto node = codec::Yaml::parse("{name: a, email_configs: [" + email_yaml + "]}", "r.yml");
  if (!node) return {SendOutcome::Kind::failed, 0, node.error().message, {}, {}};
  const auto config = parse_receiver(*node, GlobalSettings{});
  if (!config) return {SendOutcome::Kind::failed, 0, config.error().message, {}, {}};
  IntegrationOptions options;
  options.templates = *NotificationTemplates::create();
  const auto made = make_integrations(**config, options);
  notify::Notification n;
  n.receiver = "a";
  n.group_key = "{}:{alertname=\"Disk\"}";
  n.group_labels = Labels{{"alertname", "Disk"}};
  n.now = *parse_time("2026-01-02T05:00:00Z");
  n.idempotency_key = "k1";
  n.external_url = "http://am";
  n.alerts.resize(1);
  n.alerts[0].labels = Labels{{"alertname", "Disk"}};
  n.alerts[0].annotations = Labels{{"summary", summary}};
  return (*made)[0]->send(n, std::chrono::seconds(10), {});
}

TEST(Email, IsMultipartWithTextAndHtml) {
  SmtpSink sink;
  const auto outcome =
      send("{to: 'Ada <ada@example.org>, bob@example.org', from: am@example.org, smarthost: '" +
               sink.address() +
               "', hello: here.example, require_tls: false, headers: {X-A: 'ä'}, "
               "text: '{{ .CommonAnnotations.summary }}'}",
           "größer = 1\n.dot");
  ASSERT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
  EXPECT_THAT(sink.commands(), ElementsAre("EHLO here.example", "MAIL FROM:<am@example.org>",
                                           "RCPT TO:<ada@example.org>", "RCPT TO:<bob@example.org>",
                                           "DATA", "QUIT"));
  const auto data = sink.data();
  EXPECT_THAT(data, HasSubstr("From: am@example.org\n"));
  EXPECT_THAT(data, HasSubstr("To: Ada <ada@example.org>, bob@example.org\n"));
  EXPECT_THAT(data, HasSubstr("Subject: [FIRING:1] Disk \n"));
  EXPECT_THAT(data, HasSubstr("X-A: =?UTF-8?q?=C3=A4?=\n"));
  EXPECT_THAT(data, HasSubstr("Content-Type: multipart/alternative; boundary="));
  EXPECT_THAT(data, HasSubstr("gr=C3=B6=C3=9Fer =3D 1\n..dot\n"));
  EXPECT_LT(data.find("text/plain"), data.find("text/html"));
  EXPECT_THAT(data, HasSubstr("<title>[FIRING:1] Disk </title>"));
}

TEST(Email, HeadersCannotBeBrokenOutOf) {
  SmtpSink sink;
  const auto outcome =
      send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() +
               "', require_tls: false, headers: {Subject: '{{ .CommonAnnotations.summary }}'}}",
           "x\r\nBcc: evil@example.org\r\n\r\nbody");
  ASSERT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
  EXPECT_THAT(sink.data(), HasSubstr("Subject: x Bcc: evil@example.org body\n"));
  const auto headers = sink.data().substr(0, sink.data().find("\n\n"));
  EXPECT_THAT(headers, Not(HasSubstr("\nBcc:")));
  EXPECT_THAT(send("{to: '{{ .CommonAnnotations.summary }}', from: a@b.c, smarthost: '" +
                       sink.address() + "', require_tls: false}",
                   "a@b.c>\r\nDATA")
                  .error,
              HasSubstr("parse 'to' addresses"));
}

TEST(Email, AuthenticatesAsTheServerOffers) {
  {
    SmtpSink sink({"AUTH PLAIN LOGIN"});
    const auto outcome =
        send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() +
             "', require_tls: false, auth_username: u, auth_password: p, auth_identity: i}");
    ASSERT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
    const std::string plain(std::string_view("i\0u\0p", 5));
    const auto commands = sink.commands();
    const std::string all = commands[1] + " " + commands[2];
    EXPECT_THAT(all, HasSubstr(net::base64(plain)));
  }
  {
    SmtpSink sink({"AUTH CRAM-MD5"});
    const auto outcome = send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() +
                              "', require_tls: false, auth_username: u, auth_secret: s}");
    ASSERT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
    EXPECT_EQ(sink.commands()[1], "AUTH CRAM-MD5");
  }
  {
    SmtpSink sink({"AUTH LOGIN"});
    const auto outcome = send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() +
                              "', require_tls: false, auth_username: u, auth_password: p}");
    ASSERT_EQ(outcome.kind, SendOutcome::Kind::sent) << outcome.error;
    EXPECT_EQ(sink.commands()[1], "AUTH LOGIN");
    EXPECT_EQ(sink.commands()[3], net::base64("p"));
  }
}

TEST(Email, InsistsOnTlsUnlessToldNot) {
  SmtpSink sink;
  const auto outcome = send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() + "'}");
  EXPECT_NE(outcome.kind, SendOutcome::Kind::sent);
  EXPECT_EQ(sink.data(), "");
}

TEST(Email, TriesAgainOnlyWhatMayChange) {
  {
    SmtpSink sink({}, "450 later");
    const auto outcome =
        send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() + "', require_tls: false}");
    EXPECT_EQ(outcome.kind, SendOutcome::Kind::retry);
    EXPECT_EQ(outcome.status, 450);
  }
  {
    SmtpSink sink({}, "550 no such user");
    const auto outcome =
        send("{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() + "', require_tls: false}");
    EXPECT_EQ(outcome.kind, SendOutcome::Kind::failed);
    EXPECT_EQ(outcome.status, 550);
  }
  EXPECT_EQ(send("{to: a@b.c, from: a@b.c, smarthost: '127.0.0.1:1', require_tls: false}").kind,
            SendOutcome::Kind::retry);
}

TEST(Email, ThreadsTheMailsOfAGroupAndADay) {
  SmtpSink sink;
  const std::string yaml = "{to: a@b.c, from: a@b.c, smarthost: '" + sink.address() +
                           "', require_tls: false, threading: {enabled: true}}";
  const auto header = [&](const std::string& name) {
    const auto data = sink.data();
    const auto at = data.find(name + ": ");
    return at == data.npos ? std::string() : data.substr(at, data.find('\n', at) - at);
  };
  send(yaml, "one");
  const auto id = header("Message-Id"), root = header("References");
  EXPECT_THAT(root, HasSubstr("-2026-01-02@"));
  send(yaml, "two");
  EXPECT_EQ(header("References"), root);
  EXPECT_EQ(header("Message-Id"), id);  // the same notification: the same mail
}

TEST(EmailMessage, EncodesAsMailPrograms) {
  EXPECT_EQ(quoted_printable("a=b\ttrailing \nä"), "a=3Db\ttrailing=20\r\n=C3=A4");
  const auto folded = quoted_printable(std::string(200, 'x'));
  EXPECT_EQ(folded.find("=\r\n"), 75u);
  EXPECT_EQ(encode_header("plain [1:2]"), "plain [1:2]");
  EXPECT_EQ(encode_header("a\tb\r\nc"), "a b c");
  const auto words = encode_header(std::string(40, 'x') + "日本語日本語日本語");
  for (std::size_t at = 0, end; at < words.size(); at = end + 2) {
    end = std::min(words.find("\r\n", at), words.size());
    EXPECT_LE(end - at, 76u);
  }
  EXPECT_THAT(*email_addresses("\"Doe, J\" <j@x.org>, k@y.org"), ElementsAre("j@x.org", "k@y.org"));
  EXPECT_FALSE(email_addresses(""));
  EXPECT_FALSE(email_addresses("nobody"));
  EXPECT_FALSE(email_addresses("a@b <c d@e>"));
  EXPECT_EQ(email_date(*parse_time("2026-11-28T19:48:40Z")), "Sat, 28 Nov 2026 19:48:40 +0000");
}

}  // namespace
}  // namespace pharos::rules::receivers

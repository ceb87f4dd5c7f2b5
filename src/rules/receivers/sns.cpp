#include "rules/receivers/sns.hpp"

#include <cstdlib>

#include "base/clock.hpp"
#include "net/digest.hpp"
#include "net/url.hpp"
#include "rules/receivers/aws_credentials.hpp"
#include "rules/receivers/sender.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kSubjectBytesMax = 100, kPhoneBytesMax = 1600, kMessageBytesMax = 256 * 1024;
constexpr std::string_view kFormType = "application/x-www-form-urlencoded; charset=utf-8";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// A subject is one line of ASCII.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto b = static_cast<unsigned char>(c);
    if (b < 0x20 || b == 0x7F)
      out += ' ';
    else if (b < 0x80)
      out += c;
    else if ((b & 0xC0) != 0x80)
      out += '?';  // once for a code point
  }
  return out;
}

class Sns final : public HttpIntegration {
 public:
  Sns(const SnsSettings& settings, const Place& place)
      : HttpIntegration("sns", place.index, settings, place.options, place.allow_link_local),
        settings_(settings),
        identity_(settings.sigv4) {}

 private:
  // "https://sns.us-east-2.amazonaws.com" and "arn:aws:sns:us-east-2:…" name their region.
  std::string region(std::string_view url, std::string_view arn) const {
    if (!settings_.sigv4.region.empty()) return settings_.sigv4.region;
    std::size_t at = 0;
    for (int colons = 0; colons < 3 && at != arn.npos; ++colons) {
      at = arn.find(':', at);
      if (at != arn.npos) ++at;
    }
    if (!arn.empty() && at != arn.npos) return std::string(arn.substr(at, arn.find(':', at) - at));
    const auto dot = url.find("sns.");
    if (dot != url.npos) {
      const auto name = url.substr(dot + 4);
      return std::string(name.substr(0, name.find('.')));
    }
    const auto named = environment("AWS_REGION");
    return named.empty() ? environment("AWS_DEFAULT_REGION") : named;
  }

  notify::SendOutcome deliver(const notify::Notification& n, Texts& texts,
                              Sender& sender) override {
    const auto& c = settings_;
    const std::string topic = texts(c.topic_arn), target = texts(c.target_arn),
                      phone = texts(c.phone_number);
    std::string url = texts(c.api_url);
    const std::string where = region(url, topic.empty() ? target : topic);
    if (where.empty()) return failed("sigv4: the region is not known");
    if (url.empty()) url = "https://sns." + where + ".amazonaws.com";
    if (!url.ends_with('/')) url += '/';
    AwsCredentials credentials;
    if (auto known = identity_.credentials(where, sender, credentials);
        known.kind != notify::SendOutcome::Kind::sent)
      return known;

    const std::size_t bytes_max = phone.empty() ? kMessageBytesMax : kPhoneBytesMax;
    const std::string whole = texts.body(c.message);
    const std::string message = limit_bytes(whole, bytes_max);
    StringMap attributes = texts.all(c.attributes);
    if (message.size() != whole.size() || message != whole) attributes["truncated"] = "true";

    // Sorted by name, as Amazon's own clients write it.
    StringMap form{{"Action", "Publish"}, {"Version", "2010-03-31"}, {"Message", message}};
    if (!topic.empty()) form["TopicArn"] = topic;
    if (!target.empty()) form["TargetArn"] = target;
    if (!phone.empty()) form["PhoneNumber"] = phone;
    if (const auto subject = one_line(texts.subject(c.subject)).substr(0, kSubjectBytesMax);
        !subject.empty())
      form["Subject"] = subject;
    if (topic.ends_with(".fifo")) {
      form["MessageGroupId"] = group_key_hash(n);
      form["MessageDeduplicationId"] = net::hex(net::sha256(n.idempotency_key + message));
    }
    std::size_t i = 0;
    for (const auto& [name, value] : attributes) {
      const std::string entry = "MessageAttributes.entry." + std::to_string(++i) + ".";
      form[entry + "Name"] = name;
      form[entry + "Value.DataType"] = "String";
      form[entry + "Value.StringValue"] = value;
    }
    net::ClientRequest request;
    request.method = "POST";
    for (const auto& [name, value] : form)
      request.body += (request.body.empty() ? "" : "&") + detail::query_escape(name) + "=" +
                      detail::query_escape(value);
    const auto at = net::split_url(url);
    request.headers = sign_aws_post(credentials, where, "sns", at.host, at.rest, kFormType,
                                    request.body, system_clock().now());
    request.headers.emplace_back("Content-Type", kFormType);
    request.url = std::move(url);
    auto outcome = sender.exchange(std::move(request));
    // Once more with new ones: a role's may be taken back before their time.
    if (outcome.status == 403 && !c.sigv4.role_arn.empty() &&
        outcome.error.find("Token") != outcome.error.npos) {
      identity_.forget();
      outcome.kind = notify::SendOutcome::Kind::retry;
    }
    return outcome;
  }

  const SnsSettings settings_;
  AwsIdentity identity_;
};

}  // namespace

std::vector<std::pair<std::string, std::string>> sign_aws_post(
    const AwsCredentials& credentials, std::string_view region, std::string_view service,
    std::string_view host, std::string_view path, std::string_view content_type,
    std::string_view body, Time now) {
  const std::string stamp = detail::format_layout(now, "20060102T150405Z");
  const std::string day = stamp.substr(0, 8);
  const bool session = !credentials.session_token.empty();
  const std::string names =
      std::string("content-type;host;x-amz-date") + (session ? ";x-amz-security-token" : "");
  std::string canonical = "POST\n" + std::string(path) + "\n\n";
  canonical += "content-type:" + std::string(content_type) + "\nhost:" + std::string(host) +
               "\nx-amz-date:" + stamp + "\n";
  if (session) canonical += "x-amz-security-token:" + credentials.session_token + "\n";
  canonical += "\n" + names + "\n" + net::hex(net::sha256(body));
  const std::string scope =
      day + "/" + std::string(region) + "/" + std::string(service) + "/aws4_request";
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + net::hex(net::sha256(canonical));
  std::string key = net::hmac_sha256("AWS4" + credentials.secret_key, day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")})
    key = net::hmac_sha256(key, part);
  std::vector<std::pair<std::string, std::string>> headers{{"X-Amz-Date", stamp}};
  if (session) headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  headers.emplace_back("Authorization",
                       "AWS4-HMAC-SHA256 Credential=" + credentials.access_key + "/" + scope +
                           ", SignedHeaders=" + names +
                           ", Signature=" + net::hex(net::hmac_sha256(key, to_sign)));
  return headers;
}

Made make_sns(const SnsSettings& settings, const Place& place) {
  return std::make_unique<Sns>(settings, place);
}

}  // namespace pharos::rules::receivers

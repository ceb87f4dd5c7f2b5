#include "rules/receivers/aws_credentials.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/clock.hpp"
#include "net/url.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr Millis kMargin = std::chrono::minutes(1);  // before the end of a role's credentials
constexpr std::string_view kFormType = "application/x-www-form-urlencoded; charset=utf-8";
constexpr std::size_t kFileBytesMax = 1 << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string credentials_file() {
  if (auto path = environment("AWS_SHARED_CREDENTIALS_FILE"); !path.empty()) return path;
  return environment("HOME") + "/.aws/credentials";
}

Result<AwsCredentials> profile_of_file(std::string_view name) {
  const auto path = credentials_file();
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::not_found, "sigv4: the credentials file " + path + " cannot be read");
  std::string text(kFileBytesMax + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kFileBytesMax)
    return fail(Errc::limit, "sigv4: " + path + " has more than 1 MiB");
  auto found = read_aws_profile(text, name);
  if (!found) return fail(std::move(found).error().in("sigv4: " + path));
  return found;
}

// The text between <name> and </name>; the answers of the token service nest nothing in these.
std::string_view element(std::string_view xml, std::string_view name) {
  const auto open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const auto begin = xml.find(open);
  if (begin == xml.npos) return {};
  const auto end = xml.find(close, begin);
  if (end == xml.npos) return {};
  return trimmed(xml.substr(begin + open.size(), end - begin - open.size()));
}

}  // namespace

Result<AwsCredentials> read_aws_profile(std::string_view text, std::string_view name) {
  AwsCredentials out;
  bool inside = false, found = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      const auto close = line.find(']');
      inside = close != line.npos && trimmed(line.substr(1, close - 1)) == name;
      found |= inside;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == line.npos) continue;
    const auto key = trimmed(line.substr(0, equals)), value = trimmed(line.substr(equals + 1));
    if (key == "aws_access_key_id") out.access_key = value;
    if (key == "aws_secret_access_key") out.secret_key = value;
    if (key == "aws_session_token") out.session_token = value;
  }
  if (!found) return fail(Errc::not_found, "there is no profile " + go_quote(name));
  if (out.access_key.empty() || out.secret_key.empty())
    return fail(Errc::invalid, "profile " + go_quote(name) +
                                   " has no aws_access_key_id and aws_secret_access_key");
  return out;
}

Result<AssumedRole> read_assumed_role(std::string_view xml) {
  AssumedRole out;
  out.credentials = {std::string(element(xml, "AccessKeyId")),
                     std::string(element(xml, "SecretAccessKey")),
                     std::string(element(xml, "SessionToken"))};
  if (out.credentials.access_key.empty() || out.credentials.secret_key.empty() ||
      out.credentials.session_token.empty())
    return fail(Errc::invalid, "the answer has no credentials");
  const auto expires = parse_time(element(xml, "Expiration"));
  if (!expires) return fail(Errc::invalid, "the answer does not say when the credentials end");
  out.expires = *expires;
  return out;
}

Result<AwsCredentials> AwsIdentity::own() const {
  if (!settings_.access_key.empty())
    return AwsCredentials{settings_.access_key, settings_.secret_key, {}};
  if (!settings_.profile.empty()) return profile_of_file(settings_.profile);
  AwsCredentials named{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                       environment("AWS_SESSION_TOKEN")};
  if (!named.access_key.empty() && !named.secret_key.empty()) return named;
  const auto profile = environment("AWS_PROFILE");
  auto found = profile_of_file(profile.empty() ? "default" : profile);
  if (!found && found.error().code == Errc::not_found && profile.empty())
    return fail(Errc::not_found, "sigv4: there are no AWS credentials");
  return found;
}

notify::SendOutcome AwsIdentity::assume(const AwsCredentials& own, std::string_view region,
                                        Sender& sender, AssumedRole& role) const {
  auto url = environment("AWS_ENDPOINT_URL_STS");
  if (url.empty())
    url = "https://sts" + std::string(settings_.use_fips ? "-fips" : "") + "." +
          std::string(region) + ".amazonaws.com" + (region.starts_with("cn-") ? ".cn" : "");
  if (!url.ends_with('/')) url += '/';
  net::ClientRequest request;
  request.method = "POST";
  request.body =
      "Action=AssumeRole&DurationSeconds=3600&RoleArn=" + detail::query_escape(settings_.role_arn) +
      "&RoleSessionName=pharos&Version=2011-06-15";
  const auto at = net::split_url(url);
  request.headers = sign_aws_post(own, region, "sts", at.host, at.rest, kFormType, request.body,
                                  system_clock().now());
  request.headers.emplace_back("Content-Type", kFormType);
  request.url = std::move(url);
  net::ClientReply reply;
  const Sender::Rules rules{
      .retry_statuses = {}, .detail = [](const net::ClientReply& answer) {
        const auto code = element(answer.body, "Code"), message = element(answer.body, "Message");
        return std::string(code) + (message.empty() ? "" : ": ") + std::string(message);
      }};
  auto outcome = sender.exchange(std::move(request), rules, reply);
  outcome.unconfirmed = false;  // it only asked
  if (outcome.kind != notify::SendOutcome::Kind::sent) {
    outcome.error = "sigv4: role " + settings_.role_arn + ": " + outcome.error;
    return outcome;
  }
  auto read = read_assumed_role(reply.body);
  if (!read)
    return retry("sigv4: role " + settings_.role_arn + ": " + read.error().message, reply.status);
  role = std::move(*read);
  return outcome;
}

notify::SendOutcome AwsIdentity::credentials(std::string_view region, Sender& sender,
                                             AwsCredentials& credentials) {
  if (!settings_.role_arn.empty()) {
    const std::lock_guard lock(mutex_);
    if (role_.expires > system_clock().now() + kMargin) {
      credentials = role_.credentials;
      return {};
    }
  }
  auto mine = own();
  if (!mine) return failed(mine.error().message);
  credentials = std::move(*mine);
  if (settings_.role_arn.empty()) return {};
  AssumedRole role;
  auto outcome = assume(credentials, region, sender, role);
  if (outcome.kind != notify::SendOutcome::Kind::sent) return outcome;
  credentials = role.credentials;
  const std::lock_guard lock(mutex_);
  role_ = std::move(role);
  return outcome;
}

void AwsIdentity::forget() {
  const std::lock_guard lock(mutex_);
  role_ = {};
}

}  // namespace pharos::rules::receivers

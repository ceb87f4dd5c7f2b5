#include "rules/receivers/sender.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/clock.hpp"
#include "net/digest.hpp"
#include "net/url.hpp"
#include "rules/template_functions.hpp"

namespace pharos::rules::receivers {
namespace {

constexpr std::size_t kAnswerBytesMax = 1 << 20;
constexpr std::size_t kShownAnswerMax = 1'000;
constexpr Millis kRetryAfterMax = std::chrono::hours(1);
constexpr std::string_view kLinkLocalKey = "pharos_allow_link_local";  // of the global settings
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

net::ClientRequest json_request(std::string url, std::string json) {
  net::ClientRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(json) + "\n";
  return request;
}

// Retry-After: seconds, or a date.
std::optional<Millis> retry_after(std::string_view value) {
  if (value.empty()) return std::nullopt;
  std::int64_t seconds = 0;
  const auto end = value.data() + value.size();
  if (std::from_chars(value.data(), end, seconds).ptr != end) {
    std::tm parts{};
    if (strptime(std::string(value).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr)
      return std::nullopt;
    const auto at = from_unix_millis(static_cast<UnixMillis>(timegm(&parts)) * 1000);
    seconds = std::chrono::duration_cast<std::chrono::seconds>(at - system_clock().now()).count();
  }
  if (seconds < 0) return Millis{0};
  return std::min<Millis>(kRetryAfterMax,
                          std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400)));
}

std::string plain_subject(const notify::Notification& n) {
  std::size_t firing = 0;
  for (const auto& alert : n.alerts) firing += alert.resolved_at(n.now) ? 0 : 1;
  std::string out = firing > 0 ? "[FIRING:" + std::to_string(firing) + "]" : "[RESOLVED]";
  for (const auto label : n.group_labels) out += " " + std::string(label.value);
  return out;
}

std::string plain_body(const notify::Notification& n, const std::string& error) {
  constexpr std::size_t kAlertsMax = 50;
  std::string out = plain_subject(n) + "\n";
  for (std::size_t i = 0; i < std::min(n.alerts.size(), kAlertsMax); ++i) {
    out += n.alerts[i].resolved_at(n.now) ? "resolved" : "firing";
    for (const auto label : n.alerts[i].labels)
      out += " " + std::string(label.name) + "=" + std::string(label.value);
    out += '\n';
  }
  if (n.alerts.size() > kAlertsMax)
    out += "and " + std::to_string(n.alerts.size() - kAlertsMax) + " more\n";
  return out + "This text is plain because its template failed: " + error + "\n";
}

}  // namespace

Texts::Texts(const NotificationTemplates& templates, const notify::Notification& notification)
    : templates_(templates), notification_(notification) {}

TemplateData& Texts::data() {
  if (!data_) data_ = templates_.data(notification_);
  return *data_;
}

std::string Texts::failed(const Error& error) {
  if (error_.empty()) error_ = error.message;
  return error.message;
}

std::string Texts::operator()(std::string_view text) {
  if (text.find("{{") == text.npos) return std::string(text);
  auto out = templates_.text(text, data());
  if (out) return std::move(*out);
  failed(out.error());
  return {};
}
std::string Texts::subject(std::string_view text) {
  if (text.find("{{") == text.npos) return std::string(text);
  auto out = templates_.text(text, data());
  if (out) return std::move(*out);
  failed(out.error());
  return plain_subject(notification_);
}
std::string Texts::body(std::string_view text) {
  if (text.find("{{") == text.npos) return std::string(text);
  auto out = templates_.text(text, data());
  if (out) return std::move(*out);
  return plain_body(notification_, failed(out.error()));
}
std::string Texts::html(std::string_view text) {
  auto out = templates_.html(text, data());
  if (out) return std::move(*out);
  const auto plain = TemplateValue::string(plain_body(notification_, failed(out.error())));
  TemplateData as_dot{.dot = plain, .context = {}};
  return templates_.html("{{ . }}", as_dot).value_or("");
}
StringMap Texts::all(const StringMap& texts) {
  StringMap out;
  for (const auto& [key, text] : texts) out.emplace(key, (*this)(text));
  return out;
}
void Texts::set(const std::string& field, std::string value) {
  auto map = data().dot.members();
  map.members.insert_or_assign(field, TemplateValue::string(std::move(value)));
  data().dot = TemplateValue::map(std::move(map));
}

std::size_t count_runes(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string limit_runes(std::string text, std::size_t runes_max) {
  if (count_runes(text) <= runes_max) return text;
  const std::size_t kept = runes_max <= 3 ? runes_max : runes_max - 1;
  std::size_t at = 0, runes = 0;
  for (; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && runes++ == kept) break;
  text.resize(at);
  if (runes_max > 3) text += kEllipsis;
  return text;
}

std::string limit_bytes(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t kept = bytes_max <= kEllipsis.size() ? bytes_max : bytes_max - kEllipsis.size();
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) --kept;
  text.resize(kept);
  if (bytes_max > kEllipsis.size()) text += kEllipsis;
  return text;
}

std::string group_key_hash(const notify::Notification& n) {
  return net::hex(net::sha256(n.group_key));
}

std::string json_text(std::string_view text) {
  std::string out;
  detail::put_json_string_for_html(out, text);
  return out;
}
void put(codec::JsonWriter& json, std::string_view key, std::string_view text) {
  json.key(key).raw(json_text(text));
}
void put_some(codec::JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) put(json, key, text);
}
void put_map(codec::JsonWriter& json, std::string_view key, const StringMap& map) {
  json.key(key).begin_object();
  for (const auto& [name, value] : map) put(json, name, value);
  json.end_object();
}

std::string indexed_path(const codec::Json& json, std::string_view path) {
  const codec::Json* at = &json;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    const auto step = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (at->kind() == codec::Json::Kind::array) {
      std::size_t i = 0;
      const auto end = step.data() + step.size();
      if (std::from_chars(step.data(), end, i).ptr != end || i >= at->items().size()) return {};
      at = &at->items()[i];
    } else {
      at = &(*at)[step];
    }
  }
  if (at->kind() == codec::Json::Kind::integer) return std::to_string(at->integer());
  return at->string();
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return out;
  for (;;) {
    const auto comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    if (comma == text.npos) return out;
    text.remove_prefix(comma + 1);
  }
}

notify::SendOutcome failed(std::string error, int status) {
  notify::SendOutcome outcome;
  outcome.kind = notify::SendOutcome::Kind::failed;
  outcome.error = std::move(error);
  outcome.status = status;
  return outcome;
}
notify::SendOutcome retry(std::string error, int status) {
  auto outcome = failed(std::move(error), status);
  outcome.kind = notify::SendOutcome::Kind::retry;
  return outcome;
}

notify::SendOutcome unconfirmed(std::string error, int status) {
  auto outcome = retry(std::move(error), status);
  outcome.unconfirmed = true;
  return outcome;
}

std::string shown_url(std::string_view url) {
  const auto parts = net::split_url(url);
  if (parts.scheme.empty()) return "<redacted>";
  return std::string(parts.scheme) + "://" + std::string(parts.host) + "/<redacted>";
}

Sender::Sender(net::HttpClient& http, std::shared_ptr<const net::ClientOptions> options,
               Millis timeout, std::stop_token stop)
    : http_(http),
      options_(std::move(options)),
      deadline_(system_clock().monotonic() + timeout),
      stop_(std::move(stop)) {}

Millis Sender::left() const {
  return std::max(Millis{1},
                  std::chrono::duration_cast<Millis>(deadline_ - system_clock().monotonic()));
}

notify::SendOutcome Sender::judge(net::ClientRequest request, const Rules& rules,
                                  net::ClientReply& reply) {
  const std::string url = request.url;
  request.partial_body = true;
  request.timeout = left();
  request.body_max = kAnswerBytesMax;
  auto result = http_.fetch(std::move(request), options_, stop_);
  if (!result) {
    // The URL may be a secret: a webhook's path, a token in it.
    std::string error = result.error().message;
    for (auto at = error.find(url); at != error.npos && !url.empty(); at = error.find(url, at + 1))
      error.replace(at, url.size(), shown_url(url));
    if (result.error().code == Errc::denied)
      return failed(error + " (" + std::string(kLinkLocalKey) + ")");
    return result.error().code == Errc::invalid ? failed(std::move(error))
                                                : retry(std::move(error));
  }
  reply = std::move(*result);
  notify::SendOutcome outcome;
  outcome.status = reply.status;
  if (reply.status / 100 == 2) return outcome;
  std::string detail = rules.detail ? rules.detail(reply) : reply.body;
  while (detail.ends_with('\n')) detail.pop_back();
  outcome.error = "unexpected status code " + std::to_string(reply.status) + ": " + shown_url(url);
  if (!detail.empty()) outcome.error += ": " + limit_bytes(std::move(detail), kShownAnswerMax);
  const bool again =
      reply.status / 100 == 5 || reply.status == 429 ||
      std::ranges::find(rules.retry_statuses, reply.status) != rules.retry_statuses.end();
  outcome.kind = again ? notify::SendOutcome::Kind::retry : notify::SendOutcome::Kind::failed;
  if (again) outcome.retry_after = retry_after(reply.headers.get("Retry-After"));
  return outcome;
}

notify::SendOutcome Sender::exchange(net::ClientRequest request, const Rules& rules,
                                     net::ClientReply& reply) {
  const auto shown = shown_url(request.url);
  auto outcome = judge(std::move(request), rules, reply);
  if (outcome.kind != notify::SendOutcome::Kind::sent || reply.body_error.empty()) return outcome;
  return unconfirmed("the answer with status code " + std::to_string(reply.status) +
                         " is not whole: " + shown + ": " + reply.body_error,
                     reply.status);
}

notify::SendOutcome Sender::exchange(net::ClientRequest request, const Rules& rules) {
  net::ClientReply reply;
  return judge(std::move(request), rules, reply);
}

notify::SendOutcome Sender::post_json(std::string url, std::string json, const Rules& rules,
                                      net::ClientReply& reply) {
  return exchange(json_request(std::move(url), std::move(json)), rules, reply);
}
notify::SendOutcome Sender::post_json(std::string url, std::string json, const Rules& rules) {
  return exchange(json_request(std::move(url), std::move(json)), rules);
}

HttpIntegration::HttpIntegration(std::string_view kind, std::size_t index, const Common& common,
                                 const IntegrationOptions& options, bool allow_link_local)
    : kind_(kind),
      index_(index),
      send_resolved_(common.send_resolved),
      http_(options.http),
      templates_(options.templates) {
  auto own = common.http ? std::make_shared<net::ClientOptions>(*common.http)
                         : std::make_shared<net::ClientOptions>();
  own->refuse_link_local = !allow_link_local;
  options_ = std::move(own);
}

notify::SendOutcome HttpIntegration::send(const notify::Notification& notification, Millis timeout,
                                          std::stop_token stop) {
  Texts texts(*templates_, notification);
  if (own_timeout() > Millis{0}) timeout = std::min(timeout, own_timeout());
  Sender sender(*http_, options_, timeout, std::move(stop));
  auto outcome = deliver(notification, texts, sender);
  outcome.template_error = texts.error();
  return outcome;
}

}  // namespace pharos::rules::receivers

// Settings of webhooks, templated webhooks, e-mail and on-call.
#include "rules/receivers/settings_reader.hpp"

namespace pharos::rules::receivers {

Status parse(YamlSection& s, const GlobalSettings& global, WebhookSettings& c) {
  Reader reader(s, global);
  TRY(reader.common(c));
  TRY(reader.url("url", "url_file", c.url));
  TRY(s.read("max_alerts", c.max_alerts));
  TRY(s.read("timeout", c.timeout));
  return read_texts(s, {{"payload", &c.payload}});
}

namespace {

// "reply-to" → "Reply-To"
std::string canonical_header(std::string_view name) {
  std::string out(name);
  bool upper = true;
  for (char& c : out) {
    if (upper && c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 32);
    else if (!upper && c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
    upper = c == '-';
  }
  return out;
}

}  // namespace

Status parse(YamlSection& s, const GlobalSettings& global, EmailSettings& c) {
  c.send_resolved = false;
  c.html = by_template("email.default.html");
  Reader reader(s, global);
  TRY(reader.common(c, false));
  const auto& smtp = global.smtp;
  c.from = smtp.from;
  c.hello = smtp.hello;
  c.host = smtp.host;
  c.port = smtp.port;
  c.auth_username = smtp.auth_username;
  c.auth_identity = smtp.auth_identity;
  c.auth_password = smtp.auth_password;
  c.auth_secret = smtp.auth_secret;
  c.require_tls = smtp.require_tls;
  c.implicit_tls = smtp.implicit_tls;
  c.tls = smtp.tls;
  TRY(read_texts(s, {{"to", &c.to},
                     {"from", &c.from},
                     {"hello", &c.hello},
                     {"auth_username", &c.auth_username},
                     {"auth_identity", &c.auth_identity},
                     {"html", &c.html},
                     {"text", &c.text}}));
  if (const Yaml* node = s.take("smarthost")) TRY(split_host_port(*node, c.host, c.port));
  TRY(reader.secret("auth_password", "auth_password_file", c.auth_password));
  TRY(reader.secret("auth_secret", "auth_secret_file", c.auth_secret));
  TRY(s.read("require_tls", c.require_tls));
  if (const Yaml* node = s.take("force_implicit_tls")) c.implicit_tls = TRY(node->boolean());
  if (const Yaml* node = s.take("tls_config"))
    c.tls = TRY(net::parse_tls_client(*node, global.base_folder));
  StringMap headers;
  TRY(read_map(s, "headers", headers));
  for (const auto& [name, value] : headers) {
    const auto canonical = canonical_header(name);
    if (canonical.empty() || canonical.find_first_of(" :\r\n\t") != canonical.npos)
      return reader.wrong("invalid header name " + go_quote(name) + " in email config");
    if (!c.headers.emplace(canonical, value).second)
      return reader.wrong("duplicate header " + go_quote(canonical) + " in email config");
  }
  if (const Yaml* node = s.take("threading")) {
    auto threading = TRY(YamlSection::open(*node, "threading"));
    TRY(threading.read("enabled", c.threading));
    TRY(threading.read("thread_by_date", c.thread_by_date));
    TRY(threading.done());
    if (c.thread_by_date != "daily" && c.thread_by_date != "none")
      return fail(node->error("thread_by_date must be \"daily\" or \"none\""));
  }
  if (c.to.empty()) return reader.wrong("missing to address in email config");
  if (c.host.empty()) return reader.wrong("no global SMTP smarthost set");
  if (c.from.empty()) return reader.wrong("no global SMTP from set");
  return {};
}

namespace {

Status read_request(YamlSection& s, std::string_view key, TemplatedSettings::Request& r) {
  const Yaml* node = s.take(key);
  if (node == nullptr) return {};
  auto section = TRY(YamlSection::open(*node, key));
  TRY(read_texts(section, {{"method", &r.method}, {"body", &r.body}}));
  TRY(read_url(section, "url", r.url));
  TRY(read_map(section, "headers", r.headers));
  TRY(section.done());
  if (r.url.empty()) return fail(node->error(std::string(key) + ": missing url"));
  for (const auto& [name, value] : r.headers)
    if (name.empty() || name.find_first_of(" :\r\n\t") != name.npos)
      return fail(node->error("invalid header name " + go_quote(name)));
  return {};
}

}  // namespace

Status parse(YamlSection& s, const GlobalSettings& global, TemplatedSettings& c) {
  Reader reader(s, global);
  c.title = by_template("__subject");
  c.text = by_template("pharos.full");
  TRY(reader.common(c));
  TRY(read_texts(s, {{"preset", &c.preset},
                     {"project", &c.project},
                     {"id_path", &c.id_path},
                     {"title", &c.title},
                     {"text", &c.text}}));
  TRY(read_url(s, "base_url", c.base_url));
  TRY(read_request(s, "search", c.search));
  TRY(read_request(s, "create", c.create));
  TRY(read_request(s, "update", c.update));
  TRY(read_request(s, "resolve", c.resolve));
  TRY(s.read("timeout", c.timeout));
  if (const Yaml* node = s.take("retry_statuses")) {
    if (node->kind() != Yaml::Kind::sequence)
      return fail(node->error("retry_statuses must be a list of HTTP statuses"));
    for (const auto& item : node->items()) {
      const auto status = TRY(item.integer());
      if (status < 100 || status > 599)
        return fail(item.error(std::to_string(status) + " is not an HTTP status"));
      c.retry_statuses.push_back(static_cast<int>(status));
    }
  }
  static constexpr std::array<std::string_view, 3> kPresets = {"servicenow", "jira", "github"};
  if (c.preset.empty()) {
    if (!c.create.given()) return reader.wrong("pharos_webhook_configs: create is missing");
    if (c.search.given() && c.id_path.empty())
      return reader.wrong("pharos_webhook_configs: search needs id_path");
  } else {
    if (std::ranges::find(kPresets, std::string_view(c.preset)) == kPresets.end())
      return reader.wrong("unknown preset " + go_quote(c.preset) +
                          ", must be servicenow, jira or github");
    if (c.preset == "github" && c.base_url.empty()) c.base_url = "https://api.github.com";
    if (c.preset == "servicenow" && c.project.empty()) c.project = "incident";
    if (c.base_url.empty()) return reader.wrong("preset " + c.preset + " needs base_url");
    if (c.project.empty()) return reader.wrong("preset " + c.preset + " needs project");
    while (c.base_url.ends_with('/')) c.base_url.pop_back();
  }
  return {};
}

Status parse(YamlSection& s, const GlobalSettings&, OnCallSettings& c) {
  TRY(s.read("send_resolved", c.send_resolved));
  TRY(s.read("policy", c.policy));
  c.place = s.node().error("").message;
  if (c.policy.empty()) return fail(s.node().error("missing policy in oncall_configs"));
  return {};
}

}  // namespace pharos::rules::receivers

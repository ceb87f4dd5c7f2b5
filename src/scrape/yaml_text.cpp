#include "scrape/yaml_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "model/labels.hpp"
#include "net/url.hpp"

namespace pharos::scrape {
namespace {

using codec::Yaml;

constexpr std::array<std::string_view, 16> kSecretKeys{
    "password",     "bearer_token", "credentials",         "client_secret",
    "secret_key",   "token",        "auth_token",          "application_secret",
    "consumer_key", "private_key",  "service_account_key", "key_passphrase",
    "secrets",      "secret",       "routing_key",         "api_key",
};

bool is_secret(std::string_view key, std::string_view parent) {
  if (parent == "tls_config" && key == "key") return true;
  if (parent == "proxy_connect_header") return true;
  return std::find(kSecretKeys.begin(), kSecretKeys.end(), key) != kSecretKeys.end();
}

// "http://user:pass@host" with the password hidden, as Go's URL.Redacted does.
std::string mask_url(std::string_view text) {
  const auto parts = net::split_url(text);
  const auto colon = parts.user.find(':');
  if (parts.scheme.data() == nullptr || colon == parts.user.npos) return std::string(text);
  std::string out(parts.scheme);
  out.append("://").append(parts.user.substr(0, colon + 1)).append("xxxxx@");
  return out.append(parts.host).append(parts.rest);
}

// Whether a plain scalar would be read back as this same text (and, for `quoted` texts, as a
// string).
bool plain_safe(std::string_view text, bool was_quoted) {
  if (text.empty()) return false;
  if (std::isspace(static_cast<unsigned char>(text.front())) ||
      std::isspace(static_cast<unsigned char>(text.back())))
    return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=~").find(text.front()) != text.npos) {
    const bool negative_number =
        text.size() > 1 && text[0] == '-' && std::isdigit(static_cast<unsigned char>(text[1]));
    if (!negative_number || was_quoted) return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return false;
    if (c == ':' && (i + 1 == text.size() || text[i + 1] == ' ')) return false;
    if (c == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  if (!was_quoted) return true;
  // A quoted text that looks like another type stays quoted.
  static constexpr std::array<std::string_view, 12> kWords{
      "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "no", "on"};
  if (std::find(kWords.begin(), kWords.end(), text) != kWords.end() || text == "off" ||
      text == "y" || text == "n")
    return false;
  const auto c = static_cast<unsigned char>(text.front());
  return !std::isdigit(c) && c != '.' && c != '+';
}

std::string scalar_text(const Yaml& node) {
  const std::string text = mask_url(node.scalar());
  if (plain_safe(text, node.quoted())) return text;
  return go_quote(text);
}

void emit(const Yaml& node, std::string_view key, std::string_view parent, std::size_t depth,
          std::string& out);

void emit_map(const Yaml& node, std::string_view owner, std::size_t depth, bool first_inline,
              std::string& out) {
  bool first = first_inline;
  for (const auto& member : node.members()) {
    if (!first) out.append(depth * 2, ' ');
    first = false;
    const std::string& key = member.key.scalar();
    out += plain_safe(key, false) ? key : go_quote(key);
    out += ':';
    emit(member.value, key, owner, depth, out);
  }
}

void emit_masked(const Yaml& value, std::size_t depth, std::string& out) {
  if (value.kind() == Yaml::Kind::sequence && !value.items().empty()) {
    out += '\n';
    for (std::size_t i = 0; i < value.items().size(); ++i)
      out.append(depth * 2, ' ').append("- <secret>\n");
    return;
  }
  out += value.is_null()                                                ? " null\n"
         : value.kind() == Yaml::Kind::scalar && value.scalar().empty() ? " \"\"\n"
                                                                        : " <secret>\n";
}

// Everything after "key:".
void emit(const Yaml& node, std::string_view key, std::string_view parent, std::size_t depth,
          std::string& out) {
  // proxy_connect_header and the like are maps whose leaves are secret; a list of maps is not a
  // secret.
  if (is_secret(key, parent) && node.kind() != Yaml::Kind::map &&
      !(node.kind() == Yaml::Kind::sequence && !node.items().empty() &&
        node.items()[0].kind() == Yaml::Kind::map)) {
    emit_masked(node, depth, out);
    return;
  }
  switch (node.kind()) {
    case Yaml::Kind::null: out += " null\n"; return;
    case Yaml::Kind::scalar: out += ' ' + scalar_text(node) + '\n'; return;
    case Yaml::Kind::map:
      if (node.members().empty()) {
        out += " {}\n";
        return;
      }
      out += '\n';
      emit_map(node, key, depth + 1, false, out);
      return;
    case Yaml::Kind::sequence:
      if (node.items().empty()) {
        out += " []\n";
        return;
      }
      out += '\n';
      for (const auto& item : node.items()) {
        out.append(depth * 2, ' ').append("-");
        if (item.kind() == Yaml::Kind::map && !item.members().empty()) {
          out += ' ';
          emit_map(item, key, depth + 1, true, out);
        } else {
          emit(item, "", "", depth + 1, out);
        }
      }
      return;
  }
}

void canonical(const Yaml& node, std::string& out) {
  switch (node.kind()) {
    case Yaml::Kind::null: out += '~'; return;
    case Yaml::Kind::scalar: out += go_quote(node.scalar()); return;
    case Yaml::Kind::sequence:
      out += '[';
      for (const auto& item : node.items()) canonical(item, out), out += ',';
      out += ']';
      return;
    case Yaml::Kind::map:
      out += '{';
      for (const auto& member : node.members()) {
        canonical(member.key, out);
        out += ':';
        canonical(member.value, out);
        out += ',';
      }
      out += '}';
      return;
  }
}

}  // namespace

std::string canonical_text(const Yaml& node) {
  std::string out;
  canonical(node, out);
  return out;
}

std::string masked_yaml(const Yaml& node) {
  std::string out;
  if (node.kind() == Yaml::Kind::map) {
    emit_map(node, "", 0, false, out);
  } else if (!node.is_null()) {
    emit(node, "", "", 0, out);
  }
  return out;
}

}  // namespace pharos::scrape

#include "rules/template_html.hpp"

#include <algorithm>
#include <array>

#include "codec/json.hpp"

namespace pharos::rules::detail {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alphanumeric(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool starts_with_folded(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string stringify(const TemplateValue& value) {
  return value.is_nil() ? std::string() : value.print();
}

enum class Quoting { normal, normalise, unquoted, function };

// `normalise` leaves '&' alone, as the text has entities already; `function` leaves '+', as the
// template function html does.
std::string entities(std::string_view text, Quoting quoting) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '"': out += "&#34;"; continue;
      case '\'': out += "&#39;"; continue;
      case '+': out += quoting == Quoting::function ? "+" : "&#43;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      case '\0': out += "\xEF\xBF\xBD"; continue;
      case '&':
        if (quoting != Quoting::normalise) {
          out += "&amp;";
          continue;
        }
        break;
      case '\t':
      case '\n':
      case '\v':
      case '\f':
      case '\r':
      case ' ':
      case '=':
      case '`':
        if (quoting == Quoting::unquoted) {
          out += "&#" + std::to_string(static_cast<int>(c)) + ';';
          continue;
        }
        break;
      default: break;
    }
    out += c;
  }
  return out;
}

// What is left of a HTML text without its tags and comments.
std::string without_tags(std::string_view html) {
  std::string out;
  for (std::size_t i = 0; i < html.size();) {
    if (html.substr(i).starts_with("<!--")) {
      const auto end = html.find("-->", i + 4);
      i = end == html.npos ? html.size() : end + 3;
    } else if (html[i] == '<' && i + 1 < html.size() &&
               (is_letter(html[i + 1]) || html[i + 1] == '/')) {
      const auto end = html.find('>', i);
      i = end == html.npos ? html.size() : end + 1;
    } else {
      out += html[i++];
    }
  }
  return out;
}

bool is_safe_url(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == url.npos || url.substr(0, colon).find('/') != url.npos) return true;
  static constexpr std::array<std::string_view, 3> kSchemes = {"http", "https", "mailto"};
  return std::ranges::any_of(kSchemes, [&](std::string_view scheme) {
    return colon == scheme.size() && starts_with_folded(url, scheme);
  });
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

// Percent-encodes; a URL that is only normalised keeps its reserved characters and encodings.
std::string encoded_url(std::string_view url, bool normalise) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kReserved = "!#$&*+,/:;=?@[]";
  std::string out;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    const bool stays =
        is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
        (normalise && kReserved.find(c) != kReserved.npos) ||
        (normalise && c == '%' && i + 2 < url.size() && is_hex(url[i + 1]) && is_hex(url[i + 2]));
    if (stays) {
      out += c;
    } else {
      const auto b = static_cast<unsigned char>(c);
      ((out += '%') += kHex[b >> 4]) += kHex[b & 15];
    }
  }
  return out;
}

std::string filtered_css(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    const bool harmless = is_alphanumeric(c) || c == ' ' || c == '#' || c == '%' || c == '.' ||
                          c == ',' || c == '-' || c == '_' || c == '+' || c == '!' ||
                          static_cast<unsigned char>(c) >= 0x80;
    if (!harmless) return "ZgotmplZ";
    if (is_letter(c)) folded += lower(c);
  }
  const bool runs =
      folded.find("expression") != folded.npos || folded.find("mozbinding") != folded.npos;
  return runs ? "ZgotmplZ" : std::string(text);
}

// Which names hold URLs; others that speak of src, uri or url are taken for one too.
bool holds_url(std::string_view name) {
  static constexpr std::array<std::string_view, 18> kNames = {
      "action", "archive",    "background", "cite",   "classid",  "codebase",
      "data",   "formaction", "href",       "icon",   "longdesc", "manifest",
      "poster", "profile",    "src",        "usemap", "xmlns",    "ping"};
  return std::ranges::find(kNames, name) != kNames.end() || name.find("src") != name.npos ||
         name.find("uri") != name.npos || name.find("url") != name.npos;
}

}  // namespace

void HtmlEscaper::text(std::string_view text, std::string& out) {
  for (std::size_t at = 0; at < text.size();) at = step(text, at, out);
}

std::size_t HtmlEscaper::step_text(std::string_view text, std::size_t at, std::string& out) {
  const auto open = std::min(text.find('<', at), text.size());
  out.append(text, at, open - at);
  if (open == text.size()) return open;
  const auto rest = text.substr(open);
  if (rest.starts_with("<!--")) {
    state_ = State::comment;
    return open + 4;
  }
  closing_ = rest.size() > 1 && rest[1] == '/';
  const std::size_t name = closing_ ? 2 : 1;
  if (rest.size() > name && is_letter(rest[name])) {
    out.append(rest.substr(0, name));
    state_ = State::tag_name;
    tag_.clear();
    return open + name;
  }
  out += starts_with_folded(rest, "<!doctype") ? "<" : "&lt;";
  return open + 1;
}

std::size_t HtmlEscaper::step_element(std::string_view text, std::size_t at, std::string& out) {
  for (std::size_t i = at; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    if (rest.starts_with("</") && starts_with_folded(rest.substr(2), element_)) {
      out += "</";
      state_ = State::tag_name;
      tag_.clear();
      closing_ = true;
      return i + 2;
    }
    if (element_ == "script") scan_script(text[i]);
    out += text[i];
  }
  return text.size();
}

std::size_t HtmlEscaper::step(std::string_view text, std::size_t at, std::string& out) {
  const char c = text[at];
  switch (state_) {
    case State::text: return step_text(text, at, out);
    case State::element: return step_element(text, at, out);
    case State::comment: {
      const auto end = text.find("-->", at);
      if (end == text.npos) return text.size();
      state_ = State::text;
      return end + 3;
    }
    case State::tag_name:
      if (!is_alphanumeric(c) && c != ':' && c != '-') {
        state_ = State::tag;
        return at;
      }
      tag_ += lower(c);
      break;
    case State::tag:
      if (c == '>') {
        end_tag();
      } else if (!is_blank(c) && c != '/') {
        state_ = State::attribute_name;
        name_.clear();
        return at;
      }
      break;
    case State::attribute_name:
      if (is_blank(c) || c == '=' || c == '>') {
        state_ = State::after_name;
        return at;
      }
      name_ += lower(c);
      break;
    case State::after_name:
      if (c == '=') {
        state_ = State::before_value;
      } else if (!is_blank(c)) {
        state_ = State::tag;
        return at;
      }
      break;
    case State::before_value:
      if (is_blank(c)) break;
      if (c == '>') {
        state_ = State::tag;
        return at;
      }
      begin_value();
      if (c != '"' && c != '\'') return at;
      delimiter_ = c;
      break;
    case State::attribute:
      if (delimiter_ == ' ' && (is_blank(c) || c == '>')) {
        state_ = State::tag;
        return at;
      }
      if (c == delimiter_)
        state_ = State::tag;
      else if (sort_ == Sort::url)
        scan_url(c);
      else if (sort_ == Sort::script)
        scan_script(c);
      break;
  }
  out += c;
  return at + 1;
}

void HtmlEscaper::end_tag() {
  static constexpr std::array<std::string_view, 4> kElements = {"title", "textarea", "script",
                                                                "style"};
  quote_ = 0;
  state_ = State::text;
  if (closing_ || std::ranges::find(kElements, std::string_view(tag_)) == kElements.end()) return;
  state_ = State::element;
  element_ = tag_;
}

void HtmlEscaper::begin_value() {
  state_ = State::attribute;
  delimiter_ = ' ';
  part_ = UrlPart::none;
  quote_ = 0;
  std::string_view name = name_;
  if (name.starts_with("data-"))
    name.remove_prefix(5);
  else if (const auto colon = name.find(':'); colon != name.npos)
    name = name.substr(0, colon) == "xmlns" ? std::string_view("xmlns") : name.substr(colon + 1);
  sort_ = name == "style"          ? Sort::css
          : name.starts_with("on") ? Sort::script
          : holds_url(name)        ? Sort::url
                                   : Sort::plain;
}

void HtmlEscaper::scan_url(char c) {
  if (c == '?' || c == '#')
    part_ = UrlPart::query;
  else if (part_ == UrlPart::none && !is_blank(c))
    part_ = UrlPart::before_query;
}

void HtmlEscaper::scan_script(char c) {
  if (backslash_)
    backslash_ = false;
  else if (quote_ != 0 && c == '\\')
    backslash_ = true;
  else if (quote_ != 0 && c == quote_)
    quote_ = 0;
  else if (quote_ == 0 && (c == '"' || c == '\'' || c == '`'))
    quote_ = c;
}

void HtmlEscaper::value(const TemplateValue& value, std::string_view last, std::string& out) {
  const bool html = value.safe() == TemplateValue::Safe::html;
  switch (state_) {
    case State::text:
      out += html
                 ? stringify(value)
                 : entities(stringify(value), last == "html" ? Quoting::function : Quoting::normal);
      return;
    case State::comment: return;
    case State::element:
      if (element_ == "script")
        out += escaped_script(value);
      else if (element_ == "style")
        out += filtered_css(stringify(value));
      else
        out += entities(stringify(value), html ? Quoting::normalise : Quoting::normal);
      return;
    case State::tag_name:
    case State::tag:
    case State::attribute_name:
    case State::after_name: {
      std::string name = stringify(value);
      std::ranges::transform(name, name.begin(), lower);
      const bool harmless = !name.empty() && std::ranges::all_of(name, is_alphanumeric) &&
                            !holds_url(name) && name != "style" && !name.starts_with("on");
      if (!harmless) name = "ZgotmplZ";
      if (state_ != State::attribute_name) name_.clear();
      state_ = State::attribute_name;
      name_ += name;
      out += name;
      return;
    }
    case State::before_value: begin_value(); [[fallthrough]];
    case State::attribute: out += escaped_attribute(value, last); return;
  }
}

std::string HtmlEscaper::escaped_attribute(const TemplateValue& value, std::string_view last) {
  std::string text = stringify(value);
  const bool safe_url = value.safe() == TemplateValue::Safe::url;
  bool normalise = false;
  switch (sort_) {
    case Sort::url:
      if (last == "urlquery") break;
      if (part_ == UrlPart::none && !safe_url && !is_safe_url(text)) text = "#ZgotmplZ";
      text = encoded_url(text, safe_url || part_ != UrlPart::query);
      break;
    case Sort::css: text = filtered_css(text); break;
    case Sort::script: text = escaped_script(value); break;
    case Sort::plain:
      if (value.safe() == TemplateValue::Safe::html) {
        text = without_tags(text);
        normalise = true;
      }
      break;
  }
  if (delimiter_ == ' ') return text.empty() ? "ZgotmplZ" : entities(text, Quoting::unquoted);
  return entities(text, normalise        ? Quoting::normalise
                        : last == "html" ? Quoting::function
                                         : Quoting::normal);
}

std::string HtmlEscaper::escaped_script(const TemplateValue& value) const {
  std::string json;
  const bool bare = quote_ == 0 && (value.kind() == TemplateValue::Kind::integer ||
                                    value.kind() == TemplateValue::Kind::real ||
                                    value.kind() == TemplateValue::Kind::boolean);
  if (bare) return value.print();
  codec::put_json_string(json, stringify(value));
  // Nothing in it may end the string, the script or the attribute.
  std::string out;
  for (const char c : std::string_view(json).substr(1, json.size() - 2)) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      case '\'': out += "\\u0027"; break;
      case '`': out += "\\u0060"; break;
      default: out += c;
    }
  }
  return quote_ == 0 ? '"' + out + '"' : out;
}

}  // namespace pharos::rules::detail

#include "net/http.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace pharos::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Headers::set(std::string_view name, std::string_view value) {
  bool found = false;
  std::erase_if(fields_, [&](auto& field) {
    if (!same_name(field.first, name)) return false;
    if (found) return true;
    field.second = value;
    found = true;
    return false;
  });
  if (!found) add(name, value);
}

void Headers::add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (same_name(key, name)) return value;
  return {};
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : fields_) {
    if (!same_name(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      auto item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
      while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
      if (same_name(item, token)) return true;
    }
  }
  return false;
}

std::string url_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<std::string> url_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(Errc::invalid, "invalid URL escape \"" + std::string(text.substr(i, 3)) + "\"");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

Result<Form> Form::parse(std::string_view encoded) {
  Form form;
  while (!encoded.empty()) {
    const auto pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(encoded.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (pair.contains(';')) return fail(Errc::invalid, "invalid semicolon separator in query");
    const auto equals = pair.find('=');
    auto key = TRY(url_decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != pair.npos) value = TRY(url_decode(pair.substr(equals + 1), true));
    form.pairs_.emplace_back(std::move(key), std::move(value));
  }
  return form;
}

void Form::append(Form other) {
  pairs_.insert(pairs_.end(), std::make_move_iterator(other.pairs_.begin()),
                std::make_move_iterator(other.pairs_.end()));
}

std::optional<std::string_view> Form::find(std::string_view key) const {
  for (const auto& [name, value] : pairs_)
    if (name == key) return value;
  return std::nullopt;
}

std::string_view Form::get(std::string_view key) const { return find(key).value_or(std::string_view{}); }

std::vector<std::string_view> Form::all(std::string_view key) const {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : pairs_)
    if (name == key) out.push_back(value);
  return out;
}

std::string_view Request::param(std::string_view name) const {
  for (const auto& [key, value] : path_params)
    if (key == name) return value;
  return {};
}

Result<Form> Request::form() const {
  Form form;
  const auto type = headers.get("Content-Type");
  if ((method == "POST" || method == "PUT" || method == "PATCH") &&
      same_name(type.substr(0, type.find_first_of("; ")), "application/x-www-form-urlencoded"))
    form = TRY(Form::parse(body));
  auto of_query = TRY(Form::parse(query));
  form.append(std::move(of_query));
  return form;
}

Response Response::text(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Response Response::json(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

// One node per path segment. Parameter names belong to the endpoint: "/a/:x" and "/a/:y/b" may
// share the node.
struct Router::Node {
  struct Endpoint {
    std::string method, pattern;
    Handler handler;
    RouteOptions options;
    std::vector<std::string> names;
  };
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> exact;
  std::unique_ptr<Node> any;
  std::vector<Endpoint> endpoints;       // of the path that ends here
  std::vector<Endpoint> rest_endpoints;  // "*name" below here

  static const Endpoint* choose(const std::vector<Endpoint>& all, std::string_view method, bool& path_known) {
    if (!all.empty()) path_known = true;
    for (const auto& e : all)
      if (e.method == method || e.method == "*") return &e;
    if (method == "HEAD")
      for (const auto& e : all)
        if (e.method == "GET") return &e;
    return nullptr;
  }

  // Two parts that want one path would hide each other: the first stays, the second is an error.
  static void put(std::vector<Endpoint>& all, Endpoint endpoint) {
    if (std::any_of(all.begin(), all.end(), [&](const auto& e) { return e.method == endpoint.method; }))
      log::error("route registered twice, the second is left out",
                 {{"method", endpoint.method}, {"path", endpoint.pattern}});
    else
      all.push_back(std::move(endpoint));
  }

  // Depth is bounded by the number of segments of the longest pattern.
  const Endpoint* find(std::string_view method, std::string_view rest, bool at_end,
                       std::vector<std::string>& values, bool& path_known) const {
    if (at_end) {
      if (const auto* e = choose(endpoints, method, path_known)) return e;
      return nullptr;
    }
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    const bool last = slash == rest.npos;
    const auto below = last ? std::string_view{} : rest.substr(slash + 1);
    std::string decoded_storage;
    std::string_view decoded = segment;
    if (segment.contains('%')) {
      auto decoded_result = url_decode(segment);
      if (decoded_result) decoded = decoded_storage = std::move(*decoded_result);
    }
    for (const auto& [name, child] : exact)
      if (name == decoded)
        if (const auto* e = child->find(method, below, last, values, path_known)) return e;
    if (any && !decoded.empty()) {
      values.emplace_back(decoded);
      if (const auto* e = any->find(method, below, last, values, path_known)) return e;
      values.pop_back();
    }
    if (const auto* e = choose(rest_endpoints, method, path_known)) {
      values.emplace_back(rest);
      return e;
    }
    return nullptr;
  }
};

void Router::add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options) {
  if (!root_) root_ = std::make_shared<Node>();
  const std::string whole = prefix_ + std::string(pattern);
  Node::Endpoint endpoint{std::string(method), whole, std::move(handler), options, {}};
  Node* node = root_.get();
  std::string_view rest = whole;
  if (rest.starts_with('/')) rest.remove_prefix(1);
  while (true) {
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    if (segment.starts_with('*')) {
      endpoint.names.emplace_back(segment.substr(1));
      Node::put(node->rest_endpoints, std::move(endpoint));
      return;
    }
    if (segment.starts_with(':')) {
      endpoint.names.emplace_back(segment.substr(1));
      if (!node->any) node->any = std::make_unique<Node>();
      node = node->any.get();
    } else {
      auto found = std::find_if(node->exact.begin(), node->exact.end(), [&](auto& c) { return c.first == segment; });
      if (found == node->exact.end()) {
        node->exact.emplace_back(std::string(segment), std::make_unique<Node>());
        found = std::prev(node->exact.end());
      }
      node = found->second.get();
    }
    if (slash == rest.npos) break;
    rest.remove_prefix(slash + 1);
  }
  Node::put(node->endpoints, std::move(endpoint));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  if (!root_) return match;
  if (path.starts_with('/')) path.remove_prefix(1);
  std::vector<std::string> values;
  const auto* endpoint = root_->find(method, path, false, values, match.path_known);
  if (!endpoint) return match;
  match.handler = &endpoint->handler;
  match.options = &endpoint->options;
  match.pattern = endpoint->pattern;
  for (std::size_t i = 0; i < endpoint->names.size() && i < values.size(); ++i)
    match.params.emplace_back(endpoint->names[i], std::move(values[i]));
  return match;
}

void Router::set_fallback(Handler handler) { fallback_ = std::move(handler); }
const Handler* Router::fallback() const { return fallback_ ? &fallback_ : nullptr; }

}  // namespace pharos::net

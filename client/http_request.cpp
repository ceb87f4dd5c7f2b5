#include "http_request.hpp"

namespace pharos::client::detail {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}
// Whether a comma-separated list has the word, not refused by q=0.
bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    const auto semicolon = item.find(';');
    const auto parameter =
        semicolon == item.npos ? std::string_view{} : trimmed(item.substr(semicolon + 1));
    const bool refused =
        parameter.substr(0, 2) == "q=" && parameter.find_first_not_of("0.", 2) == parameter.npos;
    if (same_name(trimmed(item.substr(0, semicolon)), word) && !refused) return true;
  }
  return false;
}

}  // namespace

HttpParse parse_request(std::string_view bytes, HttpRequest& request) {
  request = {};
  const auto end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return HttpParse::incomplete;
  request.size = end + 4;
  std::string_view head = bytes.substr(0, end);
  const auto line_end = head.find("\r\n");
  std::string_view line = head.substr(0, line_end);
  head.remove_prefix(line_end == head.npos ? head.size() : line_end + 2);

  const auto space = line.find(' '), second = line.rfind(' ');
  if (space == line.npos || space == 0 || second <= space + 1) return HttpParse::invalid;
  request.method = line.substr(0, space);
  request.path = line.substr(space + 1, second - space - 1);
  const auto version = line.substr(second + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return HttpParse::invalid;
  request.keep_alive = version == "HTTP/1.1";
  if (request.path.substr(0, 7) == "http://") {  // absolute form
    const auto slash = request.path.find('/', 7);
    request.path = slash == request.path.npos ? "/" : request.path.substr(slash);
  }
  request.path = request.path.substr(0, request.path.find('?'));
  if (request.path.empty() || request.path[0] != '/') return HttpParse::invalid;

  bool close = false;
  while (!head.empty()) {
    const auto next = head.find("\r\n");
    const std::string_view header = head.substr(0, next);
    head.remove_prefix(next == head.npos ? head.size() : next + 2);
    const auto colon = header.find(':');
    if (colon == header.npos || colon == 0) return HttpParse::invalid;
    const auto name = header.substr(0, colon), value = trimmed(header.substr(colon + 1));
    if (same_name(name, "accept")) {
      request.accept = value;
    } else if (same_name(name, "accept-encoding")) {
      request.gzip = lists(value, "gzip");
    } else if (same_name(name, "connection")) {
      if (lists(value, "close")) close = true;
      if (lists(value, "keep-alive")) request.keep_alive = true;
    } else if (same_name(name, "transfer-encoding") ||
               (same_name(name, "content-length") && value != "0")) {
      close = true;
    }
  }
  if (close) request.keep_alive = false;
  return HttpParse::complete;
}

}  // namespace pharos::client::detail

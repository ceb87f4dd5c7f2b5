#include "net/http1_parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace pharos::net {
namespace {

constexpr std::uint16_t kTrailerBytesMax = 4096;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kToken = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool equals_lower(std::string_view text, std::string_view lower_case) {
  return text.size() == lower_case.size() && std::equal(text.begin(), text.end(), lower_case.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b;
         });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<ParseFailure> parse_target(std::string_view target, Request& request) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f) return ParseFailure{400, "malformed request target"};
  }
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    if (scheme != target.npos && scheme < 8) {  // absolute form, as proxies send it
      const auto slash = target.find('/', scheme + 3);
      target = slash == target.npos ? std::string_view("/") : target.substr(slash);
    } else if (target != "*") {
      return ParseFailure{400, "malformed request target"};
    }
  }
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  request.raw_path = target.substr(0, question);
  request.query = question == target.npos ? std::string_view{} : target.substr(question + 1);
  if (!request.raw_path.contains('%')) {
    request.path = request.raw_path;
    return std::nullopt;
  }
  auto decoded = url_decode(request.raw_path);
  if (!decoded) return ParseFailure{400, "malformed request target"};
  request.path = std::move(*decoded);
  return std::nullopt;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return n;
}

}  // namespace

HeadEnd find_head_end(std::string_view data, std::size_t scanned, const HeadLimits& limits) {
  // An LF ends a line only after CR; the head ends at an LF whose line is empty.
  std::size_t at = scanned < 3 ? 0 : scanned - 3;
  while (at < data.size()) {
    const auto* found = static_cast<const char*>(std::memchr(data.data() + at, '\n', data.size() - at));
    if (!found) break;
    const auto lf = static_cast<std::size_t>(found - data.data());
    if (lf == 0 || data[lf - 1] != '\r') return {{}, ParseFailure{400, "bare line feed in the request head"}};
    if (lf >= 3 && data[lf - 2] == '\n') {
      if (lf + 1 > limits.bytes_max) break;
      return {lf + 1, {}};
    }
    at = lf + 1;
  }
  if (data.size() > limits.bytes_max) {
    const bool in_request_line = !data.substr(0, limits.bytes_max).contains('\n');
    return {{}, in_request_line ? ParseFailure{414, "request target over the limit"}
                                : ParseFailure{431, "request head over the limit"}};
  }
  return {};
}

std::optional<ParseFailure> parse_head(std::string_view head, const HeadLimits& limits, Request& request,
                                       HeadFacts& facts) {
  const auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto second = first == line.npos ? line.npos : line.find(' ', first + 1);
  if (second == line.npos) return ParseFailure{400, "malformed request line"};
  const auto method = line.substr(0, first), version = line.substr(second + 1);
  if (!is_token(method) || method.size() > 32) return ParseFailure{400, "malformed method"};
  if (version == "HTTP/1.1") {
    request.version = 11;
  } else if (version == "HTTP/1.0") {
    request.version = 10;
  } else {
    return version.starts_with("HTTP/") ? ParseFailure{505, "unsupported HTTP version"}
                                        : ParseFailure{400, "malformed request line"};
  }
  request.method = method;
  if (auto failure = parse_target(line.substr(first + 1, second - first - 1), request)) return failure;

  bool has_host = false, connection_close = false, connection_keep_alive = false, has_encoding = false;
  std::size_t count = 0;
  auto rest = head.substr(line_end + 2);
  while (!rest.starts_with("\r\n")) {
    const auto end = rest.find("\r\n");
    if (end == rest.npos) return ParseFailure{400, "malformed header"};
    const auto field = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (++count > limits.headers_max) return ParseFailure{431, "too many headers"};
    if (field.front() == ' ' || field.front() == '\t') return ParseFailure{400, "folded header"};
    const auto colon = field.find(':');
    if (colon == field.npos || !is_token(field.substr(0, colon))) return ParseFailure{400, "malformed header"};
    const auto name = field.substr(0, colon);
    auto value = field.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < ' ' && byte != '\t') || byte == 0x7f) return ParseFailure{400, "control character in a header"};
    }
    switch (name.size()) {
      case 4:
        if (equals_lower(name, "host")) {
          if (has_host) return ParseFailure{400, "more than one Host header"};
          has_host = true;
        }
        break;
      case 6:
        if (equals_lower(name, "expect")) {
          if (!equals_lower(value, "100-continue")) return ParseFailure{417, "unknown expectation"};
          facts.expect_continue = request.version == 11;
        }
        break;
      case 10:
        if (equals_lower(name, "connection")) {
          Headers single;
          single.add("c", value);
          connection_close |= single.has_token("c", "close");
          connection_keep_alive |= single.has_token("c", "keep-alive");
        }
        break;
      case 14:
        if (equals_lower(name, "content-length")) {
          if (facts.content_length) return ParseFailure{400, "more than one Content-Length header"};
          facts.content_length = parse_length(value);
          if (!facts.content_length) return ParseFailure{400, "malformed Content-Length"};
        }
        break;
      case 17:
        if (equals_lower(name, "transfer-encoding")) {
          if (has_encoding || !equals_lower(value, "chunked"))
            return ParseFailure{has_encoding ? 400 : 501, "unsupported Transfer-Encoding"};
          has_encoding = facts.chunked = true;
        }
        break;
    }
    request.headers.add(name, value);
  }
  if (request.version == 11 && !has_host) return ParseFailure{400, "missing Host header"};
  if (facts.chunked && facts.content_length)
    return ParseFailure{400, "both Content-Length and Transfer-Encoding"};
  if (facts.chunked && request.version == 10) return ParseFailure{400, "Transfer-Encoding in HTTP/1.0"};
  facts.keep_alive = request.version == 11 ? !connection_close : connection_keep_alive && !connection_close;
  return std::nullopt;
}

std::size_t ChunkedDecoder::feed(std::string_view in, std::uint64_t body_max, std::string& out) {
  std::size_t at = 0;
  while (at < in.size() && state_ != State::done && state_ != State::bad && !over_limit_) {
    const char c = in[at];
    switch (state_) {
      case State::size: {
        const int digit = hex_value(c);
        if (digit >= 0) {
          if (++digits_ > 15) state_ = State::bad;
          left_ = left_ * 16 + static_cast<unsigned>(digit);
        } else if (digits_ == 0) {
          state_ = State::bad;
        } else if (c == '\r') {
          state_ = State::size_lf;
        } else if (c == ';') {
          line_ = 0;
          state_ = State::size_extension;
        } else {
          state_ = State::bad;
        }
        ++at;
        break;
      }
      case State::size_extension:
        if (c == '\r') state_ = State::size_lf;
        else if (c == '\n' || ++line_ > 256) state_ = State::bad;
        ++at;
        break;
      case State::size_lf:
        if (c != '\n') { state_ = State::bad; break; }
        ++at;
        line_ = 0;
        if (left_ == 0) { state_ = State::trailer; break; }
        if (left_ > body_max || out.size() > body_max - left_) over_limit_ = true;
        state_ = State::data;
        break;
      case State::data: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
        out.append(in.data() + at, n);
        at += n;
        left_ -= n;
        if (left_ == 0) state_ = State::data_cr;
        break;
      }
      case State::data_cr:
        state_ = c == '\r' ? State::data_lf : State::bad;
        ++at;
        break;
      case State::data_lf:
        state_ = c == '\n' ? State::size : State::bad;
        digits_ = 0;
        ++at;
        break;
      case State::trailer:  // at the start of a line
        if (c == '\r') state_ = State::end_lf;
        else if (kToken[static_cast<unsigned char>(c)]) state_ = State::trailer_line;
        else state_ = State::bad;
        ++line_;
        ++at;
        break;
      case State::trailer_line:
        if (c == '\r') state_ = State::trailer_lf;
        else if (c == '\n' || ++line_ > kTrailerBytesMax) state_ = State::bad;
        ++at;
        break;
      case State::trailer_lf:
        state_ = c == '\n' ? State::trailer : State::bad;
        ++at;
        break;
      case State::end_lf:
        state_ = c == '\n' ? State::done : State::bad;
        ++at;
        break;
      case State::done:
      case State::bad: break;
    }
  }
  return at;
}

const char* status_text(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Request Entity Too Large";
    case 414: return "Request URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Requested Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Entity";
    case 425: return "Too Early";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return status < 400 ? "OK" : "Error";
  }
}

}  // namespace pharos::net

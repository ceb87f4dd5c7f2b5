// The head of an HTTP/1 request, as far as an exporter has to understand it.
#pragma once
#include <string_view>

namespace pharos::client::detail {

struct HttpRequest {
  std::string_view method, path;  // path without the query
  std::string_view accept;        // all of the header's value; the last one counts
  bool gzip = false;
  bool keep_alive = true;  // false as well when a body follows, which is not read
  std::size_t size = 0;    // bytes of the head
};

enum class HttpParse { complete, incomplete, invalid };
HttpParse parse_request(std::string_view bytes, HttpRequest& request);

}  // namespace pharos::client::detail

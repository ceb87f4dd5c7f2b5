// What the client library reads from others: request heads, Accept headers, traceparent; and label
// values of any bytes, which must come out of a page as valid UTF-8.
#include <cstdlib>

#include <pharos/client.hpp>

#include "../client/http_request.hpp"
#include "../client/label_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace client = pharos::client;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  client::detail::HttpRequest request;
  if (client::detail::parse_request(bytes, request) == client::detail::HttpParse::complete &&
      request.size > size)
    std::abort();
  (void)client::negotiate(bytes);
  if (const auto context = client::TraceContext::parse(bytes)) {
    const auto again = client::TraceContext::parse(context.traceparent());
    if (again.trace_high != context.trace_high || again.trace_low != context.trace_low ||
        again.span != context.span)
      std::abort();
  }
  std::string labels;
  const bool clean = client::detail::put_label(labels, "name", bytes);
  std::string_view rest = labels, name;
  std::string value;
  if (!client::detail::take_label(rest, name, value) || !rest.empty() || name != "name")
    std::abort();
  if (clean && value != bytes) std::abort();
  for (std::string_view left = value; !left.empty();) {
    const unsigned length = client::detail::utf8_length(left);
    if (!length || length > left.size()) std::abort();
    left.remove_prefix(length);
  }
  return 0;
}

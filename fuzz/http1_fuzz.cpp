// A request head and a chunked body from arbitrary bytes, whole and in pieces: both ways must agree.
#include <cstdint>
#include <algorithm>
#include <string>
#include <string_view>

#include "net/http1_parser.hpp"

using namespace pharos::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = data[0] % 17 + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const HeadLimits limits{4096, 20};
  const auto whole = find_head_end(bytes, 0, limits);
  HeadEnd pieces;
  for (std::size_t seen = 0, n = step; !pieces.end && !pieces.failure; n += step) {
    const auto part = bytes.substr(0, n);
    pieces = find_head_end(part, seen, limits);
    seen = part.size();
    if (n >= bytes.size()) break;
  }
  if (whole.end && pieces.end && *whole.end != *pieces.end) __builtin_trap();
  if (whole.end) {
    Request request;
    HeadFacts facts;
    if (!parse_head(bytes.substr(0, *whole.end), limits, request, facts)) {
      if (facts.chunked && facts.content_length) __builtin_trap();
      (void)request.form();
    }
  }
  ChunkedDecoder one, many;
  std::string all, joined;
  one.feed(bytes, 10'000, all);
  for (std::size_t at = 0; at < bytes.size() && !many.done() && !many.bad() && !many.over_limit();) {
    const auto taken = many.feed(bytes.substr(at, step), 10'000, joined);
    at += taken;
    if (taken < std::min(step, bytes.size() - (at - taken))) break;
  }
  if (all != joined || one.done() != many.done() || one.bad() != many.bad()) __builtin_trap();
  return 0;
}

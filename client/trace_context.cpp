#include "pharos/trace_context.hpp"

#include "hex.hpp"

namespace pharos::client {

std::string TraceContext::trace_id() const {
  std::string text;
  detail::put_hex(text, trace_high);
  detail::put_hex(text, trace_low);
  return text;
}
std::string TraceContext::span_id() const {
  std::string text;
  detail::put_hex(text, span);
  return text;
}
// 00-<32 hex trace id>-<16 hex span id>-<2 hex flags>
std::string TraceContext::traceparent() const {
  return "00-" + trace_id() + '-' + span_id() + (sampled ? "-01" : "-00");
}

TraceContext TraceContext::parse(std::string_view text) noexcept {
  std::uint64_t version = 0, flags = 0;
  TraceContext context;
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  if (!detail::get_hex(text.substr(0, 2), version) || version == 0xff) return {};
  if (version == 0 ? text.size() != 55 : text.size() > 55 && text[55] != '-') return {};
  if (!detail::get_hex(text.substr(3, 16), context.trace_high) ||
      !detail::get_hex(text.substr(19, 16), context.trace_low) ||
      !detail::get_hex(text.substr(36, 16), context.span) ||
      !detail::get_hex(text.substr(53, 2), flags)) {
    return {};
  }
  context.sampled = flags & 1;
  return context ? context : TraceContext{};
}

}  // namespace pharos::client

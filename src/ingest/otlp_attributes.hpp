// What the parts of OtlpRequest share: attributes, times and errors of its messages. Included by otlp_*.cpp only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/protobuf.hpp"

namespace pharos::ingest {

inline Status malformed(const char* what) { return fail(Errc::invalid, std::string("malformed OTLP: ") + what); }
inline UnixMillis to_ms(std::uint64_t nanos) { return static_cast<UnixMillis>(nanos / 1'000'000); }

struct Attribute {
  std::string_view key, value;  // the value is an AnyValue message
};

// Every KeyValue in field `field` of `message`.
template <class F>
bool each_attribute(std::string_view message, std::uint32_t field, F&& f) {
  codec::ProtoReader in(message);
  while (in.next()) {
    if (in.field() != field) continue;
    codec::ProtoReader pair(in.bytes());
    Attribute attribute;
    while (pair.next()) {
      if (pair.field() == 1) attribute.key = pair.bytes();
      else if (pair.field() == 2) attribute.value = pair.bytes();
    }
    if (!pair.ok()) return false;
    f(attribute);
  }
  return in.ok();
}

// What names a resource: these attributes become job and instance.
inline constexpr std::string_view kServiceName = "service.name", kServiceNamespace = "service.namespace",
                           kInstanceId = "service.instance.id";
inline bool is_identifying(std::string_view key) { return key == kServiceName || key == kServiceNamespace || key == kInstanceId; }

}  // namespace pharos::ingest

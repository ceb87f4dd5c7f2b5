// A trace that crosses processes: the context travels as a W3C `traceparent` header.

// prints: same trace: yes
// prints: parent is the caller's span: yes
// prints: not a header: ignored
#include <cstdio>
#include <memory>
#include <string>

#include <pharos/client.hpp>

using namespace pharos::client;

struct Keep : SpanSink {  // an OtlpExporter in real programs
  std::string last_name;
  std::uint64_t last_parent = 0;
  void take(const SpanData& span) noexcept override {
    last_name = span.name, last_parent = span.parent;
  }
};

int main() {
  auto sink = std::make_shared<Keep>();
  const Tracer caller{"gateway", Sampling{}, sink}, callee{"placement", Sampling{}, sink};
  const Span request = caller.start("POST /vms", SpanKind::client);
  const std::string header = request.context().traceparent();  // -> over the wire ->
  {
    const Span served = callee.start("place", TraceContext::parse(header), SpanKind::server);
    std::printf("same trace: %s\n",
                served.context().trace_id() == request.context().trace_id() ? "yes" : "no");
  }
  std::printf("parent is the caller's span: %s\n",
              sink->last_parent == request.context().span ? "yes" : "no");
  std::printf("not a header: %s\n", TraceContext::parse("hello") ? "taken" : "ignored");
}

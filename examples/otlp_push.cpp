// Spans, logs and metrics pushed over OTLP/HTTP: pharos::client-otlp. Without a receiver the queue
// stays bounded, batches are tried again, and what could not be delivered is counted.
//   otlp_push http://127.0.0.1:4318

// prints: queued 1 span and 1 line
#include <cstdio>
#include <memory>

#include <pharos/client.hpp>
#include <pharos/otlp.hpp>

using namespace pharos::client;

int main(int argc, char** argv) {
  OtlpOptions options;
  options.endpoint = argc > 1 && std::string_view(argv[1]).substr(0, 4) == "http"
                         ? argv[1]
                         : "http://127.0.0.1:4318";
  options.resource = {{"region", "eu-west"}, {"host.name", "node-7"}};
  options.metrics = &Registry::standard();
  options.stop_ms_max = 200;
  auto otlp = std::make_shared<OtlpExporter>(options);

  const Tracer tracer{"probft", Sampling::critical(), otlp};
  LogOptions log_options;
  log_options.sink = otlp;
  log_options.descriptor = -1;  // over OTLP only
  const Logger log{"probft", log_options};
  const Counter rounds{"probft_rounds_total", "Rounds."};
  {
    Span span = tracer.start("round");
    span.set({"view", 7}).event("prepared", {{"votes", 5}});
    rounds.add(1, span.context());
    log.info("decided", {{"view", 7}});
  }
  const auto stats = otlp->stats();
  std::printf("queued %d span and %d line\n", static_cast<int>(stats.spans.queued),
              static_cast<int>(stats.logs.queued));
}

// Logs as JSON, one object per line, sampled by level, with the ids of the span they were said in.

// prints: "level":"WARN","service":"dwcp-manager","message":"slow migration","trace_id":"
// prints: "vm":"vm-7","seconds":12.5,"retry":true}
// prints: kept 11 of 100 infos
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

int main() {
  const Logger log{"dwcp-manager"};
  const Tracer tracer{"dwcp-manager", Sampling::critical(), nullptr};
  {
    const Span span = tracer.start("migrate");
    log.warn("slow migration", {{"vm", "vm-7"}, {"seconds", 12.5}, {"retry", true}});
  }
  log.debug("below the least level: not written");

  LogOptions sampled;
  sampled.share = {0, 0.1, 1, 1, 1};  // no debug, one info in ten
  sampled.descriptor = -1;
  const Logger quiet{"agent", sampled};
  for (int i = 0; i < 100; ++i) quiet.info("tick", {{"n", i}});
  std::printf("kept %d of 100 infos\n", static_cast<int>(100 - quiet.stats().sampled_away));
}

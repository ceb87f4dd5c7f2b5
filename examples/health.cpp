// /health: 200 while every check answers true, 503 otherwise.

// prints: listening
// prints: reachable: yes
#include <atomic>
#include <cstdio>

#include <pharos/client.hpp>

using namespace pharos::client;

int main(int argc, char** argv) {
  std::atomic<bool> connected{true};
  Exporter exporter{argc > 1 ? argv[1] : "127.0.0.1:9464"};
  exporter.add_check("database", [&] { return connected.load(); });
  exporter.add_check("disk", [] { return true; });
  if (!exporter
           .listening()) {  // said in the log already; the program may go on without being watched
    std::printf("not listening: %s\n", exporter.error().c_str());
    return 1;
  }
  std::printf("listening\n");
  // GET /health  ->  {"status":"healthy","checks":{"database":true,"disk":true}}
  std::printf("reachable: %s\n", connected ? "yes" : "no");
}

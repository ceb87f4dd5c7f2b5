// Three lines: a counter, the exporter, an event.
//   curl http://127.0.0.1:9464/metrics

// prints: jobs_total 1
#include <cstdio>

#include <pharos/client.hpp>

int main(int argc, char** argv) {
  pharos::client::Counter jobs{"jobs_total", "Jobs done."};
  pharos::client::Exporter exporter{argc > 1 ? argv[1] : "127.0.0.1:9464"};
  jobs.add();

  std::fputs(render(pharos::client::Registry::standard()).c_str(), stdout);  // what a scraper gets
}

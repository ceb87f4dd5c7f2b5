// The Pushgateway's API: batch jobs push their last words here. A group is stored at once and then
// repeated at an interval until it is replaced or deleted, as scraping a Pushgateway would.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/disk.hpp"
#include "model/appender.hpp"
#include "net/http.hpp"

namespace pharos::ingest {

struct PushgatewayConfig {
  Millis interval = std::chrono::minutes(1);   // of the repetition; the server's scrape_interval
  std::string folder = "pushgateway";
  std::uint64_t body_max = 16u << 20, decoded_max = 128u << 20;
  std::uint32_t groups_max = 100'000;
  bool background = true;                      // false: tests call repeat() themselves
  bool admin = false;                          // PUT /api/v1/admin/wipe
};

// Thread-safe. A push is answered when its group file is on disk and its samples are in the store.
class Pushgateway {
 public:
  // Loads the groups; a damaged group file is set aside as NAME.damaged and logged.
  static Result<std::shared_ptr<Pushgateway>> open(std::shared_ptr<Disk> disk, std::shared_ptr<Appender> appender,
                                                   const Clock& clock, PushgatewayConfig config);
  ~Pushgateway();

  net::Response push(const net::Request& request, bool replace);
  net::Response remove(const net::Request& request);
  net::Response status() const;      // GET /api/v1/metrics
  net::Response wipe();
  void repeat();                     // every group's samples, now
  void set_interval(Millis interval);
  std::size_t groups() const;

 private:
  struct State;
  explicit Pushgateway(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

void register_pushgateway(net::Router& router, std::shared_ptr<Pushgateway> gateway, const PushgatewayConfig& limits = {});

}  // namespace pharos::ingest

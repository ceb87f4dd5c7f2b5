// The fleet over HTTP: pages, discovery, faults, truth, controls.
#pragma once
#include <memory>
#include <string>

#include "net/http.hpp"
#include "sim/driver.hpp"

namespace pharos::sim {

// GET  /region/R/node/N/metrics and the other pages that /sd names
// GET  /sd        Prometheus HTTP discovery; `address` is where targets are said to be, "" that of
// the request GET  /faults    the kinds; POST /faults schedules an array of faults GET  /truth what
// was and is wrong POST /control   an operator's action `driver` outlives the router.
std::shared_ptr<net::Router> make_front(Driver& driver, std::string address = {});

// What /sd answers.
std::string discovery_json(const World& world, const std::string& address);

}  // namespace pharos::sim

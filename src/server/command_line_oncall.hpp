// The command line of `pharos oncall`.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

#include "server/oncall_flags.hpp"

namespace pharos::server {

// After add_alert_commands(): `alert` gets `ack` and `unack` as well.
void add_oncall_commands(CLI::App& app, OnCallFlags& flags, std::function<int()>& chosen);

}  // namespace pharos::server

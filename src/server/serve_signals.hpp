// A process that serves until a signal ends it.
#pragma once
#include <signal.h>

#include <functional>

#include "server/flags.hpp"
#include "server/serve.hpp"

namespace pharos::server {

// Before any thread starts, so that all of them inherit it: SIGHUP, SIGTERM and SIGINT come to the
// thread that waits for them.
sigset_t block_signals();

// Starts the server, calls `ready`, reloads at SIGHUP, drains at SIGTERM and SIGINT. Exit status.
int serve_until_signal(const ServeFlags& flags, const sigset_t& signals,
                       const std::function<void(const Server&)>& ready);

}  // namespace pharos::server

// The command line: flags and subcommands of `pharos`.
#pragma once

namespace pharos::server {

// Exit status: 0 done, 1 the input or the answer is bad, 2 wrong usage.
int run(int argc, char** argv);

}  // namespace pharos::server

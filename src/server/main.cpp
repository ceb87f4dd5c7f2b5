#include "server/command_line.hpp"

int main(int argc, char** argv) {
  return pharos::server::run(argc, argv);
}

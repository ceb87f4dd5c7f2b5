#include "server/version.hpp"

#ifndef PHAROS_VERSION
#define PHAROS_VERSION "unknown"
#endif
#ifndef PHAROS_REVISION
#define PHAROS_REVISION "unknown"
#endif

namespace pharos::server {

std::string version() {
  return PHAROS_VERSION;
}
std::string revision() {
  return PHAROS_REVISION;
}

std::string compiler() {
#ifdef __clang__
  return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  return "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

std::string version_text() {
  return "pharos, version " + version() + " (revision: " + revision() +
         ")\n  compiler:  " + compiler() +
         "\n  platform:  linux/"
#if defined(__x86_64__)
         "amd64"
#elif defined(__aarch64__)
         "arm64"
#else
         "unknown"
#endif
         "\n";
}

}  // namespace pharos::server

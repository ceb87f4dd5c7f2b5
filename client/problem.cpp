#include "pharos/problem.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>

namespace pharos::client {
namespace {

constexpr const char* kNames[kProblems] = {
    "definition", "conflict", "unknown", "label_count", "label_value",  "series_limit",
    "cell_limit", "value",    "listen",  "callback",    "export_failed"};
constexpr unsigned kSaidMax =
    128;  // distinct problems that are logged; later ones are only counted

std::atomic<std::uint64_t> counts[kProblems];
std::atomic<void (*)(const char*)> sink{[](const char* line) { std::fputs(line, stderr); }};

}  // namespace

void set_problem_log(void (*log)(const char*)) noexcept {
  sink.store(log, std::memory_order_relaxed);
}
std::uint64_t problems(Problem kind) noexcept {
  return counts[static_cast<unsigned>(kind)].load(std::memory_order_relaxed);
}
const char* problem_name(Problem kind) noexcept {
  return kNames[static_cast<unsigned>(kind)];
}

void detail::report(Problem kind, std::string_view subject, std::string_view what) noexcept {
  counts[static_cast<unsigned>(kind)].fetch_add(1, std::memory_order_relaxed);
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ static_cast<unsigned>(kind);  // FNV-1a
  for (char c : subject) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  {
    static std::mutex mutex;
    static std::uint64_t said[kSaidMax];
    static unsigned size = 0;
    std::lock_guard lock(mutex);
    for (unsigned i = 0; i < size; ++i) {
      if (said[i] == hash) return;
    }
    if (size == kSaidMax) return;
    said[size++] = hash;
  }
  if (auto* log = sink.load(std::memory_order_relaxed)) {
    char line[512];
    std::snprintf(line, sizeof line, "pharos client: %s: %.*s: %.*s\n", problem_name(kind),
                  static_cast<int>(subject.size() < 120 ? subject.size() : 120), subject.data(),
                  static_cast<int>(what.size() < 300 ? what.size() : 300), what.data());
    log(line);
  }
}

}  // namespace pharos::client

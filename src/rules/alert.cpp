#include "rules/alert.hpp"

#include <cstdio>

namespace pharos::rules {

std::uint64_t fingerprint(const Labels& labels) {
  std::uint64_t hash = 14695981039346656037ull;
  const auto add = [&](std::string_view text) {
    for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
    hash = (hash ^ 0xff) * 1099511628211ull;
  };
  for (const auto [name, value] : labels) {
    add(name);
    add(value);
  }
  return hash;
}

std::string fingerprint_text(const Labels& labels) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(fingerprint(labels)));
  return text;
}

}  // namespace pharos::rules

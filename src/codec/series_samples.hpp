// Columns that have broken codecs before: for tests, benches and fuzz targets.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace pharos::codec {

inline std::vector<std::pair<std::string, std::vector<double>>> adversarial_columns(
    std::size_t n, std::uint64_t seed = 7) {
  Random random(seed);
  std::vector<std::pair<std::string, std::vector<double>>> out;
  const auto make = [&](std::string name, auto&& value) {
    std::vector<double> column;
    for (std::size_t i = 0; i < n; ++i) column.push_back(value(i));
    out.emplace_back(std::move(name), std::move(column));
  };
  const double inf = std::numeric_limits<double>::infinity();
  make("constant", [](auto) { return 42.0; });
  make("constant fraction", [](auto) { return 0.1; });
  make("constant NaN", [](auto) { return std::bit_cast<double>(0x7ff0000000000002); });
  make("constant -0", [](auto) { return -0.0; });
  make("counter",
       [&, v = 1e6](auto) mutable { return v += static_cast<double>(random.below(500)); });
  make("regular counter", [](auto i) { return 15.0 * static_cast<double>(i); });
  make("counter with resets", [&, v = 0.0](auto i) mutable {
    return v = i % 50 == 49 ? 0 : v + static_cast<double>(random.below(90));
  });
  make("sparse counter", [&, v = 7.0](auto) mutable { return v += random.below(20) == 0 ? 1 : 0; });
  make("pages", [&, v = 1e5](auto) mutable {
    return (v += static_cast<double>(random.below(200)) - 100) * 4096;
  });
  for (int digits = 1; digits <= 17; ++digits)
    make("decimals of " + std::to_string(digits) + " digits", [&, digits](auto) {
      const auto text = std::to_string(random.next() % 1000) + "." +
                        std::to_string(random.next() % 1000000000000000000u)
                            .substr(0, static_cast<std::size_t>(digits));
      return std::strtod(text.c_str(), nullptr);
    });
  make("random bits", [&](auto) { return std::bit_cast<double>(random.next()); });
  make("full mantissa", [&](auto) { return 0.021 * (0.7 + 0.6 * random.uniform()); });
  make("accumulated sum", [&, v = 0.0](auto) mutable { return v += random.uniform(); });
  make("single precision",
       [&](auto) { return static_cast<double>(static_cast<float>(random.uniform())); });
  make("subnormals", [&](auto) { return std::bit_cast<double>(random.next() >> 14); });
  make("huge integers",
       [&](auto) { return std::ldexp(static_cast<double>(random.next() >> 11), 9); });
  make("nanosecond clock", [](auto i) { return 1.7e18 + static_cast<double>(i) * 15e9; });
  make("beyond 64 bits", [&](auto) { return 1e300 * random.uniform(); });
  make("extremes", [&](auto i) {
    return i % 2 ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest();
  });
  make("infinities", [&](auto i) { return i % 3 == 0 ? inf : i % 3 == 1 ? -inf : 0.5; });
  make("stale at the end", [n](auto i) {
    return i + 1 == n ? std::bit_cast<double>(0x7ff0000000000002) : 3.0 * static_cast<double>(i);
  });
  make("stale at the start", [](auto i) {
    return i == 0 ? std::bit_cast<double>(0x7ff0000000000002) : 3.0 * static_cast<double>(i);
  });
  make("NaN payloads",
       [&](auto) { return std::bit_cast<double>(0x7ff8000000000000 | random.below(1u << 20)); });
  make("zeros of both signs", [&](auto) { return random.below(2) ? 0.0 : -0.0; });
  make("a few NaN", [&](auto i) {
    return i % 40 == 3 ? std::nan("") : static_cast<double>(random.below(1000)) / 10;
  });
  make("growing digits", [](auto i) { return static_cast<double>(i) / (i % 2 ? 10.0 : 1e6); });
  make("clock in seconds", [&](auto i) {
    return 1.7e9 + 15.0 * static_cast<double>(i) + static_cast<double>(random.below(9000)) * 1e-7;
  });
  return out;
}

}  // namespace pharos::codec

// Icinga's measure of flapping: the weighted share of changes among the last 20 results.
#pragma once
#include <algorithm>
#include <cstdint>

namespace pharos::rules {

class FlapHistory {
 public:
  static constexpr int kResults = 20;
  static constexpr double kStartPercent = 30, kStopPercent = 25;

  void add(bool active) {
    bits_ = (bits_ << 1 | (active ? 1u : 0u)) & kMask;
    count_ = std::min(count_ + 1, kResults + 1);
    const double now = percent();
    flapping_ = flapping_ ? now > kStopPercent : now > kStartPercent;
  }
  // 100 * sum of the weights of changes / 20; the newest change weighs 1.18, the oldest 0.80.
  double percent() const {
    double sum = 0;
    for (int age = 0; age + 1 < count_; ++age)
      if ((bits_ >> age & 1) != (bits_ >> (age + 1) & 1)) sum += 0.80 + 0.02 * (kResults - 1 - age);
    return 100 * sum / kResults;
  }
  bool flapping() const { return flapping_; }
  bool quiet() const { return bits_ == 0; }  // nothing active in living memory: may be forgotten

  // As saved: bit 31 says flapping, bits 21..25 the count, the rest the results.
  std::uint32_t bits() const {
    return bits_ | static_cast<std::uint32_t>(count_) << 21 | (flapping_ ? 1u << 31 : 0);
  }
  static FlapHistory from_bits(std::uint32_t bits) {
    FlapHistory out;
    out.bits_ = bits & kMask;
    out.count_ = std::min<int>(bits >> 21 & 31, kResults + 1);
    out.flapping_ = bits >> 31 != 0;
    return out;
  }

 private:
  static constexpr std::uint32_t kMask = (1u << (kResults + 1)) - 1;
  std::uint32_t bits_ = 0;
  int count_ = 0;
  bool flapping_ = false;
};

}  // namespace pharos::rules

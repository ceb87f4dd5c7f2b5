#include "sim/models/compression_choice.hpp"

#include <algorithm>
#include <cmath>

namespace pharos::sim {
namespace {

// Ratios by data kind and algorithm, and bytes per second of one core. Ratios of the synthetic
// pages that the encoder model compresses, rounded.
constexpr double kRatio[kDataKinds][kAlgorithms] = {
    {1, 2.4, 3.9, 4.6, 7.5},      // memory
    {1, 1.9, 3.1, 3.6, 4.2},      // disk
    {1, 3.0, 5.2, 7.8, 6.0},      // state
    {1, 1.01, 1.03, 1.03, 1.02},  // media: compressed already
};
constexpr double kShare[kDataKinds] = {0.55, 0.2, 0.15, 0.1};
constexpr double kSpeed[kAlgorithms] = {1e12, 4.2e10, 2.3e10, 2.1e10, 3.1e10};  // of a whole node
constexpr double kUsualError = 0.035;  // of the logarithm of a foretold ratio
constexpr double kDriftError = 0.6;
constexpr double kMistake = 0.0035;  // right ratios, wrong choice: 99.65 % are right
constexpr double kSmoothSeconds = 20;

double seconds_for_byte(double ratio, double speed, double link) {
  return 1 / speed + 1 / (ratio * link);
}

}  // namespace

std::string_view name(Algorithm algorithm) {
  constexpr std::string_view names[] = {"none", "lz4", "zstd", "zstd_dict", "delta"};
  return names[static_cast<std::size_t>(algorithm)];
}

ChoiceOutput CompressionChoice::step(const ChoiceInput& input, Random& random) {
  ChoiceOutput out;
  const double error = kUsualError + kDriftError * input.drift;
  double compress_s = 0, whole_s = 0, bytes = 0;
  std::array<double, kAlgorithms> weight{};
  double wrong = 0;
  for (std::size_t kind = 0; kind < kDataKinds; ++kind) {
    std::array<double, kAlgorithms> real{}, cost{};
    for (std::size_t a = 0; a < kAlgorithms; ++a) {
      double ratio = 1 + (kRatio[kind][a] - 1) * (1 - 0.55 * input.drift);
      if (a >= static_cast<std::size_t>(Algorithm::zstd_dict)) {
        const double plain = 1 + (kRatio[kind][2] - 1) * (1 - 0.55 * input.drift);
        ratio = ratio + (std::min(ratio, plain) - ratio) * input.dictionary_loss;
      }
      real[a] = ratio;
      cost[a] = seconds_for_byte(ratio, kSpeed[a] * input.cpu, input.link_bytes_per_second);
      const double trained = kRatio[kind][a];
      out.ratio[a] += kShare[kind] * ratio * (0.99 + 0.02 * random.uniform());
      out.expected[a] += kShare[kind] * trained;
    }
    std::size_t best = 0;
    for (std::size_t a = 1; a < kAlgorithms; ++a)
      if (cost[a] < cost[best]) best = a;
    // Chance that a foretold cost of another looks lower than the best one's: both errors are
    // normal in the logarithm. Near ties do not count as mistakes.
    double miss = kMistake;
    for (std::size_t a = 0; a < kAlgorithms; ++a) {
      if (a == best) continue;
      const double gap = std::log(cost[a] / cost[best]);
      if (gap < 0.05) continue;
      miss += input.drift > 0 ? 0.25 * std::erfc(gap / (2 * error)) : 0;
    }
    miss = std::min(miss, 0.9);
    wrong += kShare[kind] * miss;
    const double many = input.choices * kShare[kind];
    out.chosen[best] += many * (1 - miss);
    for (std::size_t a = 0; a < kAlgorithms; ++a)
      if (a != best) out.chosen[a] += many * miss / (kAlgorithms - 1);
    weight[best] += kShare[kind];
    const double speed = kSpeed[best] * input.cpu;
    compress_s += kShare[kind] / speed;
    whole_s += kShare[kind] * seconds_for_byte(real[best], speed, input.link_bytes_per_second);
    bytes += kShare[kind] * speed;
  }
  const double smooth = 1 - std::exp(-input.seconds / kSmoothSeconds);
  for (auto& accuracy : accuracy_) {
    const double seen = 1 - wrong + 0.001 * (random.uniform() - 0.5);
    accuracy += (std::clamp(seen, 0.0, 1.0) - accuracy) * smooth;
  }
  out.accuracy = accuracy_;
  out.overhead = whole_s > 0 ? compress_s / whole_s : 0;
  out.bytes_per_second = std::min(bytes, 5e10) * (0.98 + 0.04 * random.uniform());
  out.fallbacks = input.choices * std::min(0.5, 0.0002 + 0.4 * input.drift);
  out.drift_score = 0.03 + 0.6 * input.drift + 0.01 * random.uniform();
  out.select_s = 4e-5 / std::max(0.05, input.cpu) * (0.9 + 0.2 * random.uniform());
  return out;
}

}  // namespace pharos::sim

// The compression selector: for each kind of data a model foretells what each algorithm would
// reach, and the one with the shortest time to the other side is chosen. Drifted inputs make the
// foretold ratios wrong, and with them the choices.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace pharos::sim {

enum class Algorithm : std::uint8_t { none, lz4, zstd, zstd_dict, delta };
inline constexpr std::size_t kAlgorithms = 5;
std::string_view name(Algorithm algorithm);

inline constexpr std::size_t kDataKinds = 4;  // memory pages, disk blocks, state, media

struct ChoiceInput {
  double seconds = 1;
  double choices = 1000;  // made in this time
  double link_bytes_per_second = 3e8;
  double drift = 0;            // 0: data as in training; 1: nothing like it
  double dictionary_loss = 0;  // share of what dictionaries and baselines give that is gone
  double cpu = 1;              // speed of compressing
};

struct ChoiceOutput {
  std::array<double, kAlgorithms> chosen{};    // of `choices`
  std::array<double, kAlgorithms> accuracy{};  // share of right choices, of each algorithm
  std::array<double, kAlgorithms> ratio{}, expected{};
  double overhead = 0;          // compressing time as a share of the whole
  double bytes_per_second = 0;  // compressed
  double fallbacks = 0;         // the model was too unsure
  double drift_score = 0;
  double select_s = 0;  // mean time of one choice
};

class CompressionChoice {
 public:
  ChoiceOutput step(const ChoiceInput& input, Random& random);

 private:
  std::array<double, kAlgorithms> accuracy_{0.9965, 0.9965, 0.9965, 0.9965, 0.9965};
};

}  // namespace pharos::sim

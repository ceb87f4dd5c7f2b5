// Trust that T-PBFT puts in each replica: who takes part in a round is chosen by it.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace pharos::sim {

class TrustBook {
 public:
  explicit TrustBook(std::size_t replicas) : scores_(replicas, kStart) {}

  enum class Seen : std::uint8_t { useful, absent, lying };
  struct Change {
    int direction = 0;     // -1, 0, +1
    bool anomaly = false;  // the score fell by more than a fifth at once
  };
  // What a replica was seen doing over `seconds`. Trust is won in minutes, lost in one round, and
  // never higher than 0.98.
  Change record(std::size_t replica, Seen seen, double seconds);

  // The `count` most trusted, in order of number; those under the floor come last of all.
  std::vector<std::uint32_t> most_trusted(std::size_t count) const;
  double score(std::size_t replica) const { return scores_[replica]; }
  std::span<const double> scores() const { return scores_; }

  static constexpr double kStart = 0.9, kCeiling = 0.98, kFloor = 0.05;

 private:
  std::vector<double> scores_;
};

}  // namespace pharos::sim

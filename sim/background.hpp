// Series with nothing behind them but the load: so many events a second, a level, a duration.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "sim/world.hpp"

namespace pharos::sim {

class Background {
 public:
  explicit Background(Random random) : random_(random) {}
  void rate(Counter counter, double per_second) {
    rates_.push_back({std::move(counter), per_second});
  }
  // About `mean`, within a few `wobble` (a share of it).
  void level(Gauge gauge, double mean, double wobble = 0.02) {
    levels_.push_back({gauge, mean, Wander(wobble, 300)});
  }
  void times(Histogram histogram, Spread spread, double per_second) {
    times_.push_back({std::move(histogram), spread, per_second});
  }
  void tick(double load, double seconds) {
    for (auto& [counter, rate] : rates_) counter.add(rate * load * seconds);
    for (auto& [gauge, mean, wander] : levels_)
      gauge.set(mean * (1 + wander.next(random_, seconds)));
    for (auto& [histogram, spread, rate] : times_) histogram.observe(spread, rate * load * seconds);
  }

 private:
  struct Rate {
    Counter counter;
    double per_second;
  };
  struct Level {
    Gauge gauge;
    double mean;
    Wander wander;
  };
  struct Times {
    Histogram histogram;
    Spread spread;
    double per_second;
  };
  Random random_;
  std::vector<Rate> rates_;
  std::vector<Level> levels_;
  std::vector<Times> times_;
};

}  // namespace pharos::sim

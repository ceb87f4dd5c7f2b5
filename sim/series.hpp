// Handles to series of a page. A handle points at the number itself: writing is a store, no
// look-up.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "pharos/definition.hpp"
#include "sim/shape.hpp"

namespace pharos::sim {

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(double* cell) : cell_(cell) {}
  // Kept to four decimals, large ones whole: what programs export, and what packs well.
  void set(double v) const {
    *cell_ = std::fabs(v) < 1e5 ? std::nearbyint(v * 1e4) / 1e4 : std::nearbyint(v);
  }
  double value() const { return *cell_; }

 private:
  double* cell_ = nullptr;
};

// Whole events: fractions are carried to later calls, so that rates hold at any tick.
class Counter {
 public:
  Counter() = default;
  explicit Counter(double* cell) : cell_(cell) {}
  void add(double n = 1) {
    carry_ += n;
    const double whole = std::floor(carry_);
    carry_ -= whole;
    *cell_ += whole;
  }
  double value() const { return *cell_; }

 private:
  double* cell_ = nullptr;
  double carry_ = 0.5;
};

class Histogram {
 public:
  Histogram() = default;
  Histogram(double* cells, client::Range bounds, ShapeTable* shapes)
      : cells_(cells), bounds_(bounds), shapes_(shapes), carry_(bounds.size + 1) {}

  void observe(double v, double n = 1);     // n events of this very value
  double observe(Spread spread, double n);  // n events spread so; how many whole ones it were
  double count() const { return cells_[bounds_.size + 2]; }
  double sum() const { return cells_[bounds_.size + 1]; }

 private:
  // Cumulative buckets, +Inf, sum, count.
  double* cells_ = nullptr;
  client::Range bounds_;
  ShapeTable* shapes_ = nullptr;
  const Shape* shape_ = nullptr;  // of key_
  std::uint32_t key_ = 0;
  std::vector<double> carry_;
};

inline void Histogram::observe(double v, double n) {
  for (std::uint32_t i = 0; i < bounds_.size; ++i)
    if (v <= bounds_.data[i]) cells_[i] += n;
  cells_[bounds_.size] += n;
  cells_[bounds_.size + 1] += v * n;
  cells_[bounds_.size + 2] += n;
}

inline double Histogram::observe(Spread spread, double n) {
  if (!(n > 0)) return 0;
  if (const auto key = shape_key(spread); !shape_ || key != key_) {
    key_ = key;
    shape_ = shapes_->find(bounds_, spread);
  }
  double below = 0, sum = 0;
  for (std::uint32_t i = 0; i <= bounds_.size; ++i) {
    carry_[i] += n * shape_->share[i];
    const double whole = std::floor(carry_[i]);
    carry_[i] -= whole;
    below += whole;
    sum += whole * shape_->mean[i];
    cells_[i] += below;
  }
  cells_[bounds_.size + 1] += sum;
  cells_[bounds_.size + 2] += below;
  return below;
}

}  // namespace pharos::sim

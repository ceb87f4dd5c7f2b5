// The generated fleet: hosts that each expose the same few hundred series, values a function of
// (seed, series, tick), so that two runs, two servers and a read-back see the same bytes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace pharos::load {

enum class Shape : std::uint8_t {
  constant,     // mean
  counter,      // rises by about `mean` per second, in units of `unit`
  rare_counter, // moves on one tick in `mean`
  walk,         // integer walk about `mean` in steps of `spread`, in units of `unit`
  rare_walk,    // the same on one tick in 20
  noise,        // full mantissa about `mean`, relative `spread`
  bucket,       // cumulative histogram bucket, share `spread` of `mean` requests a second
};

struct Template {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  // "%h" in a value becomes the host number
  Shape shape = Shape::constant;
  double mean = 0, spread = 0, unit = 1;
};

class Fleet {
 public:
  Fleet(std::size_t series, std::uint64_t seed);
  std::size_t series() const { return state_.size(); }
  std::size_t per_host() const { return templates_.size(); }
  std::size_t hosts() const { return (series() + per_host() - 1) / per_host(); }
  std::string instance(std::size_t host) const;
  // Label pairs of series i, sorted by name.
  std::vector<std::pair<std::string, std::string>> labels(std::size_t i) const;
  // The text form `name{a="b"} ` of series i, for exposition pages.
  std::string text(std::size_t i) const;
  // Values of all series at the next tick of `seconds`; call once per tick, in order.
  void tick(double seconds, std::vector<double>& out);

 private:
  std::vector<Template> templates_;
  std::vector<double> state_;
  std::uint64_t seed_;
  std::uint64_t now_ = 0;
};

}  // namespace pharos::load

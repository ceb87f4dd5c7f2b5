// What faults do to the fleet right now. Faults push knobs, components read them; neither knows the
// other. A new kind of trouble is a row of knobs.def, a kind that pushes it and a model that reads
// it.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/fleet.hpp"

namespace pharos::sim {

enum class Scope : std::uint8_t { fleet, region, node, part, link, version, component };
std::string_view name(Scope scope);

enum class Knob : std::uint8_t {
#define PHAROS_KNOB(name, scope, combine, neutral, meaning) name,
#include "sim/knobs.def"
#undef PHAROS_KNOB
  count
};
struct KnobInfo {
  enum class Combine : std::uint8_t { add, max, multiply };
  std::string_view name, meaning;
  Scope scope;
  Combine combine;
  double neutral;
};
const KnobInfo& info(Knob knob);

class Effects {
 public:
  explicit Effects(const Fleet& fleet);
  void clear();
  void push(Knob knob, std::uint32_t index, double amount);

  // index: of the region, node, link, version or component; of a part node * kNodeComponents +
  // part.
  double operator()(Knob knob, std::uint32_t index = 0) const {
    return values_[static_cast<std::size_t>(knob)][index];
  }
  double part(Knob knob, std::uint32_t node, Part part) const {
    return (*this)(knob, node * kNodeComponents + part);
  }
  std::size_t size(Scope scope) const { return sizes_[static_cast<std::size_t>(scope)]; }

 private:
  std::array<std::size_t, 7> sizes_{};
  std::array<std::vector<double>, static_cast<std::size_t>(Knob::count)> values_;
  bool neutral_ = true;  // nothing was pushed since clear()
};

}  // namespace pharos::sim

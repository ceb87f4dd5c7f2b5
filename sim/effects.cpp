#include "sim/effects.hpp"

#include <algorithm>
#include <cassert>

namespace pharos::sim {
namespace {

using Combine = KnobInfo::Combine;
constexpr KnobInfo kKnobs[] = {
#define PHAROS_KNOB(name, scope, combine, neutral, meaning) \
  {#name, meaning, Scope::scope, Combine::combine, neutral},
#include "sim/knobs.def"
#undef PHAROS_KNOB
};

}  // namespace

std::string_view name(Scope scope) {
  constexpr std::string_view kNames[] = {"fleet", "region",  "node",     "part",
                                         "link",  "version", "component"};
  return kNames[static_cast<std::size_t>(scope)];
}

const KnobInfo& info(Knob knob) {
  return kKnobs[static_cast<std::size_t>(knob)];
}

Effects::Effects(const Fleet& fleet) {
  const auto nodes = fleet.nodes().size();
  sizes_ = {1, fleet.regions().size(), nodes, nodes * kNodeComponents, fleet.links().size(),
            2, kComponentCount};
  for (std::size_t k = 0; k < values_.size(); ++k)
    values_[k].assign(size(kKnobs[k].scope), kKnobs[k].neutral);
}

void Effects::clear() {
  if (neutral_) return;
  for (std::size_t k = 0; k < values_.size(); ++k) std::ranges::fill(values_[k], kKnobs[k].neutral);
  neutral_ = true;
}

void Effects::push(Knob knob, std::uint32_t index, double amount) {
  auto& value = values_[static_cast<std::size_t>(knob)][index];
  switch (info(knob).combine) {
    case Combine::add: value += amount; break;
    case Combine::max: value = std::max(value, amount); break;
    case Combine::multiply: value *= amount; break;
  }
  neutral_ = false;
}

}  // namespace pharos::sim
